"""How a worker is started on this machine: queues, pool, threads and name. For ``ingot worker`` and the runtime.

``all`` serves every queue, ``cpu`` leaves page reading and embedding to a GPU host, and ``gpu`` does only these. A GPU
host runs threads in one process, so that one copy of a model serves them all.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from stores.errors import UnavailableError

QUEUES = {
    "all": ("cpu", "ocr", "extract", "embed", "notify"),
    "cpu": ("cpu", "extract", "notify"),
    "gpu": ("ocr", "embed"),
}
_POOLS = {"all": "prefork", "cpu": "prefork", "gpu": "threads"}
_MOST_GPU_THREADS = 4
_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "RAYON_NUM_THREADS",
)
_PORTS = {"redis": 6379, "rediss": 6379, "amqp": 5672, "amqps": 5671, "pyamqp": 5672}
SOURCE = Path(__file__).resolve().parent.parent
"""The folder that holds ``celery_app.py``: the checkout, or site-packages."""


def command(role: str, concurrency: int, name: str, extra: Sequence[str] = ()) -> list[str]:
    """The argument list of a worker; what ``extra`` repeats wins, as Celery takes the last."""
    return [
        *(sys.executable, "-m", "celery", "-A", "celery_app", "worker"),
        *("-Q", ",".join(QUEUES[role]), "-n", name, "-O", "fair"),
        *("--pool", _POOLS[role], "--concurrency", str(concurrency)),
        *("--without-gossip", "--without-mingle"),
        *extra,
    ]


def default_concurrency(role: str, workers: int, page_threads: int = 0) -> int:
    """Processes of a CPU worker, threads of a GPU worker: ``page_threads`` where pages share one model on the card."""
    if role != "gpu":
        return workers
    return page_threads or min(workers, _MOST_GPU_THREADS)


def environment(role: str, base: Mapping[str, str]) -> dict[str, str]:
    """``base`` with one thread per process on a CPU (measured: 1.7 times the pages), and quiet libraries."""
    found = dict(base)
    if role != "gpu":
        for name in _ONE_THREAD:
            found.setdefault(name, "1")
    for name, value in (("TOKENIZERS_PARALLELISM", "false"), ("ANONYMIZED_TELEMETRY", "False")):
        found.setdefault(name, value)
    found["PYTHONPATH"] = os.pathsep.join(filter(None, (str(SOURCE), base.get("PYTHONPATH"))))
    return found


def device() -> str:
    """What this machine computes with, in words."""
    tool = shutil.which("nvidia-smi")
    if tool:
        query = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader"]
        listed = subprocess.run(query, capture_output=True, text=True, timeout=20, check=False)
        names = [line.strip() for line in listed.stdout.splitlines() if line.strip()]
        if listed.returncode == 0 and names:
            return f"GPU {'; '.join(names)}"
    return f"CPU, {os.cpu_count() or 1} cores"


def wait_for_broker(url: str, timeout_s: float) -> None:
    """Return once somebody listens at the broker's address; UnavailableError after ``timeout_s``."""
    end = time.monotonic() + timeout_s
    while True:
        try:
            _connect(url)
        except OSError as error:
            if time.monotonic() > end:
                raise UnavailableError(
                    f"the broker {without_password(url)} does not answer ({error.strerror or error}): "
                    "start it, or correct INGOT_BROKER_URL",
                    code="broker_unreachable",
                ) from error
            time.sleep(0.5)
        else:
            return


def _connect(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme.endswith("+socket"):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(unquote(parts.path))
        return
    address = (parts.hostname or "127.0.0.1", parts.port or _PORTS.get(parts.scheme, 6379))
    socket.create_connection(address, timeout=2).close()


def without_password(url: str) -> str:
    """The address in a URL, fit to be printed."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()

"""Specifications of Celery workers: the queues, pool, concurrency and name of each worker of a role.

A role of a host consists of one or more workers, see ``ROLES``. Work that may crash, hang or use much memory runs in
processes, models on a GPU are shared by threads, and work that waits for the network has threads of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stores.errors import InputError

#: kind of worker -> its pool and the queues it serves
KINDS = {
    "all": ("prefork", ("cpu", "ocr", "extract", "embed")),
    "cpu": ("prefork", ("cpu", "extract")),
    "gpu": ("threads", ("ocr", "embed")),
    "notify": ("threads", ("notify",)),
}
#: role of a host -> the kinds of its workers. ``gpu`` is started once per card; in the role ``all`` it is added if
#: ``shared_queues`` is not empty, and takes those queues
ROLES = {"all": ("all", "notify"), "cpu": ("cpu", "notify"), "gpu": ("gpu",), "notify": ("notify",)}

_NOTIFY_THREADS = 16
_GOT_THREADS = {"gpu": 256, "cpu": 8}  # if the reader chooses its slots: more pages than slots keep it busy
_EMBEDDING_THREADS, _OTHER_THREADS = 16, 4
_CONSTANT = {
    "TOKENIZERS_PARALLELISM": "false",
    "ANONYMIZED_TELEMETRY": "False",
    "NOSETPS": "1",  # Celery leaves the command lines as they are: they name queues and node
}
ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "RAYON_NUM_THREADS",
)
_RETRY_S = 0.5
PROGRAM = (sys.executable, "-m", "celery")
"""The program of a worker, without its arguments."""
SOURCE = Path(__file__).resolve().parents[2]
"""The folder with ``celery_app.py``: the checkout, or site-packages."""


@dataclass(frozen=True, kw_only=True)
class WorkerNeeds:
    """The settings that decide on workers; see ``pipeline.settings`` for the meaning of each."""

    workers: int
    ocr_engine: str = "rapidocr"
    ocr_slots: int = 0
    embedder: str = "e5"

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> WorkerNeeds:
        """Return the settings as a worker with this environment will read them."""
        return cls(
            workers=int(environment.get("INGOT_WORKERS") or os.cpu_count() or 1),
            ocr_engine=environment.get("INGOT_OCR_ENGINE") or cls.ocr_engine,
            ocr_slots=int(environment.get("INGOT_OCR_SLOTS") or cls.ocr_slots),
            embedder=environment.get("INGOT_EMBEDDER") or cls.embedder,
        )

    @property
    def transformers(self) -> bool:
        """Whether the settings choose a model that runs on torch, and so on a GPU where there is one."""
        return self.ocr_engine == "got" or self.embedder == "sentence-transformers"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSpec:
    """One Celery worker of a role. ``suffix`` makes its name unique; ``card``: the only GPU that it may use."""

    kind: str
    queues: tuple[str, ...]
    concurrency: int
    suffix: str = ""
    card: str = ""

    def node(self, name: str) -> str:
        """Return its Celery node name, given ``name`` as ``base@host``."""
        base, _, host = name.partition("@")
        return f"{'-'.join(filter(None, (base, self.suffix)))}@{host or '%h'}"

    def command(self, name: str, extra: Sequence[str] = ()) -> list[str]:
        """Return its command line; options in ``extra`` override ours, as Celery uses the last one."""
        return [
            *(*PROGRAM, "--quiet", "-A", "celery_app", "worker"),
            *("-Q", ",".join(self.queues), "-n", self.node(name), "-O", "fair"),
            *("--pool", KINDS[self.kind][0], "--concurrency", str(self.concurrency)),
            *("--without-gossip", "--without-mingle"),
            *extra,
        ]

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """Return ``base`` with one thread per process on a CPU (measured: 1.7 times the pages) and ``_CONSTANT``."""
        variables = dict(base)
        if self.kind != "gpu":
            for name in ONE_THREAD:
                variables.setdefault(name, "1")
        if self.card:
            variables["CUDA_VISIBLE_DEVICES"] = self.card
        for name, value in _CONSTANT.items():
            variables.setdefault(name, value)
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, (str(SOURCE), base.get("PYTHONPATH"))))
        return variables


def chosen_queues(role: str, names: str) -> tuple[str, ...]:
    """Return the queues that ``names`` lists, by commas, or all of a role where it is empty.

    Raises InputError for a queue that the role does not serve.
    """
    served = tuple(dict.fromkeys(queue for kind in ROLES[role] for queue in KINDS[kind][1]))
    chosen = tuple(name for name in (part.strip() for part in names.split(",")) if name)
    if unknown := [name for name in chosen if name not in served]:
        raise InputError(
            f"a worker of the role {role} does not serve the queue {unknown[0]!r}: it serves {', '.join(served)}",
            code="bad_queue",
        )
    return chosen or served


def worker_specs(
    role: str, needs: WorkerNeeds, cards: Sequence[str], wanted: Sequence[str] | None = None
) -> list[WorkerSpec]:
    """Return the workers of a role on a machine with these GPUs; ``wanted``: the only queues that they serve."""
    specs = _all_specs(role, needs, cards)
    if wanted is None:
        return specs
    limited = [replace(spec, queues=tuple(queue for queue in spec.queues if queue in wanted)) for spec in specs]
    return [spec for spec in limited if spec.queues]


def _all_specs(role: str, needs: WorkerNeeds, cards: Sequence[str]) -> list[WorkerSpec]:
    gpu_queues = shared_queues(needs, cards) if role == "all" else ()
    specs: list[WorkerSpec] = []
    for kind in ROLES[role]:
        queues = tuple(queue for queue in KINDS[kind][1] if queue not in gpu_queues)
        suffix = kind if specs else ""
        if kind == "gpu":
            specs += _gpu_specs(queues, needs, cards, suffix)
            continue
        concurrency = _NOTIFY_THREADS if kind == "notify" else needs.workers
        specs.append(WorkerSpec(kind=kind, queues=queues, concurrency=concurrency, suffix=suffix))
        if kind == "all" and gpu_queues:
            specs += _gpu_specs(gpu_queues, needs, cards, "gpu")
    return specs


def shared_queues(needs: WorkerNeeds, cards: Sequence[str]) -> tuple[str, ...]:
    """Return the queues whose model is too large to be loaded in each process."""
    reader = needs.ocr_engine == "got"
    embedder = needs.embedder == "sentence-transformers" and (reader or bool(cards))
    return tuple(name for name, is_shared in (("ocr", reader), ("embed", embedder)) if is_shared)


def _gpu_specs(queues: tuple[str, ...], needs: WorkerNeeds, cards: Sequence[str], suffix: str) -> list[WorkerSpec]:
    threads = _threads(needs, cards)
    if len(cards) < 2:
        return [WorkerSpec(kind="gpu", queues=queues, concurrency=threads, suffix=suffix)]
    return [
        WorkerSpec(kind="gpu", queues=queues, concurrency=threads, suffix=f"{suffix}{number}", card=card)
        for number, card in enumerate(cards)
    ]


def _threads(needs: WorkerNeeds, cards: Sequence[str]) -> int:
    """Return the number of threads; each gives the GPU one page and waits, while others prepare their pages."""
    if needs.ocr_engine == "got":
        slots = needs.ocr_slots
        return slots + slots // 2 + 2 if slots else _GOT_THREADS["gpu" if cards else "cpu"]
    if needs.embedder == "sentence-transformers":
        return _EMBEDDING_THREADS
    return min(needs.workers, _OTHER_THREADS)


def split_node_name(arguments: Sequence[str], name: str) -> tuple[str, list[str]]:
    """Return the node name among Celery's arguments, by default ``name``, and the arguments without it."""
    rest, remaining = [], iter(arguments)
    for argument in remaining:
        flag, sign, value = argument.partition("=")
        if argument in ("-n", "--hostname"):
            name = next(remaining, name)
        elif flag == "--hostname" and sign:
            name = value
        else:
            rest.append(argument)
    return name, rest


def cards() -> list[str]:
    """Return the CUDA_VISIBLE_DEVICES name of each GPU that this process may use; empty where there is none."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return [card for card in (part.strip() for part in chosen.split(",")) if card and card != "-1"]
    return [str(number) for number in range(len(_graphics_cards()))]


def device() -> str:
    """Describe what this machine computes with: its GPUs, else the cores of its CPU."""
    names = _graphics_cards()
    return f"GPU {'; '.join(names)}" if names else f"CPU, {os.cpu_count() or 1} cores"


def _graphics_cards() -> list[str]:
    """Return name and memory of each GPU that the driver knows."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    query = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        listed = subprocess.run(query, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line.strip() for line in listed.stdout.splitlines() if line.strip()] if listed.returncode == 0 else []


def wait_for_broker(url: str, timeout_s: float, say: Callable[[str], None] = lambda _: None) -> None:
    """Return once messages can be sent to and received from a broker; ``say`` is called once per reason to wait.

    Raises BrokerError after ``timeout_s``, or at once where waiting does not help.
    """
    from pipeline.broker_faults import BrokerError
    from pipeline.broker_probe import round_trip  # Celery's library takes a while to import

    end, reported_code = time.monotonic() + timeout_s, ""
    while True:
        try:
            return round_trip(url)
        except BrokerError as error:
            if error.lasting or time.monotonic() >= end:
                raise
            if error.code != reported_code:
                say(f"waiting: {error.message}")
            reported_code = error.code
        time.sleep(_RETRY_S)

"""How the workers of this machine are started: who serves which queues, in what pool, with which threads and names.

A role of a host is made of one or more Celery workers, see ``ROLES``. Processes do what may crash, hang or eat memory;
threads share one copy of a model on a card; what waits for the network never occupies a process.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: kind of worker -> its pool, and the queues that it serves
KINDS = {
    "all": ("prefork", ("cpu", "ocr", "extract", "embed")),
    "cpu": ("prefork", ("cpu", "extract")),
    "gpu": ("threads", ("ocr", "embed")),
    "notify": ("threads", ("notify",)),
}
#: role of a host -> the workers that make it; ``gpu`` is started once per card, and takes from ``all`` what ``shared``
#: names where that is not empty
ROLES = {"all": ("all", "notify"), "cpu": ("cpu", "notify"), "gpu": ("gpu",), "notify": ("notify",)}

_NOTIFY_THREADS = 16
_GOT_THREADS = {"gpu": 256, "cpu": 8}  # where the reader chooses its slots; more pages at hand than slots keep it busy
_EMBEDDING_THREADS, _OTHER_THREADS = 16, 4
_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "RAYON_NUM_THREADS",
)
_AGAIN_S = 0.5
SOURCE = Path(__file__).resolve().parent.parent
"""The folder that holds ``celery_app.py``: the checkout, or site-packages."""


@dataclass(frozen=True, kw_only=True)
class WorkerNeeds:
    """What of the settings decides on workers; see ``pipeline.settings`` for the meaning of each."""

    workers: int
    ocr_engine: str = "rapidocr"
    ocr_slots: int = 0
    embedder: str = "minilm"

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> WorkerNeeds:
        """As a worker with this environment will read them."""
        return cls(
            workers=int(environment.get("INGOT_WORKERS") or os.cpu_count() or 1),
            ocr_engine=environment.get("INGOT_OCR_ENGINE") or cls.ocr_engine,
            ocr_slots=int(environment.get("INGOT_OCR_SLOTS") or cls.ocr_slots),
            embedder=environment.get("INGOT_EMBEDDER") or cls.embedder,
        )

    @property
    def transformers(self) -> bool:
        """Whether a model is asked for that belongs on a card."""
        return self.ocr_engine == "got" or self.embedder == "sentence-transformers"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSpec:
    """One Celery worker of a role. ``suffix`` tells its name from the others'; ``card``: the GPU that it sees."""

    kind: str
    queues: tuple[str, ...]
    concurrency: int
    suffix: str = ""
    card: str = ""

    def node(self, name: str) -> str:
        """The name of its node, ``name`` being ``base@host``."""
        base, _, host = name.partition("@")
        return f"{'-'.join(filter(None, (base, self.suffix)))}@{host or '%h'}"

    def command(self, name: str, extra: Sequence[str] = ()) -> list[str]:
        """Its argument list; what ``extra`` repeats wins, as Celery takes the last."""
        return [
            *(sys.executable, "-m", "celery", "--quiet", "-A", "celery_app", "worker"),
            *("-Q", ",".join(self.queues), "-n", self.node(name), "-O", "fair"),
            *("--pool", KINDS[self.kind][0], "--concurrency", str(self.concurrency)),
            *("--without-gossip", "--without-mingle"),
            *extra,
        ]

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """``base`` with one thread per process on a CPU (measured: 1.7 times the pages), and quiet libraries."""
        found = dict(base)
        if self.kind != "gpu":
            for name in _ONE_THREAD:
                found.setdefault(name, "1")
        if self.card:
            found["CUDA_VISIBLE_DEVICES"] = self.card
        for name, value in (("TOKENIZERS_PARALLELISM", "false"), ("ANONYMIZED_TELEMETRY", "False")):
            found.setdefault(name, value)
        found["PYTHONPATH"] = os.pathsep.join(filter(None, (str(SOURCE), base.get("PYTHONPATH"))))
        return found


def worker_specs(role: str, needs: WorkerNeeds, cards: Sequence[str]) -> list[WorkerSpec]:
    """The workers of a role on a machine with these cards."""
    taken = shared(needs, cards) if role == "all" else ()
    found: list[WorkerSpec] = []
    for kind in ROLES[role]:
        queues = tuple(queue for queue in KINDS[kind][1] if queue not in taken)
        suffix = kind if found else ""
        if kind == "gpu":
            found += _of_cards(queues, needs, cards, suffix)
            continue
        concurrency = _NOTIFY_THREADS if kind == "notify" else needs.workers
        found.append(WorkerSpec(kind=kind, queues=queues, concurrency=concurrency, suffix=suffix))
        if kind == "all" and taken:
            found += _of_cards(taken, needs, cards, "gpu")
    return found


def shared(needs: WorkerNeeds, cards: Sequence[str]) -> tuple[str, ...]:
    """The queues whose model is too large for a copy in each process."""
    reader = needs.ocr_engine == "got"
    embedder = needs.embedder == "sentence-transformers" and (reader or bool(cards))
    return tuple(name for name, wanted in (("ocr", reader), ("embed", embedder)) if wanted)


def _of_cards(queues: tuple[str, ...], needs: WorkerNeeds, cards: Sequence[str], suffix: str) -> list[WorkerSpec]:
    threads = _threads(needs, cards)
    if len(cards) < 2:
        return [WorkerSpec(kind="gpu", queues=queues, concurrency=threads, suffix=suffix)]
    return [
        WorkerSpec(kind="gpu", queues=queues, concurrency=threads, suffix=f"{suffix}{number}", card=card)
        for number, card in enumerate(cards)
    ]


def _threads(needs: WorkerNeeds, cards: Sequence[str]) -> int:
    """Each hands in one page at a time and waits for the card; while a page is being read another is prepared."""
    if needs.ocr_engine == "got":
        slots = needs.ocr_slots
        return slots + slots // 2 + 2 if slots else _GOT_THREADS["gpu" if cards else "cpu"]
    if needs.embedder == "sentence-transformers":
        return _EMBEDDING_THREADS
    return min(needs.workers, _OTHER_THREADS)


def named(arguments: Sequence[str], name: str) -> tuple[str, list[str]]:
    """The node name among Celery's arguments, ``name`` where there is none, and the arguments without it."""
    rest, given = [], iter(arguments)
    for argument in given:
        flag, sign, value = argument.partition("=")
        if argument in ("-n", "--hostname"):
            name = next(given, name)
        elif flag == "--hostname" and sign:
            name = value
        else:
            rest.append(argument)
    return name, rest


def cards() -> list[str]:
    """What CUDA_VISIBLE_DEVICES calls each GPU that this process may use; empty where there is none."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return [card for card in (part.strip() for part in chosen.split(",")) if card and card != "-1"]
    return [str(number) for number in range(len(_graphics_cards()))]


def device() -> str:
    """What this machine computes with, in words."""
    found = _graphics_cards()
    return f"GPU {'; '.join(found)}" if found else f"CPU, {os.cpu_count() or 1} cores"


def _graphics_cards() -> list[str]:
    """Name and memory of each card that the driver knows."""
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
    """Return once messages can be sent and taken there; BrokerError after ``timeout_s``, or where no waiting helps.

    ``say`` hears why it is waited for, once per reason.
    """
    from pipeline.broker_faults import BrokerError
    from pipeline.broker_probe import round_trip  # Celery's library takes a while to import

    end, told = time.monotonic() + timeout_s, ""
    while True:
        try:
            return round_trip(url)
        except BrokerError as error:
            if error.lasting or time.monotonic() >= end:
                raise
            if error.code != told:
                say(f"waiting: {error.message}")
            told = error.code
        time.sleep(_AGAIN_S)

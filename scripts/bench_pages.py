"""``bench pages``: CPU seconds per page by kind of page, stage and group of functions, against another revision.

Both sides read every document of a kind by turns in processes that stay, one thread each, after one reading that is
not counted; of the rounds the one with the fewest seconds counts. ``--against REV`` checks that revision out beside
this tree for the time of the run and uses the same environment. Groups of functions come from one more reading under
a profiler, which makes Python look slower than it is: they are shares, no seconds.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from scripts.bench_machine import machine
from scripts.page_kinds import Kind, kinds
from scripts.page_sides import Side, side

STAGES = ("plan", "parse", "render", "ocr")
Seconds = dict[str, float]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench pages", description=__doc__)
    parser.add_argument("--against", metavar="REV", help="a revision to compare with, such as HEAD~5")
    parser.add_argument(
        "--corpora", type=Path, default=Path("../shared/corpora"), help="real documents, where they are"
    )
    parser.add_argument("--only", action="append", help="kinds of pages; may be given several times")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--profile", action="store_true", help="also the shares of groups of functions, and the top 15")
    given = parser.parse_args(arguments)
    print(machine())
    folder = Path(tempfile.mkdtemp(prefix="ingot-pages-"))
    try:
        with ExitStack() as stack:
            sides = [stack.enter_context(side(revision)) for revision in (given.against, ".") if revision]
            for kind in kinds(given.corpora.resolve(), folder):
                if not given.only or kind.name in given.only:
                    _bench(kind, sides, given.rounds, given.profile)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _bench(kind: Kind, sides: list[Side], rounds: int, profile: bool) -> None:
    """Print one kind: seconds of each side by stage, and how many times fewer this tree needs."""
    measured: dict[str, list[Seconds]] = {one.name: [] for one in sides}
    pages = 0
    for number in range(rounds + 1):
        for one in sides:
            answer = _read(one, kind)
            pages = len(answer["pages"])
            if number:
                measured[one.name].append(answer["seconds"])
    print(f"\n{kind.name}: {pages} pages ({kind.note})")
    best = {name: _least(runs, pages) for name, runs in measured.items()}
    for stage in STAGES:
        values = [best[one.name].get(stage, 0.0) for one in sides]
        if any(values):
            ratio = f"   {values[0] / values[1]:5.2f} times fewer" if len(values) == 2 and values[1] else ""
            columns = "   ".join(f"{one.name} {value:.4f}" for one, value in zip(sides, values, strict=True))
            print(f"  {stage:7} {columns}{ratio}")
    if profile:
        for one in sides:
            _print_groups(one.name, _read(one, kind, profile=True))


def _read(one: Side, kind: Kind, **options: Any) -> dict[str, Any]:
    """All documents of a kind in one answer."""
    whole: dict[str, Any] = {"pages": [], "seconds": defaultdict(float), "groups": defaultdict(float), "top": []}
    for path, numbers in kind.documents:
        answer = one.read(path, numbers, **options)
        whole["pages"] += answer["pages"]
        whole["top"] += answer.get("top", [])
        for part in ("seconds", "groups"):
            for name, seconds in answer.get(part, {}).items():
                whole[part][name] += seconds
    return whole


def _least(runs: list[Seconds], pages: int) -> Seconds:
    """Seconds per page of each stage in the round that took least."""
    best = min(runs, key=lambda run: sum(run.values()))
    return {stage: seconds / max(pages, 1) for stage, seconds in best.items()}


def _print_groups(name: str, answer: dict[str, Any]) -> None:
    whole = sum(answer["groups"].values()) or 1.0
    shares = sorted(answer["groups"].items(), key=lambda entry: -entry[1])
    print(f"  {name}: " + ", ".join(f"{group} {seconds / whole:.0%}" for group, seconds in shares))
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0])
    for function, own, calls in answer["top"]:
        sums[function][0] += own
        sums[function][1] += calls
    for function, (own, calls) in sorted(sums.items(), key=lambda entry: -entry[1][0])[:15]:
        print(f"    {own / whole:5.1%} {calls:8.0f} calls  {function}")


if __name__ == "__main__":
    main()

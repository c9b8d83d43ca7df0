"""``bench start``: CPU seconds of starting, of one-page documents, of what is killed, and of small commands.

Every figure is the sum of all processes that the commands started, by role, in a new home each round; of the rounds
the one with the lowest sum counts. ``--against REV`` measures that revision, too, by turns. Linux only.
"""

from __future__ import annotations

import argparse
import compileall
import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from scripts.bench_documents import born_digital
from scripts.bench_machine import Sampler, machine, processes
from scripts.page_sides import tree_of

_SUBREAPER = 36  # of prctl: processes whose parent has ended become children of this one, so that they are counted
_OFTEN_S = 0.05
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_COMMANDS = {
    "ingot --help": ("--help",),
    "ingot kb list": ("kb", "list"),
    "ingot records": ("records", "check", "-k", "bench"),
    "ingot search": ("search", "what was said of the harbor", "-k", "bench"),
}
Seconds = Counter[str]
"""CPU seconds by role."""


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench start", description=__doc__)
    parser.add_argument("--against", metavar="REV", help="a revision to compare with, such as HEAD~5")
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args(arguments)
    if ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0):
        sys.exit("bench start needs Linux: it counts processes that outlive their parents")
    print(machine())
    folder = Path(tempfile.mkdtemp(prefix="ingot-start-"))
    try:
        paths = born_digital(folder / "documents", 6, 1, seed=31)
        with contextlib.ExitStack() as stack:
            sides = {name: stack.enter_context(tree_of(name)) for name in (given.against, ".") if name}
            for tree in sides.values():
                compileall.compile_dir(tree, maxlevels=4, quiet=2)  # as an installed package is
            runs: dict[str, list[dict[str, Seconds]]] = {name: [] for name in sides}
            for _ in range(given.rounds):
                for name, tree in sides.items():
                    runs[name].append(_round(tree, paths))
        _print({"this tree" if name == "." else name: rounds for name, rounds in runs.items()})
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _round(tree: Path, paths: Sequence[Path]) -> dict[str, Seconds]:
    """All figures of one checkout, each by role."""
    figures: dict[str, Seconds] = {}
    with _home(tree) as home:
        figures["one page in a new home, until all has ended"] = home.spent(lambda: home.ingest(paths[0]), ends=True)
    with _home(tree) as home:
        home.run("up")
        home.ingest(*paths[:3])
        figures["one more page, the workers run"] = home.spent(lambda: home.ingest(paths[3]))
        figures["a worker is killed, then one more page"] = home.spent(lambda: home.replace("worker parent", paths[4]))
        figures["a child is killed, then one more page"] = home.spent(lambda: home.replace("worker child", paths[5]))
        for what, words in _COMMANDS.items():
            figures[what] = home.spent(lambda words=words: home.run(*words))  # type: ignore[misc]
    return figures


@contextlib.contextmanager
def _home(tree: Path) -> Iterator[Home]:
    folder = Path(tempfile.mkdtemp(prefix="ingot-home-"))
    home = Home(tree, folder)
    try:
        yield home
    finally:
        with contextlib.suppress(SystemExit):
            home.run("down")
        _wait_for_all()
        shutil.rmtree(folder, ignore_errors=True)


class Home:
    """A home, and the commands of one checkout in it."""

    def __init__(self, tree: Path, folder: Path) -> None:
        self.tree, self.folder = tree, folder
        plain = {name: value for name, value in os.environ.items() if not name.startswith("INGOT_")}
        plain.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package is compiled
        self._environment = {**plain, "PYTHONPATH": str(tree), "INGOT_HOME": str(folder)}

    def run(self, *words: str) -> None:
        """Run a command to its end. SystemExit where it fails."""
        command = [sys.executable, "-m", "ingest.cli", *words]
        done = subprocess.run(command, env=self._environment, cwd=self.folder, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"ingot {' '.join(words)} failed:\n{done.stderr[-2000:]}")

    def ingest(self, *paths: Path) -> None:
        self.run("ingest", *map(str, paths), "-k", "bench")

    def replace(self, role: str, path: Path) -> None:
        """Kill processes of a role, and have a document made by those that follow them."""
        for pid in [pid for pid, one in processes(self.folder).items() if one == role]:
            os.kill(pid, signal.SIGKILL)
        self.ingest(path)

    def spent(self, act: Callable[[], None], *, ends: bool = False) -> Seconds:
        """CPU seconds by role of what is done meanwhile; ``ends``: until the runtime has gone by itself."""
        with CpuWatch(self.folder) as watch:
            act()
            if ends:
                _wait_for_all()
        return watch.seconds()


class CpuWatch(Sampler):
    """Samples the CPU seconds of a home's processes until it is left."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self.home = home
        self._roles = processes(home)
        self._before = {pid: _cpu_s(pid) for pid in self._roles}
        self._last = dict(self._before)

    def _watch(self) -> None:
        while not self._stop.wait(_OFTEN_S):
            self._look()

    def _look(self) -> None:
        for pid, role in processes(self.home).items():
            self._last[pid] = max(self._last.get(pid, 0.0), _cpu_s(pid))
            self._roles[pid] = "command" if role == "other" else role

    def seconds(self) -> Seconds:
        """What was used since the start, by role; the last moments of processes that have ended are missed."""
        self._look()
        used: Seconds = Counter()
        for pid, last in self._last.items():
            used[self._roles[pid]] += last - self._before.get(pid, 0.0)  # type: ignore[assignment]
        return used


def _cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def _wait_for_all() -> None:
    """Wait for all processes that the commands left behind."""
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def _print(runs: Mapping[str, list[dict[str, Seconds]]]) -> None:
    """Print the best round of each figure, side by side, and its roles."""
    for what in next(iter(runs.values()))[0]:
        best = {
            name: min((one[what] for one in rounds), key=lambda used: used.total()) for name, rounds in runs.items()
        }
        sums = [used.total() for used in best.values()]
        print(f"\n{what}" + (f": {sums[0] / sums[1]:.2f} times fewer" if len(sums) == 2 and sums[1] else ""))
        for name, used in best.items():
            roles = ", ".join(f"{role} {seconds:.2f}" for role, seconds in used.most_common() if seconds >= 0.005)
            print(f"  {name:10} {used.total():6.2f} CPU s   {roles}")


if __name__ == "__main__":
    main()

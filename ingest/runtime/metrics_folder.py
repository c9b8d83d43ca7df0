"""The folder in which the processes of workers keep their metrics, and what is read from it.

The Prometheus client gives each process files of its own there. They are mapped into memory, so a full disk would end
the process that writes to them: the folder is in shared memory where the machine has that.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.runtime.run_dir import RunDir

if TYPE_CHECKING:
    from prometheus_client.core import Metric

_SHARED_MEMORY = Path("/dev/shm")
_MOST_FILES = 64  # of processes that ended; more are added up into one
_MERGED = "0"  # stands for the process id in the name of that file
_tidying = threading.Lock()


def new_folder() -> Path:
    """Create a folder for the workers of one command; the caller removes it."""
    return Path(tempfile.mkdtemp(prefix="ingot-metrics-", dir=_parent()))


def folder_of_home(home: Path) -> Path:
    """Return the folder of the embedded runtime of a home; it exists while that runs."""
    return _parent() / f"ingot-metrics-{os.getuid()}-{RunDir.of(home).digest}"


def make_anew(folder: Path) -> None:
    """Create an empty folder for this user alone, or nothing where somebody else has one of that name."""
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700)


def collect(folder: Path) -> Iterable[Metric]:
    """Add up the metrics of all processes that wrote there; nothing where the folder is not there or not ours."""
    from prometheus_client.multiprocess import MultiProcessCollector

    if not folder.is_dir() or folder.stat().st_uid != os.getuid():
        return []
    with _tidying:
        tidy(folder)
        metrics: Iterable[Metric] = MultiProcessCollector(None, str(folder)).collect()  # type: ignore[no-untyped-call]
    return metrics


def tidy(folder: Path) -> None:
    """Remove the gauges of processes that ended, and add up their counters when there are many files of them."""
    ended = [path for path in folder.glob("*.db") if _has_ended(path)]
    for path in ended:
        if path.name.startswith("gauge_live"):
            path.unlink(missing_ok=True)
    for kind in ("counter", "histogram"):
        files = [path for path in ended if path.name.startswith(f"{kind}_")]
        if len(files) > _MOST_FILES:
            _add_up(files, folder / f"{kind}_{_MERGED}.db")


def _has_ended(path: Path) -> bool:
    process = path.stem.rpartition("_")[2]
    return process != _MERGED and process.isdigit() and not Path(f"/proc/{process}").exists()


def _add_up(files: Iterable[Path], target: Path) -> None:
    """Add the values in these files to those in ``target``, and remove the files."""
    from prometheus_client.mmap_dict import MmapedDict

    total = MmapedDict(str(target))  # type: ignore[no-untyped-call]
    for path in files:
        for key, value in _values_of(path):
            before = total.read_value(key)[0]  # type: ignore[no-untyped-call]
            total.write_value(key, before + value, 0.0)  # type: ignore[no-untyped-call]
        path.unlink()
    total.close()  # type: ignore[no-untyped-call]


def _values_of(path: Path) -> Iterator[tuple[str, float]]:
    from prometheus_client.mmap_dict import MmapedDict

    for key, value, _, _ in MmapedDict.read_all_values_from_file(str(path)):  # type: ignore[no-untyped-call]
        yield key, value


def _parent() -> Path:
    usable = _SHARED_MEMORY.is_dir() and os.access(_SHARED_MEMORY, os.W_OK)
    return _SHARED_MEMORY if usable else Path(tempfile.gettempdir())

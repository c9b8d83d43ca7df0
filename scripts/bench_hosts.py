"""``bench hosts``: three hosts on this machine, and every fault between them; what the stores hold is compared as sets.

Host A has the API, the broker, PostgreSQL, Chroma and S3, B a cpu worker, C a gpu worker over fake engines. After each
fault documents, pages, chunks, records, vectors, files and callbacks must be those of a run without one. Where a set
differs the bench ends with status 1. It needs root, for network namespaces.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from scripts.bench_machine import machine
from tests.e2e.faults import write_documents
from tests.hosts.cluster import BROKERS, Cluster, cluster
from tests.hosts.faults import FAULTS, Fault, nothing, versions_mixed


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench hosts", description=__doc__)
    parser.add_argument("--brokers", default=",".join(BROKERS), help="by commas")
    parser.add_argument("--faults", default=",".join(FAULTS), help="by commas, each by its name")
    parser.add_argument("--documents", type=int, default=12, help="of three pages each; the second is a scan")
    parser.add_argument("--slow-s", type=float, default=1.0, help="seconds that a page takes")
    parser.add_argument("--previous", metavar="REVISION", help="also roll workers of this revision to those of today")
    given = parser.parse_args(arguments)
    print(machine(), flush=True)
    documents = Path(tempfile.mkdtemp(prefix="ingot-bench-"))
    write_documents(documents / "documents", given.documents, given.slow_s)
    wrong, faults = 0, {name: FAULTS[name] for name in given.faults.split(",") if name}
    try:
        if given.previous:
            faults[f"workers of {given.previous} replaced"] = versions_mixed(_exported(given.previous, documents))
        for broker in given.brokers.split(","):
            with cluster(broker) as hosts:
                wrong += _run(hosts, broker, documents / "documents", faults)
    except pytest.skip.Exception as error:
        sys.exit(f"bench hosts: {error}")
    finally:
        shutil.rmtree(documents, ignore_errors=True)
    print(f"\n{wrong} runs differ" if wrong else "\nall sets are equal")
    sys.exit(1 if wrong else 0)


def _run(hosts: Cluster, broker: str, documents: Path, faults: Mapping[str, Fault]) -> int:
    """Run the faults, one after the other, each in a knowledge base of its own. Returns how many left other sets."""
    calm, wrong = hosts.run("calm", documents, nothing), 0
    counts = ", ".join(f"{len(rows)} {name}" for name, rows in calm.items())  # type: ignore[arg-type]
    print(f"\n{broker}: an undisturbed run leaves {counts}\n\n| fault | s | sets that differ |\n| --- | --- | --- |")
    for number, (name, fault) in enumerate(faults.items()):
        began = time.monotonic()
        try:
            kept = hosts.run(f"kb{number}", documents, fault)
            differing = [key for key, rows in calm.items() if kept[key] != rows]
        except AssertionError as error:
            differing = [" ".join(str(error).split())[:200]]
        wrong += bool(differing)
        print(f"| {name} | {time.monotonic() - began:.0f} | {', '.join(differing) or 'none'} |", flush=True)
    return wrong


def _exported(revision: str, folder: Path) -> Path:
    """The source tree of a revision, in a folder of its own."""
    target = folder / "previous"
    target.mkdir()
    archive = subprocess.run(["git", "archive", revision], check=True, capture_output=True).stdout
    subprocess.run(["tar", "x", "-C", str(target)], input=archive, check=True)
    return target


if __name__ == "__main__":
    main()

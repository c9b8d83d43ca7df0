"""Hosts apart: one is cut off, the one with all servers dies; the stores hold what an undisturbed run leaves.

``scripts/bench hosts`` runs all faults, with each broker.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.faults import write_documents
from tests.hosts.cluster import Cluster, cluster
from tests.hosts.faults import FAULTS, nothing

COUNT = 5


@pytest.fixture(scope="module")
def documents() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="ingot-docs-"))
    write_documents(folder, COUNT, slow_s=1.0)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def hosts() -> Iterator[Cluster]:
    with cluster("redis") as made:
        yield made


@pytest.fixture(scope="module")
def undisturbed(hosts: Cluster, documents: Path) -> dict[str, object]:
    return hosts.run("calm", documents, nothing)


@pytest.mark.parametrize("fault", ["C cut off", "A killed"])
def test_the_same_is_kept_whatever_happens_between_hosts(
    hosts: Cluster, documents: Path, undisturbed: dict[str, object], fault: str
) -> None:
    kept = hosts.run(fault.replace(" ", "-").lower(), documents, FAULTS[fault])
    for name, rows in undisturbed.items():
        assert kept[name] == rows, name
    assert len(undisturbed["callbacks"]) == COUNT + 1  # type: ignore[arg-type]

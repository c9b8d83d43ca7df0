"""A knowledge base that follows a folder ends as the folder is."""

from __future__ import annotations

import contextlib
import random
import shutil
from pathlib import Path

import pytest
from sqlalchemy import select, update

from ingest.cli.watch_source import Follower
from pipeline import wiring
from pipeline.commands.ingest_request import IngestRequest
from pipeline.service import Service
from pipeline.step_context import Resources
from stores.chroma.memory import MemoryVectors
from stores.errors import StoppingError
from stores.models import DocumentState
from stores.sql.tables import job_document, step
from tests.in_process import KB, fake_document, fake_resources, run_until_done, sql_store

_CHANGES, _NAMES, _TEXTS = 500, 25, 12


def texts_of(folder: Path) -> dict[str, str]:
    """The text of each file by its name."""
    files = folder.rglob("*.pdf")
    return {str(path.relative_to(folder)): path.read_text().removeprefix("%FAKE\n") for path in files}


def texts_known(resources: Resources) -> dict[str, str]:
    """The text of each source that a search finds."""
    store = sql_store(resources)
    views = store.document_queries.all()
    assert {view.state for view in views} <= {DocumentState.DONE}
    texts: dict[str, str] = {}
    for view in views:
        (page,) = store.pages.read(view.document, view.generation, [])
        texts |= dict.fromkeys(view.sources, page.markdown.strip())
    return texts


def change(folder: Path, chance: random.Random) -> None:
    """Add, change, delete, move or copy a file, or delete a folder."""
    there = sorted(folder.rglob("*.pdf"))
    name = folder / f"f{chance.randrange(4)}" / f"{chance.randrange(_NAMES)}.pdf"
    kind = chance.choice(("write", "write", "write", "delete", "move", "copy", "folder"))
    if kind == "write" or not there:
        fake_document(name, f"text {chance.randrange(_TEXTS)}")
    elif kind == "delete":
        chance.choice(there).unlink()
    elif kind == "folder" and chance.random() < 0.2:
        shutil.rmtree(name.parent, ignore_errors=True)
    elif kind in ("move", "copy"):
        name.parent.mkdir(exist_ok=True)
        (shutil.move if kind == "move" else shutil.copy)(chance.choice(there), name)


def test_five_hundred_changes_with_restarts(home: Path, tmp_path: Path) -> None:
    chance, vectors = random.Random(1), MemoryVectors()
    folder = tmp_path / "watched"
    fake_document(folder / "first.pdf", "first")
    resources = fake_resources(home, vectors)
    follower = _follower(resources, folder)
    follower.tick(due=True)
    for _ in range(_CHANGES):
        change(folder, chance)
        deed = chance.random()
        if deed < 0.1:
            follower.tick(due=True)
        elif deed < 0.15:
            with contextlib.suppress(StoppingError):  # a worker dies between two steps
                _some_steps(resources, chance.randrange(6))
        elif deed < 0.18:  # the command and its workers are started anew
            resources = fake_resources(home, vectors)
            follower = _follower(resources, folder)
    follower.tick(due=True)
    _send_again(resources)
    assert len(run_until_done(resources, most=5000)) > 0
    assert texts_known(resources) == texts_of(folder)


def _follower(resources: Resources, folder: Path) -> Follower:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wiring, "build", lambda *_, **__: resources)
        service = Service(resources.settings)
    return Follower(service, KB, str(folder), IngestRequest(prune=True))


def _send_again(resources: Resources) -> None:
    """Do as the relay does some time after messages were lost."""
    with sql_store(resources).database.write() as connection:
        connection.execute(update(step).values(sent_at=0.0))


def _some_steps(resources: Resources, count: int) -> None:
    left = iter(range(count))

    def die(_: object) -> None:
        if next(left, None) is None:
            raise StoppingError

    run_until_done(resources, die)


def test_what_is_in_work_joins_no_further_job(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "watched"
    fake_document(folder / "a.pdf", "alpha")
    resources = fake_resources(home)
    follower = _follower(resources, folder)
    for _ in range(3):
        follower.tick(due=True)
    fake_document(folder / "b.pdf", "beta")
    for _ in range(3):
        follower.tick(due=True)
    with sql_store(resources).database.read() as connection:
        documents = connection.execute(select(job_document.c.job, job_document.c.source)).all()
    assert [name for _, name in sorted(documents)] == ["a.pdf", "b.pdf"]
    run_until_done(resources)
    assert texts_known(resources) == {"a.pdf": "alpha", "b.pdf": "beta"}


def test_a_folder_that_is_away_or_empty_deletes_nothing(
    home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder, aside = tmp_path / "watched", tmp_path / "aside"
    fake_document(folder / "a.pdf", "alpha")
    resources = fake_resources(home)
    follower = _follower(resources, folder)
    follower.tick(due=True)
    run_until_done(resources)
    folder.rename(aside)
    follower.tick(due=True)
    follower.tick(due=False)
    assert texts_known(resources) == {"a.pdf": "alpha"}
    assert capfd.readouterr().err.count("is not there: its documents stay") == 1
    folder.mkdir()
    follower.tick(due=False)
    assert texts_known(resources) == {"a.pdf": "alpha"}
    folder.rmdir()
    aside.rename(folder)
    fake_document(folder / "b.pdf", "beta")
    (folder / "a.pdf").unlink()
    follower.tick(due=True)
    run_until_done(resources)
    follower.tick(due=False)
    assert texts_known(resources) == {"b.pdf": "beta"}
    told = capfd.readouterr().err
    assert "gone       a.pdf" in told and "done       b.pdf" in told

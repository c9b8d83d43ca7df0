"""A host whose disk is full for a while loses no page: the step waits, and is tried again."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from pipeline.engines.fakes import FakeDocuments, FakeText
from stores.errors import InputError, PageError, UnavailableError, disk_full
from stores.models import DocumentState
from stores.workspaces import Workspaces
from tests.in_process import fake_document, fake_resources, ingest_now, run_until_done, sql_store

FULL = OSError(errno.ENOSPC, "No space left on device")


def wrapped() -> PageError:
    error = PageError("page 2 cannot be drawn")
    error.__cause__ = RuntimeError("cannot write page: No space left on device")
    return error


@pytest.mark.parametrize("place", [(FakeDocuments, "render"), (FakeText, "read"), (Workspaces, "workspace")])
@pytest.mark.parametrize("error", [FULL, wrapped()], ids=["by the system", "by a library"])
def test_a_step_is_tried_again_when_there_is_space(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: tuple[type, str], error: Exception
) -> None:
    fake_document(tmp_path / "docs" / "a.pdf", "Otters.", "[scan] Herons.")
    resources = fake_resources(home)
    with monkeypatch.context() as full:

        def fail(*args: object, **options: object) -> None:
            raise error

        full.setattr(*place, fail)
        ingest_now(resources, tmp_path / "docs")
    (document,) = sql_store(resources).document_queries.all()
    assert document.state is DocumentState.RUNNING
    while sql_store(resources).dispatch.unfinished():
        run_until_done(resources)
    (document,) = sql_store(resources).document_queries.all()
    assert document.state is DocumentState.DONE and not document.failed_pages


def test_what_is_raised_instead_says_which_disk() -> None:
    full = disk_full(wrapped())
    assert isinstance(full, UnavailableError) and full.code == "disk_full"
    assert disk_full(InputError("no PDF")) is None

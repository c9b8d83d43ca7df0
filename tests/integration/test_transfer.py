"""A knowledge base goes out as one file and comes in again: the same rows, files, vectors and answers, or nothing."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.archive import HEADER, MANIFEST
from pipeline.commands.check import CheckRequest, check
from pipeline.commands.export_knowledge_base import export
from pipeline.commands.import_knowledge_base import ImportReport, import_archive
from pipeline.commands.ingest_folder import ingest
from pipeline.commands.ingest_request import IngestRequest
from pipeline.search import search
from pipeline.step_context import Resources
from stores.chroma.memory import MemoryVectors
from stores.errors import InputError, UnavailableError
from stores.sql.tables import metadata
from tests.in_process import KB, fake_document, fake_resources, ingest_now, run_until_done, sql_store

Members = dict[str, bytes]


@pytest.fixture
def there(home: Path, tmp_path: Path) -> Resources:
    """The resources of a home with a knowledge base, second generations and a record table among its rows."""
    docs = tmp_path / "docs"
    fake_document(docs / "alpha.pdf", "# Alpha\nThe payment term is thirty days.", "[scan] Zebra crossing rules.")
    fake_document(docs / "sub" / "beta.pdf", "# Beta\nA contract about giraffes.", password="open")
    fake_document(docs / "three.pdf", "First page.", "[broken]", "Third page about walrus.")
    (docs / "empty.pdf").touch()
    resources = fake_resources(home)
    ingest_now(resources, docs, passwords=("open",))
    ingest_now(resources, docs, passwords=("open",), options={"schemas": ("invoice",), "type": "invoice"})
    return resources


@pytest.fixture
def here(tmp_path: Path) -> Resources:
    return fake_resources(tmp_path / "here")


def exported(resources: Resources) -> bytes:
    return b"".join(export(resources, KB, "1.0", lambda what, count: None))


def imported(resources: Resources, content: bytes, name: str = "") -> ImportReport:
    return import_archive(resources, io.BytesIO(content), name, lambda what, count: None)


def rows(resources: Resources, name: str = KB) -> dict[str, list[Any]]:
    """All rows, those of the record tables and the keywords among them."""
    with sql_store(resources, name).database.read() as connection:
        tables = [table for table in metadata.tables if table not in ("meta", "request")]
        tables += ["record_document", "record_invoice", "record_invoice_lines", "chunk_words"]
        kept = {}
        for table in tables:
            columns = "rowid, *" if table == "chunk_words" else "*"
            kept[table] = sorted(map(repr, connection.exec_driver_sql(f"SELECT {columns} FROM {table}").all()))
    return kept


def answers(resources: Resources, name: str = KB) -> list[Any]:
    queries = ("giraffes contract", "zebra crossing", "payment", "walrus")
    hits = [search.search(resources, name, query, 5, mode, {}) for query in queries for mode in search.MODES]
    return [[(hit.source, hit.text, hit.boxes, round(hit.score, 6)) for hit in some] for some in hits]


def files(resources: Resources, name: str = KB) -> Members:
    folder = resources.settings.home / name / "files"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def vectors_of(resources: Resources) -> dict[str, Any]:
    held = resources.vectors()
    assert isinstance(held, MemoryVectors)
    return dict(held._rows[KB])


def test_what_comes_in_is_what_went_out(there: Resources, here: Resources) -> None:
    report = imported(here, exported(there))
    assert (report.knowledge_id, report.missing, report.cancelled) == (KB, (), 0)
    assert rows(here) == rows(there) and rows(here)["record_invoice"]
    assert files(here) == files(there)
    assert vectors_of(here) == vectors_of(there)
    assert answers(here) == answers(there)
    assert not check(here, KB, CheckRequest(deep=True, settle_s=0.0), lambda what, count: None).findings
    assert not list((here.settings.home / "run" / "imports").glob("[0-9]*"))


def test_the_same_knowledge_base_is_always_the_same_bytes(there: Resources, here: Resources) -> None:
    content = exported(there)
    imported(here, content)
    first, second = members_of(content), members_of(exported(here))
    first.pop("rows/meta/0.jsonl.gz"), second.pop("rows/meta/0.jsonl.gz")
    first.pop(MANIFEST), second.pop(MANIFEST)
    assert first == second


def test_another_name_is_in_every_id(there: Resources, here: Resources) -> None:
    assert imported(here, exported(there), "copy.of-it").knowledge_id == "copy.of-it"
    store = here.catalog.store("copy.of-it")
    jobs = store.job_queries.slice(None, None, 10)
    assert jobs and all(job.job.rpartition(".")[0] == "copy.of-it" for job in jobs)
    assert answers(here, "copy.of-it") == answers(there)
    assert here.catalog.names() == ["copy.of-it"]
    imported(there, exported(there), "beside")
    assert there.catalog.names() == ["beside", KB]


def test_it_lives_on_where_it_came_in(there: Resources, here: Resources, tmp_path: Path) -> None:
    imported(here, exported(there))
    fake_document(tmp_path / "docs" / "alpha.pdf", "# Alpha\nNow about pelicans.")
    report = ingest(here, KB, IngestRequest(paths=(tmp_path / "docs",), passwords=("open",)))
    assert {file.source: str(file.outcome) for file in report.files}["alpha.pdf"] == "changed"
    run_until_done(here)
    assert "alpha.pdf" in [hit.source for hit in search.search(here, KB, "pelicans", 5, "hybrid", {})]


def test_what_is_in_work_is_cancelled_and_can_be_retried(there: Resources, here: Resources, tmp_path: Path) -> None:
    fake_document(tmp_path / "more" / "new.pdf", "A new page about otters.")
    ingest(there, KB, IngestRequest(paths=(tmp_path / "more",)))
    content = exported(there)
    report = imported(here, content)
    assert report.cancelled == 1 and not here.catalog.store(KB).dispatch.unfinished()
    assert not check(here, KB, CheckRequest(settle_s=0.0), lambda what, count: None).findings
    from pipeline.commands.reprocess import retry_document

    store = here.catalog.store(KB)
    retry_document(here, store, store.document_queries.find("new.pdf"), None)
    run_until_done(here)
    assert [hit.source for hit in search.search(here, KB, "otters", 1, "keyword", {})] == ["new.pdf"]
    run_until_done(there)
    assert not there.catalog.store(KB).dispatch.unfinished()


def test_a_lost_original_is_said(there: Resources, here: Resources) -> None:
    originals = sorted((there.settings.home / KB / "files" / "originals").iterdir())
    originals[0].unlink()
    originals[1].write_bytes(b"other bytes")
    report = imported(here, exported(there))
    assert report.missing == (originals[0].name, originals[1].name)
    assert answers(here) == answers(there)


# What is refused


def members_of(content: bytes) -> Members:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return {info.name: tar.extractfile(info).read() for info in tar}  # type: ignore[union-attr]


def packed(members: Members, *, honest: bool = True, kinds: dict[str, bytes] | None = None) -> bytes:
    """Pack members into a tar; ``honest``: with a manifest that is right about them."""
    if honest and MANIFEST in members:
        listed = [
            [name, len(content), hashlib.sha256(content).hexdigest()]
            for name, content in members.items()
            if name != MANIFEST
        ]
        members = {**members, MANIFEST: json.dumps({**json.loads(members[MANIFEST]), "members": listed}).encode()}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.type = len(content), (kinds or {}).get(name, tarfile.REGTYPE)
            info.linkname = "/etc/passwd" if info.type != tarfile.REGTYPE else ""
            tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def changed_rows(members: Members, table: str, change: Callable[[dict[str, Any]], None]) -> Members:
    name = f"rows/{table}/0.jsonl.gz"
    lines = [json.loads(line) for line in gzip.decompress(members[name]).splitlines()]
    change(lines[0])
    return {**members, name: gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode())}


def changed_header(members: Members, **facts: Any) -> Members:
    return {**members, HEADER: json.dumps({**json.loads(members[HEADER]), **facts}).encode()}


def without(members: Members, beginning: str) -> Members:
    name = next(name for name in members if name.startswith(beginning))
    return {one: content for one, content in members.items() if one != name}


def before_manifest(members: Members, name: str, content: bytes) -> Members:
    manifest = members[MANIFEST]
    return {**without(members, MANIFEST), name: content, MANIFEST: manifest}


def doctored(members: Members) -> Iterator[tuple[str, bytes, str]]:
    """(what was done, archive, words of the refusal)."""
    yield from doctored_archives(members)
    yield from doctored_rows(members)


def doctored_archives(members: Members) -> Iterator[tuple[str, bytes, str]]:
    whole = packed(members)
    yield "cut off in the middle", whole[: len(whole) // 2], "cut off"
    yield "cut off before the manifest", packed(without(members, MANIFEST)), "cut off"
    yield "nothing", b"", "cut off"
    yield "something else", b"PK\x03\x04" + os.urandom(2000), "no export"
    flipped = bytearray(whole)
    at = whole.index(b"payment term")
    flipped[at : at + 3] = b"XXX"
    yield "a changed original", bytes(flipped), "manifest"
    yield "a lost original", packed(without(members, "originals/")), "manifest"
    yield "lost rows", packed(without(members, "rows/evidence/")), "manifest"
    yield "a newer format", packed(changed_header(members, format=2)), "newer version"
    yield "newer tables", packed(changed_header(members, tables=10_000)), "newer version"
    yield "no format", packed(changed_header(members, format="1")), "format"
    yield "a name that is none", packed(changed_header(members, knowledge_id="../up")), "not allowed"
    for name in ("../../evil", "/etc/cron.d/evil", "originals/../../evil", "rows/../document/0.jsonl.gz"):
        yield name, packed(before_manifest(members, name, b"evil")), "belongs into no export"
    original = next(name for name in members if name.startswith("originals/"))
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE, tarfile.GNUTYPE_SPARSE):
        yield f"a member of type {kind!r}", packed({**members, original: b""}, kinds={original: kind}), "it holds"
    bomb = gzip.compress(b" " * (64 << 20))
    yield "a bomb", packed({**members, "rows/page/0.jsonl.gz": bomb}), "far more"
    yield "no rows", packed({**members, "rows/page/0.jsonl.gz": b"rows"}), "cannot be read"
    yield "an original of nobody", packed(before_manifest(members, f"originals/{'a' * 64}", b"x")), "no document"
    end = -(-len(whole.rstrip(b"\0")) // 512) * 512
    yield "a second head", whole[:end] + whole, "stands behind"


def doctored_rows(members: Members) -> Iterator[tuple[str, bytes, str]]:
    yield (
        "a table that is none",
        packed(before_manifest(members, "rows/sqlite_master/0.jsonl.gz", gzip.compress(b"{}\n"))),
        "unknown table",
    )
    yield (
        "a column that is none",
        packed(changed_rows(members, "page", lambda row: row.update(evil=1))),
        "does not belong",
    )
    yield "a wrong type", packed(changed_rows(members, "page", lambda row: row.update(number="one"))), "wrong value"
    yield (
        "a hash that is a path",
        packed(changed_rows(members, "document", lambda row: row.update(sha256="../../x"))),
        "odd hash",
    )
    yield (
        "an id that is a path",
        packed(changed_rows(members, "generation", lambda row: row.update(document="../x"))),
        "odd id",
    )
    yield (
        "a schema that is SQL",
        packed(changed_rows(members, "record", lambda row: row.update(schema='x"; DROP'))),
        "odd name",
    )
    yield (
        "rows without owner",
        packed(changed_rows(members, "generation", lambda row: row.update(document="f" * 32))),
        "fit together",
    )
    yield (
        "a job of another",
        packed(changed_rows(members, "job", lambda row: row.update(id="other.01"))),
        "another knowledge base",
    )


def test_what_is_damaged_or_hostile_leaves_nothing_behind(there: Resources, here: Resources) -> None:
    members = members_of(exported(there))
    home = here.settings.home
    for what, content, words in doctored(members):
        with pytest.raises(InputError, match=words):
            imported(here, content)
            pytest.fail(what)
        assert here.catalog.names() == [] and not here.vectors().ids(KB), what
        left = [path for path in home.rglob("*") if path.is_file() and path.name not in (".lock", ".owner")]
        assert not left, (what, left)
    assert imported(here, packed(members)).documents == 3


def test_a_name_that_is_taken_is_refused(there: Resources, here: Resources) -> None:
    content, before = exported(there), rows(there)
    with pytest.raises(InputError, match="--as"):
        imported(there, content)
    assert rows(there) == before
    imported(here, content)

    def come_in_between(what: str, count: int) -> None:
        here.catalog.create("twice")

    with pytest.raises(InputError, match="already"):
        import_archive(here, io.BytesIO(content), "twice", come_in_between)
    assert here.catalog.store("twice").document_queries.all() == []


def test_an_import_without_its_index_is_none(
    there: Resources, here: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object) -> None:
        raise UnavailableError("the vector index does not answer")

    monkeypatch.setattr(MemoryVectors, "upsert", unreachable)
    with pytest.raises(UnavailableError):
        imported(here, exported(there))
    assert here.catalog.names() == []

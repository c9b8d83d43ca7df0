"""A home whose knowledge base is damaged on purpose: one function per damage, by the code that names it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.commands.check import CheckRequest, check
from pipeline.commands.check_report import CheckReport
from pipeline.search import search
from pipeline.step_context import Resources
from stores.chroma.memory import MemoryVectors
from tests.in_process import KB, fake_resources

QUERIES = ("giraffes contract", "zebra crossing", "payment term", "walrus")


@dataclass(frozen=True)
class Home:
    """A home with one knowledge base, and its vectors."""

    path: Path
    documents: Path
    vectors: MemoryVectors

    @property
    def resources(self) -> Resources:
        return fake_resources(self.path, self.vectors, chunk_tokens=32)

    @property
    def files(self) -> Path:
        return self.path / KB / "files"

    def sql(self, statement: str, *values: Any) -> list[Any]:
        """Run a statement as somebody does who opens the file with another tool: without foreign keys."""
        with closing(sqlite3.connect(self.path / KB / "kb.db")) as connection, connection:
            return connection.execute(statement, values).fetchall()

    def id_of(self, name: str) -> str:
        return str(self.sql("SELECT document FROM source WHERE name = ?", name)[0][0])

    def check(self, **request: Any) -> CheckReport:
        return check(self.resources, KB, CheckRequest(settle_s=0.0, **request), lambda what, count: None)

    def answers(self) -> dict[str, list[tuple[str, str]]]:
        resources = self.resources
        hits = {query: search.search(resources, KB, query, 10, "hybrid", {}) for query in QUERIES}
        return {query: [(hit.source, hit.text) for hit in some] for query, some in hits.items()}

    def kept(self) -> dict[str, Any]:
        """What must be the same after a repair, whatever the numbers of generations."""
        store = self.resources.catalog.store(KB)
        views = store.document_queries.all()
        return {
            "states": {view.source: (str(view.state), view.pages, view.chunks, view.visible) for view in views},
            "records": {
                view.source: [record.fields for record in store.record_tables.read(view.document, view.generation)]
                for view in views
            },
            "typed": sorted(self.sql("SELECT r.document FROM record_document r JOIN document d ON d.id = r.document")),
            "answers": self.answers(),
            "vectors": len(self.vectors.ids(KB)),
            "markdown": {path.name: path.read_text() for path in (self.files / "markdown").iterdir()},
            "json": {path.name: path.read_text() for path in (self.files / "json").iterdir()},
            "originals": {path.name for path in (self.files / "originals").iterdir()},
            "jobs": sorted(self.sql("SELECT state FROM job")),
        }


def original_missing(home: Home) -> None:
    next((home.files / "originals").iterdir()).unlink()


def original_changed(home: Home) -> None:
    next((home.files / "originals").iterdir()).write_bytes(b"%FAKE\nother bytes")


def original_stray(home: Home) -> None:
    aged(home.files / "originals" / ("f" * 64))


def part_left(home: Home) -> None:
    aged(home.files / "originals" / ".part-0123")


def aged(path: Path) -> None:
    path.write_bytes(b"left")
    os.utime(path, (1e9, 1e9))


def markdown_missing(home: Home) -> None:
    next((home.files / "markdown").glob("alpha*")).unlink()


def markdown_changed(home: Home) -> None:
    next((home.files / "markdown").glob("alpha*")).write_text("something else")


def json_missing(home: Home) -> None:
    next((home.files / "json").glob("alpha*")).unlink()


def json_changed(home: Home) -> None:
    next((home.files / "json").glob("alpha*")).write_text('{"torn": ')


def result_stray(home: Home) -> None:
    (home.files / "markdown" / "gone.pdf.0123456789ab.md").write_text("of a document that is gone")


def page_images_left(home: Home) -> None:
    folder = home.files / "pages" / home.id_of("alpha.pdf") / "1"
    folder.mkdir(parents=True)
    (folder / "2.png").write_bytes(b"image")


def workspace_left(home: Home) -> None:
    folder = home.path / KB / "work" / "ocr.0123"
    folder.mkdir(parents=True)
    (folder / ".owner").touch()


def keywords_missing(home: Home) -> None:
    home.sql("DELETE FROM chunk_words WHERE rowid = (SELECT min(id) FROM chunk)")


def keywords_other(home: Home) -> None:
    home.sql("UPDATE chunk_words SET text = 'nonsense' WHERE rowid = (SELECT min(id) FROM chunk)")


def keywords_stray(home: Home) -> None:
    home.sql("INSERT INTO chunk_words(rowid, text, heading, title) VALUES (99999, 'giraffes', '', '')")


def keywords_damaged(home: Home) -> None:
    home.sql("DELETE FROM chunk_words_data WHERE id > 10")


def vectors_missing(home: Home) -> None:
    home.vectors.delete_ids(KB, sorted(home.vectors.ids(KB))[:1])


def vectors_all_missing(home: Home) -> None:
    home.vectors.drop(KB)


def vectors_stray(home: Home) -> None:
    rows = home.vectors._rows[KB]
    one = next(iter(rows.values()))
    for id in (f"{'0' * 32}:1:0", one.id.rpartition(":")[0] + ":99"):
        rows[id] = replace(one, id=id)


def vectors_unfound(home: Home) -> None:
    rows = home.vectors._rows[KB]
    first = next(iter(rows))
    rows[first] = replace(rows[first], embedding=rows[first].embedding[::-1])


def vectors_of_another(home: Home) -> None:
    home.vectors._embedders[KB] = "unknown-embedder"


def embeddings_wrong(home: Home) -> None:
    home.sql("UPDATE chunk SET embedding = x'0000' WHERE id = (SELECT min(id) FROM chunk)")


def chunks_missing(home: Home) -> None:
    home.sql("DELETE FROM chunk WHERE document = ? AND ordinal = 0", home.id_of("alpha.pdf"))


def chunks_none(home: Home) -> None:
    home.sql("DELETE FROM chunk WHERE document = ?", home.id_of("sub/beta.pdf"))


def pages_missing(home: Home) -> None:
    home.sql("DELETE FROM page WHERE document = ? AND number = 2", home.id_of("alpha.pdf"))


def pages_unread(home: Home) -> None:
    home.sql("UPDATE page SET markdown = NULL WHERE document = ? AND number = 2", home.id_of("alpha.pdf"))


def records_missing(home: Home) -> None:
    for table in ("record", "evidence", "record_document"):
        home.sql(f"DELETE FROM {table} WHERE document = ?", home.id_of("alpha.pdf"))


def record_rows_missing(home: Home) -> None:
    home.sql("DELETE FROM record_document WHERE document = ?", home.id_of("alpha.pdf"))


def record_rows_stray(home: Home) -> None:
    home.sql("INSERT INTO record_invoice (document, generation) VALUES (?, 1)", home.id_of("alpha.pdf"))


def evidence_stray(home: Home) -> None:
    home.sql(
        "INSERT INTO evidence (document, generation, schema, path, found, page, boxes, quote)"
        " VALUES (?, 1, 'invoice', 'total', 1, 1, '[]', '')",
        home.id_of("alpha.pdf"),
    )


def foreign_key_broken(home: Home) -> None:
    home.sql("INSERT INTO record (document, generation, schema, fields) VALUES ('gone', 1, 'document', '{}')")


def source_dangling(home: Home) -> None:
    home.sql(
        "INSERT INTO source (root, name, document, size_bytes, modified_ns) VALUES ('r', 'gone.pdf', 'gone', 0, 0)"
    )


def source_waits_for_nothing(home: Home) -> None:
    home.sql("UPDATE source SET pending = 'gone' WHERE name = 'alpha.pdf'")


def document_nameless(home: Home) -> None:
    home.sql(
        "INSERT INTO document (id, sha256, size_bytes, media_type, state, newest, created_at, updated_at)"
        " VALUES ('aa', 'aa', 1, 'x', 'done', 0, 0, 0)"
    )


def generation_obsolete(home: Home) -> None:
    home.sql(
        "INSERT INTO generation (document, number, state, options, fingerprints, pages, title, language, created_at)"
        " SELECT document, 0, state, options, fingerprints, pages, title, language, created_at FROM generation"
        " WHERE document = ?",
        home.id_of("alpha.pdf"),
    )


def generation_missing(home: Home) -> None:
    document = home.id_of("sub/beta.pdf")
    for table in ("generation", "step", "page", "block", "chunk", "record", "evidence", "record_document"):
        home.sql(f"DELETE FROM {table} WHERE document = ?", document)
    home.sql("UPDATE document SET newest = 0, visible = NULL WHERE id = ?", document)


def newest_wrong(home: Home) -> None:
    home.sql("UPDATE document SET newest = 7 WHERE id = ?", home.id_of("alpha.pdf"))


def document_state_wrong(home: Home) -> None:
    home.sql("UPDATE document SET state = 'running' WHERE id = ?", home.id_of("alpha.pdf"))


def visible_missing(home: Home) -> None:
    home.sql("UPDATE document SET visible = 5 WHERE id = ?", home.id_of("alpha.pdf"))


def document_hidden(home: Home) -> None:
    home.sql("UPDATE document SET visible = NULL WHERE id = ?", home.id_of("alpha.pdf"))


def steps_open(home: Home) -> None:
    home.sql("UPDATE step SET state = 'due' WHERE document = ? AND stage = 'parse'", home.id_of("alpha.pdf"))


def generation_stuck(home: Home) -> None:
    document = home.id_of("alpha.pdf")
    home.sql("UPDATE generation SET state = 'running' WHERE document = ?", document)
    home.sql("UPDATE document SET state = 'running' WHERE id = ?", document)


def job_open(home: Home) -> None:
    home.sql("UPDATE job SET state = 'running', finished_at = NULL")


def job_waits_for_final(home: Home) -> None:
    home.sql("UPDATE job SET state = 'running', finished_at = NULL")
    home.sql("UPDATE job_document SET state = 'running' WHERE source = 'alpha.pdf'")


def job_waits_for_nothing(home: Home) -> None:
    home.sql("UPDATE job SET state = 'running', finished_at = NULL")
    job = home.sql("SELECT id FROM job")[0][0]
    home.sql(
        "INSERT INTO job_document (job, source, document, generation, outcome, state)"
        " VALUES (?, 'https://example.org/a.pdf', '', 0, 'new', 'queued')",
        job,
    )


def knowledge_id_wrong(home: Home) -> None:
    home.sql("UPDATE meta SET value = 'another' WHERE key = 'knowledge_id'")


def profile_missing(home: Home) -> None:
    home.sql("DELETE FROM profile")


DAMAGES: dict[Callable[[Home], None], str] = {
    plant: plant.__name__
    for plant in (
        original_missing, original_changed, original_stray, part_left, markdown_missing, markdown_changed, json_missing,
        json_changed, result_stray, page_images_left, workspace_left, keywords_missing, keywords_other, keywords_stray,
        keywords_damaged, vectors_missing, vectors_stray, vectors_unfound, vectors_of_another, embeddings_wrong,
        chunks_missing, chunks_none, pages_missing, pages_unread, records_missing, record_rows_missing,
        record_rows_stray, evidence_stray, foreign_key_broken, source_dangling, document_nameless, generation_obsolete,
        generation_missing, newest_wrong, document_state_wrong, visible_missing, document_hidden, steps_open,
        generation_stuck, job_open, job_waits_for_final, job_waits_for_nothing, knowledge_id_wrong, profile_missing,
    )
}  # fmt: skip
DAMAGES |= {vectors_all_missing: "vectors_missing", source_waits_for_nothing: "source_dangling"}
NEEDS_DEEP = {"original_changed", "markdown_changed", "json_changed", "keywords_damaged"}

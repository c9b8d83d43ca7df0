"""The SQL tables of one knowledge base. Migrations stand beside this file, in ``migrations.py``."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    Label,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy import String as AnyString
from sqlalchemy import Text as AnyText
from sqlalchemy.schema import SchemaItem

metadata = MetaData()

# Sorted by code points on every server, as SQLite and Python do, and not by the rules of some language.
String = AnyString().with_variant(AnyString(collation="C"), "postgresql")
Text = AnyText().with_variant(AnyText(collation="C"), "postgresql")
# SQLite's INTEGER has 64 bits, and only under that name it is the id of a row.
WholeNumber = BigInteger().with_variant(Integer(), "sqlite")


def columns_of(table: Table) -> list[Label[Any]]:
    """List the columns of a table under their names in code, which differ from those in SQL where ``key`` is given."""
    return [column.label(column.key) for column in table.columns]


meta = Table("meta", metadata, Column("key", String, primary_key=True), Column("value", Text, nullable=False))

document = Table(
    "document",
    metadata,
    Column("id", String, primary_key=True),
    Column("sha256", String, nullable=False, unique=True),
    Column("size_bytes", WholeNumber, nullable=False),
    Column("media_type", String, nullable=False),
    Column("state", String, nullable=False),
    Column("newest", Integer, nullable=False, default=0),
    Column("visible", Integer),
    Column("error_code", String),
    Column("error", Text),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
)

source = Table(
    "source",
    metadata,
    Column("id", WholeNumber, primary_key=True),
    Column("root", String, nullable=False),
    Column("name", String, nullable=False),
    Column("shown_name", String),  # what people call it, where that is another
    Column("document", String),  # whose content answers under this name
    Column("pending", String),  # the changed content that is being made beside it
    Column("size_bytes", WholeNumber, nullable=False, default=0),
    Column("modified_ns", WholeNumber, nullable=False, default=0),
    Column("error_code", String),
    Column("error", Text),
    UniqueConstraint("root", "name"),
    Index("source_name", "name", "id"),
    Index("source_document", "document"),
    Index("source_pending", "pending"),
)
SHOWN_NAME: Any = func.coalesce(source.c.shown_name, source.c.name)
"""What a source is called: the name that people gave it, else that of its file."""
Index("source_shown", SHOWN_NAME, source.c.id)

generation = Table(
    "generation",
    metadata,
    Column("document", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("options", JSON, nullable=False),
    Column("passwords", JSON),  # emptied when the generation is final
    Column("password", Text),
    Column("fingerprints", JSON, nullable=False),
    Column("pages", Integer, nullable=False, default=0),
    Column("outline", JSON),  # bookmarks: lists of level, title, page
    Column("title", Text, nullable=False, default=""),
    Column("language", String, nullable=False, default=""),
    Column("profile", String),  # the settings and schemas that it is made with; none: those of the worker
    Column("created_at", Float, nullable=False),
    Column("started_at", Float),
    Column("finished_at", Float),
    PrimaryKeyConstraint("document", "number"),
    ForeignKeyConstraint(["document"], ["document.id"], ondelete="CASCADE"),
)


def _of_generation(*columns: Column[Any]) -> list[SchemaItem]:
    """Columns of a table whose rows belong to one generation and go with it."""
    return [
        Column("document", String, nullable=False),
        Column("generation", Integer, nullable=False),
        *columns,
        ForeignKeyConstraint(
            ["document", "generation"], ["generation.document", "generation.number"], ondelete="CASCADE"
        ),
    ]


step = Table(
    "step",
    metadata,
    *_of_generation(
        Column("stage", String, nullable=False),
        Column("batch", Integer, nullable=False),
        Column("first_page", Integer, nullable=False, default=0),
        Column("last_page", Integer, nullable=False, default=0),
        Column("pages", Integer, nullable=False, default=0),
        Column("state", String, nullable=False),
        Column("attempt", Integer, nullable=False, default=0),
        Column("losses", Integer, key="lost_attempts", nullable=False, default=0),  # attempts whose worker died
        Column("owner", String),
        Column("lease_until", Float, nullable=False, default=0.0),
        Column("not_before", Float, key="scheduled_at", nullable=False, default=0.0),
        Column("sent_at", Float, nullable=False, default=0.0),
        Column("sends", Integer, nullable=False, default=0),
        Column("line", String),  # of its job, see ``lifecycle/lines.py``; none before it is to be sent
        Column("page", Integer, key="page_in_work"),
        Column("heard_at", Float),
        Column("started_at", Float),
        Column("finished_at", Float),
        Column("cpu_s", Float, nullable=False, default=0.0),
        Column("tokens_read", Integer, nullable=False, server_default="0"),  # by a language model
        Column("tokens_written", Integer, nullable=False, server_default="0"),
        Column("worker", String),
        Column("error_code", String),
        Column("error", Text),
        Column("detail", Text),
    ),
    PrimaryKeyConstraint("document", "generation", "stage", "batch"),
    Index("step_state", "state", "lease_until"),
    Index("step_line", "state", "sent_at", "stage", "line", "batch"),
)

_WARNED = text("warning IS NOT NULL")
_RECOGNISED = text("confidence IS NOT NULL")

page = Table(
    "page",
    metadata,
    *_of_generation(
        Column("number", Integer, nullable=False),
        Column("width_pt", Float, nullable=False),
        Column("height_pt", Float, nullable=False),
        Column("route", String, nullable=False),
        Column("reason", Text, nullable=False),
        Column("engine", String),
        Column("confidence", Float),
        Column("markdown", Text),
        Column("error_code", String),
        Column("error", Text),
        Column("warning_code", String),  # what was given up of a page that was read
        Column("warning", Text),
    ),
    PrimaryKeyConstraint("document", "generation", "number"),
    Index("page_route", "document", "generation", "route"),
    Index("page_warning", "document", "generation", sqlite_where=_WARNED, postgresql_where=_WARNED),
)

block = Table(
    "block",
    metadata,
    *_of_generation(
        Column("page", Integer, nullable=False),
        Column("ordinal", Integer, nullable=False),
        Column("label", String, nullable=False),
        Column("x0", Float, nullable=False),
        Column("y0", Float, nullable=False),
        Column("x1", Float, nullable=False),
        Column("y1", Float, nullable=False),
        Column("level", Integer, nullable=False, default=0),
        Column("start", Integer, nullable=False),
        Column("end", Integer, nullable=False),
        Column("text", Text, nullable=False),
        Column("lines", JSON, nullable=False),
        Column("style", JSON),  # label and level as read; size in points, bold, font
        Column("confidence", Float),  # of OCR where it read lines of it on a page with a text layer
    ),
    PrimaryKeyConstraint("document", "generation", "page", "ordinal"),
    Index("block_recognised", "document", "generation", sqlite_where=_RECOGNISED, postgresql_where=_RECOGNISED),
)

chunk = Table(
    "chunk",
    metadata,
    Column("id", WholeNumber, primary_key=True),  # also the rowid of its keywords
    *_of_generation(
        Column("ordinal", Integer, nullable=False),
        Column("text", Text, nullable=False),
        Column("heading", Text, nullable=False),
        Column("first_page", Integer, nullable=False),
        Column("last_page", Integer, nullable=False),
        Column("boxes", JSON, nullable=False),
        Column("embedding", LargeBinary, nullable=False),
        Column("place", Text),  # the names of its first and last line, where the format has them
    ),
    UniqueConstraint("document", "generation", "ordinal"),
)

record = Table(
    "record",
    metadata,
    *_of_generation(
        Column("schema", String, nullable=False),
        Column("fields", JSON, nullable=False),
        Column("not_applicable", Text),  # why the schema was not filled
        Column("remarks", JSON),
        Column("corrections", JSON),  # what people said of its values; none: nothing
    ),
    PrimaryKeyConstraint("document", "generation", "schema"),
)

extracted_record = Table(  # a record as it was extracted, where people corrected it
    "extracted_record",
    metadata,
    *_of_generation(
        Column("schema", String, nullable=False),
        Column("fields", JSON, nullable=False),
        Column("remarks", JSON),
        Column("evidence", JSON, nullable=False),
    ),
    PrimaryKeyConstraint("document", "generation", "schema"),
)

correction = Table(
    "correction",
    metadata,
    Column("document", String, nullable=False),
    Column("number", Integer, nullable=False),  # from 1 within the document
    Column("schema", String, nullable=False),
    Column("path", String, nullable=False),  # list elements are counted as they were extracted
    Column("verdict", String, nullable=False),  # corrected, confirmed, rejected
    Column("value", JSON),
    Column("evidence", JSON),  # page, boxes, quote, found
    Column("replaced", JSON),
    Column("anchor", JSON),  # the element of a list, by which a later extraction's is found
    Column("author", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("withdrawn_by", Text),
    Column("withdrawn_at", Float),
    PrimaryKeyConstraint("document", "number"),
    ForeignKeyConstraint(["document"], ["document.id"], ondelete="CASCADE"),
)

evidence = Table(
    "evidence",
    metadata,
    *_of_generation(
        Column("schema", String, nullable=False),
        Column("path", String, nullable=False),
        Column("found", Integer, nullable=False),
        Column("page", Integer, nullable=False),
        Column("boxes", JSON, nullable=False),
        Column("quote", Text, nullable=False),
        Column("place", Text),  # the name of the line or cell, where the format has one
    ),
    PrimaryKeyConstraint("document", "generation", "schema", "path"),
)

job = Table(
    "job",
    metadata,
    Column("id", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("options", JSON, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("touched_at", Float, nullable=False),
    Column("finished_at", Float),
    Column("began_at", Float),  # when somebody first worked on it; known, like work_s, when the job has ended
    Column("work_s", Float),  # seconds by the clock in which somebody worked on it
    Column("priority", Integer, nullable=False, server_default="0"),  # larger first among waiting documents
    Column("metadata", JSON),  # the requester's own words, returned in views and callbacks
    Column("callback_url", Text),
    Column("callback_each", Integer, nullable=False, server_default="0"),  # 1: each document's end, too
    Column("profile", String),  # the settings and schemas of its requester
    Column("trace", String),  # the W3C traceparent of its request
    Index("job_created", "created_at", "id"),
)

job_document = Table(
    "job_document",
    metadata,
    Column("job", String, nullable=False),
    Column("source", String, nullable=False),
    Column("document", String, nullable=False, default=""),
    Column("generation", Integer, nullable=False, default=0),
    Column("outcome", String, nullable=False),
    Column("state", String, nullable=False),
    Column("error_code", String),
    Column("error", Text),
    PrimaryKeyConstraint("job", "source"),
    ForeignKeyConstraint(["job"], ["job.id"], ondelete="CASCADE"),
    Index("job_document_document", "document", "generation"),
)

callback = Table(
    "callback",
    metadata,
    Column("number", WholeNumber, primary_key=True),  # the order of events; within a job they are delivered in it
    Column("id", String, nullable=False, unique=True),  # <knowledge_id>.<ulid>; the same at every attempt
    Column("job", String, nullable=False),
    Column("document", String, nullable=False, server_default=""),
    Column("kind", String, nullable=False),  # job.finished, document.finished
    Column("url", Text, nullable=False),
    Column("body", JSON, nullable=False),
    Column("state", String, nullable=False),  # pending, delivered, dead
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("not_before", Float, key="scheduled_at", nullable=False, server_default="0"),
    Column("lease_until", Float, nullable=False, server_default="0"),
    Column("sent_at", Float, nullable=False, server_default="0"),
    Column("owner", String),
    Column("status", Integer),  # the receiver's last answer
    Column("error", Text),
    Column("created_at", Float, nullable=False),
    Column("finished_at", Float),
    Index("callback_state", "state", "scheduled_at"),
    Index("callback_job", "job", "number"),
)

fetch = Table(
    "fetch",
    metadata,
    Column("job", String, nullable=False),
    Column("url", Text, nullable=False),
    Column("passwords", JSON),  # tried on what is fetched; emptied when that is placed or given up
    Column("state", String, nullable=False),  # pending, done, failed, cancelled
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("not_before", Float, key="scheduled_at", nullable=False, server_default="0"),
    Column("lease_until", Float, nullable=False, server_default="0"),
    Column("sent_at", Float, nullable=False, server_default="0"),
    Column("owner", String),
    Column("error_code", String),
    Column("error", Text),
    PrimaryKeyConstraint("job", "url"),
    ForeignKeyConstraint(["job"], ["job.id"], ondelete="CASCADE"),
    Index("fetch_state", "state", "scheduled_at"),
)

profile = Table(
    "profile",
    metadata,
    Column("id", String, primary_key=True),  # the hash of its content
    Column("content", JSON, nullable=False),
    Column("created_at", Float, nullable=False),
)

request = Table(
    "request",
    metadata,
    Column("key", String, primary_key=True),  # Idempotency-Key
    Column("digest", String, nullable=False),  # SHA-256 of what was asked
    Column("status", Integer, nullable=False),
    Column("answer", JSON, nullable=False),
    Column("created_at", Float, nullable=False),
)

"""The migrations of a knowledge base's database, frozen: each holds its own SQL and is never edited, only added to.

A database whose ``schema_version`` is N has been through the first N. A new database skips them all and gets the
tables of ``tables.py``, so a change of a table is made twice: there, and as one more migration here. A test compares
the two results. The first six were written when SQLite was the only dialect.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One change of the tables, in this order: outdated tables go, columns are added, statements run.

    Every part changes nothing where its result is there already.
    """

    name: str
    replaced: tuple[tuple[str, str], ...] = ()  # (table, column): the table is dropped where it lacks the column
    columns: tuple[tuple[str, str, str], ...] = ()  # (table, column, SQL definition)
    statements: tuple[str, ...] = ()


MIGRATIONS: tuple[Migration, ...] = (
    Migration(
        name="first tables",
        statements=(
            """CREATE TABLE IF NOT EXISTS meta (
                "key" VARCHAR NOT NULL,
                value TEXT NOT NULL,
                PRIMARY KEY ("key")
            )""",
            """CREATE TABLE IF NOT EXISTS document (
                id VARCHAR NOT NULL,
                sha256 VARCHAR NOT NULL,
                size_bytes INTEGER NOT NULL,
                media_type VARCHAR NOT NULL,
                state VARCHAR NOT NULL,
                newest INTEGER NOT NULL,
                visible INTEGER,
                error_code VARCHAR,
                error TEXT,
                created_at FLOAT NOT NULL,
                updated_at FLOAT NOT NULL,
                PRIMARY KEY (id),
                UNIQUE (sha256)
            )""",
            """CREATE TABLE IF NOT EXISTS source (
                id INTEGER NOT NULL,
                root VARCHAR NOT NULL,
                name VARCHAR NOT NULL,
                document VARCHAR,
                pending VARCHAR,
                size_bytes INTEGER NOT NULL,
                modified_ns INTEGER NOT NULL,
                error_code VARCHAR,
                error TEXT,
                PRIMARY KEY (id),
                UNIQUE (root, name)
            )""",
            """CREATE TABLE IF NOT EXISTS job (
                id VARCHAR NOT NULL,
                state VARCHAR NOT NULL,
                options JSON NOT NULL,
                created_at FLOAT NOT NULL,
                touched_at FLOAT NOT NULL,
                finished_at FLOAT,
                PRIMARY KEY (id)
            )""",
            """CREATE TABLE IF NOT EXISTS generation (
                document VARCHAR NOT NULL,
                number INTEGER NOT NULL,
                state VARCHAR NOT NULL,
                options JSON NOT NULL,
                passwords JSON,
                password TEXT,
                fingerprints JSON NOT NULL,
                pages INTEGER NOT NULL,
                title TEXT NOT NULL,
                language VARCHAR NOT NULL,
                created_at FLOAT NOT NULL,
                started_at FLOAT,
                finished_at FLOAT,
                PRIMARY KEY (document, number),
                FOREIGN KEY(document) REFERENCES document (id) ON DELETE CASCADE
            )""",
            """CREATE TABLE IF NOT EXISTS job_document (
                job VARCHAR NOT NULL,
                source VARCHAR NOT NULL,
                document VARCHAR NOT NULL,
                generation INTEGER NOT NULL,
                outcome VARCHAR NOT NULL,
                state VARCHAR NOT NULL,
                error_code VARCHAR,
                error TEXT,
                PRIMARY KEY (job, source),
                FOREIGN KEY(job) REFERENCES job (id) ON DELETE CASCADE
            )""",
            """CREATE TABLE IF NOT EXISTS step (
                document VARCHAR NOT NULL,
                generation INTEGER NOT NULL,
                stage VARCHAR NOT NULL,
                batch INTEGER NOT NULL,
                first_page INTEGER NOT NULL,
                last_page INTEGER NOT NULL,
                pages INTEGER NOT NULL,
                state VARCHAR NOT NULL,
                attempt INTEGER NOT NULL,
                losses INTEGER NOT NULL,
                owner VARCHAR,
                lease_until FLOAT NOT NULL,
                not_before FLOAT NOT NULL,
                sent_at FLOAT NOT NULL,
                sends INTEGER NOT NULL,
                page INTEGER,
                heard_at FLOAT,
                started_at FLOAT,
                finished_at FLOAT,
                cpu_s FLOAT NOT NULL,
                worker VARCHAR,
                error_code VARCHAR,
                error TEXT,
                detail TEXT,
                PRIMARY KEY (document, generation, stage, batch),
                FOREIGN KEY(document, generation) REFERENCES generation (document, number) ON DELETE CASCADE
            )""",
            """CREATE TABLE IF NOT EXISTS page (
                document VARCHAR NOT NULL,
                generation INTEGER NOT NULL,
                number INTEGER NOT NULL,
                width_pt FLOAT NOT NULL,
                height_pt FLOAT NOT NULL,
                route VARCHAR NOT NULL,
                reason TEXT NOT NULL,
                engine VARCHAR,
                confidence FLOAT,
                markdown TEXT,
                error_code VARCHAR,
                error TEXT,
                PRIMARY KEY (document, generation, number),
                FOREIGN KEY(document, generation) REFERENCES generation (document, number) ON DELETE CASCADE
            )""",
            """CREATE TABLE IF NOT EXISTS block (
                document VARCHAR NOT NULL,
                generation INTEGER NOT NULL,
                page INTEGER NOT NULL,
                ordinal INTEGER NOT NULL,
                label VARCHAR NOT NULL,
                x0 FLOAT NOT NULL,
                y0 FLOAT NOT NULL,
                x1 FLOAT NOT NULL,
                y1 FLOAT NOT NULL,
                level INTEGER NOT NULL,
                start INTEGER NOT NULL,
                "end" INTEGER NOT NULL,
                text TEXT NOT NULL,
                lines JSON NOT NULL,
                PRIMARY KEY (document, generation, page, ordinal),
                FOREIGN KEY(document, generation) REFERENCES generation (document, number) ON DELETE CASCADE
            )""",
            """CREATE TABLE IF NOT EXISTS chunk (
                id INTEGER NOT NULL,
                document VARCHAR NOT NULL,
                generation INTEGER NOT NULL,
                ordinal INTEGER NOT NULL,
                text TEXT NOT NULL,
                heading TEXT NOT NULL,
                first_page INTEGER NOT NULL,
                last_page INTEGER NOT NULL,
                boxes JSON NOT NULL,
                embedding BLOB NOT NULL,
                PRIMARY KEY (id),
                FOREIGN KEY(document, generation) REFERENCES generation (document, number) ON DELETE CASCADE,
                UNIQUE (document, generation, ordinal)
            )""",
            """CREATE TABLE IF NOT EXISTS record (
                document VARCHAR NOT NULL,
                generation INTEGER NOT NULL,
                schema VARCHAR NOT NULL,
                fields JSON NOT NULL,
                PRIMARY KEY (document, generation, schema),
                FOREIGN KEY(document, generation) REFERENCES generation (document, number) ON DELETE CASCADE
            )""",
            """CREATE TABLE IF NOT EXISTS evidence (
                document VARCHAR NOT NULL,
                generation INTEGER NOT NULL,
                schema VARCHAR NOT NULL,
                path VARCHAR NOT NULL,
                found INTEGER NOT NULL,
                page INTEGER NOT NULL,
                boxes JSON NOT NULL,
                quote TEXT NOT NULL,
                PRIMARY KEY (document, generation, schema, path),
                FOREIGN KEY(document, generation) REFERENCES generation (document, number) ON DELETE CASCADE
            )""",
            """CREATE VIRTUAL TABLE IF NOT EXISTS chunk_words USING fts5(
                text, heading, title, tokenize="porter unicode61 remove_diacritics 2 categories 'L* N* M* Co'"
            )""",
            "CREATE INDEX IF NOT EXISTS source_pending ON source (pending)",
            "CREATE INDEX IF NOT EXISTS source_document ON source (document)",
            "CREATE INDEX IF NOT EXISTS job_document_document ON job_document (document, generation)",
            "CREATE INDEX IF NOT EXISTS step_state ON step (state, lease_until)",
            "CREATE INDEX IF NOT EXISTS page_route ON page (document, generation, route)",
        ),
    ),
    Migration(
        name="callbacks, downloads, idempotent requests, and what a job knows of its requester",
        replaced=(("callback", "number"),),  # the first tables had a callback table that nothing used
        columns=(
            ("job", "priority", "INTEGER DEFAULT '0' NOT NULL"),
            ("job", "metadata", "JSON"),
            ("job", "callback_url", "TEXT"),
            ("job", "callback_each", "INTEGER DEFAULT '0' NOT NULL"),
        ),
        statements=(
            """CREATE TABLE IF NOT EXISTS callback (
                number INTEGER NOT NULL,
                id VARCHAR NOT NULL,
                job VARCHAR NOT NULL,
                document VARCHAR DEFAULT '' NOT NULL,
                kind VARCHAR NOT NULL,
                url TEXT NOT NULL,
                body JSON NOT NULL,
                state VARCHAR NOT NULL,
                attempt INTEGER DEFAULT '0' NOT NULL,
                not_before FLOAT DEFAULT '0' NOT NULL,
                lease_until FLOAT DEFAULT '0' NOT NULL,
                sent_at FLOAT DEFAULT '0' NOT NULL,
                owner VARCHAR,
                status INTEGER,
                error TEXT,
                created_at FLOAT NOT NULL,
                finished_at FLOAT,
                PRIMARY KEY (number),
                UNIQUE (id)
            )""",
            "CREATE INDEX IF NOT EXISTS callback_state ON callback (state, not_before)",
            "CREATE INDEX IF NOT EXISTS callback_job ON callback (job, number)",
            """CREATE TABLE IF NOT EXISTS fetch (
                job VARCHAR NOT NULL,
                url TEXT NOT NULL,
                passwords JSON,
                state VARCHAR NOT NULL,
                attempt INTEGER DEFAULT '0' NOT NULL,
                not_before FLOAT DEFAULT '0' NOT NULL,
                lease_until FLOAT DEFAULT '0' NOT NULL,
                sent_at FLOAT DEFAULT '0' NOT NULL,
                owner VARCHAR,
                error_code VARCHAR,
                error TEXT,
                PRIMARY KEY (job, url),
                FOREIGN KEY(job) REFERENCES job (id) ON DELETE CASCADE
            )""",
            "CREATE INDEX IF NOT EXISTS fetch_state ON fetch (state, not_before)",
            """CREATE TABLE IF NOT EXISTS request (
                "key" VARCHAR NOT NULL,
                digest VARCHAR NOT NULL,
                status INTEGER NOT NULL,
                answer JSON NOT NULL,
                created_at FLOAT NOT NULL,
                PRIMARY KEY ("key")
            )""",
        ),
    ),
    Migration(
        name="indexes for the order of long lists",
        statements=(
            "CREATE INDEX IF NOT EXISTS source_name ON source (name, id)",
            "CREATE INDEX IF NOT EXISTS source_document ON source (document)",
            "CREATE INDEX IF NOT EXISTS source_pending ON source (pending)",
            "CREATE INDEX IF NOT EXISTS job_created ON job (created_at, id)",
        ),
    ),
    Migration(
        name="how long a finished job was worked on",
        columns=(
            ("job", "began_at", "FLOAT"),
            ("job", "work_s", "FLOAT"),
        ),
    ),
    Migration(
        name="warnings of pages",
        columns=(
            ("page", "warning_code", "VARCHAR"),
            ("page", "warning", "TEXT"),
        ),
        statements=(
            "CREATE INDEX IF NOT EXISTS page_route ON page (document, generation, route)",
            "CREATE INDEX IF NOT EXISTS page_warning ON page (document, generation) WHERE warning IS NOT NULL",
        ),
    ),
    Migration(
        name="profiles: the settings and schemas that a job travels with",
        columns=(
            ("job", "profile", "VARCHAR"),
            ("generation", "profile", "VARCHAR"),
        ),
        statements=(
            """CREATE TABLE IF NOT EXISTS profile (
                id VARCHAR NOT NULL,
                content JSON NOT NULL,
                created_at FLOAT NOT NULL,
                PRIMARY KEY (id)
            )""",
        ),
    ),
    Migration(
        name="records that do not apply, and remarks",
        columns=(
            ("record", "not_applicable", "TEXT"),
            ("record", "remarks", "JSON"),
        ),
    ),
    Migration(
        name="what a language model read and wrote for a step",
        columns=(
            ("step", "tokens_read", "INTEGER DEFAULT '0' NOT NULL"),
            ("step", "tokens_written", "INTEGER DEFAULT '0' NOT NULL"),
        ),
    ),
    Migration(
        name="the trace of a job",
        columns=(("job", "trace", "VARCHAR"),),
    ),
    Migration(
        name="lines of jobs, from which steps are sent by turns",
        columns=(("step", "line", "VARCHAR"),),
        statements=("CREATE INDEX IF NOT EXISTS step_line ON step (state, sent_at, stage, line, batch)",),
    ),
    Migration(
        name="places of lines and cells in files without page images",
        columns=(
            ("evidence", "place", "TEXT"),
            ("chunk", "place", "TEXT"),
        ),
    ),
    Migration(
        name="corrections of values",
        columns=(("record", "corrections", "JSON"),),
        statements=(
            """CREATE TABLE IF NOT EXISTS extracted_record (
                document VARCHAR NOT NULL,
                generation INTEGER NOT NULL,
                schema VARCHAR NOT NULL,
                fields JSON NOT NULL,
                remarks JSON,
                evidence JSON NOT NULL,
                PRIMARY KEY (document, generation, schema),
                FOREIGN KEY(document, generation) REFERENCES generation (document, number) ON DELETE CASCADE
            )""",
            """CREATE TABLE IF NOT EXISTS correction (
                document VARCHAR NOT NULL,
                number INTEGER NOT NULL,
                schema VARCHAR NOT NULL,
                path VARCHAR NOT NULL,
                verdict VARCHAR NOT NULL,
                value JSON,
                evidence JSON,
                replaced JSON,
                anchor JSON,
                author TEXT NOT NULL,
                created_at FLOAT NOT NULL,
                withdrawn_by TEXT,
                withdrawn_at FLOAT,
                PRIMARY KEY (document, number),
                FOREIGN KEY(document) REFERENCES document (id) ON DELETE CASCADE
            )""",
        ),
    ),
    Migration(
        name="what the structure of a document is decided from",
        columns=(
            ("generation", "outline", "JSON"),
            ("block", "style", "JSON"),
        ),
    ),
    Migration(
        name="names that people give to documents",
        columns=(("source", "shown_name", "VARCHAR"),),
        statements=("CREATE INDEX IF NOT EXISTS source_shown ON source (coalesce(shown_name, name), id)",),
    ),
    Migration(
        name="how sure OCR was of blocks on pages with a text layer",
        columns=(("block", "confidence", "FLOAT"),),
    ),
    Migration(
        name="which blocks OCR has read",
        statements=(
            "CREATE INDEX IF NOT EXISTS block_recognised ON block (document, generation) WHERE confidence IS NOT NULL",
        ),
    ),
)

"""What PostgreSQL must do as SQLite does, and what only hosts apart need of it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, insert, select, text

from ingest.cli.doctor_database import examine_database
from ingest.cli.finding import Level
from pipeline.settings import Settings
from pipeline.stage_specs import NEEDS
from stores.contracts.registration import NewJob
from stores.errors import InputError, NotFoundError, UnavailableError
from stores.home_id import home_id
from stores.models import Field, FieldKind, Options, Outcome, Record, Schema, Stage, StepKey, document_id
from stores.placement import PlacementDecision, StagedFile
from stores.postgresql_catalog import PostgresCatalog
from stores.sql import keywords, postgresql_selection
from stores.sql.keywords import Words
from stores.sql.migration_steps import MIGRATIONS, Migration
from stores.sql.postgresql_server import PostgresServer as Server
from stores.sql.record_tables import store_record_rows
from stores.sql.tables import chunk, document, generation, metadata
from tests.conftest import ROOT
from tests.postgres_server import PostgresServer

KB = "kb-hosts"
SHA256 = "7" * 64


@pytest.fixture
def server(database_url: str) -> Iterator[Server]:
    opened = Server(database_url)
    yield opened
    opened.close()


@pytest.fixture
def catalog(server: Server, tmp_path: Path) -> PostgresCatalog:
    return PostgresCatalog(server, tmp_path)


@pytest.fixture
def elsewhere(database_url: str, tmp_path: Path) -> Iterator[PostgresCatalog]:
    """The same database as another host sees it, whose clock is five minutes fast, over the same shared folder."""
    opened = Server(database_url)
    yield PostgresCatalog(opened, tmp_path)
    opened.close()


def submit(catalog: PostgresCatalog) -> StepKey:
    """Submit one document; return its first step."""
    file = StagedFile(root="/d", name="a.pdf", size_bytes=1 << 40, sha256=SHA256, media_type="application/pdf")
    decision = PlacementDecision(file=file, outcome=Outcome.NEW, options=Options(), fingerprints={})
    store = catalog.create(KB)
    with store.registration.together(store.now()) as unit:
        unit.open_jobs([NewJob(job=f"{KB}.1", options=Options())])
        unit.register([(f"{KB}.1", decision)], NEEDS)
    return StepKey(knowledge_id=KB, document=document_id(SHA256), generation=1, stage=Stage.PLAN, batch=0)


# Hosts


def test_a_host_with_another_clock_takes_no_lease_that_is_held(
    catalog: PostgresCatalog, elsewhere: PostgresCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = submit(catalog)
    assert catalog.store(KB).steps.claim(step, "here", "w@here#1")
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 300.0)
    store = elsewhere.store(KB)
    assert abs(store.now() - real()) < 100.0
    assert store.steps.claim(step, "there", "w@there#1") is None
    assert store.dispatch.take(10, frozenset(Stage)) == []


def test_hosts_agree_on_the_home_and_on_its_folder(database_url: str, tmp_path: Path) -> None:
    shared, local = tmp_path / "shared", tmp_path / "local"
    assert home_id(shared, database_url) == home_id(shared / "." / ".", database_url) != home_id(shared)
    with pytest.raises(UnavailableError, match="mount the folder"):
        home_id(local, database_url)
    with pytest.raises(UnavailableError, match="mount the folder"):
        PostgresCatalog.at(database_url, local).create(KB)


def test_hosts_that_share_files_need_no_common_folder(database_url: str, tmp_path: Path) -> None:
    here, there, url = tmp_path / "here", tmp_path / "there", "s3://bucket/ingot"
    assert home_id(here, database_url, url) == home_id(there, database_url, url)
    for other in ("", "s3://bucket/other"):
        with pytest.raises(UnavailableError, match=f"are in {url}: set INGOT_FILES_URL alike"):
            home_id(there, database_url, other)


def test_a_knowledge_base_that_another_host_removed_is_gone(
    catalog: PostgresCatalog, elsewhere: PostgresCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog.create(KB).set_meta("made", "first")
    old = elsewhere.store(KB)
    catalog.remove(KB)
    assert (catalog.names(), elsewhere.busy()) == ([], [])
    with pytest.raises(NotFoundError, match="was removed"):
        old.set_meta("made", "too late")
    catalog.create(KB).set_meta("made", "second")
    monkeypatch.setattr("stores.postgresql_catalog._REMEMBERED_S", 0.0)
    assert elsewhere.store(KB).get_meta("made") == "second"


def test_a_forked_child_has_connections_of_its_own(catalog: PostgresCatalog) -> None:
    store = catalog.create(KB)
    store.set_meta("said", "parent")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            store.set_meta("said", store.get_meta("said") + " and child")
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert store.get_meta("said") == "parent and child"


def test_lost_connections_are_made_anew(catalog: PostgresCatalog, postgres: PostgresServer) -> None:
    store = catalog.create(KB)
    others = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname LIKE 't%'"
    )
    with pytest.raises(UnavailableError, match="was lost"), store.database.write() as connection:
        postgres.execute(others)
        connection.execute(text("SELECT 1"))
    postgres.execute(others)
    store.set_meta("still", "there")
    assert store.get_meta("still") == "there"


# Faults, each said in one sentence


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("postgresql://u:hidden@127.0.0.1:1/x", "is not there: start PostgreSQL"),
        ("postgresql://u:hidden@nowhere.invalid/x", "host name that nobody knows"),
        ("{server}/nothing?{place}", "has no database of that name"),
        ("postgresql://unknown:hidden@/postgres?{place}", "has no role of that name"),
        ("postgresql://crowded:hidden@/postgres?{place}", "has no connection left"),
    ],
)
def test_a_database_that_cannot_be_reached_is_explained(
    postgres: PostgresServer, tmp_path: Path, address: str, words: str
) -> None:
    postgres.execute("DROP ROLE IF EXISTS crowded; CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
    server, _, place = postgres.address("").partition("?")
    url = address.format(server=server.rstrip("/"), place=place)
    with pytest.raises(UnavailableError, match=words) as refused:
        PostgresCatalog(Server(url), tmp_path).names()
    assert "hidden" not in refused.value.message and "\n" not in refused.value.message
    (finding,) = examine_database(Settings(database_url=url, home=tmp_path))
    assert (finding.level, bool(finding.remedy)) == (Level.FAIL, True)


@pytest.mark.parametrize("url", ["mysql://h/x", "postgresql://h:port/x", "postgresql://h", "kb.db"])
def test_an_address_that_is_none_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="INGOT_DATABASE_URL"):
        Server(url)


def test_a_database_that_takes_no_writes_is_explained(
    database_url: str, catalog: PostgresCatalog, postgres: PostgresServer, tmp_path: Path
) -> None:
    catalog.create(KB)
    postgres.execute(
        f"ALTER DATABASE {database_url.partition('?')[0].rpartition('/')[2]} SET default_transaction_read_only = on"
    )
    catalog.server.close()
    with pytest.raises(UnavailableError, match="read only"):
        catalog.store(KB).set_meta("a", "b")


def test_tables_of_an_older_version_are_brought_up_to_date(
    catalog: PostgresCatalog, elsewhere: PostgresCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog.create(KB).set_meta("made", "before")
    statement = "CREATE TABLE IF NOT EXISTS later (id BIGINT PRIMARY KEY)"
    later = Migration(name="later", columns=(("job", "later", "VARCHAR"),), statements=(statement,))
    for module in ("stores.sql.migrations", "stores.postgresql_catalog"):
        monkeypatch.setattr(f"{module}.MIGRATIONS", (*MIGRATIONS, later))
    for _ in range(2):
        with elsewhere.store(KB).database.read() as connection:
            assert connection.execute(text("SELECT count(later) FROM job, later")).scalar_one() == 0
    assert elsewhere.store(KB).get_meta("made") == "before"


def test_tables_of_a_newer_version_are_refused(
    catalog: PostgresCatalog, database_url: str, tmp_path: Path, elsewhere: PostgresCatalog
) -> None:
    catalog.create(KB)
    with catalog.server.catalog().write() as connection:
        connection.execute(text("UPDATE ingot.knowledge_base SET tables = 999"))
    with pytest.raises(UnavailableError, match="upgrade Ingot"):
        elsewhere.store(KB)
    findings = list(examine_database(Settings(database_url=database_url, home=tmp_path)))
    assert [finding.level for finding in findings] == [Level.OK, Level.FAIL]


def test_the_doctor_names_the_server(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(database_url=database_url, home=tmp_path)
    (finding,) = examine_database(settings)
    assert finding.level is Level.OK and finding.words.startswith("PostgreSQL ")
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 300.0)
    assert [f.what for f in examine_database(settings) if f.level is Level.WARN] == ["clock"]


# Rows


def test_large_numbers_and_values_of_another_kind_are_kept(catalog: PostgresCatalog) -> None:
    submit(catalog)
    store = catalog.store(KB)
    (known,) = store.registration.sources()
    assert known.size_bytes == 1 << 40
    fields = (Field(name="total", kind=FieldKind.NUMBER), Field(name="pieces", kind=FieldKind.INTEGER))
    schema = Schema(name="bill", description="", fields=(*fields, Field(name="note", kind=FieldKind.TEXT)))
    store.record_tables.prepare([schema])
    given: list[dict[str, Any]] = [
        {"total": 9, "pieces": 1 << 40, "note": "x"},
        {"total": "12.5", "pieces": "7", "note": 3},
        {"total": "about nine", "pieces": 1.5, "note": None},
    ]
    kept = []
    for values in given:
        with store.database.write() as connection:
            record = Record(schema="bill", fields=values, evidence=())
            store_record_rows(connection, document_id(SHA256), 1, record)
            kept.append(tuple(connection.execute(text("SELECT total, pieces, note FROM record_bill")).one()))
    assert kept == [(9.0, 1 << 40, "x"), (12.5, 7, "3"), (None, None, None)]


def test_a_schema_with_long_names_and_a_view_that_others_build_upon(catalog: PostgresCatalog) -> None:
    store, long = catalog.create(KB), "n" * 48
    schema = Schema(name=long, description="", fields=(Field(name="m" * 48, kind=FieldKind.TEXTS),))
    submit(catalog)
    store.record_tables.prepare([schema])
    with store.database.write() as connection:
        store_record_rows(
            connection, document_id(SHA256), 1, Record(schema=long, fields={"m" * 48: ["a"]}, evidence=())
        )
        connection.execute(text(f"CREATE VIEW mine AS SELECT * FROM {long}_now"))
    store.record_tables.prepare([schema])
    with store.database.read() as connection:
        tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE tablename LIKE 'record_n%'")).scalars()
        (child,) = [name for name in tables if len(name) == 63]
        assert connection.execute(text(f"SELECT value FROM {child}")).scalars().all() == ["a"]


# Keywords

CHINESE = (
    "本合同总金额为人民币元整包含税费运输费和人工费用付款期限为"
    "甲方收到发票之日起四十五日内逾期付款的按应付金额支付违约金"
)


def corpus() -> list[str]:
    words = (ROOT / "README.md").read_text(encoding="utf-8").split()
    english = [" ".join(words[at : at + 60]) for at in range(0, len(words), 60)]
    return [*english, *(CHINESE[at : at + 20] for at in range(0, len(CHINESE) - 20, 4))]


def filled(connection: Connection, texts: list[str]) -> None:
    facts = {"size_bytes": 0, "media_type": "", "state": "done", "newest": 1, "created_at": 0, "updated_at": 0}
    made = {"number": 1, "state": "done", "options": {}, "fingerprints": {}, "created_at": 0}
    place = {"generation": 1, "ordinal": 0, "first_page": 1, "last_page": 1, "boxes": [], "embedding": b""}
    names = [f"d{at}" for at in range(1, len(texts) + 1)]
    visible = [{"id": name, "sha256": name, "visible": 2 if name == "d3" else 1, **facts} for name in names]
    connection.execute(insert(document), visible)
    connection.execute(insert(generation), [{"document": name, **made} for name in names])
    rows = [(at, name, words) for at, (name, words) in enumerate(zip(names, texts, strict=True), 1)]
    chunks = [{"id": at, "document": name, "text": words, "heading": "", **place} for at, name, words in rows]
    connection.execute(insert(chunk), chunks)
    keywords.write(connection, [Words(rowid=at, text=words, heading=words[:9], title="Ingot") for at, _, words in rows])


def queries(texts: list[str]) -> Iterator[str]:
    for at, words in enumerate(texts):
        parts = words.split()
        yield " ".join(parts[at % 7 : at % 7 + 1 + at % 5]) if len(parts) > 20 else words[at % 9 : at % 9 + 4]


def test_keywords_find_and_rank_as_on_sqlite(catalog: PostgresCatalog) -> None:
    texts = corpus()
    lite = create_engine("sqlite://").connect()
    metadata.create_all(lite)
    keywords.create(lite)
    filled(lite, texts)
    database, firsts, asked = catalog.create(KB).database, 0, 0
    with database.write() as connection:
        filled(connection, texts)
    with database.read() as connection:
        for query in queries(texts):
            wanted, hits = keywords.search(lite, query, 1000), keywords.search(connection, query, 1000)
            assert {at for at, _ in hits} == {at for at, _ in wanted}, query
            asked += bool(wanted)
            scores = dict(hits)
            firsts += bool(wanted) and scores[wanted[0][0]] >= 0.95 * hits[0][1]
    lite.close()
    assert firsts >= 0.95 * asked > 50


def test_of_common_words_the_rows_that_hold_several_are_ranked_first_and_as_before(
    catalog: PostgresCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, database = corpus(), catalog.create(KB).database
    with database.write() as connection:
        filled(connection, texts)
    with database.read() as connection:
        asked = {query: keywords.search(connection, query, 10) for query in queries(texts)}
        monkeypatch.setattr(postgresql_selection, "MOST_RANKED", 12)
        narrowed = {query: keywords.search(connection, query, 10) for query in asked}
    same = [len(dict(wanted).keys() & dict(narrowed[query])) / len(wanted) for query, wanted in asked.items() if wanted]
    assert sum(same) / len(same) > 0.9
    assert all(len(narrowed[query]) == len(wanted) for query, wanted in asked.items())


def test_of_a_word_in_too_many_rows_the_newest_are_ranked_and_the_others_where_those_are_few(
    catalog: PostgresCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_selection, "MOST_NEWEST", 20)
    database = catalog.create(KB).database
    with database.write() as connection:
        filled(connection, [f"revenue {'grew' if at > 100 else 'fell'} {at}" for at in range(1, 201)])
    with database.read() as connection:
        newest = keywords.search(connection, "revenue", 5)
        oldest = keywords.search(connection, "fell", 5)
    assert len(newest) == 5 and min(at for at, _ in newest) > 150
    assert len(oldest) == 5 and max(at for at, _ in oldest) <= 100


def test_counts_of_words_follow_what_is_removed(catalog: PostgresCatalog) -> None:
    database, texts = catalog.create(KB).database, corpus()[:20]
    with database.write() as connection:
        filled(connection, texts)
        keywords.write(connection, [Words(rowid=1, text="changed words", heading="", title="")])
        keywords.delete(connection, [*range(2, 21), 999])
        counts = connection.execute(text("SELECT word, rows, tokens FROM chunk_words_count WHERE rows <> 0")).all()
        assert connection.execute(select(chunk.c.id)).first()
    assert sorted(tuple(row) for row in counts) == [("", 1, 2), ("chang", 1, 0), ("word", 1, 0)]


# SQL of a user


def test_a_users_sql_reads_and_nothing_else(catalog: PostgresCatalog) -> None:
    submit(catalog)
    store = catalog.store(KB)
    answer = store.query("SELECT state, 'a%b' AS shown FROM document", 10, 10.0)
    assert (answer.columns, answer.rows, answer.more) == (("state", "shown"), (("queued", "a%b"),), False)
    assert store.query("SELECT generate_series(1, 3)", 2, 10.0).more
    for statement, reason in (
        ("DELETE FROM document", "only reading"),
        ("COMMIT; DELETE FROM document", "one statement"),
        ("SELECT 1; SELECT 2", "one statement"),
        ("SELECT * FROM nowhere", "does not take"),
        ("SET search_path TO public", "no query"),
    ):
        with pytest.raises(InputError, match=reason):
            store.query(statement, 10, 10.0)
    with pytest.raises(InputError, match="longer than"):
        store.query("SELECT pg_sleep(60)", 10, 0.1)
    assert store.query("SELECT count(*) FROM document", 10, 10.0).rows == ((1,),)

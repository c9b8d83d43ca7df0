"""What is written once for all dialects of SQL compiles for each of them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable

from stores.models import Field, FieldKind, Schema
from stores.sql.dialect import insert, insert_or_replace
from stores.sql.record_tables import tables_of
from stores.sql.tables import meta, metadata, profile

DIALECTS = [postgresql.dialect(), sqlite.dialect()]


@pytest.fixture(params=DIALECTS, ids=lambda dialect: dialect.name)
def dialect(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_every_table_and_index_compiles(dialect: Any) -> None:
    for table in metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=dialect)).strip().startswith("CREATE TABLE")


def test_tables_of_a_schema_compile(dialect: Any) -> None:
    fields = tuple(Field(name=kind.value, kind=kind) for kind in FieldKind)
    tables = tables_of(Schema(name="order", description="", fields=fields))
    assert [table.name for table in tables] == ["record_order", "record_order_texts", "record_order_rows"]
    assert all(CreateTable(table).compile(dialect=dialect) for table in tables)


def test_an_insert_that_may_meet_its_row_compiles(dialect: Any) -> None:
    ignoring = str(insert(profile).values(id="p").on_conflict_do_nothing().compile(dialect=dialect))
    replacing = str(insert_or_replace(meta).compile(dialect=dialect))
    assert ignoring.endswith("ON CONFLICT DO NOTHING")
    assert replacing.endswith("DO UPDATE SET value = excluded.value")

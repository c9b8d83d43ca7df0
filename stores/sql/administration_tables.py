"""The tables of a home's administration: in the shared schema of PostgreSQL, or in a SQLite file of their own."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Float, Index, Integer, MetaData, String, Table, Text

from stores.sql.catalog_tables import SCHEMA

metadata = MetaData(schema=SCHEMA)

access_key = Table(
    "access_key",
    metadata,
    Column("name", String, primary_key=True),
    Column("digest", String, nullable=False, unique=True),  # SHA-256 in hex; the key itself is kept nowhere
    Column("knowledge", JSON(none_as_null=True)),  # null: for all
    Column("created_at", Float, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("last_used_day", String, nullable=False),
    Column("revoked_at", Float),
)

audit = Table(
    "audit",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", Float, nullable=False),
    Column("actor", Text, nullable=False),
    Column("door", String, nullable=False),
    Column("action", String, nullable=False),
    Column("knowledge_id", String, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("audit_at", "at"),
    Index("audit_knowledge_id", "knowledge_id", "number"),
    sqlite_autoincrement=True,  # a number is never given twice, so that a cursor stays right
)

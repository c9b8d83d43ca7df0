"""The tables that all knowledge bases of one PostgreSQL database share: who they are, which have work, who uses them.

``secret`` and ``host`` came later: they are made at their first use.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Integer, MetaData, String, Table

SCHEMA = "ingot"
"""The schema of these tables; each knowledge base has one of its own beside it."""

metadata = MetaData(schema=SCHEMA)

home = Table(
    "home",
    metadata,
    Column("id", String, primary_key=True),
    Column("folder", String, nullable=False),  # the id of the folder with the files, which each host must see
    Column("created_at", Float, nullable=False),
)

knowledge_base = Table(
    "knowledge_base",
    metadata,
    Column("number", BigInteger, primary_key=True),  # never given twice, so that what was removed is not mistaken
    Column("id", String(collation="C"), nullable=False, unique=True),
    Column("schema", String, nullable=False, unique=True),
    Column("tables", Integer, nullable=False),  # the number of the last migration of its tables; 0: none yet
    Column("created_at", Float, nullable=False),
)

secret = Table(
    "secret",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)

host = Table(
    "host",
    metadata,
    Column("process", String, primary_key=True),  # of which machine and home, and its name there
    Column("name", String, nullable=False),
    Column("machine", String, nullable=False),
    Column("folder", String, nullable=False),
    Column("chroma_url", String, nullable=False),
    Column("seen_at", Float, nullable=False),
)

mark = Table(
    "mark",
    metadata,
    Column("kind", String, primary_key=True),  # busy, outbound
    Column("knowledge_id", String(collation="C"), primary_key=True),
)

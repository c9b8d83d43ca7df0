"""The tables of a home that belong to no knowledge base, in the database of the home; made at their first use."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, Integer, MetaData, Table

from stores.sql.tables import String, Text

metadata = MetaData()

schedule = Table(
    "schedule",
    metadata,
    Column("name", String, primary_key=True),
    Column("content", JSON, nullable=False),
    Column("state", String, nullable=False),  # waits, due, running, done, failed
    Column("last_due_at", Float, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("owner", String),
    Column("lease_until", Float, nullable=False, server_default="0"),
    Column("sent_at", Float, nullable=False, server_default="0"),
    Column("skipped", Integer, nullable=False, server_default="0"),  # times since the last run began
    Column("started_at", Float),
    Column("finished_at", Float),
    Column("error", Text),
    Column("result", JSON),
)

notice = Table(
    "notice",
    metadata,
    Column("cause", String, primary_key=True),
    Column("told_at", Float, nullable=False),
)

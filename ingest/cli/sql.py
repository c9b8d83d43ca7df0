"""``ingot sql``: ask the database of a knowledge base with SQL, reading only."""

from __future__ import annotations

from typing import Annotated

import typer

from ingest.cli.context import AsJson, AsLines, Knowledge, load_settings, open_service
from stores.models import check_knowledge_id


def sql(
    statement: Annotated[str, typer.Argument(metavar="SELECT", help="One statement that reads.")],
    knowledge: Knowledge = "default",
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1_000_000, help="At most N rows.")] = 1000,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="S", min=0.01, max=3600, help="Give up after S seconds.")
    ] = 10.0,
    as_json: AsJson = False,
    as_lines: AsLines = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV for a spreadsheet.")] = False,
) -> None:
    """Ask a knowledge base with SQL; a record's table is `record_<schema>`, what answers now `<schema>_now`."""
    from ingest.cli import console
    from ingest.spreadsheet import csv_text

    service = open_service(load_settings())
    answer = service.records.query(check_knowledge_id(knowledge), statement, limit, timeout)
    names = list(dict.fromkeys(answer.columns))
    rows = [{name: _plain(value) for name, value in zip(answer.columns, row, strict=True)} for row in answer.rows]
    if as_csv:
        console.print_text(csv_text(rows, names))
    else:
        console.print_rows(rows, {name: name for name in names}, as_json=as_json, as_lines=as_lines)
    if answer.more:
        console.note(f"more than {limit} rows: the rest is left out; --limit N shows more")


def _plain(value: object) -> object:
    """Replace bytes, such as those of vectors, by their number."""
    return f"<{len(value)} bytes>" if isinstance(value, bytes) else value

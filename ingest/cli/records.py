"""``ingot records``: print what was extracted as a table, CSV or JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest.cli import corrections
from ingest.cli.context import AsJson, AsLines, Knowledge, load_settings, open_service
from stores.errors import InputError
from stores.models import check_knowledge_id

if TYPE_CHECKING:
    from stores.models import Schema


records = typer.Typer(invoke_without_command=True, help="What was extracted: print, correct and check it.")
records.command("correct")(corrections.records_correct)
records.command("confirm")(corrections.records_confirm)
records.command("reject")(corrections.records_reject)
records.command("undo")(corrections.records_undo)
records.command("history")(corrections.records_history)
records.command("check")(corrections.records_check)


@records.callback()
def records_list(
    context: typer.Context,
    knowledge: Knowledge = "default",
    schema: Annotated[str, typer.Option("--schema", help="Which kind of record.")] = "document",
    where: Annotated[
        list[str] | None,
        typer.Option("--where", metavar="COND", help="Only records like total>100 (repeatable)."),
    ] = None,
    proved: Annotated[bool, typer.Option("--proved", help="Leave out values that were not found on a page.")] = False,
    inapplicable: Annotated[
        bool, typer.Option("--all", help="With the documents that the schema does not apply to, and why.")
    ] = False,
    as_json: AsJson = False,
    as_lines: AsLines = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV for a spreadsheet.")] = False,
    xlsx: Annotated[Path | None, typer.Option("--xlsx", metavar="FILE", help="Write an Excel workbook.")] = None,
    parquet: Annotated[Path | None, typer.Option("--parquet", metavar="FILE", help="Write a Parquet file.")] = None,
    evidence: Annotated[
        bool, typer.Option("--evidence", help="With page, quote and place of each value, in these files.")
    ] = False,
) -> None:
    """Print what was extracted, one record per document."""
    if context.invoked_subcommand:
        _check_order(context)
        return
    from ingest import record_serializers
    from ingest.cli import console
    from ingest.spreadsheet import csv_text, record_columns, record_row

    service = open_service(load_settings())
    wanted = service.records.filter(
        check_knowledge_id(knowledge), schema, where or (), proved=proved, inapplicable=inapplicable
    )
    if xlsx or parquet:
        known = service.knowledge_bases.schemas(knowledge)
        views = service.records.all(knowledge, schema, wanted)
        _write_files(known[schema], map(record_serializers.record, views), xlsx, parquet, evidence=evidence)
        return
    rows = [record_serializers.record(view) for view in service.records.all(knowledge, schema, wanted)]
    unfinished = service.knowledge_bases.get(knowledge).open
    if unfinished:
        console.note(f"{console.plural(unfinished, 'document')} still in work: not in this list yet")
    if as_json or as_lines:
        console.print_rows(rows, {}, as_json=as_json, as_lines=as_lines)
        return
    known_schema = service.knowledge_bases.schemas(knowledge).get(schema)
    names = [field.name for field in known_schema.fields] if known_schema else list(rows[0]["fields"]) if rows else []
    names += ["not_applicable"] if inapplicable else []
    flat = [{"not_applicable": row["not_applicable"], **record_row(row)} for row in rows]
    columns = record_columns(names)
    if as_csv:
        console.print_text(csv_text(flat, columns))
    else:
        names = columns[2:]
        filled = [name for name in names if not sys.stdout.isatty() or any(_is_given(row.get(name)) for row in flat)]
        console.print_rows(flat, {name: name for name in ("source", *filled)}, as_json=False, as_lines=False)


def _write_files(
    schema: Schema, records: Iterable[dict[str, Any]], xlsx: Path | None, parquet: Path | None, *, evidence: bool
) -> None:
    from ingest.cli import console
    from ingest.parquet import write_parquet
    from ingest.workbook import write_workbook

    rows = list(records)
    writers: tuple[tuple[Path | None, Any], ...] = ((xlsx, write_workbook), (parquet, write_parquet))
    for path, write in writers:
        if path is None:
            continue
        try:
            count = write(path, schema, rows, evidence=evidence)
        except OSError as error:
            raise InputError(f"{path} cannot be written ({error.strerror})", code="usage") from error
        console.note(f"{path}: {console.plural(count, 'record')}")


def _check_order(context: typer.Context) -> None:
    """Refuse options before the name of a command of this group, which would not see them."""
    for name in context.params:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            command = f"ingot records {context.invoked_subcommand}"
            raise InputError(f"write the options behind the command: {command} ... -k ID", code="usage")


def _is_given(value: Any) -> bool:
    """Tell whether a cell has a value; an amount of 0 is a value."""
    return value is not None and value not in ("", [])

"""``ingot records correct|confirm|reject|undo|history|check``: what people say of extracted values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.context import AsJson, AsLines, Knowledge, load_settings, open_service
from ingest.cli.docs import Doc
from ingest.system_user import system_user
from stores.errors import InputError
from stores.models import check_knowledge_id

if TYPE_CHECKING:
    from pipeline.commands.corrections import GivenPlace
    from stores.corrections import Correction

Path = Annotated[
    str, typer.Argument(metavar="FIELD", help="total, invoice.total, authors[1] or lines[3].amount: counted from 0.")
]
OfSchema = Annotated[str, typer.Option("--schema", help="Of this record; needed where several have the field.")]
Page = Annotated[int, typer.Option("--page", min=0, help="The page that it stands on.")]
Box = Annotated[str, typer.Option("--box", metavar="X0,Y0,X1,Y1", help="The box around its words, in points.")]
Quote = Annotated[str, typer.Option("--quote", help="Its words as they are printed.")]
Author = Annotated[str, typer.Option("--by", metavar="NAME", help="Who says it; without: the user of this system.")]

_CORRECTION = {
    "number": "number",
    "field": "field",
    "verdict": "verdict",
    "value": "value",
    "replaced": "instead of",
    "author": "by",
    "created_at": "when",
    "withdrawn_by": "withdrawn by",
}
_DOUBTFUL = {"doubt": "doubt", "source": "source", "field": "field", "value": "value", "page": "page", "why": "why"}


def records_correct(
    doc: Doc,
    field: Path,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="What it is.")],
    knowledge: Knowledge = "default",
    schema: OfSchema = "",
    page: Page = 0,
    box: Box = "",
    quote: Quote = "",
    author: Author = "",
    as_json: AsJson = False,
) -> None:
    """Correct a value: it holds from now on, whatever is extracted later."""
    records = open_service(load_settings()).records
    where = check_knowledge_id(knowledge), doc, schema, field
    _tell(records.correct(*where, value, author or system_user(), _place(page, box, quote)), as_json=as_json)


def records_confirm(
    doc: Doc,
    field: Path,
    knowledge: Knowledge = "default",
    schema: OfSchema = "",
    page: Page = 0,
    box: Box = "",
    quote: Quote = "",
    author: Author = "",
    as_json: AsJson = False,
) -> None:
    """Say that a value is right: it stays, whatever is extracted later."""
    records = open_service(load_settings()).records
    where = check_knowledge_id(knowledge), doc, schema, field
    _tell(records.confirm(*where, author or system_user(), _place(page, box, quote)), as_json=as_json)


def records_reject(
    doc: Doc,
    field: Path,
    knowledge: Knowledge = "default",
    schema: OfSchema = "",
    author: Author = "",
    as_json: AsJson = False,
) -> None:
    """Say that a document has no such value; an element of a list leaves it."""
    records = open_service(load_settings()).records
    where = check_knowledge_id(knowledge), doc, schema, field
    _tell(records.reject(*where, author or system_user()), as_json=as_json)


def records_undo(
    doc: Doc,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Of the correction, as `history` shows it.")],
    knowledge: Knowledge = "default",
    author: Author = "",
    as_json: AsJson = False,
) -> None:
    """Withdraw a correction: what stood there before is shown again."""
    records = open_service(load_settings()).records
    made = records.withdraw(check_knowledge_id(knowledge), doc, number, author or system_user())
    _tell(made, as_json=as_json)


def records_history(
    doc: Doc, knowledge: Knowledge = "default", as_json: AsJson = False, as_lines: AsLines = False
) -> None:
    """List what people said of the values of a document."""
    from ingest import record_serializers
    from ingest.cli import console

    views = open_service(load_settings()).records.corrections(check_knowledge_id(knowledge), doc)
    rows = [record_serializers.correction(view) for view in views]
    shown = [{**row, "field": f"{row['schema']}.{row['path']}"} for row in rows]
    console.print_rows(rows if as_json or as_lines else shown, _CORRECTION, as_json=as_json, as_lines=as_lines)


def records_check(
    doc: Annotated[str, typer.Argument(metavar="DOC", help="Of this document only.")] = "",
    knowledge: Knowledge = "default",
    schema: Annotated[str, typer.Option("--schema", help="Of this schema only.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="At most so many.")] = 100,
    as_json: AsJson = False,
    as_lines: AsLines = False,
) -> None:
    """List the values that should be checked, the most doubtful first."""
    from ingest import record_serializers
    from ingest.cli import console

    queue = open_service(load_settings()).records.to_check(check_knowledge_id(knowledge), schema, limit, name=doc)
    rows = [record_serializers.doubtful_value(value) for value in queue.items]
    shown = [
        {**row, "field": f"{row['schema']}.{row['path']}", "page": row["page"] or "", "why": "; ".join(row["reasons"])}
        for row in rows
    ]
    console.print_rows(rows if as_json or as_lines else shown, _DOUBTFUL, as_json=as_json, as_lines=as_lines)
    if queue.total > len(rows):
        console.note(f"{queue.total} values in all: --limit shows more")
    elif not rows:
        console.note("no value is doubtful")


def _place(page: int, box: str, quote: str) -> GivenPlace:
    from pipeline.commands.corrections import GivenPlace

    if not box:
        return GivenPlace(page=page, quote=quote)
    try:
        x0, y0, x1, y1 = (float(part) for part in box.split(","))
    except ValueError as error:
        raise InputError(f"--box {box!r} is no box: write four numbers in points, x0,y0,x1,y1", code="usage") from error
    return GivenPlace(page=page, box=(x0, y0, x1, y1), quote=quote)


def _tell(made: Correction, *, as_json: bool) -> None:
    from ingest import record_serializers
    from ingest.cli import console

    if as_json:
        console.print_json(record_serializers.correction(made))
        return
    what = "withdrawn" if made.withdrawn_at else str(made.verdict)
    value = "" if made.value is None or made.withdrawn_at else f": {console.one_line(made.value)}"
    console.note(f"{what}  {made.schema}.{made.path}{value}  (correction {made.number}, by {made.author})")

"""Commands that show or delete what is stored: search, records, docs and kb."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest.cli.context import AsJson, AsLines, Knowledge, Pages, conditions, load_settings, open_service, page_numbers
from ingest.quantities import size
from stores.errors import InputError
from stores.models import DocumentState, check_knowledge_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.cli.exit_codes import Exit
    from stores.contracts.queries import Availability
    from stores.models import Hit, Page
    from stores.views import DocumentView

docs = typer.Typer(no_args_is_help=True, help="The documents of a knowledge base.")
kb = typer.Typer(no_args_is_help=True, help="The knowledge bases of this home.")

_SNIPPET = 320
_DOCUMENT = {
    "source": "source",
    "state": "state",
    "pages": "pages",
    "routes": "routes",
    "language": "language",
    "chunks": "chunks",
    "document": "document",
    "error": "problem",
}
_KNOWLEDGE_BASE = {
    "knowledge_id": "knowledge base",
    "documents": "documents",
    "counts": "states",
    "pages": "pages",
    "chunks": "chunks",
    "records": "records",
    "size": "size",
    "created_at": "created",
}


class Mode(StrEnum):
    """Which parts of the search are used."""

    HYBRID = "hybrid"
    KEYWORD = "keyword"
    VECTOR = "vector"


class Form(StrEnum):
    """How a document is printed."""

    MARKDOWN = "markdown"
    TEXT = "text"
    JSON = "json"


Doc = Annotated[str, typer.Argument(metavar="DOC", help="Its id, a unique beginning of it, or its source.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def search(
    query: Annotated[str, typer.Argument(metavar="QUERY")],
    knowledge: Knowledge = "default",
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, max=1000, help="At most so many hits.")] = 10,
    mode: Annotated[Mode, typer.Option("--mode", help="Which halves of the search answer.")] = Mode.HYBRID,
    where: Annotated[
        list[str] | None, typer.Option("--where", metavar="FIELD=VALUE", help="Only documents with this (repeatable).")
    ] = None,
    as_json: AsJson = False,
    as_lines: AsLines = False,
) -> None:
    """Find passages, with their document and page."""
    from ingest import serializers
    from ingest.cli import console
    from ingest.runtime import embedded

    check_knowledge_id(knowledge)
    filters = conditions(where or ())
    if not query.strip():
        raise InputError("the query is empty: say what to look for", code="empty_query")
    with embedded.searching(load_settings()) as settings:
        hits = open_service(settings).search.hits(knowledge, query, limit, mode.value, filters or None)
    if as_json or as_lines:
        console.print_rows([serializers.hit(hit) for hit in hits], {}, as_json=as_json, as_lines=as_lines)
        return
    for number, hit in enumerate(hits, 1):
        _print_hit(number, hit)
    if not hits:
        console.note(f"Nothing was found in {knowledge}.")


def _print_hit(number: int, hit: Hit) -> None:
    """Print source, pages and heading of a hit on the first line, and a part of its text below."""
    from rich.padding import Padding
    from rich.text import Text

    from ingest.cli import console

    pages = f"p. {hit.first_page}" if hit.first_page == hit.last_page else f"pp. {hit.first_page}-{hit.last_page}"
    heading = f"  {console.one_line(hit.heading)}" if hit.heading else ""
    ranks = [f"{name} {rank}" for name, rank in (("keyword", hit.keyword_rank), ("vector", hit.vector_rank)) if rank]
    text = console.one_line(hit.text)
    shown = text if len(text) <= _SNIPPET else text[:_SNIPPET].rsplit(" ", 1)[0] + " ..."
    place = f"{number}. {console.printable(hit.source)}  {pages}"
    if not sys.stdout.isatty():
        console.print_text(f"{place}{heading}\n   {shown}\n")
        return
    line = Text.assemble((place, "bold"), (heading, "cyan"), (f"  {', '.join(ranks)}", "dim"))
    console.screen(sys.stdout).print(line, Padding(Text(shown), (0, 0, 1, 3)))


def records(
    knowledge: Knowledge = "default",
    schema: Annotated[str, typer.Option("--schema", help="Which kind of record.")] = "document",
    as_json: AsJson = False,
    as_lines: AsLines = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV for a spreadsheet.")] = False,
) -> None:
    """Print what was extracted, one record per document."""
    from ingest import serializers
    from ingest.cli import console
    from ingest.spreadsheet import csv_text

    service = open_service(load_settings())
    rows = [serializers.record(view) for view in service.records.all(check_knowledge_id(knowledge), schema)]
    unfinished = service.knowledge_bases.get(knowledge).open
    if unfinished:
        console.note(f"{console.plural(unfinished, 'document')} still in work: not in this list yet")
    if as_json or as_lines:
        console.print_rows(rows, {}, as_json=as_json, as_lines=as_lines)
        return
    known_schema = service.knowledge_bases.schemas(knowledge).get(schema)
    names = [field.name for field in known_schema.fields] if known_schema else list(rows[0]["fields"]) if rows else []
    flat = [{"document": row["document"], "source": row["source"], **row["fields"]} for row in rows]
    if as_csv:
        console.print_text(csv_text(flat, ["document", "source", *names]))
    else:
        filled = [name for name in names if not sys.stdout.isatty() or any(_is_given(row.get(name)) for row in flat)]
        console.print_rows(flat, {name: name for name in ("source", *filled)}, as_json=False, as_lines=False)


def _is_given(value: Any) -> bool:
    """Tell whether a cell has a value; an amount of 0 is a value."""
    return value is not None and value not in ("", [])


@docs.command("list")
def docs_list(
    knowledge: Knowledge = "default",
    state: Annotated[DocumentState | None, typer.Option("--state", help="Only documents in this state.")] = None,
    as_json: AsJson = False,
    as_lines: AsLines = False,
) -> None:
    """List documents with their states, pages and problems."""
    from ingest import serializers
    from ingest.cli import console
    from ingest.cli.progress import warnings_in_words
    from stores.views import DocumentFilter

    views = open_service(load_settings()).documents.all(check_knowledge_id(knowledge), DocumentFilter(state=state))
    rows = [serializers.document(view) for view in views]
    if not as_json and not as_lines:
        rows = [
            {**row, "error": row["error"] or warnings_in_words(view.warnings)}
            for row, view in zip(rows, views, strict=True)
        ]
    if not as_json and not as_lines and sys.stdout.isatty():
        rows = [{**row, "document": row["document"][:12]} for row in rows]
    console.print_rows(rows, _DOCUMENT, as_json=as_json, as_lines=as_lines)


@docs.command("show")
def docs_show(
    doc: Doc,
    knowledge: Knowledge = "default",
    form: Annotated[Form, typer.Option("--as", help="Markdown, plain text, or JSON with blocks.")] = Form.MARKDOWN,
    pages: Pages = "",
    so_far: Annotated[
        bool, typer.Option("--so-far", help="What there is of a document that is not finished or failed.")
    ] = False,
) -> int:
    """Print what was read from a document."""
    from ingest import serializers
    from ingest.cli import console

    numbers = page_numbers(pages)
    service = open_service(load_settings())
    availability = service.documents.standing(check_knowledge_id(knowledge), doc, so_far=so_far)
    view = service.documents.get(knowledge, availability.document)
    printed = service.documents.pages(knowledge, view.document, numbers, so_far=so_far)
    if form is Form.JSON:
        console.print_json(serializers.document_pages(view, printed))
    else:
        console.print_text("\n\n".join(_page_text(page, form) for page in printed))
    for remark in _remarks(availability, view, printed):
        console.note(remark)
    return _exit_code(printed)


def _remarks(availability: Availability, view: DocumentView, pages: Sequence[Page]) -> Iterator[str]:
    """Yield what is missing from the printed pages."""
    if availability.shown == "so-far":
        yield f"{view.source} is {availability.state}: this is what is there so far"
    elif availability.shown == "older":
        yield f"{view.source}: this is the older version, the newer one is {availability.state}"
    for page in pages:
        if not page.read:
            yield (
                f"page {page.number} could not be read: {page.error}"
                if page.error
                else f"page {page.number} is not read yet"
            )
        elif page.warning:
            yield f"page {page.number}: {page.warning.message}"
    if view.error:
        yield f"{view.source}: {view.error.message}"


def _exit_code(pages: Sequence[Page]) -> Exit:
    """Return ``SOME_FAILED`` or ``ALL_FAILED`` where pages could not be read."""
    from ingest.cli.exit_codes import Exit

    lost = sum(bool(page.error) for page in pages)
    if lost and lost == len(pages):
        return Exit.ALL_FAILED
    return Exit.SOME_FAILED if lost else Exit.WELL


def _page_text(page: Page, form: Form) -> str:
    if form is Form.MARKDOWN:
        return page.markdown
    return "\n\n".join(block.text for block in page.blocks if block.end > block.start) or page.markdown


@docs.command("delete")
def docs_delete(doc: Doc, knowledge: Knowledge = "default", as_json: AsJson = False) -> None:
    """Delete a document: rows, vectors, records and files."""
    from ingest import serializers
    from ingest.cli import console
    from ingest.runtime import embedded

    check_knowledge_id(knowledge)
    with embedded.attached(load_settings()) as settings:
        view = open_service(settings).documents.delete(knowledge, doc)
    if as_json:
        console.print_json(serializers.document(view))
    console.note(f"deleted {view.source} ({view.document}) from {knowledge}")


@kb.command("list")
def kb_list(as_json: AsJson = False, as_lines: AsLines = False) -> None:
    """List the knowledge bases of this home."""
    from ingest import serializers
    from ingest.cli import console

    rows = [serializers.knowledge_base(view) for view in open_service(load_settings()).knowledge_bases.all()]
    shown = rows if as_json or as_lines else [_sized(row) for row in rows]
    console.print_rows(shown, _KNOWLEDGE_BASE, as_json=as_json, as_lines=as_lines)


@kb.command("show")
def kb_show(
    knowledge: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False, as_lines: AsLines = False
) -> None:
    """Show one knowledge base."""
    from ingest import serializers
    from ingest.cli import console

    row = serializers.knowledge_base(open_service(load_settings()).knowledge_bases.get(check_knowledge_id(knowledge)))
    if as_json:
        console.print_json(row)
    elif as_lines:
        console.print_line(row)
    else:
        for key, title in {**_KNOWLEDGE_BASE, "embedder": "embedder"}.items():
            console.print_text(f"{title:<15} {console.one_line(_sized(row)[key])}")


@kb.command("delete")
def kb_delete(knowledge: Annotated[str, typer.Argument(metavar="ID")], yes: Yes = False) -> None:
    """Delete a knowledge base with everything in it."""
    from ingest.cli import console
    from ingest.runtime import embedded

    settings = load_settings()
    view = open_service(settings).knowledge_bases.get(check_knowledge_id(knowledge))
    if not yes:
        _confirm(f"Delete {knowledge} with {console.plural(view.documents, 'document')}?")
    with embedded.attached(settings) as connected:
        open_service(connected).knowledge_bases.delete(knowledge)
    console.note(f"deleted {knowledge}")


def _confirm(question: str) -> None:
    if not sys.stdin.isatty():
        raise InputError(f"{question} There is no terminal to answer in: give --yes", code="unconfirmed")
    typer.confirm(question, abort=True, err=True)


def _sized(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "size": size(row["size_bytes"])}

"""``ingot docs``: list, show, rename, delete and retry the documents of a knowledge base."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.context import AsJson, AsLines, Knowledge, Pages, load_settings, open_service, page_numbers
from ingest.cli.jobs import Timeout, prepare_workers, watch_or_leave
from stores.models import DocumentState, Stage, check_knowledge_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.cli.exit_codes import Exit
    from stores.contracts.queries import Availability
    from stores.models import Page
    from stores.views import DocumentView

docs = typer.Typer(no_args_is_help=True, help="The documents of a knowledge base.")

Doc = Annotated[str, typer.Argument(metavar="DOC", help="Its id, a unique beginning of it, or its source.")]
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


class Form(StrEnum):
    """How a document is printed."""

    MARKDOWN = "markdown"
    TEXT = "text"
    JSON = "json"


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
        console.print_text("\n\n".join(page_text(page, form) for page in printed))
    for remark in _remarks(availability, view, printed):
        console.note(remark)
    return exit_code_of(printed)


def _remarks(availability: Availability, view: DocumentView, pages: Sequence[Page]) -> Iterator[str]:
    """Yield what is missing from the printed pages."""
    if availability.shown == "so-far":
        yield f"{view.source} is {availability.state}: this is what is there so far"
    elif availability.shown == "older":
        yield f"{view.source}: this is the older version, the newer one is {availability.state}"
    yield from page_remarks(pages)
    if view.error:
        yield f"{view.source}: {view.error.message}"


def page_remarks(pages: Sequence[Page]) -> Iterator[str]:
    """Yield why pages were not read, or what of them was given up."""
    for page in pages:
        if not page.read:
            yield (
                f"page {page.number} could not be read: {page.error}"
                if page.error
                else f"page {page.number} is not read yet"
            )
        elif page.warning:
            yield f"page {page.number}: {page.warning.message}"


def exit_code_of(pages: Sequence[Page]) -> Exit:
    """Return ``SOME_FAILED`` or ``ALL_FAILED`` where pages could not be read."""
    from ingest.cli.exit_codes import Exit

    lost = sum(bool(page.error) for page in pages)
    if lost and lost == len(pages):
        return Exit.ALL_FAILED
    return Exit.SOME_FAILED if lost else Exit.WELL


def page_text(page: Page, form: Form) -> str:
    """Return the text of a page, as Markdown or without its marks."""
    if form is Form.MARKDOWN:
        return page.markdown
    return "\n\n".join(block.text for block in page.blocks if block.end > block.start) or page.markdown


@docs.command("rename")
def docs_rename(
    doc: Doc,
    name: Annotated[str, typer.Argument(metavar="NAME", help="In any script; empty: the name of its file again.")],
    knowledge: Knowledge = "default",
    as_json: AsJson = False,
) -> None:
    """Give a document another name; ingesting its file again does not undo it."""
    from ingest import serializers
    from ingest.cli import console
    from ingest.runtime import embedded

    check_knowledge_id(knowledge)
    with embedded.attached(load_settings()) as settings:
        view = open_service(settings).documents.rename(knowledge, doc, name)
    if as_json:
        console.print_json(serializers.document(view))
    console.note(f"{view.document} is called {view.source}")


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


@docs.command("retry")
def docs_retry(
    doc: Doc,
    knowledge: Knowledge = "default",
    from_stage: Annotated[
        Stage | None, typer.Option("--from", help="Process it again from here; without it, only what failed.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Watch until all is done.")] = True,
    timeout: Timeout = None,
    as_json: AsJson = False,
    as_lines: AsLines = False,
) -> int:
    """Process a document again from a stage on; the current version answers until then."""
    from ingest.runtime import embedded

    prepare_workers()
    with embedded.attached(load_settings()) as connected:
        job = open_service(connected).documents.retry(check_knowledge_id(knowledge), doc, from_stage).job
    return watch_or_leave(job, wait, timeout, as_json=as_json, as_lines=as_lines)

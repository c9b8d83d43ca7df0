"""``ingot search``: find chunks by a question."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.context import AsJson, AsLines, load_settings, open_service
from stores.errors import InputError
from stores.models import check_knowledge_id

if TYPE_CHECKING:
    from stores.models import Hit

_SNIPPET = 320


KnowledgeBases = Annotated[
    list[str] | None,
    typer.Option(
        "-k",
        "--knowledge",
        metavar="ID",
        envvar="INGOT_KNOWLEDGE",
        help="Knowledge base, default if none is given (repeatable).",
    ),
]


class Mode(StrEnum):
    """Which parts of the search are used."""

    HYBRID = "hybrid"
    KEYWORD = "keyword"
    VECTOR = "vector"


def search(
    query: Annotated[str, typer.Argument(metavar="QUERY")],
    knowledge: KnowledgeBases = None,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, max=1000, help="At most so many hits.")] = 10,
    mode: Annotated[Mode, typer.Option("--mode", help="Which halves of the search answer.")] = Mode.HYBRID,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", metavar="FILTER", help="Only documents with this: 'amount > 1000' (repeatable)."),
    ] = None,
    as_json: AsJson = False,
    as_lines: AsLines = False,
) -> None:
    """Find passages, with their document and page."""
    from ingest import serializers
    from ingest.cli import console
    from ingest.runtime import embedded
    from pipeline.search.filters import as_filter

    names = knowledge or ["default"]
    for one in names:
        check_knowledge_id(one)
    filters = as_filter(*(where or ()))
    if not query.strip():
        raise InputError("the query is empty: say what to look for", code="empty_query")
    with embedded.searching(load_settings()) as settings:
        result = open_service(settings).search.result_over(names, query, limit, mode.value, filters)
    rows = [serializers.hit(hit) for hit in result.hits]
    if as_json:
        console.print_json({"nothing_fits": result.nothing_fits, "remark": result.remark, "hits": rows})
        return
    if result.remark:
        console.note(result.remark)
    if result.nothing_fits:
        console.note(f"Nothing in {' or '.join(names)} fits; the nearest were:")
    elif not rows:
        console.note(f"Nothing was found in {' or '.join(names)}.")
    if as_lines:
        console.print_rows(rows, {}, as_json=False, as_lines=True)
        return
    for number, hit in enumerate(result.hits, 1):
        _print_hit(number, hit, several=len(names) > 1)


def _print_hit(number: int, hit: Hit, *, several: bool) -> None:
    """Print source, pages and heading of a hit on the first line, and a part of its text below."""
    from rich.padding import Padding
    from rich.text import Text

    from ingest.cli import console

    pages = f"p. {hit.first_page}" if hit.first_page == hit.last_page else f"pp. {hit.first_page}-{hit.last_page}"
    heading = f"  {console.one_line(hit.heading)}" if hit.heading else ""
    ranks = [f"{name} {rank}" for name, rank in (("keyword", hit.keyword_rank), ("vector", hit.vector_rank)) if rank]
    text = console.one_line(hit.text)
    shown = text if len(text) <= _SNIPPET else text[:_SNIPPET].rsplit(" ", 1)[0] + " ..."
    shelf = f"{hit.knowledge_id}: " if several else ""
    named = f"  {console.one_line(hit.place)}" if hit.place else ""
    place = f"{number}. {shelf}{console.printable(hit.source)}  {pages}{named}"
    if not sys.stdout.isatty():
        console.print_text(f"{place}{heading}\n   {shown}\n")
        return
    line = Text.assemble((place, "bold"), (heading, "cyan"), (f"  {', '.join(ranks)}", "dim"))
    console.screen(sys.stdout).print(line, Padding(Text(shown), (0, 0, 1, 3)))

"""``ingot ask``: answer a question from the documents, each sentence with its source."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.context import AsJson, load_settings, open_service
from stores.models import check_knowledge_id

if TYPE_CHECKING:
    from pipeline.answering.answer import Answer, Citation, Sentence

_QUOTED = 200  # characters of a quote that are shown


def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION")],
    knowledge: Annotated[
        list[str] | None,
        typer.Option("-k", "--knowledge", metavar="ID", envvar="INGOT_KNOWLEDGE", help="Knowledge base (repeatable)."),
    ] = None,
    chunks: Annotated[int, typer.Option("--chunks", min=1, max=50, help="Passages that are read for it.")] = 8,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", metavar="FILTER", help="Only documents with this: 'amount > 1000' (repeatable)."),
    ] = None,
    records: Annotated[
        bool, typer.Option("--records/--no-records", help="Let the model ask the record tables with SQL, too.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Answer a question, each sentence with its document, page and quote."""
    from ingest import serializers
    from ingest.cli import console
    from ingest.runtime import embedded
    from pipeline.answering.answer import Answer, AskRequest
    from pipeline.search.filters import as_filter

    names = tuple(map(check_knowledge_id, knowledge or ["default"]))
    request = AskRequest(
        question=question,
        knowledge_ids=names,
        chunks=chunks,
        where=as_filter(*(where or ())),
        records=records,
    )
    with embedded.searching(load_settings()) as settings:
        for part in open_service(settings).asking.in_parts(request):
            if not isinstance(part, Answer):
                if not as_json:
                    _print_sentence(part, len(names) > 1)
            elif as_json:
                console.print_json(serializers.answer(part))
            else:
                _print_end(part)


def _print_sentence(sentence: Sentence, named: bool) -> None:
    """Print a sentence, and below it what proves it; one that nothing proves is marked."""
    from ingest.cli import console

    mark = "" if sentence.proved else "  [not proved]"
    console.print_text(f"{console.one_line(sentence.text)}{mark}\n")
    for citation in sentence.citations:
        console.print_text(f"   {_place(citation, named)}  {_quote(citation)}\n")
    if sentence.rows and not sentence.citations:
        console.print_text(f"   row {', '.join(map(str, sentence.rows))} of the records\n")
    sys.stdout.flush()


def _place(citation: Citation, named: bool) -> str:
    from ingest.cli import console

    base = f"{citation.knowledge_id}: " if named else ""
    place = f"  {console.printable(citation.place)}" if citation.place else ""
    return f"{base}{console.printable(citation.source)}  p. {citation.page}{place}"


def _quote(citation: Citation) -> str:
    from ingest.cli import console

    text = console.one_line(citation.quote)
    shown = text if len(text) <= _QUOTED else f"{text[:_QUOTED]}..."
    return f'"{shown}"' + ("" if citation.located else "  (these words do not stand there)")


def _print_end(answer: Answer) -> None:
    """Print on stderr the statement that the records were asked with, and what the answer lacks."""
    from ingest.cli import console

    if answer.records:
        count = console.plural(len(answer.records.rows), "row") + (" and more" if answer.records.more else "")
        console.note(f"{count}: {console.one_line(answer.records.statement)}", style="dim")
    if answer.note:
        console.note(answer.note.replace(" are:", " are above.").rstrip("：") if answer.sentences else answer.note)
    if answer.fault:
        console.note(f"ingot: {answer.fault.message}")
    elif answer.written_by == "quotes" and answer.sentences:
        console.note("These are quotes: with INGOT_LLM_URL and INGOT_LLM_MODEL a language model writes the answer.")

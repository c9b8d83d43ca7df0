"""Sentences that a model writes from rows, and the check of what they cite."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.answering import prompts
from pipeline.answering.answer import RecordRows, Sentence
from pipeline.answering.numbered_chunks import stands_in
from pipeline.answering.sentence_stream import Cited
from pipeline.engines.evidence.located_values import squash
from pipeline.engines.model.prompt_text import estimated_tokens


def shown_rows(records: RecordRows, most_tokens: int) -> list[str]:
    """The first rows as lines that fit into a request together, one at least."""
    lines: list[str] = []
    several = len({row.knowledge_id for row in records.rows}) > 1
    for row in records.rows:
        base = {"knowledge base": row.knowledge_id} if several else {}
        line = prompts.row_line({**base, **row.values})
        most_tokens -= estimated_tokens(line) + 5
        if lines and most_tokens < 0:
            break
        lines.append(line)
    return lines


def checked_by_rows(text: str, cited: Cited, records: RecordRows, lines: Sequence[str], question: str) -> Sentence:
    """The sentence with the rows that have what it quotes, though the model may number others.

    It is proved where its numbers stand in these rows or in the question, or say how many rows there are.
    """
    numbers = list(dict.fromkeys(row for number, quote in cited if (row := _row_of(number, quote, lines))))
    count = [] if records.more else [str(len(records.rows))]
    printed = " ".join([question, *count, *(lines[number - 1] for number in numbers)])
    citations = [citation for number in numbers for citation in records.rows[number - 1].citations]
    return Sentence(
        text=text,
        citations=tuple(dict.fromkeys(citations)),
        proved=bool(numbers) and stands_in(text, printed),
        rows=tuple(numbers),
    )


def _row_of(number: int, quote: str, lines: Sequence[str]) -> int | None:
    """The number of the row that has a quoted value, the named one first; None where no row has it."""
    value = squash(quote)
    if not value:
        return None
    named = [number] if 1 <= number <= len(lines) else []
    return next((at for at in [*named, *range(1, len(lines) + 1)] if value in squash(lines[at - 1])), None)

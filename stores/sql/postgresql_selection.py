"""Which rows of the keyword table are ranked. Pure.

To rank a row costs PostgreSQL some 20 microseconds, and a word as ``2023`` stands in every third chunk of a folder of
filings. Where all words of a query are so common, the best rows hold several of them: those with one are many, and
would come last. Of a word that is alone, the newest rows are ranked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MOST_RANKED = 2000  # as far as can be told; more where several words like to stand together
MOST_NEWEST = 5000  # rows of a word that cannot be told apart by others
_MOST_TOGETHER = 6  # common terms of which some are looked for together; the ways to choose them grow fast


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a query as a tsquery, and how many rows hold it."""

    query: str
    rows: int


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows that match a tsquery; only the newest where ``share``, 0 to 1, is less than all."""

    query: str
    share: float = 1.0


def selections(required: Sequence[Term], optional: Sequence[Term], total: int) -> Iterator[Selection]:
    """How rows may be chosen for the ranking, the narrowest selection first.

    The last one is all rows that hold any of ``required``; one before it may leave too few. ``total``: rows in all.
    """
    required = sorted(dict.fromkeys(required), key=lambda term: term.rows)
    rare = _first(required, MOST_RANKED)
    if len(rare) < len(required):
        others = dict.fromkeys([*required[len(rare) :], *sorted(optional, key=lambda term: term.rows)])
        common = list(others)[:_MOST_TOGETHER]
        for number in range(_number_together(common, total), 1, -1):
            yield Selection(_any_of([*(term.query for term in rare), f"({_at_least(number, common)})"]))
    any_required, held = _any_of([term.query for term in required]), sum(term.rows for term in required)
    if held > MOST_NEWEST:
        yield Selection(any_required, MOST_NEWEST / held)
    yield Selection(any_required)


def _any_of(queries: Sequence[str]) -> str:
    return " | ".join(queries)


def _first(terms: Sequence[Term], most: int) -> Sequence[Term]:
    """The first terms that so many rows hold together."""
    held = 0
    for at, term in enumerate(terms):
        held += term.rows
        if held > most:
            return terms[:at]
    return terms


def _number_together(terms: Sequence[Term], total: int) -> int:
    """How many of the terms a row must hold for few enough rows to be left, were they independent of each other."""
    chances = [1.0]  # of a row to hold 0, 1, 2… of the terms
    for term in terms:
        share = min(term.rows / total, 1.0)
        chances = [
            held * (1 - share) + fewer * share for held, fewer in zip([*chances, 0.0], [0.0, *chances], strict=True)
        ]
    enough = (number for number in range(2, len(terms)) if total * sum(chances[number:]) <= MOST_RANKED)
    return next(enough, len(terms))


def _at_least(number: int, terms: Sequence[Term]) -> str:
    """The tsquery of rows that hold so many of the terms, of which there are no fewer."""
    if number == 1:
        return _any_of([term.query for term in terms])
    if number == len(terms):
        return " & ".join(term.query for term in terms)
    first, *rest = terms
    return f"{first.query} & ({_at_least(number - 1, rest)}) | {_at_least(number, rest)}"

"""Which rows of PostgreSQL's keyword table are ranked."""

from __future__ import annotations

from random import Random

import pytest

from stores.sql import postgresql_selection
from stores.sql.postgresql_selection import Selection, Term, selections

TOTAL = 300


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql_selection, "MOST_RANKED", 40)
    monkeypatch.setattr(postgresql_selection, "MOST_NEWEST", 90)


def holding(query: str, rows: list[set[str]]) -> set[int]:
    """The rows that a tsquery of single letters matches."""
    python = query.replace("&", "and").replace("|", "or")
    letters = "abcdefgh"
    return {at for at, row in enumerate(rows) if eval(python, {name: name in row for name in letters})}


def rows_with(shares: dict[str, float]) -> list[set[str]]:
    random = Random(3)
    return [{name for name, share in shares.items() if random.random() < share} for _ in range(TOTAL)]


def terms_of(shares: dict[str, float], rows: list[set[str]]) -> list[Term]:
    return [Term(name, sum(name in row for row in rows)) for name in shares]


def test_few_rows_are_all_ranked() -> None:
    assert list(selections([Term("a", 10), Term("b", 25)], [Term("c", 200)], TOTAL)) == [Selection("a | b")]


def test_of_common_words_so_many_must_stand_together_that_few_rows_are_left() -> None:
    shares = dict.fromkeys("abcdef", 0.4)
    rows = rows_with(shares)
    first, *others = terms_of(shares, rows)
    chosen = list(selections([first], others, TOTAL))
    together = [sum(len(row & set("abcdef")) >= number for row in rows) for number in (5, 4, 3, 2)]
    left = [len(holding(one.query, rows)) for one in chosen if one.query != "a"]
    assert left == together[-len(left) :]
    assert left[0] <= 40 and chosen[-1] == Selection("a")


def test_a_rare_word_is_enough_beside_common_ones() -> None:
    shares = {"a": 0.02, "b": 0.4, "c": 0.5}
    rows = rows_with(shares)
    rare, *common = terms_of(shares, rows)
    first, *_ = selections([rare, common[0]], common[1:], TOTAL)
    assert holding(first.query, rows) == {at for at, row in enumerate(rows) if "a" in row or {"b", "c"} <= row}


def test_a_word_that_is_asked_twice_does_not_stand_together_with_itself() -> None:
    twice = [Term("a", 100), Term("a", 100)]
    assert {one.query for one in selections(twice, [], TOTAL)} == {"a"}


def test_of_a_single_common_word_the_newest_rows_come_first_and_then_all() -> None:
    assert list(selections([Term("a", 180)], [], TOTAL)) == [Selection("a", 0.5), Selection("a")]

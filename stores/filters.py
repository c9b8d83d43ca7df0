"""Filters of searches: conditions on what is known of a document, joined by and, or and not. Pure.

A value matches as its field is typed: numbers by size, dates by the time they cover, texts without case. Of a list one
item has to match.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Operator = Literal["=", "!=", "<", ">", "<=", ">=", "in", "range", "has"]
Lookup = Callable[[str], list[Any]]
"""The values that a document has in a field; none where it does not have the field."""

SOURCE_NAMES = ("source", "name")  # equal in every letter, as file names are
ID_NAMES = ("document", "id")  # equal from the start, as everywhere
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_LAST = "9999-99-99"  # after every month and day


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison. ``values``: the two ends of a range, the choices of ``in``, else one value."""

    field: str
    operator: Operator
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Every:
    """All of the parts hold."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of the parts holds."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Filter


Filter = Condition | Every | Either | Not


def equal_to(values: Mapping[str, str]) -> Filter | None:
    """The filter in which each of these fields equals its value; None without any."""
    return every([Condition(field, "=", (value,)) for field, value in values.items()])


def every(parts: list[Filter]) -> Filter | None:
    """The filter in which all of the parts hold; None without any."""
    return Every(tuple(parts)) if len(parts) > 1 else next(iter(parts), None)


def conditions(tree: Filter) -> Iterator[Condition]:
    """Each condition of a filter, from left to right."""
    if isinstance(tree, Condition):
        yield tree
        return
    for part in (tree.part,) if isinstance(tree, Not) else tree.parts:
        yield from conditions(part)


def matches(tree: Filter, lookup: Lookup) -> bool:
    """Tell whether a filter holds for the document whose values ``lookup`` returns."""
    if isinstance(tree, Every):
        return all(matches(part, lookup) for part in tree.parts)
    if isinstance(tree, Either):
        return any(matches(part, lookup) for part in tree.parts)
    if isinstance(tree, Not):
        return not matches(tree.part, lookup)
    kept = [one for value in lookup(tree.field) for one in _flat(value)]
    if tree.operator == "!=":  # a document without the field is neither equal nor unequal
        return bool(kept) and not any(_equal(tree.field, one, tree.values[0]) for one in kept)
    return any(_holds(tree, one) for one in kept)


def _flat(value: Any) -> Iterator[Any]:
    """The scalars of a value: items of a list, values of a row."""
    if isinstance(value, Mapping | list | tuple):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _flat(inner)
    elif value is not None:
        yield value


def _holds(condition: Condition, kept: Any) -> bool:
    value = condition.values[0]
    match condition.operator:
        case "=":
            return _equal(condition.field, kept, value)
        case "in":
            return any(_equal(condition.field, kept, one) for one in condition.values)
        case "has":
            return value.casefold() in str(kept).casefold()
        case "range":
            return _compares(kept, ">=", value) and _compares(kept, "<=", condition.values[1])
    return _compares(kept, condition.operator, value)


def _equal(field: str, kept: Any, value: str) -> bool:
    if field in SOURCE_NAMES:
        return bool(kept == value)
    if field in ID_NAMES:
        return str(kept).startswith(value)
    if _is_number(kept):
        return bool(number_of(value) == kept)
    if str(kept).casefold() == value.casefold():
        return True
    return is_date(value) and is_date(str(kept)) and str(kept).startswith(value)


def _compares(kept: Any, operator: str, value: str) -> bool:
    """Compare by size or by time. A date covers all the days that it may mean: 2024-05 ends with May."""
    if _is_number(kept):
        number = number_of(value)
        return number is not None and _ordered((kept, kept), operator, (number, number))
    text = str(kept)
    if is_date(value):
        return is_date(text) and _ordered(_covered(text), operator, _covered(value))
    folded, asked = text.casefold(), value.casefold()
    return _ordered((folded, folded), operator, (asked, asked))


def _ordered(kept: tuple[Any, Any], operator: str, value: tuple[Any, Any]) -> bool:
    """Compare (first, last) with (first, last)."""
    match operator:
        case "<":
            return bool(kept[1] < value[0])
        case ">":
            return bool(kept[0] > value[1])
        case "<=":
            return bool(kept[1] <= value[1])
    return bool(kept[0] >= value[0])


def _covered(date: str) -> tuple[str, str]:
    return date, date + _LAST[len(date) :]


def _is_number(kept: Any) -> bool:
    return isinstance(kept, int | float) and not isinstance(kept, bool)


def number_of(text: str) -> float | None:
    """The number that a text writes, commas between thousands allowed; None where it writes none."""
    try:
        return float(re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text))
    except ValueError:
        return None


def is_date(text: str) -> bool:
    """Tell whether a text is a year, a month or a day as dates are kept: 2018, 2018-09, 2018-09-14."""
    return _DATE.fullmatch(text) is not None

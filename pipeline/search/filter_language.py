"""The language of filters: ``invoice.amount > 1000 and (currency = EUR or issuer has "GmbH")``. Pure.

A comparison is ``FIELD OPERATOR VALUE`` with ``=``, ``!=``, ``<``, ``>``, ``<=``, ``>=`` or ``has`` (holds this text),
``FIELD = A..B`` for a range with both ends, or ``FIELD in (A, B)``. ``and`` binds tighter than ``or``; ``not`` and
brackets as usual. A value needs quotes only where it holds a comma in a list, a bracket inside brackets, or reads like
a next condition.
"""

from __future__ import annotations

import re
from typing import NoReturn, cast

from stores.errors import InputError
from stores.filters import Condition, Either, Every, Filter, Not, Operator

LONGEST_FILTER = 2000
_DEEPEST = 20
_NAME = re.compile(r"\s*([^\W\d][\w-]*(?:\.[\w-]+)*)\s*")
_OPERATOR = re.compile(r"(!=|<=|>=|=|<|>)\s*|(in)\s*(?=\()|(has)\s+", re.IGNORECASE)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\'')
_AFTER_QUOTED = re.compile(r"\s*(?:\Z|[),]|\.\.|(?:and|or)\s)", re.IGNORECASE)
_JOINT = re.compile(r"\s+(and|or)\s+(?=\(|not\s|[^\W\d][\w.-]*\s*(?:!=|<=|>=|=|<|>|in\s*\(|has\s))", re.IGNORECASE)
_RANGE = re.compile(r"\s*\.\.\s*")
_NOT = re.compile(r"\s*not\s+(?=\(|not\s|[^\W\d][\w.-]*\s*(?:!=|<=|>=|=|<|>|in\s*\(|has\s))", re.IGNORECASE)


def parse(text: str) -> Filter:
    """Parse a filter. InputError ``bad_where`` says at which place it cannot be read."""
    if len(text) > LONGEST_FILTER:
        raise InputError(f"the filter is longer than {LONGEST_FILTER} characters", code="bad_where")
    return _Parser(text.strip()).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._at, self._depth, self._nested = text, 0, 0, 0

    def whole(self) -> Filter:
        tree = self._either()
        if self._at < len(self._text):
            self._refuse("and or or")
        return tree

    def _either(self) -> Filter:
        parts = [self._every()]
        while self._joint("or"):
            parts.append(self._every())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _every(self) -> Filter:
        parts = [self._one()]
        while self._joint("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _one(self) -> Filter:
        self._nested += 1
        if self._nested > _DEEPEST:
            raise InputError(f"the filter is nested deeper than {_DEEPEST} levels", code="bad_where")
        tree = self._bracketed_or_condition()
        self._nested -= 1
        return tree

    def _bracketed_or_condition(self) -> Filter:
        if self._taken(_NOT):
            return Not(self._one())
        self._skip_space()
        if not self._text.startswith("(", self._at):
            return self._condition()
        self._at += 1
        self._depth += 1
        tree = self._either()
        self._close()
        self._depth -= 1
        return tree

    def _condition(self) -> Condition:
        name = self._taken(_NAME)
        if not name:
            self._refuse("the name of a field")
        sign = self._taken(_OPERATOR)
        if not sign:
            self._refuse(f"one of = != < > <= >= in has behind {name[1]!r}")
        operator = cast(Operator, (sign[1] or sign[2] or sign[3]).lower())
        if operator == "in":
            return Condition(name[1], operator, self._choices())
        first, quoted = self._value(in_list=False)
        if operator != "=":
            return Condition(name[1], operator, (first,))
        ends = self._ends(first, quoted)
        return Condition(name[1], "range" if len(ends) == 2 else "=", ends)

    def _ends(self, first: str, quoted: bool) -> tuple[str, ...]:
        """The ends of a range, or the value alone. Of a bare ``a..b`` both parts must look like numbers or dates."""
        if quoted:
            return (first, self._value(in_list=False)[0]) if self._taken(_RANGE) else (first,)
        start, dots, end = first.partition("..")
        if dots and re.match(r"[-+]?\d", start) and re.match(r"[-+]?\d", end.strip()):
            return start.strip(), end.strip()
        return (first,)

    def _choices(self) -> tuple[str, ...]:
        self._at += 1  # the bracket that the operator has seen
        self._depth += 1
        values = [self._value(in_list=True)[0]]
        while self._taken(re.compile(r"\s*,\s*")):
            values.append(self._value(in_list=True)[0])
        self._close()
        self._depth -= 1
        return tuple(values)

    def _value(self, *, in_list: bool) -> tuple[str, bool]:
        """(value, whether it was quoted). A bare one goes on to a joint, to the closing bracket or to the end."""
        self._skip_space()
        quoted = _QUOTED.match(self._text, self._at)
        if quoted and _AFTER_QUOTED.match(self._text, quoted.end()):
            self._at = quoted.end()
            return re.sub(r"\\(.)", r"\1", quoted[1] if quoted[1] is not None else quoted[2]), True
        end = self._bare_end(in_list)
        value = self._text[self._at : end].strip()
        if not value:
            self._refuse("a value")
        self._at = end
        return value, False

    def _bare_end(self, in_list: bool) -> int:
        inner = 0
        joint = _JOINT.search(self._text, self._at)
        last = joint.start() if joint and not in_list else len(self._text)
        for at in range(self._at, last):
            sign = self._text[at]
            if self._depth and not inner and (sign == ")" or (in_list and sign == ",")):
                return at
            inner += {"(": 1, ")": -1 if inner else 0}.get(sign, 0)
        return last

    def _joint(self, word: str) -> bool:
        match = _JOINT.match(self._text, self._at) or re.compile(r"\s*(and|or)\s+", re.I).match(self._text, self._at)
        if not match or match[1].lower() != word:
            return False
        self._at = match.end()
        return True

    def _close(self) -> None:
        if not self._taken(re.compile(r"\s*\)")):
            self._refuse("a closing bracket")

    def _taken(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self._text, self._at)
        if match:
            self._at = match.end()
        return match

    def _skip_space(self) -> None:
        self._taken(re.compile(r"\s*"))

    def _refuse(self, wanted: str) -> NoReturn:
        rest = self._text[self._at :].strip()
        place = f"at {rest[:40]!r}" if rest else "at its end"
        raise InputError(
            f"the filter {self._text[:80]!r} cannot be read {place}, where {wanted} is expected:"
            " write it like language=en, or like invoice.amount > 1000 and currency in (EUR, USD)",
            code="bad_where",
        )

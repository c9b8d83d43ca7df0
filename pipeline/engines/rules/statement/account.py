"""The number of the account: by its label, behind the name of the account, or an IBAN or card number by its form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.rules.labelled import LabelIndex, ValueReader

_NUMBER = re.compile(r"[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{2,4}){2,8}(?![A-Za-z0-9])|[\dXx*•#][\dXx*•#\s./-]{2,30}[\dXx*•#]")
_NAMED = re.compile(
    r"(?:account|checking|savings|giro(?:konto)?|konto|compte(?:\s+de\s+d[ée]p[ôo]t|\s+courant)?)(?![^\W\d_])"
    r"(?:\s+in\s+[A-Z]{3})?\W{0,3}(?:no\.?|nr\.?|n°|#|number|nummer)?\W{0,3}(\d[\d -]{4,24}\d)(?![\d.,/])",
    re.IGNORECASE,
)
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){2,7}(?:\s?[A-Z0-9]{1,4})?(?![A-Z0-9])")
_CARD = re.compile(r"(?<![\d-])(?<![A-Z]\d\d\s)(?:\d{4}|[Xx*•]{4})(?:[ -](?:\d{4}|[Xx*•]{4})){2}[ -]\d{4}(?![\d-])")
_WORDY = re.compile(r"[^\W\d_]{3}")
_FEW_WORDS = 4  # of what may be called a number: ``Girokonto 12``
_LEAST_DIGITS = 3
_MOST_LINES = 120  # further down stand the accounts of others


def find_account(index: LabelIndex, labels: Sequence[str], read: ValueReader) -> LocatedValue | None:
    """Find the number of the account, as it is printed."""
    return index.first(labels, _numbered(read)) or next(_unlabelled(index), None)


def _numbered(read: ValueReader) -> ValueReader:
    """Read only what holds digits; of a line that goes on with words, the number in front."""

    def numbered(text: str) -> tuple[object, int, int] | None:
        value = read(text)
        if value is None or not any(map(str.isdigit, str(value[0]))):
            return None
        if not _WORDY.search(str(value[0])):
            return value
        match = _NUMBER.match(str(value[0]))
        if match and _digits(match[0]) >= _LEAST_DIGITS:
            number = match[0].strip(" ./-")
            return number, value[1], value[1] + len(number)
        return value if len(str(value[0]).split()) <= _FEW_WORDS else None

    return numbered


def _unlabelled(index: LabelIndex) -> Iterator[LocatedValue]:
    lines = index.lines[:_MOST_LINES]
    for pattern, group in ((_IBAN, 0), (_NAMED, 1), (_CARD, 0)):
        for line in lines:
            match = pattern.search(line.text)
            if match and (pattern is not _IBAN or _is_iban(match[0])):
                yield located_in(match[group].strip(), [line], match[group].strip())


def _is_iban(text: str) -> bool:
    """Whether the check digits of an IBAN are right (ISO 13616: the number is 1 modulo 97)."""
    bare = "".join(text.split())
    return int("".join(str(int(c, 36)) for c in bare[4:] + bare[:4])) % 97 == 1


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))

"""Corrections: what a person says of a value that was extracted, kept apart from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from stores.clean_text import clean, clean_value
from stores.correction_marks import CorrectionMark, Verdict
from stores.models import Evidence

REMARKS = "@remarks"
"""The name under which the remarks of a record are confirmed, as ``@remarks[0]``; no field can have it."""

_PATH = re.compile(r"(@remarks|[^\W\d_]\w*)(?:\[(\+?\d+)\](?:\.([^\W\d_]\w*))?)?")


@dataclass(frozen=True, slots=True)
class ValuePath:
    """The path of a value in a record: ``total``, ``authors[1]`` or ``lines[3].amount``.

    ``index`` is None for a field that is no list. In the path of a correction it counts the elements as they were
    extracted, and ``+1`` is the first one that a person added.
    """

    name: str
    index: str | None = None
    column: str | None = None

    @classmethod
    def read(cls, text: str) -> ValuePath | None:
        """Parse a path; None where it is none."""
        match = _PATH.fullmatch(text)
        return cls(match[1], match[2], match[3]) if match else None

    def __str__(self) -> str:
        at = "" if self.index is None else f"[{self.index}]"
        return f"{self.name}{at}" + (f".{self.column}" if self.column else "")

    @property
    def added(self) -> bool:
        """Tell whether it names an element that a person added."""
        return self.index is not None and self.index.startswith("+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What one person said of one value, as it is kept. ``number`` counts from 1 within a document.

    ``path`` counts list elements as they were extracted; ``anchor`` is the element as it was then, by which it is
    found again where a later extraction has it elsewhere. ``value`` holds from now on, with ``evidence`` where its
    place is known (of a whole row: that of the cell that ``evidence.path`` names); ``replaced`` is what it stands
    for. A withdrawn correction counts no more.
    """

    document: str
    schema: str
    path: str
    verdict: Verdict
    value: Any
    author: str
    evidence: Evidence | None = None
    replaced: Any = None
    anchor: Any = None
    number: int = 0
    created_at: float = 0.0
    withdrawn_by: str = ""
    withdrawn_at: float | None = None

    def __post_init__(self) -> None:
        for name, fit in (("value", clean_value(self.value)), ("author", clean(self.author))):
            object.__setattr__(self, name, fit)

    def mark(self, path: str, *, applied: bool = True) -> CorrectionMark:
        """The mark that it leaves in a record."""
        return CorrectionMark(
            path=path,
            number=self.number,
            verdict=self.verdict,
            replaced=self.replaced,
            author=self.author,
            created_at=self.created_at,
            applied=applied,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRequest:
    """What a person says of the value at ``path`` of a record that is shown. ``value`` is typed already."""

    path: str
    verdict: Verdict
    author: str
    value: Any = None
    evidence: Evidence | None = None


def missing_remark(name: str) -> str:
    """The remark upon a required field without a value."""
    return f"{name} is required, and was not found"

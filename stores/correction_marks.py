"""Marks: what a record shows of the corrections of its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """What a person said: another value is right, this one is right, or there is none in the document."""

    CORRECTED = "corrected"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionMark:
    """A correction as a record shows it, at the path that its value has there; that of its list where it left that.

    Not ``applied``: the value that it was made for is not in the record any more, or has another type.
    """

    path: str
    number: int
    verdict: Verdict
    author: str
    created_at: float
    replaced: Any = None
    applied: bool = True

    def as_json(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "number": self.number,
            "verdict": str(self.verdict),
            "replaced": self.replaced,
            "author": self.author,
            "created_at": self.created_at,
            "applied": self.applied,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> CorrectionMark:
        return cls(**{**stored, "verdict": Verdict(stored["verdict"])})

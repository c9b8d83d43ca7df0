"""Reads sentences out of the JSON that a model is still writing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

Cited = Sequence[tuple[int, str]]
"""What a sentence cites: (number of an excerpt or row, quote)."""
ANSWER_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "sentences": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "citations": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {"excerpt": {"type": "integer"}, "quote": {"type": "string"}},
                            "required": ["excerpt", "quote"],
                            "additionalProperties": False,
                        },
                    },
                },
                "required": ["text", "citations"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["sentences"],
    "additionalProperties": False,
}
"""The JSON Schema of an answer."""
_KEY = '"sentences"'
_DECODER = json.JSONDecoder()


class SentenceStream:
    """Takes an answer piece by piece and gives each sentence as soon as it is whole.

    ``closed``: the list of sentences has ended, so that the answer is whole even where nothing follows.
    """

    def __init__(self) -> None:
        self._text, self._at, self.closed = "", -1, False

    @property
    def text(self) -> str:
        return self._text

    def feed(self, piece: str) -> Iterator[tuple[str, list[tuple[int, str]]]]:
        """Yield (text, [(excerpt, quote)]) of the sentences that this piece completes."""
        self._text += piece
        if self._at < 0 and not self._begun():
            return
        while not self.closed:
            self._at = _past(self._text, self._at, " \t\r\n,")
            if self._at >= len(self._text):
                return
            if self._text[self._at] == "]":
                self.closed = True
                return
            try:
                value, self._at = _DECODER.raw_decode(self._text, self._at)
            except ValueError:
                return  # it is not whole yet
            if sentence := _sentence(value):
                yield sentence

    def _begun(self) -> bool:
        key = self._text.find(_KEY)
        bracket = self._text.find("[", key) if key >= 0 else -1
        self._at = bracket + 1 if bracket >= 0 else -1
        return bracket >= 0


def _past(text: str, at: int, marks: str) -> int:
    while at < len(text) and text[at] in marks:
        at += 1
    return at


def _sentence(value: Any) -> tuple[str, list[tuple[int, str]]] | None:
    """A sentence with its citations; None for a value that is none."""
    if not isinstance(value, dict) or not isinstance(value.get("text"), str) or not value["text"].strip():
        return None
    given = value.get("citations")
    citations = [
        (one["excerpt"], " ".join(one["quote"].split()))
        for one in (given if isinstance(given, list) else ())
        if isinstance(one, dict) and isinstance(one.get("excerpt"), int) and isinstance(one.get("quote"), str)
    ]
    return " ".join(value["text"].split()), citations

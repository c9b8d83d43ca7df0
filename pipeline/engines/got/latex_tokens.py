r"""Splits LaTeX-flavoured text into tokens, in one pass. Pure.

``\begin{name}`` and ``\end{name}`` are one token each; of a command the token holds the name without its backslash.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """What a token is. SYMBOL is a backslash and one sign, PARAGRAPH one or more blank lines."""

    TEXT = auto()
    COMMAND = auto()
    SYMBOL = auto()
    BEGIN = auto()
    END = auto()
    OPEN = auto()
    CLOSE = auto()
    BRACKET = auto()
    AMPERSAND = auto()
    DOLLAR = auto()
    PARAGRAPH = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """``value``: name of a command or environment, sign of a symbol, else the text. ``start``: offset of ``raw``."""

    kind: Kind
    value: str
    raw: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.raw)

    def is_blank(self) -> bool:
        return self.kind is Kind.TEXT and self.raw.isspace()


_TOKEN = re.compile(
    r"""
      (?P<BEGIN>\\begin\s*\{\s*[A-Za-z]+\*?\s*\})
    | (?P<END>\\end\s*\{\s*[A-Za-z]+\*?\s*\})
    | (?P<COMMAND>\\[A-Za-z]+\*?)
    | (?P<SYMBOL>\\[^A-Za-z])
    | (?P<OPEN>\{) | (?P<CLOSE>\}) | (?P<BRACKET>[\[\]]) | (?P<AMPERSAND>&) | (?P<DOLLAR>\$\$?)
    | (?P<PARAGRAPH>\n[ \t\r]*\n\s*)
    | (?P<TEXT>[^\\{}\[\]&$\n]+|\n|\\)
    """,
    re.VERBOSE | re.DOTALL,
)


def tokenised(text: str) -> list[Token]:
    """Split ``text`` into tokens; their ``raw`` joined is the text again."""
    return [_token(match) for match in _TOKEN.finditer(text)]


def _token(match: re.Match[str]) -> Token:
    kind = Kind[match.lastgroup or "TEXT"]
    raw = match.group()
    if kind in (Kind.COMMAND, Kind.SYMBOL):
        value = raw[1:]
    elif kind in (Kind.BEGIN, Kind.END):
        value = raw[raw.index("{") + 1 : -1].strip()
    else:
        value = raw
    return Token(kind, value, raw, match.start())


def dollar_pairs(tokens: list[Token]) -> dict[int, int]:
    """Dollar signs that open a formula, and those that close it, by index.

    The rule of GitHub: no space inside next to a single sign, no digit behind the closing one, both in one paragraph.
    """
    pairs: dict[int, int] = {}
    opened: int | None = None
    for index, token in enumerate(tokens):
        if token.kind is Kind.PARAGRAPH:
            opened = None
        elif token.kind is Kind.DOLLAR:
            if opened is not None and tokens[opened].raw == token.raw and _is_formula(tokens, opened, index):
                pairs[opened], opened = index, None
            else:
                opened = index
    return pairs


def _is_formula(tokens: list[Token], opened: int, closed: int) -> bool:
    if closed == opened + 1:
        return False
    if tokens[opened].raw == "$$":
        return True
    after = tokens[closed + 1].raw[:1] if closed + 1 < len(tokens) else ""
    return not (tokens[opened + 1].raw[0].isspace() or tokens[closed - 1].raw[-1].isspace() or after.isdigit())

r"""Reads formulas from tokens, closes those that were left open, and makes them well-formed. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pipeline.engines.got.latex_tokens import Kind, Token
from pipeline.engines.got.latex_words import HEADINGS, LISTS, MATHS, RULES, TABLES

_LEFT = re.compile(r"\\left(?![A-Za-z])")
_RIGHT = re.compile(r"\\right(?![A-Za-z])")
_SIDE = re.compile(r"\\(?:left|right)(?![A-Za-z])[ \t]*\.?")
_NUMBER = re.compile(r"(?:[\d\s.,:;/()+€£¥%~-]|\\[%,;:!$ ])+")
_SPACE = re.compile(r"\\[,;: ]|~")
_BLANKS = re.compile(r"\s+")
_TAG = re.compile(r"\\tag\*?\s*\{")
_LABEL = re.compile(r"\\label\s*\{[^{}\n]*\}")
_TABLE_NAMES = {name: "array" for name in TABLES}
_TEXT_ONLY = frozenset({*LISTS, "table", "table*", "figure", "figure*", "abstract", "center", "document"})


@dataclass(frozen=True, slots=True)
class Ending:
    """Where a formula ends. ``environments``: those open around it; ``in_cell`` and ``in_group``: where it stands."""

    signs: Collection[str] = ()  # of a symbol: ")" and "]"
    environment: str = ""
    at: int | None = None  # the index of the dollar sign that closes it
    environments: Collection[str] = ()
    in_cell: bool = False
    in_group: bool = False


class FormulaReader:
    """Reads one formula; ``read`` gives its source and the index of the token after it."""

    def __init__(self, tokens: Sequence[Token], ending: Ending) -> None:
        self._tokens = tokens
        self._ending = ending
        self._parts: list[str] = []
        self._open: list[str] = []  # "{" or the name of an environment
        self.split = False  # whether lines or columns are set apart outside of all environments

    def read(self, index: int) -> tuple[str, int]:
        while index < len(self._tokens):
            token = self._tokens[index]
            if self._ends_before(token):
                break
            index += 1
            if self._closes(token, index - 1):
                break
            self._take(token)
        while self._open:
            self._shut()
        return _balanced("".join(self._parts)), index

    def _closes(self, token: Token, index: int) -> bool:
        ending = self._ending
        if ending.at is not None:
            return index == ending.at
        if token.kind is Kind.END:
            return bool(ending.environment) and token.value == ending.environment and token.value not in self._open
        return token.kind is Kind.SYMBOL and token.value in ending.signs

    def _ends_before(self, token: Token) -> bool:
        ending = self._ending
        if ending.at is not None:
            return False
        if token.kind is Kind.PARAGRAPH:
            return True
        if token.kind is Kind.COMMAND:
            return token.value.rstrip("*") in HEADINGS or (token.value in RULES and ending.in_cell and not self._open)
        if token.kind is Kind.BEGIN:
            return token.value in _TEXT_ONLY
        if token.kind is Kind.END:
            return token.value in ending.environments and token.value not in self._open
        if token.kind is Kind.SYMBOL and token.value in "([":
            return not self._open
        if token.kind is Kind.CLOSE:
            return ending.in_group and not self._open
        apart = token.kind is Kind.AMPERSAND or token.raw == "\\\\"
        return apart and ending.in_cell and not any(name != "{" for name in self._open)

    def _take(self, token: Token) -> None:
        if token.kind is Kind.OPEN:
            self._open.append("{")
            self._parts.append("{")
        elif token.kind is Kind.CLOSE:
            if self._open and self._open[-1] == "{":
                self._shut()
        elif token.kind is Kind.BEGIN:
            name = _TABLE_NAMES.get(token.value, token.value)
            self._open.append(name)
            self._parts.append(f"\\begin{{{name}}}")
        elif token.kind is Kind.END:
            self._end(_TABLE_NAMES.get(token.value, token.value))
        elif token.kind is Kind.DOLLAR or (token.kind is Kind.SYMBOL and token.value in "()[]"):
            return
        else:
            self.split = self.split or (not self._open and (token.kind is Kind.AMPERSAND or token.raw == "\\\\"))
            self._parts.append(token.raw)

    def _end(self, name: str) -> None:
        if name not in self._open:
            return
        while self._open[-1] != name:
            self._shut()
        self._shut()

    def _shut(self) -> None:
        name = self._open.pop()
        self._parts.append("}" if name == "{" else f"\\end{{{name}}}")


def _balanced(source: str) -> str:
    r"""Without ``\left`` and ``\right`` where they do not come in pairs: half a pair breaks the formula."""
    if len(_LEFT.findall(source)) != len(_RIGHT.findall(source)):
        return _SIDE.sub("", source)
    return source


def inline(source: str) -> str:
    """A formula inside a line, between dollar signs; only its space where there is nothing else."""
    plain = _BLANKS.sub(" ", source).strip()
    if not re.sub(r"\\q?quad(?![A-Za-z])|\\[,;:! ]|[~\s{}]", "", plain):
        return " " if plain else ""
    return f"${_unspaced(plain)}$"


def number(source: str) -> str:
    """A formula that is but a number, a date or an amount, as text; "" where it is more.

    Between dollar signs ``12.50`` would read as money.
    """
    plain = source.strip()
    if not _NUMBER.fullmatch(plain) or not any(char.isdigit() for char in plain):
        return ""
    plain = _SPACE.sub(" ", plain).replace("\\!", "").replace("\\$", "$").replace("\\%", "%")
    return " ".join(plain.split()).replace(" %", "%")


def _unspaced(plain: str) -> str:
    """A formula must not end in a space that a backslash has made a sign."""
    return plain + "{}" if plain.endswith("\\") else plain


def display(source: str, environment: str = "", split: bool = False) -> str:
    """A formula on lines of its own, between double dollar signs; "" where it is empty."""
    lines = [line.strip() for line in _LABEL.sub("", source).strip().split("\n")]
    body = "\n".join(line for line in lines if line)
    if not body or not inline(body).strip():
        return ""
    body = _unspaced(body)
    frame = MATHS.get(environment, "")
    if frame == "itself":
        body = f"\\begin{{{environment}}}\n{body}\n\\end{{{environment}}}"
    elif split or frame:
        body = _framed(body, frame)
    return f"$$\n{body}\n$$"


def _framed(body: str, frame: str) -> str:
    """Lines of formulas in an environment that may stand in a display; only ``align*`` may number its lines."""
    name = frame or ("aligned" if "&" in body else "gathered")
    if _TAG.search(body):
        name = "align*" if "&" in body else "gather*"
    return f"\\begin{{{name}}}\n{body}\n\\end{{{name}}}"


def without_pipes(formula: str) -> str:
    """The same formula with no upright bar, which would end the cell of a pipe table."""
    return re.sub(r"\\\||\|", lambda bar: r"\Vert " if len(bar.group()) == 2 else r"\vert ", formula)

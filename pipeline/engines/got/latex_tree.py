r"""Parses LaTeX-flavoured text into a tree. Pure, one pass, never fails.

What a model left open is closed where it must have ended: a title at a blank line, a cell's bold text at the next
``&``, a list at the next section. What it closed without having opened is dropped.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

from pipeline.engines.got.latex_math import Ending, FormulaReader
from pipeline.engines.got.latex_tokens import Kind, Token, dollar_pairs, tokenised
from pipeline.engines.got.latex_words import (
    ACCENTS,
    ARGUMENTS,
    CODES,
    DROPPED,
    ENVIRONMENT_ARGUMENTS,
    HEADINGS,
    LISTS,
    MATHS,
    RULES,
    SIGNS,
    SYMBOLS,
    TABLES,
)

_DEEPEST = 30  # what is nested deeper is read as if it were not
_LONGEST_OPTION = 60  # tokens in brackets
_LONGEST_RAW = 400
_GROUPS = {"g": "group", "r": "rows", "l": "paragraphs"}


@dataclass(frozen=True, slots=True)
class Text:
    """Text as it is to be read; ``escaped``: a sign that would mean something to Markdown at the start of a line."""

    text: str
    escaped: bool = False


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula's source. ``environment``: the LaTeX one it stood in, or "$"; ``split``: it has lines or columns."""

    source: str
    display: bool
    environment: str = ""
    split: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """Text that is kept character by character."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A separator: "paragraph", "line" (a break), "cell" or "rule" of a table."""

    kind: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command with its arguments: texts as nodes, raw and optional ones as strings."""

    name: str
    texts: tuple[list[Node], ...] = ()
    raws: tuple[str, ...] = ()
    option: str = ""


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment, a list with its items as commands named "item"; a bare group has no name."""

    name: str
    nodes: list[Node] = field(default_factory=list)


Node = Text | Formula | Code | Mark | Command | Environment


def parsed(text: str) -> list[Node]:
    """Parse a text into its top-level nodes."""
    return _Parser(text, 0).nodes()


class _Parser:
    """``_stack`` names what is open: "group", "rows", "paragraphs", "bare", or ":" and an environment's name."""

    def __init__(self, text: str, depth: int) -> None:
        self._text = text
        self._tokens = tokenised(text)
        self._dollars = dollar_pairs(self._tokens)
        self._at = 0
        self._stack: list[str] = []
        self._depth = depth

    def nodes(self) -> list[Node]:
        """Parse nodes up to the token that ends the innermost open group, list or environment."""
        nodes: list[Node] = []
        while self._at < len(self._tokens) and not self._ends(self._tokens[self._at]):
            nodes += self._node(self._take())
        return nodes

    def _take(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _peek(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    # What ends what

    def _ends(self, token: Token) -> bool:
        """Whether the innermost open group, list or environment ends before this token."""
        if not self._stack:
            return False
        top = self._stack[-1]
        if token.kind is Kind.CLOSE:
            return top[0] != ":"
        if token.kind is Kind.END:
            return f":{token.value}" in self._stack
        frame = next((name for name in reversed(self._stack) if name != "bare"), "bare")
        if token.kind is Kind.PARAGRAPH:
            return frame in ("group", "rows") or (frame == ":item" and self._is_loose())
        if token.kind is Kind.BEGIN:
            return frame == "group" and token.value in {**TABLES, **dict.fromkeys(LISTS), "abstract": ""}
        if token.kind is Kind.COMMAND:
            return self._ends_at_command(token.value, frame)
        return self._ends_in_table(token, frame)

    def _is_loose(self) -> bool:
        return not any(name[1:] in LISTS for name in self._stack)

    def _ends_at_command(self, name: str, frame: str) -> bool:
        plain = name.rstrip("*")
        if plain in HEADINGS or plain in ("author", "footnotetext"):
            closed = not frame.startswith(":") or frame[1:] in TABLES or frame[1:] in (*LISTS, "item")
            return closed if plain in HEADINGS else closed and frame == "group"
        if plain == "item":
            return self._stack[-1][1:] not in LISTS and ":item" in self._stack
        return plain in RULES and frame[1:] not in TABLES and self._is_in_cell()

    def _ends_in_table(self, token: Token, frame: str) -> bool:
        if not self._is_in_cell():
            return False
        if token.kind is Kind.AMPERSAND:
            return self._stack[-1][1:] not in TABLES
        if token.raw != "\\\\" or self._stack[-1][1:] in TABLES:
            return False
        return frame == "group" or frame[1:] in TABLES or frame[1:] in (*LISTS, "item")

    def _is_in_cell(self) -> bool:
        return any(name[1:] in TABLES for name in self._stack)

    # What is what

    def _node(self, token: Token) -> list[Node]:
        if token.kind is Kind.COMMAND:
            return self._command(token)
        if token.kind is Kind.SYMBOL:
            return self._symbol(token)
        if token.kind is Kind.BEGIN:
            return self._environment(token)
        if token.kind is Kind.OPEN:
            return self._bare()
        if token.kind is Kind.DOLLAR:
            return self._dollar(token)
        if token.kind is Kind.PARAGRAPH:
            return [Mark("paragraph")]
        if token.kind is Kind.AMPERSAND and self._stack and self._stack[-1][1:] in TABLES:
            return [Mark("cell")]
        return [] if token.kind in (Kind.CLOSE, Kind.END) else [Text(token.raw)]

    def _inside(self, name: str) -> list[Node]:
        """Parse the nodes of the group, list or environment that was just opened."""
        self._stack.append(name)
        try:
            return self.nodes()
        finally:
            self._stack.pop()

    def _is_too_deep(self) -> bool:
        return len(self._stack) + self._depth >= _DEEPEST

    def _bare(self) -> list[Node]:
        if self._is_too_deep():
            return []
        nodes = self._inside("bare")
        self._skip(Kind.CLOSE)
        return [Environment("", nodes)]

    def _skip(self, kind: Kind) -> bool:
        token = self._peek()
        if token is None or token.kind is not kind:
            return False
        self._at += 1
        return True

    def _dollar(self, token: Token) -> list[Node]:
        closing = self._dollars.get(self._at - 1)
        if closing is None:
            return [Text(token.raw)] if token.raw == "$" else []
        return [self._formula(Ending(at=closing), token.raw == "$$", "$")]

    def _formula(self, ending: Ending, shown: bool, environment: str = "") -> Formula:
        reader = FormulaReader(self._tokens, ending)
        source, self._at = reader.read(self._at)
        return Formula(source, shown, environment, reader.split)

    def _ending(self, signs: str = "", environment: str = "") -> Ending:
        return Ending(
            signs=signs,
            environment=environment,
            environments={name[1:] for name in self._stack if name[0] == ":"},
            in_cell=self._is_in_cell(),
            in_group=bool(self._stack) and self._stack[-1][0] != ":",
        )

    def _symbol(self, token: Token) -> list[Node]:
        sign = token.value
        if sign in "([":
            return [self._formula(self._ending(signs=")]"), sign == "[")]
        if sign == "\\":
            self._skip_break_options()
            return [Mark("line")]
        if sign in "#$":
            return [Text(sign, escaped=True)]
        if sign in ACCENTS:
            accented = self._accented(ACCENTS[sign])
            return [Text(accented)] if accented else [Text(sign if sign in "~^" else token.raw)]
        return [Text(SIGNS.get(sign, token.raw))]

    def _skip_break_options(self) -> None:
        r"""The space behind a line break, ``\\[2pt]``."""
        start = self._at
        option = self._option()
        if option and option.strip()[-2:] not in ("pt", "cm", "mm", "em", "ex", "in"):
            self._at = start

    def _accented(self, accent: str) -> str:
        """The next letter, alone or in braces, with an accent; "" where there is none."""
        opened = self._skip(Kind.OPEN)
        token = self._peek()
        letters = token.raw if token and token.kind is Kind.TEXT else ""
        letters = {"i": "i", "j": "j"}.get(token.value, "") if token and token.kind is Kind.COMMAND else letters
        if not letters[:1].isalpha():
            if opened and not self._skip(Kind.CLOSE):
                self._at -= 1
            return ""
        self._at += 1
        if opened:
            self._skip(Kind.CLOSE)
        return unicodedata.normalize("NFC", letters[0] + accent) + letters[1:]

    # Commands and their arguments

    def _command(self, token: Token) -> list[Node]:
        name = token.value.rstrip("*")
        if name in RULES and self._is_in_cell():
            self._arguments(DROPPED.get(name, ""))
            return [Mark("rule")]
        if name in SYMBOLS:
            self._skip_empty_group()
            return [Text(SYMBOLS[name])]
        if name == "item":
            return self._item()
        if name in ARGUMENTS:
            texts, raws, option = self._arguments(ARGUMENTS[name])
            return [Command(name, tuple(texts), tuple(raws), option)]
        if name in DROPPED:
            self._arguments(DROPPED[name])
            return []
        if name in ACCENTS and self._follows(Kind.OPEN):
            accented = self._accented(ACCENTS[name])
            return [Text(accented)] if accented else []
        return self._unknown(token)

    def _unknown(self, token: Token) -> list[Node]:
        """Return the text of an unknown command; the command itself where it has none."""
        texts: list[list[Node]] = []
        while self._follows(Kind.OPEN) and not self._is_too_deep():
            texts.append(self._group("g"))
        return [Command(token.value, tuple(texts))] if texts else [Text(token.raw)]

    def _item(self) -> list[Node]:
        option = self._option() or ""
        if self._is_too_deep():
            return []
        inside_list = bool(self._stack) and self._stack[-1][1:] in LISTS
        item = Command("item", (self._inside(":item"),), option=option)
        return [item] if inside_list else [Environment("itemize", [item])]

    def _arguments(self, letters: str) -> tuple[list[list[Node]], list[str], str]:
        """Texts, raw strings and the first option of a command."""
        texts: list[list[Node]] = []
        raws: list[str] = []
        option = ""
        for letter in letters:
            if letter == "o":
                option = option or self._option() or ""
            elif not self._comes(Kind.OPEN):
                continue
            elif letter == "x":
                raws.append(self._raw())
            elif not self._is_too_deep():
                texts.append(self._group(letter))
        return texts, raws, option

    def _follows(self, kind: Kind) -> bool:
        token = self._peek()
        return token is not None and token.kind is kind

    def _comes(self, kind: Kind) -> bool:
        """Whether such a token follows, after white space with at most one line break."""
        start = self._at
        while (token := self._peek()) is not None and token.is_blank() and self._at - start < 3:
            self._at += 1
        if self._follows(kind):
            return True
        self._at = start
        return False

    def _group(self, letter: str) -> list[Node]:
        self._skip(Kind.OPEN)
        nodes = self._inside(_GROUPS[letter])
        self._skip(Kind.CLOSE)
        return nodes

    def _skip_empty_group(self) -> None:
        following = self._tokens[self._at : self._at + 2]
        if [token.kind for token in following] == [Kind.OPEN, Kind.CLOSE]:
            self._at += 2

    def _raw(self) -> str:
        """Return an argument in braces as written, cut at the end of its line."""
        depth, start, closed = 0, self._at, 0
        while (token := self._peek()) is not None and self._at - start < _LONGEST_RAW:
            if token.kind is Kind.PARAGRAPH or (token.raw == "\n" and depth == 0):
                break
            self._at += 1
            depth += (token.kind is Kind.OPEN) - (token.kind is Kind.CLOSE)
            if depth <= 0:
                closed = 1
                break
        return "".join(token.raw for token in self._tokens[start + 1 : self._at - closed])

    def _option(self) -> str | None:
        """Return the text in brackets that follows on the same line, None without one."""
        if not self._follows(Kind.BRACKET) or self._tokens[self._at].raw != "[":
            return None
        for index in range(self._at + 1, min(self._at + _LONGEST_OPTION, len(self._tokens))):
            token = self._tokens[index]
            if token.kind is Kind.PARAGRAPH or token.raw == "\n" or token.kind is Kind.END:
                return None
            if token.raw == "]":
                option = "".join(part.raw for part in self._tokens[self._at + 1 : index])
                self._at = index + 1
                return option
        return None

    # Environments

    def _environment(self, token: Token) -> list[Node]:
        name = token.value
        if name.rstrip("*") in CODES:
            return [self._code(token)]
        if name in MATHS:
            if name.startswith("alignat"):
                self._arguments("x")
            return [self._formula(self._ending(environment=name), name != "math", name)]
        if self._is_too_deep():
            return []
        self._arguments(ENVIRONMENT_ARGUMENTS.get(name, ""))
        nodes = self._inside(f":{name}")
        following = self._peek()
        if following is not None and following.kind is Kind.END and following.value == name:
            self._at += 1
        return [Environment(name, nodes)]

    def _code(self, token: Token) -> Code:
        """Return the source up to the end of the environment."""
        end = self._text.find(f"\\end{{{token.value}}}", token.end)
        end = len(self._text) if end < 0 else end
        source = self._text[token.end : end]
        while (following := self._peek()) is not None and following.start < end:
            self._at += 1
        self._skip(Kind.END)
        language = CODES[token.value.rstrip("*")]
        if language:
            source = f"{token.raw}{source.rstrip()}\n\\end{{{token.value}}}"
        return Code(source.strip("\n"), language)

r"""Matches footnote marks in a text with their footnotes. Pure.

Mathpix sets a mark as a formula, ``\( { }^{1} \)``, in the text and again at the start of ``\footnotetext``. A mark
that has both becomes ``[^1]``; a footnote that nothing refers to stays a paragraph, since it would not be shown else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.engines.got.latex_tree import Command, Environment, Formula, Node, Text

_MARK = re.compile(r"(?:\{\s*\}\s*)?\^\s*(?:\{\s*([A-Za-z]|\d{1,3})\s*\}|([A-Za-z]|\d))")
_KEY = re.compile(r"[A-Za-z0-9]{1,8}")


class Footnotes:
    """The footnotes of one page. Keys are what stands between ``[^`` and ``]``."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        every = list(_walked(nodes))
        texts = [node for node in every if isinstance(node, Command) and node.name == "footnotetext"]
        leading = {id(mark) for node in texts if (mark := _leading_mark(node)) is not None}
        marks = [node for node in every if isinstance(node, Formula) and id(node) not in leading]
        referred = {_mark_of(node) for node in marks} | {
            node.option for node in every if isinstance(node, Command) and node.name == "footnotemark"
        }
        self._texts = {key for node in texts if (key := _key_of(node)) in referred and key}
        self._taken = set(self._texts)
        self._pending: list[tuple[str, Sequence[Node]]] = []
        self._told: set[str] = set()
        self._number = 1

    def reference(self, node: Formula) -> str:
        """The key of the footnote that a formula marks; "" where it is none."""
        key = _mark_of(node)
        return key if key in self._texts else ""

    def mark(self, node: Command) -> str:
        r"""The key of a ``\footnote``, whose text then waits in ``pending``, or of a ``\footnotemark``."""
        if node.name == "footnotemark":
            return node.option if node.option in self._texts else ""
        body = [part for text in node.texts for part in text]
        key = node.option if _KEY.fullmatch(node.option) and node.option not in self._taken else self._next()
        self._taken.add(key)
        self._pending.append((key, body))
        return key

    def text_of(self, node: Command) -> tuple[str, list[Node]]:
        r"""Key and text of a ``\footnotetext``; the key is "" where nothing refers to it, or it is told already."""
        body = [part for text in node.texts for part in text]
        key = _key_of(node)
        if key not in self._texts or key in self._told:
            return "", body
        self._told.add(key)
        mark = _leading_mark(node)
        return key, [part for part in body if part is not mark]

    def pending(self) -> Iterator[tuple[str, Sequence[Node]]]:
        """Footnotes whose text has not been written, until there are no more."""
        while self._pending:
            yield self._pending.pop(0)

    def _next(self) -> str:
        while str(self._number) in self._taken:
            self._number += 1
        return str(self._number)


def _walked(nodes: Sequence[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        if isinstance(node, Environment):
            yield from _walked(node.nodes)
        elif isinstance(node, Command):
            for text in node.texts:
                yield from _walked(text)


def _mark_of(node: Formula) -> str:
    match = None if node.display else _MARK.fullmatch(node.source.strip())
    return (match[1] or match[2]) if match else ""


def _leading_mark(node: Command) -> Formula | None:
    body = [part for text in node.texts for part in text if not (isinstance(part, Text) and not part.text.strip())]
    first = body[0] if body else None
    return first if isinstance(first, Formula) and _mark_of(first) else None


def _key_of(node: Command) -> str:
    if _KEY.fullmatch(node.option):
        return node.option
    mark = _leading_mark(node)
    return _mark_of(mark) if mark is not None else ""

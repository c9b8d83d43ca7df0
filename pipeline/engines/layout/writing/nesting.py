"""How deep the items of a list stand inside one another, told from where their bullets are printed. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.engines.layout.lines.glyphs import PrintedLine
from pipeline.engines.layout.lines.joining import item_text

_DEEPER_EM = 0.8  # a bullet that stands further to the right belongs to an item of the item above
_FURTHEST_EM = 8.0  # further away it is an item of another column
_MARK = re.compile(r"(?:[-*+]|\d{1,3}[.)])\s+")
_FORM = re.compile(r"[(（\[]?(?:(?P<digits>\d+)|(?P<letters>[^\W\d_]{1,5}))[.)）\]、．]")


class Nesting:
    """The items of a list that are open: those that the next item may be a part of."""

    def __init__(self) -> None:
        self._open: list[tuple[float, str, int]] = []  # left edge in points, form of the mark, width of it in Markdown
        self._bottom = 0.0

    def close(self) -> None:
        """Begin anew: something else than an item follows."""
        self._open.clear()

    def item(self, lines: Sequence[PrintedLine], text: str) -> str:
        """An item as Markdown, indented under the one that it is a part of. ``lines``: as printed; ``text``: joined."""
        markdown = item_text(text)
        left, top, em = lines[0].box[0], lines[0].box[1], max(lines[0].size, 1.0)
        form = _form_of(text)
        if top < self._bottom - 2 * em or any(left - x > _FURTHEST_EM * em for x, _, _ in self._open[-1:]):
            self.close()  # another column
        siblings = [at for at, (_, other, _) in enumerate(self._open) if other == form and len(form) > 1]
        del self._open[siblings[-1] if siblings else len(self._open) :]
        while self._open and left - self._open[-1][0] <= _DEEPER_EM * em:
            self._open.pop()
        indent = sum(width for _, _, width in self._open)
        mark = _MARK.match(markdown)
        self._open.append((left, form, mark.end() if mark else 2))
        self._bottom = lines[-1].box[3]
        return " " * indent + markdown


def _form_of(text: str) -> str:
    """The bullet of an item, or the form of its number: ``1.`` and ``(1)`` are two forms, ``(i)`` and ``(b)`` one."""
    number = _FORM.match(text)
    if number is None:
        return text[:1]
    kind = "digits" if number["digits"] else "letters"
    return text[: number.end()].replace(number["digits"] or number["letters"], kind)

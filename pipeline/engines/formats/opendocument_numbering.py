"""The numbers of lists and headings of OpenDocument texts, which programs count and no text holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.engines.formats.number_words import counted
from pipeline.engines.formats.packages import attribute, local, whole

_FORMS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_HAN_FORMS = {"一": "chineseCounting", "①": "decimalEnclosedCircle", "甲": "ideographTraditional"}
OUTLINE = "Outline"  # the name of the style that numbers headings


@dataclass(frozen=True, slots=True)
class _Level:
    """How one level counts; ``shown`` levels are printed, the last of which is this one."""

    form: str
    before: str
    after: str
    shown: int
    start: int


@dataclass(slots=True)
class Numbers:
    """Counts the items of lists by their styles, and headings."""

    styles: Mapping[str, Mapping[int, _Level]]
    _counts: dict[str, list[int]] = field(default_factory=dict)

    def counts(self, style: str, depth: int) -> bool:
        """Whether a level, from 0, of a style has numbers."""
        return depth in self.styles.get(style, {})

    def begin(self, style: str, depth: int) -> None:
        """A list begins anew at a level."""
        del self._counts.setdefault(style, [])[depth:]

    def label(self, style: str, depth: int, start: str = "") -> str:
        """The number of the next item of a level, "" where the level has none; ``start``: its own, where it has one."""
        levels = self.styles.get(style, {})
        numbers = self._counts.setdefault(style, [])
        while len(numbers) <= depth:
            above = levels.get(len(numbers))
            first = above.start if above else 1
            numbers.append(first - 1 if len(numbers) == depth else first)
        del numbers[depth + 1 :]
        numbers[depth] = whole(start, numbers[depth] + 1) if start else numbers[depth] + 1
        return _printed(levels, numbers, depth) if depth in levels else ""


def _printed(levels: Mapping[int, _Level], numbers: Sequence[int], depth: int) -> str:
    own = levels[depth]
    shown = [at for at in range(max(0, depth + 1 - own.shown), depth + 1) if at in levels]
    return f"{own.before}{'.'.join(counted(numbers[at], levels[at].form) for at in shown)}{own.after}".strip()


def numbers_of(roots: Sequence[Any]) -> Numbers:
    """The styles of lists and of headings that count, of content.xml and styles.xml."""
    styles: dict[str, dict[int, _Level]] = {}
    for style in (node for root in roots for node in root.iter() if local(node) in ("list-style", "outline-style")):
        name = OUTLINE if local(style) == "outline-style" else attribute(style, "name")
        levels = dict(filter(None, map(_level, style)))
        if levels:
            styles.setdefault(name, levels)
    return Numbers(styles)


def _level(node: Any) -> tuple[int, _Level] | None:
    form = attribute(node, "num-format")
    if local(node) not in ("list-level-style-number", "outline-level-style") or (not form and local(node)[0] == "o"):
        return None
    known = _FORMS.get(form) or next((_HAN_FORMS[sign] for sign in _HAN_FORMS if form.startswith(sign)), "decimal")
    before, after = attribute(node, "num-prefix"), attribute(node, "num-suffix")
    return max(whole(attribute(node, "level"), 1), 1) - 1, _Level(
        form=known,
        before=before,
        after=after if form else after or ".",
        shown=max(whole(attribute(node, "display-levels"), 1), 1),
        start=whole(attribute(node, "start-value"), 1),
    )

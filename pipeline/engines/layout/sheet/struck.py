"""Text with a line drawn through it, by the page itself or as an annotation. Pure: takes MuPDF's rawdict blocks."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from pipeline.engines.layout.sheet.drawn_lines import span_of

Line = tuple[float, float, float]  # y, from x, to x, in points

_THIN_PT = 2.0
_SHORTEST_PT = 4.0
_HIGHEST_EM, _LOWEST_EM = 0.55, 0.12  # of a line above the baseline
_BEYOND_EM = 1.0  # a line that reaches further beyond its text belongs to something else
_MOST = 500
_LEAST = 2  # characters
_OFF_EM = 0.15  # a line that begins or ends inside a word does so at the edge of a letter


def mark_struck(blocks: Iterable[dict[str, Any]], paths: Sequence[dict[str, Any]]) -> None:
    """Cut the spans of the blocks at the ends of drawn lines; those that a line goes through get the key "struck"."""
    lines = sorted(_level_lines(paths))
    if not lines or len(lines) > _MOST:
        return
    heights = [line[0] for line in lines]
    for block in blocks:
        for line in block.get("lines", ()):
            if line["dir"][0] > 0.99:
                top, bottom = bisect_left(heights, line["bbox"][1]), bisect_right(heights, line["bbox"][3])
                through = [drawn for drawn in lines[top:bottom] if _goes_through(drawn, line)]
                if through:
                    line["spans"] = [part for span in line["spans"] for part in _cut(span, through)]


def _level_lines(paths: Sequence[dict[str, Any]]) -> Iterator[Line]:
    for path in paths:
        for item in path["items"]:
            span = span_of(item)
            if span and span[3] - span[1] <= _THIN_PT and span[2] - span[0] >= _SHORTEST_PT:
                yield (span[1] + span[3]) / 2, span[0], span[2]


def _goes_through(drawn: Line, line: dict[str, Any]) -> bool:
    """Whether a drawn line is there for the characters that it goes through: it ends where they end."""
    chars = [(char, _is_struck(char, span, drawn)) for span in line["spans"] for char in span["chars"]]
    struck = [at for at, (_, is_struck) in enumerate(chars) if is_struck]
    if len(struck) < _LEAST:
        return False
    size = max(span["size"] for span in line["spans"])
    left = min(chars[at][0]["bbox"][0] for at in struck)
    right = max(chars[at][0]["bbox"][2] for at in struck)
    before, after = _slack(chars, struck[0] - 1, size), _slack(chars, struck[-1] + 1, size)
    return bool(drawn[1] > left - before and drawn[2] < right + after)


def _slack(chars: Sequence[tuple[dict[str, Any], bool]], at: int, size: float) -> float:
    """How far a line may reach beyond its text: hardly where a letter of the same word stands there."""
    inside = 0 <= at < len(chars) and chars[at][0]["c"].isalnum()
    return (_OFF_EM if inside else _BEYOND_EM) * size


def _is_struck(char: dict[str, Any], span: dict[str, Any], drawn: Line) -> bool:
    if char["c"].isspace():
        return False
    above = char["origin"][1] - drawn[0]
    middle = (char["bbox"][0] + char["bbox"][2]) / 2
    return bool(_LOWEST_EM * span["size"] <= above <= _HIGHEST_EM * span["size"] and drawn[1] <= middle <= drawn[2])


def _cut(span: dict[str, Any], through: Sequence[Line]) -> Iterator[dict[str, Any]]:
    def struck(char: dict[str, Any]) -> bool:
        return any(_is_struck(char, span, drawn) for drawn in through)

    for is_struck, chars in groupby(span["chars"], key=struck):
        yield {**span, "chars": list(chars), "struck": is_struck}

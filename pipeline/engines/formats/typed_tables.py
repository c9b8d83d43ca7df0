"""Tables of plain text, set with blanks and with rulers of dashes, as rows of cells. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

_FRAME = re.compile(r"\s*\+(?:[-=]+\+)+\s*")  # +-----+-----+
_BARRED = re.compile(r"\s*\|.*\|\s*")
_RULER = re.compile(r"\s*[-=_*]{4,}(?:\s+[-=_*]{2,})*\s*")
_GROUP = re.compile(r"[-=_*]+")
_LEAST_GAP = 2  # blanks between two columns
_FILLED = 0.5  # of the rows have text in a column
_MOST_LINES, _WIDEST = 5000, 500  # lines and characters: nobody types more
_FEW = 2  # rows, the names of the columns among them

Rows = list[list[str]]


def is_ruler(line: str) -> bool:
    """Whether a line only parts what stands above and below it."""
    return bool(_RULER.fullmatch(line) or _FRAME.fullmatch(line))


def rows_of(lines: Sequence[str]) -> Rows | None:
    """The rows of a table with rulers, the names of its columns first; None where lines are no such table."""
    if len(lines) > _MOST_LINES or max(map(len, lines)) > _WIDEST:
        return None
    if not any(map(is_ruler, lines)) or all(map(is_ruler, lines)):
        return None
    if any(map(_FRAME.fullmatch, lines)):
        return _framed(lines)
    places = _marked_places(lines) or _places_of_gaps([line for line in lines if not is_ruler(line)])
    return _cut(lines, places) if len(places) > 1 else None


def _framed(lines: Sequence[str]) -> Rows | None:
    """The rows between frames of plus signs: a line each, or all lines of a group where every row has a frame."""
    groups = _groups(lines)
    if not all(_BARRED.fullmatch(line) for group in groups for line in group):
        return None
    cells = [[[cell.strip() for cell in line.strip()[1:-1].split("|")] for line in group] for group in groups]
    if len({len(line) for group in cells for line in group}) != 1:
        return None
    whole = len(cells) > _FEW or len(cells[0]) > 1
    return [row for group in cells for row in ([_joined(group)] if whole else group)]


def _groups(lines: Sequence[str]) -> list[list[str]]:
    """The lines between rulers."""
    groups: list[list[str]] = [[]]
    for line in lines:
        if is_ruler(line):
            groups.append([])
        else:
            groups[-1].append(line)
    return [group for group in groups if group]


def _joined(group: Sequence[Sequence[str]]) -> list[str]:
    return [" ".join(filter(None, column)) for column in zip(*group, strict=True)]


def _marked_places(lines: Sequence[str]) -> list[int]:
    """Where columns begin, as the first ruler of several groups of dashes says."""
    for line in lines:
        groups = [group.start() for group in _GROUP.finditer(line)] if is_ruler(line) else []
        if len(groups) > 1:
            return [0, *groups[1:]]
    return []


def _places_of_gaps(lines: Sequence[str]) -> list[int]:
    """Where columns begin: behind the blanks that all lines share."""
    width = max(map(len, lines))
    blank = [all(not line[at : at + 1].strip() for line in lines) for at in range(width)]
    starts = [at for at in range(1, width) if blank[at - 1] and not blank[at]]
    return [0, *(at for at in starts if all(blank[max(0, at - _LEAST_GAP) : at]) and not all(blank[:at]))]


def _cut(lines: Sequence[str], places: Sequence[int]) -> Rows | None:
    """The lines cut where columns begin; None where that cuts words, or leaves columns nearly empty."""
    ends = [*places[1:], None]
    groups = [[[line[a:b].strip() for a, b in zip(places, ends, strict=True)] for line in g] for g in _groups(lines)]
    printed = [line for line in lines if not is_ruler(line)]
    if any(line[at - 1 : at].strip() for line in printed for at in places[1:]):
        return None
    names = len(groups) > 1 and not any(map(_is_number, (cell for row in groups[0] for cell in row)))
    rows = [_joined(groups[0])] if names else groups[0]
    rows += [row for group in groups[1:] for row in group]
    filled = [sum(bool(row[at]) for row in rows) for at in range(len(places))]
    return rows if len(rows) >= _FEW and min(filled) >= _FILLED * len(rows) else None


def _is_number(text: str) -> bool:
    return any(map(str.isdigit, text)) and not any(map(str.isalpha, text))

"""The texts of a table by the rows of its grid: which rows hold heads, and where the values of a column stand. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.engines.layout.cells.cells import Frame, bands_of
from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import Fragment, fragment, split_at_wide_gaps
from stores.models import Box

_OVER_PT = 3.0  # a value reaches over the side of its cell by less
_WIDE_BLANK = 0.5  # of the size of a letter
_BLANK, _TOUCH = 0.35, 0.1  # of the height of a line: a blank, and less than one
LINE_GAP = 0.65  # of the height of a line, from one line of a name to the next

Rule = tuple[float, float, float]  # from, to and height of a level line, in points


@dataclass(frozen=True, slots=True)
class TableText:
    """A text without wide gaps, with the row of the table in which its middle lies."""

    row: int
    box: Box
    text: str

    @property
    def middle(self) -> float:
        return (self.box[0] + self.box[2]) / 2


def texts_of(frames: Sequence[Frame], fragments: Sequence[Fragment]) -> list[TableText]:
    """The texts of a table that lie in one of its rows."""
    bands = bands_of(frames)
    placed = []
    for part in fragments:
        middle = (part.box[1] + part.box[3]) / 2
        row = next((row for row, (top, bottom) in bands.items() if top <= middle <= bottom), None)
        sides = [frame.box[0] for frame in frames if frame.row == row and frame.column]
        pieces = split_at_wide_gaps(part) if row is not None else ()
        for piece in (own for whole in pieces for own in _parted_at(whole, sides)):
            text = "".join(glyph.char for glyph in piece.glyphs).strip()
            if text:
                placed.append(TableText(row or 0, piece.box, text))
    return placed


def _parted_at(part: Fragment, sides: Sequence[float]) -> list[Fragment]:
    """A text cut where a blank wider than one between words lies over the side of a cell."""
    runs: list[list[Glyph]] = [[]]
    for glyph in part.glyphs:
        last = runs[-1][-1] if runs[-1] else None
        if glyph.char.isspace():
            continue
        wide = last is not None and glyph.x0 - last.x1 > _WIDE_BLANK * glyph.style.size
        if last is not None and wide and any(last.x1 <= side <= glyph.x0 for side in sides):
            runs.append([])
        runs[-1].append(glyph)
    if len(runs) == 1:
        return [part]
    cuts = [run[0].x0 for run in runs[1:]]
    own = [[glyph for glyph in part.glyphs if bisect_right(cuts, glyph.x0) == at] for at in range(len(runs))]
    return [fragment(glyphs, upright=part.upright) for glyphs in own]


def joined(texts: Sequence[TableText], extents: Mapping[int, tuple[float, float]] | None = None) -> list[TableText]:
    """The texts, those made one that follow each other in a line with no more than a blank between them.

    With the ``extents`` of columns, not those that stand nearest to different ones: they may be two names.
    """
    names: list[TableText] = []
    for text in sorted(texts, key=lambda text: (text.row, round(text.box[1]), text.box[0])):
        last = names[-1] if names else None
        own = extents is None or (last is not None and _nearest(last, extents) == _nearest(text, extents))
        if last and own and last.row == text.row and is_level(last.box, text.box) and _is_next(last, text):
            box = last.box[0], min(last.box[1], text.box[1]), text.box[2], max(last.box[3], text.box[3])
            names[-1] = TableText(last.row, box, f"{last.text} {text.text}")
        else:
            names.append(text)
    return names


def _nearest(text: TableText, extents: Mapping[int, tuple[float, float]]) -> int:
    return min(extents, key=lambda at: abs(text.middle - sum(extents[at]) / 2))


def stacked(texts: Sequence[TableText]) -> list[TableText]:
    """The names of one row: lines close below one another, each over the next, are one."""
    names: list[TableText] = []
    for text in sorted(texts, key=lambda text: text.box[1]):
        above = next((name for name in names if _is_below(text.box, name.box)), None)
        if above is None:
            names.append(text)
            continue
        (x0, y0, x1, _), (u0, _, u1, v1) = above.box, text.box
        names[names.index(above)] = TableText(
            above.row, (min(x0, u0), y0, max(x1, u1), v1), f"{above.text} {text.text}"
        )
    return names


def _is_below(box: Box, above: Box) -> bool:
    gap = box[1] - above[3]
    return box[0] < above[2] and above[0] < box[2] and -LINE_GAP < gap / (box[3] - box[1]) < LINE_GAP


def is_level(one: Box, other: Box) -> bool:
    """Whether two boxes stand in one line."""
    return abs(one[1] + one[3] - other[1] - other[3]) < 0.7 * (one[3] - one[1])


def _is_next(one: TableText, other: TableText) -> bool:
    """Whether a text follows another with no more than a blank between; not with none, where it begins a word."""
    gap, height = other.box[0] - one.box[2], one.box[3] - one.box[1]
    touch = gap < _TOUCH * height and one.text[-1].islower() and other.text[0].isupper()
    alike = one.text.split()[0] == other.text.split()[0] or (one.text[-4:].isdigit() and other.text[:4].isdigit())
    return -1.0 < gap < _BLANK * height and not (touch or alike)


def first_row_of_values(frames: Sequence[Frame], texts: Sequence[TableText]) -> int:
    """The first row that has a label and behind it, not in the first column, a value that is no year; 0 for none."""
    ends = [frame.box[2] for frame in frames if frame.column == 0 and frame.columns == 1]
    if not ends:
        return 0
    end = max(ends)
    for row in sorted({text.row for text in texts}):
        own = [text for text in texts if text.row == row]
        label = min((text.middle for text in own if any(map(str.isalpha, text.text))), default=None)
        if label is not None and any(is_value(text.text) for text in own if text.middle >= max(end, label)):
            return row
    return 0


def is_name(text: str) -> bool:
    """Whether a text may stand over several columns: words without leaders, no two names alike, or a year."""
    words = text.split()
    half = len(words) // 2  # January 28, January 29, and 1-3 years 3-5 years
    if len(words) > 2 and any(one == other for one, other in zip(words[:half], words[half:], strict=False)):
        return False
    if "...." in text.replace(" ", "") or "…" in text:
        return False
    return any(map(str.isalpha, text)) or (len(text) == 4 and text.isdigit() and text[:2] in ("19", "20"))


def is_value(text: str) -> bool:
    """Whether a text is a number that is no year, or the dash in its place."""
    bare = text.strip("$€£¥ ().%*")
    if bare in ("-", "‐", "–", "—", "−"):
        return True
    year = len(bare) == 4 and bare.isdigit() and bare[:2] in ("19", "20")
    return bare[:1].isdigit() and not year and not any(map(str.isalpha, bare)) and "/" not in bare


def extents_of(frames: Sequence[Frame], texts: Sequence[TableText], body: int) -> dict[int, tuple[float, float]]:
    """From where to where the values of each column behind the first reach."""
    units: dict[int, list[Frame]] = {}
    for frame in frames:
        if frame.row >= body and frame.columns == frame.rows == 1 and frame.column:
            units.setdefault(frame.row, []).append(frame)
    inside: dict[int, list[Box]] = {}
    across: dict[int, list[Box]] = {}
    for text in texts:
        home = next((f for f in units.get(text.row, ()) if f.box[0] <= text.middle < f.box[2]), None)
        if home is not None:
            whole = home.box[0] - _OVER_PT < text.box[0] and text.box[2] < home.box[2] + _OVER_PT
            (inside if whole else across).setdefault(home.column, []).append(text.box)
    for column in across.keys() - inside.keys():  # lines of the grid cut all of its values
        narrowest = min(across[column], key=lambda box: box[2] - box[0])
        inside[column] = [narrowest]
    return {at: (min(b[0] for b in own), max(b[2] for b in own)) for at, own in sorted(inside.items())}

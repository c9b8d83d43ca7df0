"""The header of a table: which printed column is which field, by labels, and how far each column reaches."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil

from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.labelled import label_pattern
from pipeline.engines.rules.page_rows import Row
from stores.models import Field

_CURRENCY = re.compile(
    r"\b(?:in\s+)?(?:EUR|USD|GBP|CHF|CNY|RMB|JPY|INR|SGD|HKD|AUD|CAD|NZD)\b|(?<!\w)(?:in\s+)?[€$£¥₹]"
)
_MOST_CHARACTERS = 44  # of a header cell
_COVERED = 0.5  # of a header cell's letters by a label inside it
_ENOUGH_COLUMNS = 3
_SURE_COLUMNS = 5  # make a header however many others stand beside them, as in what a bank's program writes
_EACH_OF_TWO = 0.7  # how well two labels fit that share a header cell
_LINE_GAP = 1.2  # heights: a second header line stands close below the first
_MOST_STACKED = 3  # lines of a label above those of the others, or below
_REPEATED = 0.7  # of the columns, for a row to be the header again


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A printed column: the name of its field, "" where it is none, its left and right edge, its line in the header."""

    name: str
    left: float
    right: float
    line: int = 0

    def gap(self, cell: PageLine) -> float:
        """The gap to a cell; where they overlap, the overlap as a negative number."""
        return max(self.left, cell.box[0]) - min(self.right, cell.box[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The columns of a table, and how many printed rows its header takes. ``matched``: how well labels fit, summed."""

    columns: tuple[Column, ...]
    rows: int
    matched: float

    @property
    def names(self) -> frozenset[str]:
        return frozenset(column.name for column in self.columns if column.name)

    @property
    def two_lines(self) -> bool:
        """Whether fields of its two lines stand above each other: a row of the table has two lines, too."""
        first, second = ([c for c in self.columns if c.name and c.line == at] for at in (0, 1))
        return any(min(a.right, b.right) > max(a.left, b.left) for a in first for b in second)

    def column_of(self, cell: PageLine, line: int = 0) -> Column:
        """The column that a cell stands under; ``line`` of the row counts where fields stand above each other."""
        columns = [column for column in self.columns if column.line == line] if self.two_lines else self.columns
        return min(columns or self.columns, key=lambda column: column.gap(cell))


def best_header(field: Field, rows: Sequence[Row], wanted: frozenset[str] = frozenset()) -> tuple[int, Header] | None:
    """The place and columns of the row that prints most labels of a ``rows`` field, the first of equals.

    A header with more of the ``wanted`` columns goes before one with more columns.
    """
    best: tuple[int, Header] | None = None
    for at in range(len(rows)):
        header = header_at(field, rows, at)
        if header and (best is None or _rank(header, wanted) > _rank(best[1], wanted)):
            best = at, header
    return best


def _rank(header: Header, wanted: frozenset[str]) -> tuple[int, int, float]:
    return len(header.names & wanted), len(header.names), header.matched


def header_at(field: Field, rows: Sequence[Row], at: int) -> Header | None:
    """The header that begins with a row, of one printed row or two; None where it names too few columns."""
    single = _header(field, rows[at].cells, ())
    if at + 1 < len(rows) and _close_below(rows[at], rows[at + 1]):
        double = _header(field, rows[at].cells, rows[at + 1].cells)
        below = _header(field, rows[at + 1].cells, ()) if len(rows[at].cells) == 1 else None  # a heading above
        if double and (single is None or len(double.names) > len(single.names)):
            return None if below and len(below.names) >= len(double.names) else double
    return _with_stacks(single, rows, at) if single else None


def _with_stacks(header: Header, rows: Sequence[Row], at: int) -> Header:
    """The header with the columns whose labels take several lines, above and below all others: they are no fields."""
    stacks, below = stacked_cells(rows, at)
    columns = list(header.columns)
    for cell in stacks:
        if all(column.gap(cell) >= 0 for column in columns):
            columns.append(Column(name="", left=cell.box[0], right=cell.box[2]))
    if len(columns) == len(header.columns):
        return header
    return replace(header, columns=tuple(sorted(columns, key=lambda column: column.left)), rows=header.rows + below)


def stacked_cells(rows: Sequence[Row], at: int) -> tuple[list[PageLine], int]:
    """The cells right above and below a header row that stand under none of its own, and how many of them are below."""
    cells: list[PageLine] = []
    below = 0
    for step in (-1, 1):
        for place in range(at + step, at + (_MOST_STACKED + 1) * step, step):
            cell = _stacked(rows, place, place - step)
            if cell is None or any(_overlap(own, cell) for own in rows[at].cells):
                break
            cells.append(cell)
            below += step > 0
    return cells, below


def _overlap(one: PageLine, other: PageLine) -> bool:
    return one.box[0] < other.box[2] and other.box[0] < one.box[2]


def _stacked(rows: Sequence[Row], place: int, beside: int) -> PageLine | None:
    """The only cell of a row, without digits, that stands right above or below its neighbour."""
    if not 0 <= place < len(rows) or len(rows[place].cells) != 1:
        return None
    (cell,), upper, lower = rows[place].cells, rows[min(place, beside)], rows[max(place, beside)]
    near = upper.page == lower.page and lower.box[1] - upper.box[3] < _LINE_GAP * cell.height
    return cell if near and not _has_digits(cell) else None


def repeats(header: Header, again: Header) -> bool:
    """Whether a header is the one of before, on a further page."""
    return len(header.names & again.names) >= ceil(_REPEATED * len(header.names))


def _close_below(upper: Row, lower: Row) -> bool:
    gap = lower.box[1] - upper.box[3]
    height = min(cell.height for cell in upper.cells)
    return upper.page == lower.page and gap < _LINE_GAP * height and not any(map(_has_digits, lower.cells))


def _has_digits(cell: PageLine) -> bool:
    return any(c.isdigit() for c in cell.text)


def _header(field: Field, first: Sequence[PageLine], second: Sequence[PageLine]) -> Header | None:
    if not any(len(cell.text) <= _MOST_CHARACTERS and _mentions(field, cell.text) for cell in (*first, *second)):
        return None
    columns = [column for cell in first for column in _columns_of(field, cell)]
    columns = _with_second_line(field, columns, second)
    named, matched = _named(field, columns)
    count = len({column.name for column in named if column.name})
    needed = min(_ENOUGH_COLUMNS, max(2, ceil(len(field.fields) / 2))) if len(field.fields) > 1 else 1
    if count < needed or (count * 2 < len(named) and count < _SURE_COLUMNS):
        return None
    return Header(columns=tuple(named), rows=2 if second else 1, matched=matched)


def _columns_of(field: Field, cell: PageLine) -> list[Column]:
    """The columns that a header cell names: two, where only a blank parts the labels of two fields."""
    words = cell.text.split()
    whole = max((label for label, _ in _fitting(field, cell.text)), default=0.0)
    cuts = [
        (mine[0] + other[0], at)
        for at in range(1, len(words))
        if (mine := max(_fitting(field, " ".join(words[:at])), default=None))
        and (other := max(_fitting(field, " ".join(words[at:])), default=None))
        and mine[1] != other[1]
        and min(mine[0], other[0]) >= _EACH_OF_TWO
    ]
    if whole == 1.0 or not cuts:
        return [Column(name=cell.text, left=cell.box[0], right=cell.box[2])]
    _, at = max(cuts)
    left, right = " ".join(words[:at]), " ".join(words[at:])
    scale = (cell.box[2] - cell.box[0]) / len(cell.text)
    return [
        Column(name=left, left=cell.box[0], right=cell.box[0] + scale * len(left)),
        Column(name=right, left=cell.box[2] - scale * len(right), right=cell.box[2]),
    ]


def _fitting(field: Field, text: str) -> list[tuple[float, str]]:
    """How well the labels of each column fit a text, where they do."""
    return [
        (best, column.name)
        for column in field.fields
        if (best := max((_likeness(text, label) for label in column.labels), default=0.0))
    ]


def _mentions(field: Field, text: str) -> bool:
    return any(_likeness(text, label) for column in field.fields for label in column.labels)


def _with_second_line(field: Field, columns: list[Column], second: Sequence[PageLine]) -> list[Column]:
    """Join the words of a second line to those above them, unless both are labels of their own."""
    for cell in second:
        below = Column(name=cell.text, left=cell.box[0], right=cell.box[2], line=1)
        above = [at for at, column in enumerate(columns) if column.line == 0 and column.gap(cell) < 0]
        if len(above) != 1 or (_mentions(field, cell.text) and _mentions(field, columns[above[0]].name)):
            columns.append(below)
            continue
        upper = columns[above[0]]
        columns[above[0]] = replace(
            upper,
            name=f"{upper.name} {cell.text}",
            left=min(upper.left, below.left),
            right=max(upper.right, below.right),
        )
    return columns


def _named(field: Field, printed: Sequence[Column]) -> tuple[list[Column], float]:
    """Give each printed column the field whose label fits it best; no field is given twice."""
    pairs = sorted(
        (
            (likeness, -at, column.name)
            for at, cell in enumerate(printed)
            for column in field.fields
            if (likeness := max((_likeness(cell.name, label) for label in column.labels), default=0.0))
        ),
        reverse=True,
    )
    names: dict[int, str] = {}
    matched = 0.0
    for likeness, at, name in pairs:
        if -at not in names and name not in names.values():
            names[-at] = name
            matched += likeness
    return [replace(column, name=names.get(at, "")) for at, column in enumerate(printed)], matched


@lru_cache(maxsize=65536)
def _likeness(text: str, label: str) -> float:
    """How well a header cell fits a label: 1 where it is the label, less where it holds it among other words."""
    if len(text) > _MOST_CHARACTERS:
        return 0.0
    bare, wanted = _bare(text), _bare(label)
    if bare == wanted:
        return 1.0
    if not bare or any(c.isdigit() for c in text) or len(wanted) < _COVERED * len(bare):
        return 0.0
    return 0.9 * len(wanted) / len(bare) if label_pattern(label).search(text) else 0.0


@lru_cache(maxsize=65536)
def _bare(text: str) -> str:
    plain = re.sub(r"\([^)]*\)", "", text)
    bare = re.sub(r"[\W_]+", "", _CURRENCY.sub("", plain).casefold())
    return bare or re.sub(r"[\W_]+", "", plain.casefold()) or re.sub(r"[\W_]+", "", text.casefold())


def widened(header: Header, cells_by_column: Mapping[int, Sequence[PageLine]]) -> Header:
    """The header with columns as wide as the cells under them, no wider than up to the next column's cells."""
    columns = []
    for at, column in enumerate(header.columns):
        cells = cells_by_column.get(at, ())
        lefts, rights = sorted(c.box[0] for c in cells), sorted(c.box[2] for c in cells)
        left = min(column.left, lefts[len(lefts) // 10]) if cells else column.left
        right = max(column.right, rights[-1 - len(rights) // 10]) if cells else column.right
        columns.append(replace(column, left=left, right=right))
    return replace(header, columns=tuple(columns))

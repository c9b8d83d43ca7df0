"""The rows of a table over all of its pages: each once, in order, with what is no row of it left out.

Left out are repeated headers, carried-forward and total rows, running lines and paragraphs. Wrapped cells are joined,
and a row that a page break splits is one. Totals are kept apart, to be compared with the sums of the rows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.page_rows import Row
from pipeline.engines.rules.tables.cell_values import (
    CellStyle,
    cell_value,
    days_say_month_first,
    is_yearless_date,
    style_of,
)
from pipeline.engines.rules.tables.centred_rows import Part, joined_centred
from pipeline.engines.rules.tables.header import Header, best_header, header_at, repeats, widened
from pipeline.engines.rules.tables.parted_cells import dates_apart, numbers_apart
from stores.models import Field, FieldKind, Label

LocatedCells = dict[str, LocatedValue | None]

_CARRIED = re.compile(
    r"(?:^|\s)(?:(?:balance\s*|total\s*)?(?:brought|carried|received)\s*(?:forward|fwd|over)|[bc]/f(?:wd)?)(?![a-z])"
    r"|^\W*(?:opening|closing|previous|start(?:ing)?|beginning|end(?:ing)?|new|final)\s*balance"
    r"|^\W*(?:last\s*month.?s\s*balance|balance\s*(?:from\s*last|on|at|as\s*of)\s|account\s*balance\W*$)|^\W*(?:kontostand|saldo)\s*(?:am|vom|per|zum)\s"
    r"|^\W*(?:承前页?|过次页|转下页|承上页|接上页)"
    r"|^\W*(?:übertrag|(?:alter|neuer)\s*(?:konto)?(?:saldo|stand)|anfangssaldo|endsaldo|report(?:\s*à\s*nouveau)?\W*$|à\s*reporter)"
    r"|^\W*(?:期初|期末|上期|本期)余额|^\W*(?:ancien|nouveau)\s*solde|^\W*solde\s*(?:initial|final|pr[ée]c[ée]dent|au\b)",
    re.IGNORECASE,
)
_TOTAL = re.compile(
    r"^\W*(?:(?:grand|page|sub|net|section|running|overall)[\s-]*)?(?:totals?|sum)(?![a-z])"
    r"|^\W*(?:zwischen|gesamt)?summe(?![a-z])|^\W*gesamt(?:betrag)?(?![a-z])|^\W*(?:sous[\s-]?)?total(?![a-z])"
    r"|^\W*(?:本页|本月|累计)?\s*(?:合\s*计|小\s*计|总\s*计|共\s*计|总额)",
    re.IGNORECASE,
)
_FEW_WORDS = 5
_CLOSE = 1.2  # heights of a line between the lines of one cell
_MOST_STRAYS = 14
_ALTERNATING = 0.8
_YEARLESS = object()  # a date whose year is not known: it tells what a row is, and is no value
_TYPED = (FieldKind.NUMBER, FieldKind.INTEGER, FieldKind.DATE, FieldKind.BOOLEAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedTotal:
    """A total row: its page, its numbers by column, and how many rows stand before it."""

    page: int
    values: Mapping[str, float]
    rows_before: int


@dataclass(slots=True)
class Table:
    """The rows of a table, in order, and the totals that are printed between and below them."""

    rows: list[LocatedCells] = field(default_factory=list)
    totals: list[PrintedTotal] = field(default_factory=list)
    lines: set[int] = field(default_factory=set)  # numbers of the page lines that it takes


@dataclass(slots=True)
class _Draft:
    """A row that is being put together: its cells by column, and its last printed row."""

    cells: dict[str, list[PageLine]]
    last: Row
    typed: set[str]
    lines: int = 1


def read_table(
    table: Field,
    rows: Sequence[Row],
    month_first: bool,
    period: tuple[str, str] | None = None,
    wanted: frozenset[str] = frozenset(),
) -> Table:
    """Read the rows of a ``rows`` field from all printed rows of a document; none where no header names its columns.

    ``period``: first and last day of the document, for dates that are printed without a year. ``wanted``: columns
    that tell the table from others.
    """
    best = best_header(table, rows, wanted)
    if best is None:
        return Table()
    at, header = best
    numbers = {c.name for c in table.fields if c.kind in (FieldKind.NUMBER, FieldKind.INTEGER)}
    under = [cell.text for row in rows[at + 1 :] for cell in row.cells if header.column_of(cell).name in numbers]
    words = [cell.text.split(maxsplit=1)[0] for row in rows[at + 1 :] for cell in row.cells[:1] if cell.text.strip()]
    days_first = days_say_month_first(filter(is_yearless_date, words), period)
    style = style_of(under, month_first if days_first is None else days_first)
    return _Reader(table, header, replace(style, period=period)).read(rows, at)


class _Reader:
    """Reads one table; its header says which columns it has."""

    def __init__(self, table: Field, header: Header, style: CellStyle) -> None:
        self.field, self.header, self.style = table, header, style
        self.columns = {column.name: column for column in table.fields}
        self.typed = {name for name in header.names if self.columns[name].kind in _TYPED}
        self.table = Table()
        self.values: dict[tuple[str, str], object | None] = {}  # every cell is asked for several times
        self.draft: _Draft | None = None
        self.two_lines = header.two_lines
        self.strays = 0
        self.totalled = False  # a total stands below the last row
        self.open = True
        self.usual: Counter[frozenset[str]] = Counter()
        self.block: tuple[int, int] | None = None  # page and block of the table in which the last row stands

    def read(self, rows: Sequence[Row], at: int) -> Table:
        segments = list(self._segments(rows, at))
        self.two_lines = self.two_lines or self._alternates(segments)
        for header, segment in segments:
            self.header, self.open, self.strays, self.totalled = header, True, 0, False
            for row in segment if self.two_lines else joined_centred(segment, self._part):
                self._take(row)
        self._close()
        return self.table

    def _segments(self, rows: Sequence[Row], at: int) -> Iterator[tuple[Header, list[Row]]]:
        """The printed rows below each printing of the header; what stands above it on its page is left out."""
        header: Header | None = None
        segment: list[Row] = []
        skipped = 0
        at_other = False
        for place in range(at, len(rows)):
            again = header_at(self.field, rows, place) if skipped == 0 else None
            if again and header is not None and again.names - header.names:  # another table
                yield self._fitted(header, segment)
                at_other, segment, skipped = True, [], again.rows - 1
            elif again and (header is None or repeats(header, again)):
                if header is not None:
                    page = rows[place].page
                    yield self._fitted(
                        header, [row for row in segment if row.page != page or self._is_row(header, row)]
                    )
                header, segment, skipped, at_other = again, [], again.rows - 1, False
            elif skipped:
                skipped -= 1
            elif not at_other:
                segment.append(rows[place])
        if header is not None and segment:
            yield self._fitted(header, segment)

    def _fitted(self, header: Header, segment: list[Row]) -> tuple[Header, list[Row]]:
        if header.two_lines:
            return header, segment
        cells: dict[int, list[PageLine]] = {}
        for row in segment:
            places = [header.columns.index(header.column_of(cell)) for cell in row.cells]
            if len(set(places)) == len(places) and self._is_row(header, row):
                for place, cell in zip(places, row.cells, strict=True):
                    cells.setdefault(place, []).append(cell)
        return widened(header, cells), segment

    def _is_row(self, header: Header, row: Row) -> bool:
        cells = _assigned(header, row, 0)
        filled = self._filled(cells)
        return len(filled) * 2 >= len(header.names) and (not self.typed or bool(filled & self.typed))

    def _filled(self, cells: Mapping[str, Sequence[PageLine]]) -> frozenset[str]:
        return frozenset(name for name in cells if name and self._value(name, cells[name]) is not None)

    def _value(self, name: str, cells: Sequence[PageLine]) -> object | None:
        key = name, " ".join(cell.text for cell in cells)
        if key not in self.values:
            value = cell_value(self.columns[name], key[1], self.style)
            is_date = self.columns[name].kind is FieldKind.DATE
            self.values[key] = _YEARLESS if value is None and is_date and is_yearless_date(key[1]) else value
        return self.values[key]

    def _part(self, row: Row) -> Part:
        """Whether a printed row holds numbers and dates, or only words of one column of text."""
        cells = _assigned(self.header, row, 0)
        filled = self._filled(cells)
        if self._is_total(row, cells, set(filled & self.typed)) or self._is_running_line(row):
            return Part.OTHER
        if filled & self.typed:
            return Part.NUMBERS
        return Part.TEXT if len(cells) == 1 and filled else Part.OTHER

    def _alternates(self, segments: Sequence[tuple[Header, list[Row]]]) -> bool:
        """Whether two kinds of printed rows take turns, with different typed columns: a row has two lines."""
        kinds = [
            kind
            for header, segment in segments
            for row in segment
            if (kind := self._filled(_assigned(header, row, 0)) & self.typed)
        ]
        if len(set(kinds)) < 2 or len(kinds) < 4:
            return False
        (first, _), (second, _) = Counter(kinds).most_common(2)
        turns = sum({a, b} == {first, second} for a, b in pairwise(kinds))
        return not first & second and turns >= _ALTERNATING * (len(kinds) - 1)

    def _take(self, row: Row) -> None:
        """Make a printed row the begin of a row, a part of the one before, a total, or nothing."""
        if not self.open or self._is_running_line(row):
            return
        second = self.two_lines and self.draft is not None and self.draft.lines == 1
        cells = dates_apart(_assigned(self.header, row, int(second)), self.header, self.columns, self._value)
        cells = numbers_apart(cells, self.header, self.columns)
        typed = {name for name in self._filled(cells) if name in self.typed}
        if self._is_carried(cells, typed):
            return
        if self.totalled and all(cell.label in (Label.HEADING, Label.TITLE) for cell in row.cells):
            self.open = False  # a heading below the total: something else begins
            return
        if self._is_total(row, cells, typed):
            self._total(row, cells)
        elif self._continues(row, cells, typed):
            self._join(row, cells, typed)
        elif self._begins(row, cells, typed):
            self._close()
            self.block = _table_block(row)
            self.draft = _Draft(cells=cells, last=row, typed=typed)
            self.strays, self.totalled = 0, False
        else:
            self.strays += 1
            self.open = self.strays <= _MOST_STRAYS

    def _is_running_line(self, row: Row) -> bool:
        """Whether a row is a header or footer of its page; one with all numbers and dates of a row is a row."""
        if not all(cell.label in (Label.HEADER, Label.FOOTER) for cell in row.cells):
            return False
        whole = len(self.typed) > 1 and self.typed <= self._filled(_assigned(self.header, row, 0))
        return not whole

    def _is_carried(self, cells: Mapping[str, Sequence[PageLine]], typed: set[str]) -> bool:
        dates = {name for name in typed if self.columns[name].kind is FieldKind.DATE}
        texts = [cell.text for own in cells.values() for cell in own]
        carried = any(_CARRIED.search(text) for text in texts)
        return carried and (not dates or len(typed) < len(self.typed))

    def _is_total(self, row: Row, cells: Mapping[str, Sequence[PageLine]], typed: set[str]) -> bool:
        leading = next((cell.text for cell in row.cells if any(c.isalpha() for c in cell.text)), "")
        if not _TOTAL.search(leading):
            return False
        dates = {name for name in self.typed if self.columns[name].kind is FieldKind.DATE}
        if dates & typed:
            return False
        return len(leading.split()) <= _FEW_WORDS or len(typed) < len(self.typed)

    def _total(self, row: Row, cells: Mapping[str, Sequence[PageLine]]) -> None:
        self._close()
        self.totalled = True
        values = {
            name: float(value)
            for name, own in cells.items()
            if name in self.typed and isinstance(value := self._value(name, own), (int, float))
        }
        if values and self.table.rows:
            self.table.totals.append(PrintedTotal(page=row.page, values=values, rows_before=len(self.table.rows)))
        self.strays = max(self.strays, _MOST_STRAYS - 4)  # a table rarely goes on for long after its total

    def _continues(self, row: Row, cells: Mapping[str, Sequence[PageLine]], typed: set[str]) -> bool:
        draft = self.draft
        if draft is None or not set(cells) - {""}:
            return False
        if not self._is_near(draft, row):
            return False
        if typed:
            return self.two_lines and draft.lines == 1 and not typed & draft.typed
        texts = {name for name in cells if name} - self.typed
        return bool(texts) and texts <= set(draft.cells) | texts and not set(cells) & self.typed

    def _is_near(self, draft: _Draft, row: Row) -> bool:
        """Whether a printed row stands close below the draft, or at the top of the next page."""
        if row.page != draft.last.page:
            heading = any(cell.label in (Label.HEADING, Label.TITLE) for cell in row.cells)
            return row.page == draft.last.page + 1 and not heading and not self.strays
        height = min(cell.height for cell in (*row.cells, *draft.last.cells))
        return row.box[1] - draft.last.box[3] < _CLOSE * height

    def _join(self, row: Row, cells: Mapping[str, Sequence[PageLine]], typed: set[str]) -> None:
        draft = self.draft
        if draft is None:
            return
        for name, own in cells.items():
            draft.cells.setdefault(name, []).extend(own)
        draft.typed |= typed
        draft.last, draft.lines = row, draft.lines + 1

    def _begins(self, row: Row, cells: Mapping[str, Sequence[PageLine]], typed: set[str]) -> bool:
        filled = self._filled(cells)
        if self.typed:
            enough = len(filled) >= 2 or len(self.header.names) == 1
            same = self.block is not None and _table_block(row) == self.block
            return bool(typed) and enough and (self.two_lines or self._is_usual(typed, filled) or same)
        first = min((c for c in self.header.columns if c.name), key=lambda c: c.left).name
        return first in filled and (len(filled) * 2 >= len(self.header.names))

    def _is_usual(self, typed: set[str], filled: frozenset[str]) -> bool:
        """Whether a row has what half of a row needs; fewer columns are enough where rows like it came before."""
        kind = frozenset(typed)
        usual = len(filled) * 2 >= len(self.header.names) or self.usual[kind] > 0
        self.usual[kind] += usual
        return usual

    def _close(self) -> None:
        draft, self.draft = self.draft, None
        if draft is None:
            return
        cells: LocatedCells = dict.fromkeys(self.columns)
        for name, own in draft.cells.items():
            value = self._value(name, own) if name else None
            if value is not None and value is not _YEARLESS:
                cells[name] = located_in(value, own)
            self.table.lines.update(cell.number for cell in own)
        self.table.rows.append(cells)


def _table_block(row: Row) -> tuple[int, int] | None:
    """The page and the block of the table whose cells a printed row is; None where it is no row of a table."""
    blocks = {(cell.page, cell.block) for cell in row.cells if cell.label is Label.TABLE}
    return blocks.pop() if len(blocks) == 1 and all(cell.label is Label.TABLE for cell in row.cells) else None


def _assigned(header: Header, row: Row, line: int) -> dict[str, list[PageLine]]:
    """The cells of a printed row by the names of their columns; "" for those under columns that are no fields.

    Words that stand between two columns go to the left one where a number stands under the right one.
    """
    cells: dict[str, list[PageLine]] = {}
    before: str | None = None
    for cell in row.cells:
        cells.setdefault(header.column_of(cell, line).name, []).append(cell)
    for column in header.columns:
        own = cells.get(column.name, [])
        words = [cell for cell in own if not _has_digit(cell) and cell.box[2] < column.left]
        if column.name and before is not None and words and any(map(_has_digit, own)):
            cells[column.name] = [cell for cell in own if cell not in words]
            cells.setdefault(before, []).extend(words)
        before = column.name
    return _without_margin(cells, header)


def _without_margin(cells: dict[str, list[PageLine]], header: Header) -> dict[str, list[PageLine]]:
    """The cells of a row without those of the margin: right of the last column, where that has a cell of its own."""
    last = max(header.columns, key=lambda column: column.right)
    own = cells.get(last.name, [])
    if len(own) > 1 and any(last.gap(cell) < 0 for cell in own):
        return {**cells, last.name: [cell for cell in own if cell.box[0] <= last.right]}
    return cells


def _has_digit(cell: PageLine) -> bool:
    return any(map(str.isdigit, cell.text))

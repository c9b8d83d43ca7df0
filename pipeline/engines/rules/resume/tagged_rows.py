"""The rows of schools and jobs as the rules made them, and as the tagger knows better.

Where the tagger holds a value for hardly possible, it is left out; what it is sure of and the rules have missed fills a
gap in a row beside it, or makes a row of its own. Rules tell most that is set in usual ways; the tagger weighs all that
stands around a name, and goes on where a heading has no known words or a head an unknown shape.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.engines.evidence.located_values import LocatedValue, located_in, squash
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.dates import PeriodMatch
from pipeline.engines.rules.resume.entry_rows import entry_periods, is_no_name
from pipeline.engines.rules.resume.labels import LABEL
from pipeline.engines.rules.resume.named_pieces import LocatedRow, take_degree
from pipeline.engines.rules.resume.pieces import Piece
from pipeline.engines.rules.resume.plausible import is_plausible
from pipeline.engines.rules.resume.sections import Section
from pipeline.engines.rules.resume.tagging.tagger import FIELDS, TaggedDocument, TaggedSegment
from pipeline.engines.rules.resume.words import find_degree

Rows = Mapping[str, Sequence[LocatedRow]]  # by their section, "experience" and "education"

_LEAST = 0.3  # chance of a value of the rules
_AGREED = 0.5  # chance of a value that the tagger would give, too
_LEAST_BESIDE = 0.2  # chance of a value beside one of those in its row
_SURE = 0.5  # chance of a value that they have missed
_UNLIKELY = 0.5  # chance of a value that gives way to another one
_SURE_ALONE = 0.9  # chance of a value that takes the place of another one, or is all that is told of an entry
_SAME_LEFT = 6.0  # points
_LEAST_ROWS = 20  # printed ones, of a document: with fewer, too little stands around a name
_NEAR = 2  # rows between the names of one entry
_OTHERS = {"experience": ("location",), "education": ("area",)}  # further values of a row
_LATER_DATES = 2  # rows below a name in which its dates may stand
_UNFINISHED = re.compile(r"\s(?:of|and|the|for|in|de|du|des|et|für|und|y|&)$|[:：,]$", re.IGNORECASE)
_LEAST_PART = 4  # letters of a name that go on in the line below


def with_tags(rows: Rows, document: TaggedDocument, sections: Sequence[Section]) -> dict[str, list[LocatedRow]]:
    """The rows without what is hardly possible, with what is sure; as they are in a document of a few lines."""
    if len(document.rows) < _LEAST_ROWS:
        return {kind: list(rows[kind]) for kind in FIELDS}
    places = _Places.of(document, sections)
    usual = {name: _usual_settings(rows[kind], name, places) for kind, names in FIELDS.items() for name in names}
    kept = {kind: [_checked(row, FIELDS[kind], usual, places) for row in rows[kind]] for kind in FIELDS}
    kept = {kind: [row for row in kept[kind] if any(row[name] for name in FIELDS[kind])] for kind in FIELDS}
    told = [value for kind, names in FIELDS.items() for row in kept[kind] for name in names if (value := row[name])]
    missed = [one for one in document.segments if _is_sure(one) and not places.holds(told, one)]
    return {kind: _completed(kept[kind], kind, missed, places) for kind in FIELDS}


def _is_sure(one: TaggedSegment) -> bool:
    """Whether the tagger is sure of a segment that can be a name, whole."""
    text = one.segment.text
    named = one.tag == "degree" or (is_plausible(text) and not is_no_name(text))
    return one.tag != "none" and one.chance >= _SURE and named and not _UNFINISHED.search(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """Where the lines of a document stand: their printed rows, the segments in them, their sections."""

    rows: Mapping[int, int]
    segments: Mapping[int, Sequence[TaggedSegment]]
    kinds: Mapping[int, str]  # of the sections that the rules see
    document: TaggedDocument

    @classmethod
    def of(cls, document: TaggedDocument, sections: Sequence[Section]) -> _Places:
        rows = {cell.number: row.number for row in document.rows for cell in row.row.cells}
        segments: dict[int, list[TaggedSegment]] = {}
        for one in document.segments:
            segments.setdefault(one.segment.line.number, []).append(one)
        kinds = {line.number: section.kind.value for section in sections for line in section.lines}
        return cls(rows=rows, segments=segments, kinds=kinds, document=document)

    def chance(self, value: LocatedValue, tag: str) -> float | None:
        """The chance that the tagger gives to a value, None where it sees no such segment."""
        letters = squash(str(value.value))
        own = [one for line in value.lines for one in self.segments.get(line.number, ())]
        parts = [(one.chances[tag], squash(one.segment.text)) for one in own]
        return max(
            (chance for chance, part in parts if part in letters and 2 * len(part) >= len(letters)), default=None
        )

    def row_of(self, value: LocatedValue) -> int | None:
        return next((self.rows[line.number] for line in value.lines if line.number in self.rows), None)

    def holds(self, values: Sequence[LocatedValue], one: TaggedSegment) -> bool:
        """Whether a segment is told by one of the values: in its line, or as its end in a line below."""
        letters, segment = squash(one.segment.text), one.segment
        for value in values:
            name, row = squash(str(value.value)), self.row_of(value)
            same = any(line.number == segment.line.number for line in value.lines) and _overlap(letters, name)
            below = row is not None and 0 <= segment.row - row <= 1 and len(letters) >= _LEAST_PART and letters in name
            if same or below:
                return True
        return False


def _overlap(one: str, other: str) -> bool:
    return bool(one and other) and (one in other or other in one)


def _usual_settings(rows: Sequence[LocatedRow], name: str, places: _Places) -> set[tuple[object, ...]]:
    """How those values of a field are set, in two rows or more, that the tagger would give, too."""
    agreed = [value for row in rows if (value := row[name]) and (places.chance(value, name) or 0.0) >= _AGREED]
    times = Counter(_setting(value) for value in agreed)
    return {setting for setting, count in times.items() if count > 1}


def _setting(value: LocatedValue) -> tuple[object, ...]:
    line = next(iter(value.lines), None)
    return () if line is None else (line.label, line.level, round(line.box[0] / _SAME_LEFT))


def _checked(
    row: LocatedRow, names: Sequence[str], usual: Mapping[str, set[tuple[object, ...]]], places: _Places
) -> LocatedRow:
    """A row without what the tagger holds for hardly possible.

    More is kept beside a value that it would give, too, and all that is set there as those that it would give.
    """
    chances = {name: places.chance(value, name) for name in names if (value := row[name])}
    agreed = any(chance is not None and chance >= _AGREED for chance in chances.values())
    least = _LEAST_BESIDE if agreed else _LEAST
    doubtful = [name for name, chance in chances.items() if chance is not None and chance < least]
    doubtful = [name for name in doubtful if not (agreed and (value := row[name]) and _setting(value) in usual[name])]
    return row | dict.fromkeys(doubtful)


def _completed(
    rows: Sequence[LocatedRow], kind: str, missed: Sequence[TaggedSegment], places: _Places
) -> list[LocatedRow]:
    """The rows with the segments that they lack: in the row nearest to each, else in new ones."""
    filled = [dict(row) for row in rows]
    left: list[TaggedSegment] = []
    for one in (one for one in missed if one.tag in FIELDS[kind]):
        row = _row_near(filled, FIELDS[kind], one, places)
        if row is not None and _is_better(one, row[one.tag], places):
            _fill(row, one)
        else:
            left.append(one)
    entries = [group for group in _entries_of(left) if _is_entry(group, filled, kind, places)]
    made = [_new_row(group, kind, places) for group in entries]
    return sorted([*filled, *made], key=lambda row: _first_line(row, FIELDS[kind])) if made else filled


def _is_better(one: TaggedSegment, value: LocatedValue | None, places: _Places) -> bool:
    """Whether a segment may stand for the value of a row: there is none, or one that is far less likely."""
    chance = places.chance(value, one.tag) if value else 0.0
    return value is None or (chance is not None and chance < _UNLIKELY and one.chance >= _SURE_ALONE)


def _row_near(
    rows: Sequence[LocatedRow], names: Sequence[str], one: TaggedSegment, places: _Places
) -> LocatedRow | None:
    """The row nearest to a segment, if it stands close enough."""
    far = [(distance, at) for at, row in enumerate(rows) if (distance := _distance(row, names, one, places)) <= _NEAR]
    return rows[min(far)[1]] if far else None


def _is_entry(group: Sequence[TaggedSegment], rows: Sequence[LocatedRow], kind: str, places: _Places) -> bool:
    """Whether segments are an entry of their own: both of its names, or one in a section of its kind.

    They are none beside a row that is told, unless they have a date: a faculty, a department.
    """
    whole = len(group) > 1
    dated = any(places.document.rows[one.segment.row].dated for one in group)
    if any(_row_near(rows, FIELDS[kind], one, places) for one in group):
        return whole and dated
    sure = dated and all(one.chance >= _SURE_ALONE for one in group)
    return whole or sure or all(places.kinds.get(one.segment.line.number) == kind for one in group)


def _distance(row: LocatedRow, names: Sequence[str], one: TaggedSegment, places: _Places) -> int:
    """How many printed rows a segment is away from the names of a row; far where both have dates of their own."""
    own = [at for name in names if (value := row[name]) and (at := places.row_of(value)) is not None]
    dated = [at for at in own if places.document.rows[at].dated]
    apart = places.document.rows[one.segment.row].dated and dated and one.segment.row not in dated
    return _NEAR + 1 if apart else min((abs(at - one.segment.row) for at in own), default=_NEAR + 1)


def _fill(row: LocatedRow, one: TaggedSegment) -> None:
    segment, label = one.segment, LABEL.match(one.segment.text)
    text = segment.text[label.end() :].strip() if label else segment.text
    if one.tag == "degree" and find_degree(text):
        take_degree(Piece(text=text, line=segment.line, row=segment.row, right=False), row)
    elif text:
        row[one.tag] = located_in(text, [segment.line], text)


def _entries_of(segments: Sequence[TaggedSegment]) -> Iterator[list[TaggedSegment]]:
    """Segments in groups of one entry: different tags, near each other."""
    group: list[TaggedSegment] = []
    for one in segments:
        again = one.tag in [other.tag for other in group]
        if group and (again or one.segment.row - group[-1].segment.row > _NEAR):
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _new_row(group: Sequence[TaggedSegment], kind: str, places: _Places) -> LocatedRow:
    row: LocatedRow = dict.fromkeys((*FIELDS[kind], *_OTHERS[kind], "start_date", "end_date"))
    for one in group:
        _fill(row, one)
    return row | _dates_near([one.segment.row for one in group], places.document)


def _dates_near(rows: Sequence[int], document: TaggedDocument) -> LocatedRow:
    """The period in the rows of an entry, else in the row above it or right below."""
    first, last = min(rows), max(rows)
    for number in (*range(first, last + 1), first - 1, *range(last + 1, last + 1 + _LATER_DATES)):
        cells = document.rows[number].row.cells if 0 <= number < len(document.rows) else ()
        for cell in cells:
            for period in entry_periods(cell.text):
                quote = cell.text[period.start : period.end]
                return {"start_date": _date(period, quote, cell, True), "end_date": _date(period, quote, cell, False)}
    return {"start_date": None, "end_date": None}


def _date(period: PeriodMatch, quote: str, cell: PageLine, start: bool) -> LocatedValue | None:
    value = period.first if start else period.last
    return located_in(value, [cell], quote) if value else None


def _first_line(row: LocatedRow, names: Sequence[str]) -> int:
    return min((line.number for name in names if (value := row[name]) for line in value.lines), default=0)

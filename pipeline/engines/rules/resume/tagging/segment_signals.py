"""The signals of each segment: its words, its place in the row, the rows around it, and those that are set as it is."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.engines.evidence.located_values import squash
from pipeline.engines.rules.resume.entry_rows import BULLET
from pipeline.engines.rules.resume.marked_rows import is_prose
from pipeline.engines.rules.resume.tagging.segments import Segment, SegmentRow
from pipeline.engines.rules.resume.tagging.word_signals import KINDS, word_signals
from stores.models import Label

_WORD = re.compile(r"[^\W\d_]{2,}[+#]*")
_SMALL_WORDS = frozenset(
    ["and", "of", "the", "in", "for", "at", "de", "la", "der", "die", "und", "für", "et", "des", "del", "en", "el"]
)
_LEAST_TOLD = 4
Signals = dict[str, float]
Setting = tuple[object, ...]

_FURTHEST_DATE = 3  # rows
_WIDE_GAP, _WIDER_GAP = 0.8, 1.6  # heights of a line
_TALL, _TALLEST, _LOW = 1.08, 1.35, 0.93  # times the height of the document's lines
_INDENTED, _FAR_IN = 12.0, 40.0  # points
_SAME_LEFT = 6.0  # points
_LATE = 12  # rows below the heading of a section
_SEPARATORS = (("comma", ",，"), ("stroke", "|｜"), ("dash", "-–—"), ("at", "@"))
_CROSSED = (
    "job", "school", "degree", "degree first", "firm", "place", "capitals", "small", "subject", "words 0", "words 2",
    "words 3", "words 5", "row dated", "row bullet", "row prose", "heading", "first", "second", "date 1 up",
    "date 1 down", "far from dates",
)  # fmt: skip
_OF_PEERS = (*KINDS, "small", "prose", "row dated")


def signals_of(rows: Sequence[SegmentRow]) -> list[Signals]:
    """The signals of all segments in the order of ``rows``, each from 0 to 1; those that are 0 are left out."""
    words = {id(segment): word_signals(segment.text) for row in rows for segment in row.segments}
    marks = [_row_marks(row, words) for row in rows]
    told = _Told.of(rows)
    signals: list[Signals] = []
    for at, row in enumerate(rows):
        around = {*_of_row(rows, at), *_around(marks, at)}
        for number, segment in enumerate(row.segments):
            names = {*words[id(segment)], *around, *_of_place(segment, row, number), *_beside(row, number, words)}
            names |= set(told.signals(segment, row))
            names |= set(_crossed(names, row.kind))
            signals.append(dict.fromkeys(names, 1.0))
    return _with_peers(rows, signals)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What a document tells elsewhere: its words among the skills and at its head, its segments, its prose."""

    skills: frozenset[str]
    head: frozenset[str]
    times: Counter[str]  # of the letters of a segment
    prose: str

    @classmethod
    def of(cls, rows: Sequence[SegmentRow]) -> _Told:
        def words_in(*kinds: str) -> frozenset[str]:
            return frozenset(word for row in rows if row.kind in kinds for word in _words(row.row.text))

        texts = (squash(segment.text) for row in rows for segment in row.segments)
        prose = " ".join(row.row.text for row in rows if is_prose(row.row.text) or BULLET.match(row.row.text))
        return cls(skills=words_in("skills"), head=words_in("head", "contact"), times=Counter(texts), prose=prose)

    def signals(self, segment: Segment, row: SegmentRow) -> Iterator[str]:
        words = _words(segment.text)
        for name, known, kinds in (("skills", self.skills, ("skills",)), ("head", self.head, ("head", "contact"))):
            if row.kind not in kinds and words & known:
                yield f"all words in {name}" if words <= known else f"words in {name}"
        if self.times[squash(segment.text)] > 1:
            yield "told again"
        if len(segment.text) >= _LEAST_TOLD and segment.text in self.prose and not is_prose(row.row.text):
            yield "told in prose"


def _words(text: str) -> set[str]:
    return {word for word in _WORD.findall(text.casefold()) if word not in _SMALL_WORDS}


def setting_of(segment: Segment, row: SegmentRow) -> Setting:
    """How a segment is set; those of the same fields in other entries are set alike."""
    line = segment.line
    left: object = round(line.box[0] / _SAME_LEFT) if segment.cell == 0 else "right"
    bullet = bool(BULLET.match(row.row.text))
    entries = row.kind if row.kind in ("education", "experience") else ""
    return (entries, round(line.height), _is_heading(segment), line.level, left, segment.part, segment.cell > 0,
            segment.dated, bullet)  # fmt: skip


def _is_heading(segment: Segment) -> bool:
    return segment.line.label in (Label.HEADING, Label.TITLE)


def _row_marks(row: SegmentRow, words: dict[int, set[str]]) -> set[str]:
    told = {
        "bullet": bool(BULLET.match(row.row.text)),
        "prose": is_prose(row.row.text),
        "headed": row.headed,
        "dated": row.dated,
        "date alone": row.dated and not row.segments,
        "heading": any(cell.label in (Label.HEADING, Label.TITLE) for cell in row.row.cells),
        "gap": row.gap > _WIDE_GAP,
    }
    names = {name for segment in row.segments for name in words[id(segment)] if name in KINDS}
    return {name for name, holds in told.items() if holds} | names


def _of_row(rows: Sequence[SegmentRow], at: int) -> Iterator[str]:
    """What is true of all segments of a row: its section, and how far the next dates are."""
    row = rows[at]
    yield f"in {row.kind}"
    since = {"headed row": row.headed, "first row": row.since <= 1, "second row": row.since == 2,
             "third row": row.since == 3, "late row": row.since > _LATE, "wider gap": row.gap > _WIDER_GAP}  # fmt: skip
    yield from (name for name, holds in since.items() if holds)
    far = not row.dated
    for name, step in (("up", -1), ("down", 1)):
        steps = (n for n in range(1, _FURTHEST_DATE + 3) if _has_date(rows, at + step * n))
        distance = next(steps, None)
        far = far and distance is None
        if distance is not None and distance <= _FURTHEST_DATE:
            yield f"date {distance} {name}"
    if far:
        yield "far from dates"


def _has_date(rows: Sequence[SegmentRow], at: int) -> bool:
    return 0 <= at < len(rows) and rows[at].dated and not is_prose(rows[at].row.text)


def _around(marks: Sequence[set[str]], at: int) -> Iterator[str]:
    """The marks of the row itself and of the two rows above and below it."""
    yield from (f"row {mark}" for mark in marks[at] if mark not in KINDS)
    for name, step in (("above", -1), ("below", 1), ("2 above", -2), ("2 below", 2)):
        if not 0 <= at + step < len(marks):
            yield f"nothing {name}"
            continue
        near = abs(step) == 1
        yield from (f"{name} {mark}" for mark in marks[at + step] if near or mark not in KINDS)


def _of_place(segment: Segment, row: SegmentRow, number: int) -> Iterator[str]:
    """Where a segment stands in its row, and how its line is set."""
    line, count = segment.line, len(row.segments)
    indent, size = line.box[0] - row.left, line.height / row.height
    told = {
        "first": number == 0, "second": number == 1, "later": number > 1, "last": number == count - 1,
        "alone": count == 1, "crowded": count > 3, "first part": segment.part == 0, "of parts": segment.parts > 1,
        "first cell": segment.cell == 0, "right": segment.right, "heading": _is_heading(segment),
        "of table": line.label is Label.TABLE, "in margin": line.label in (Label.HEADER, Label.FOOTER),
        "tall": size > _TALL, "tallest": size > _TALLEST, "low": size < _LOW,
        "indented": indent > _INDENTED, "far in": indent > _FAR_IN, f"dates {segment.dated}": True,
    }  # fmt: skip
    yield from (name for name, holds in told.items() if holds)
    yield from (f"behind {name}" for name, signs in _SEPARATORS if any(sign in segment.before for sign in signs))


def _beside(row: SegmentRow, number: int, words: dict[int, set[str]]) -> Iterator[str]:
    """The kinds of name in the same row: anywhere, right before a segment, right behind it."""
    ours = [words[id(segment)] for segment in row.segments]
    others = set().union(*ours[:number], *ours[number + 1 :])
    yield from (f"beside {kind}" for kind in KINDS if kind in others)
    if number:
        yield from (f"behind {kind}" for kind in KINDS if kind in ours[number - 1])
    if number + 1 < len(ours):
        yield from (f"before {kind}" for kind in KINDS if kind in ours[number + 1])


def _crossed(names: set[str], kind: str) -> Iterator[str]:
    """Signals that mean something else among schools, among jobs, and elsewhere."""
    section = kind if kind in ("education", "experience") else "elsewhere"
    return (f"{section}: {name}" for name in _CROSSED if name in names)


def _with_peers(rows: Sequence[SegmentRow], signals: Sequence[Signals]) -> list[Signals]:
    """Add what share of the other segments that are set alike gives a signal."""
    settings = [setting_of(segment, row) for row in rows for segment in row.segments]
    groups: dict[Setting, list[int]] = defaultdict(list)
    for at, setting in enumerate(settings):
        groups[setting].append(at)
    result = [dict(own) for own in signals]
    for members in groups.values():
        others = len(members) - 1
        sums = {name: sum(name in signals[at] for at in members) for name in _OF_PEERS}
        for at in members if others else ():
            shares = {f"peers {name}": (total - (name in signals[at])) / others for name, total in sums.items()}
            counts = {"peers": 1.0, "few peers": float(others >= 3), "many peers": float(others >= 10)}
            result[at] |= {name: share for name, share in (shares | counts).items() if share}
    return result

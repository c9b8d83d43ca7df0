"""Finds recognised lines in the text that another reader made of the same page. Pure.

Only letters and digits count, folded. A line is first sought by its runs of four characters, wherever it stands; what
is too short for that is found between its neighbours, in the order given and row by row.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq
from rapidfuzz.fuzz import partial_ratio_alignment

from stores.models import Box, Line

_GRAM = 4
_FREQUENT = 16  # places of a run of characters that says nothing about where a line stands
_BIN = 8  # characters that a line may be shifted by reading errors
_SHORTEST = 5  # characters of a line that is sought by itself
_CANDIDATES = 4
_SAME = 4.0  # points of score that make no difference
_SCORE, _SCORE_SHORT, _SHORT = 70.0, 84.0, 12
_FREE = 0.7
_EQUAL = 0.6
_SLACK = 24
_COMMAND = re.compile(r"\\[A-Za-z]+")


@functools.cache
def _folded_char(char: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFKC", char).casefold() if part.isalnum())


def folded(text: str) -> tuple[str, list[int]]:
    """Letters and digits of a text, folded, and the offset of each; names of LaTeX commands left out."""
    if "\\" in text:
        text = _COMMAND.sub(lambda match: "\\" * len(match.group()), text)
    chars: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        for part in _folded_char(char):
            chars.append(part)
            places.append(place)
    return "".join(chars), places


@dataclass(frozen=True, slots=True)
class Span:
    """Where a line stands in the folded text."""

    line: int
    start: int
    end: int


def rows_of(boxes: Sequence[Box]) -> list[list[int]]:
    """Indexes of boxes by printed row, from the top, each row from the left."""
    order = sorted(range(len(boxes)), key=lambda at: ((boxes[at][1] + boxes[at][3]) / 2, boxes[at][0]))
    rows: list[list[int]] = []
    for at in order:
        middle = (boxes[at][1] + boxes[at][3]) / 2
        if rows and boxes[rows[-1][0]][1] <= middle <= boxes[rows[-1][0]][3]:
            rows[-1].append(at)
        else:
            rows.append([at])
    return [sorted(row, key=lambda at: boxes[at][0]) for row in rows]


class LineMatcher:
    """Finds each line's span; characters of the text are given away once.

    ``text`` is folded; ``printed`` holds for each of its characters the one that it was folded from.
    """

    def __init__(self, text: str, printed: str, lines: Sequence[Line]) -> None:
        self._text, self._printed = text, printed
        self._lines = []
        self._lines_printed = []
        for line in lines:
            letters, places = folded(line.text)
            self._lines.append(letters)
            self._lines_printed.append("".join(line.text[place] for place in places))
        self._rows = rows_of([line.box for line in lines])
        self._used = bytearray(len(text))
        self._spans: list[Span | None] = [None] * len(lines)
        self._index: dict[str, list[int]] = {}
        for place in range(len(text) - _GRAM + 1):
            self._index.setdefault(text[place : place + _GRAM], []).append(place)

    def match(self) -> None:
        """Match as many lines as possible."""
        self._anchor([[at] for at in range(len(self._lines))])
        self._anchor([run for row in self._rows for run in self._open_runs(row) if len(run) > 1])
        by_row = [at for row in self._rows for at in row]
        for order in (list(range(len(self._lines))), by_row):
            for _ in range(2):
                self._fill(order)

    def spans(self) -> list[Span]:
        """The spans of the lines that were found, by their place in the text."""
        return sorted((span for span in self._spans if span), key=lambda span: (span.start, span.line))

    def text_at(self, start: int, end: int) -> str:
        return self._text[start:end]

    def is_open(self, line: int) -> bool:
        return self._spans[line] is None

    def give(self, line: int, start: int, end: int) -> None:
        """Assign a span of the text to a line."""
        self._spans[line] = Span(line, start, end)
        self._used[start:end] = b"\x01" * (end - start)

    def is_free(self, start: int, end: int) -> bool:
        return not any(self._used[start:end])

    def folded_line(self, line: int) -> str:
        return self._lines[line]

    # Wherever they stand

    def _anchor(self, runs: Sequence[Sequence[int]]) -> None:
        """Seek runs of lines, long and certain ones first; those that may stand in several places by neighbours."""
        sought = []
        for run in runs:
            text = "".join(self._lines[at] for at in run)
            if len(text) >= _SHORTEST and (candidates := self._candidates(text)):
                sought.append((run, text, candidates))
        sought.sort(key=lambda one: (_is_ambiguous(one[2]), -one[2][0][0] * len(one[1]), one[0][0]))
        doubtful = []
        for run, text, candidates in sought:
            if _is_ambiguous(candidates):
                doubtful.append((run, text, candidates))
            else:
                self._settle(run, text, candidates)
        for run, text, candidates in sorted(doubtful, key=lambda one: one[0][0]):
            best = [place for place in candidates if place[0] >= candidates[0][0] - _SAME]
            rest = [place for place in candidates if place[0] < candidates[0][0] - _SAME]
            self._settle(run, text, sorted(best, key=lambda place: self._distance(run, place)) + rest)

    def _distance(self, run: Sequence[int], place: tuple[float, int, int]) -> tuple[bool, int, int]:
        """Whether capitals differ, then how far a place is from where the neighbours of a run stand."""
        before = self._spans[run[0] - 1] if run[0] else None
        after = self._spans[run[-1] + 1] if run[-1] + 1 < len(self._spans) else None
        gaps = [abs(place[1] - before.end)] if before else []
        gaps += [abs(after.start - place[2])] if after else []
        printed = "".join(self._lines_printed[at] for at in run)
        return self._printed[place[1] : place[2]] != printed, min(gaps, default=0), place[1]

    def _candidates(self, text: str) -> list[tuple[float, int, int]]:
        """(score of 0 to 100, start, end) of the places where a text may stand, best first."""
        same = self._text.find(text)
        if same >= 0:
            return [(100.0, place, place + len(text)) for place in self._same(text, same)]
        votes: Counter[int] = Counter()
        for offset in range(len(text) - _GRAM + 1):
            places = self._index.get(text[offset : offset + _GRAM], ())
            if len(places) <= _FREQUENT:
                for place in places:
                    votes[(place - offset) // _BIN] += 1
        best = sorted(votes, key=lambda number: (-votes[number] - votes[number + 1], number))[:_CANDIDATES]
        best_by_start: dict[int, tuple[float, int, int]] = {}
        for number in best:
            low = max(0, number * _BIN - _BIN)
            window = self._text[low : low + len(text) + 4 * _BIN]
            aligned = partial_ratio_alignment(text, window, score_cutoff=_needed(len(text)))
            if aligned and len(window) * 2 > len(text):
                here = (aligned.score, low + aligned.dest_start, low + aligned.dest_end)
                best_by_start[here[1]] = max(here, best_by_start.get(here[1], here))
        return sorted(best_by_start.values(), key=lambda place: (-place[0], place[1]))

    def _same(self, text: str, place: int) -> Iterator[int]:
        """List the offsets from ``place`` on at which a text stands unchanged."""
        for _ in range(_FREQUENT):
            yield place
            place = self._text.find(text, place + len(text))
            if place < 0:
                return

    def _settle(self, run: Sequence[int], text: str, places: Sequence[tuple[float, int, int]]) -> None:
        for _, start, end in places:
            free = end - start - sum(self._used[start:end])
            if free < _FREE * (end - start) or not free:
                continue
            while self._used[start]:
                start += 1
            while self._used[end - 1]:
                end -= 1
            if len(run) == 1:
                self.give(run[0], start, end)
            else:
                self._share(run, text, start, end)
            return

    # Between their neighbours

    def _open_runs(self, order: Sequence[int]) -> Iterator[list[int]]:
        run: list[int] = []
        for at in order:
            if self._spans[at] is None and self._lines[at]:
                run.append(at)
            elif run and self._spans[at] is not None:
                yield run
                run = []
        if run:
            yield run

    def _fill(self, order: Sequence[int]) -> None:
        """Find lines in the text that their neighbours leave free."""
        place_of = {at: place for place, at in enumerate(order)}
        for run in list(self._open_runs(order)):
            before = self._neighbour(order, place_of[run[0]], -1)
            after = self._neighbour(order, place_of[run[-1]], 1)
            text = "".join(self._lines[at] for at in run)
            for start, end in self._gaps(before, after, len(text)):
                if end > start and self._share(run, text, start, end):
                    break

    def _neighbour(self, order: Sequence[int], place: int, step: int) -> Span | None:
        place += step
        while 0 <= place < len(order):
            if span := self._spans[order[place]]:
                return span
            place += step
        return None

    def _gaps(self, before: Span | None, after: Span | None, length: int) -> Iterator[tuple[int, int]]:
        most = 2 * length + _SLACK
        if before and after and before.end <= after.start <= before.end + most:
            yield before.end, after.start
        if before:
            used = self._used.find(1, before.end, before.end + most)
            yield before.end, used if used >= 0 else min(before.end + most, len(self._text))
        if after:
            used = self._used.rfind(1, max(0, after.start - most), after.start)
            yield used + 1 if used >= 0 else max(0, after.start - most), after.start

    def _share(self, run: Sequence[int], text: str, start: int, end: int) -> bool:
        """Divide a stretch of the text among the lines of a run; return whether any line got a part."""
        pairs: list[int] = [-1] * len(text)
        for block in LCSseq.opcodes(text, self._text[start:end]):
            if block.tag == "equal":
                for step in range(block.src_end - block.src_start):
                    pairs[block.src_start + step] = start + block.dest_start + step
        given, at = False, 0
        for line in run:
            size = len(self._lines[line])
            places = [place for place in pairs[at : at + size] if place >= 0]
            at += size
            wide = places[-1] + 1 - places[0] if places else 0
            needed = size if size < 3 else _EQUAL * size
            if len(places) >= needed and wide <= 1.5 * size + 1 and self.is_free(places[0], places[-1] + 1):
                self.give(line, places[0], places[-1] + 1)
                given = True
        return given


def _needed(length: int) -> float:
    return _SCORE if length >= _SHORT else _SCORE_SHORT


def _is_ambiguous(candidates: Sequence[tuple[float, int, int]]) -> bool:
    return len(candidates) > 1 and candidates[1][0] >= candidates[0][0] - _SAME

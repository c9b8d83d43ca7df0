"""Tags of the segments of a curriculum vitae: how likely each names a firm, a job, a school or a degree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.resume.tagging.network import TAGS, Committee, trained_network
from pipeline.engines.rules.resume.tagging.segment_signals import setting_of, signals_of
from pipeline.engines.rules.resume.tagging.segments import Segment, SegmentRow, segment_rows

FIELDS = {"experience": ("company", "position"), "education": ("institution", "degree")}  # by the rows that have them
_MOST_LINES = 2500  # of some thirty pages


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedSegment:
    """A segment with the chance of each tag, from 0 to 1."""

    segment: Segment
    chances: dict[str, float]

    @property
    def tag(self) -> str:
        return max(self.chances, key=lambda name: self.chances[name])

    @property
    def chance(self) -> float:
        return self.chances[self.tag]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedDocument:
    """All rows of a document and its segments with their tags, in the same order."""

    rows: tuple[SegmentRow, ...]
    segments: tuple[TaggedSegment, ...]


def tagged(lines: Sequence[PageLine], committee: Committee | None = None) -> TaggedDocument:
    """Tag the segments of a document; one that is far longer than any curriculum vitae has none."""
    rows = segment_rows(lines) if len(lines) <= _MOST_LINES else []
    pairs = [(segment, row) for row in rows for segment in row.segments]
    settings = [setting_of(segment, row) for segment, row in pairs]
    made = committee or trained_network()
    chances = made.chances(signals_of(rows), [segment.row for segment, _ in pairs], settings)
    tags = [dict(zip(TAGS, map(float, own), strict=True)) for own in chances]
    segments = [TaggedSegment(segment=one, chances=own) for (one, _), own in zip(pairs, tags, strict=True)]
    return TaggedDocument(rows=tuple(rows), segments=tuple(segments))

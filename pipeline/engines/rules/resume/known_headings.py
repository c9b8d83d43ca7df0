"""The lines of a curriculum vitae that begin a section: told by their words, and by where they stand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.page_rows import printed_rows
from pipeline.engines.rules.resume.content import NO_ENTRIES, headings_by_content
from pipeline.engines.rules.resume.entry_rows import is_margin
from pipeline.engines.rules.resume.heading_stems import has_misspelt_word, kind_by_stems
from pipeline.engines.rules.resume.headings import SectionKind, ends_as_experience, heading_kind
from pipeline.engines.rules.resume.heads import KIND_OF_WORK
from pipeline.engines.rules.resume.words import names_job
from stores.models import Label

WITH_ENTRIES = (SectionKind.EDUCATION, SectionKind.EXPERIENCE)
SAME_LEFT = 4.0  # points between the left edges of headings of one column
_MUCH_SMALLER = 0.75
_SAME_HEIGHT = 0.1  # of the height: two headings are as high as each other
_ENDS_SENTENCE = re.compile(r"[^\W\d_][.。]\s*$")
_NEXT_LINE = 2.0  # heights between the tops of two lines of one heading
_REPEATED = 3  # as often as this, a heading is a label


def known_headings(lines: Sequence[PageLine], no_headings: set[int]) -> dict[int, SectionKind]:
    """The numbers of the lines that begin a section of a known kind, and these kinds."""
    known = {
        line.number: kind
        for line in lines
        if line.number not in no_headings and (kind := heading_kind(line.text)) and _stands_alone(line, lines)
        if not (_ENDS_SENTENCE.search(line.text) and line.label is not Label.HEADING)
        if not (kind not in WITH_ENTRIES and _is_label(line, lines))
        if not (KIND_OF_WORK.fullmatch(line.text.strip()) and _is_beside(line, lines) and not _is_of_known(line, lines))
        if not (names_job(line.text) and _has_margin_beside(line, lines))
    }
    known |= _in_two_lines(lines, known)
    known = _without_inner(lines, _without_repeated(lines, known))
    known |= _in_lower_case(lines, no_headings) if not set(known.values()) & set(WITH_ENTRIES) else {}
    known |= _told_by_last_word(lines, known, no_headings)
    known |= _told_by_stems(lines, known, no_headings)
    return known | _told_by_content(lines, known)


def _in_two_lines(lines: Sequence[PageLine], known: dict[int, SectionKind]) -> dict[int, SectionKind]:
    """Headings that go on in the line below, in both lines of their kind: ``Research`` / ``Experience``."""
    kinds: dict[int, SectionKind] = {}
    headings = [line for line in lines if line.number in known]
    for upper, lower in pairwise(headings):
        together = heading_kind(f"{upper.text} {lower.text}")
        other = known[upper.number] is SectionKind.OTHER
        if other and together is known[lower.number] and together in WITH_ENTRIES and _is_right_below(lower, upper):
            kinds[upper.number] = together
    return kinds


def _is_right_below(lower: PageLine, upper: PageLine) -> bool:
    """Whether a line is the next one of the same paragraph: as high, as far left, close below."""
    left, height = abs(lower.box[0] - upper.box[0]), upper.height or 1.0
    alike = lower.page == upper.page and left <= SAME_LEFT and abs(lower.height / height - 1) < _SAME_HEIGHT
    return alike and 0 < lower.box[1] - upper.box[1] < _NEXT_LINE * height


def _without_inner(lines: Sequence[PageLine], known: dict[int, SectionKind]) -> dict[int, SectionKind]:
    """Leave out the headings inside the entries: of a lower rank than the section's, at the same left edge."""
    kept: dict[int, SectionKind] = {}
    above: PageLine | None = None  # the heading of the last section with entries
    for line in lines:
        kind = known.get(line.number)
        if kind is None:
            continue
        if kind not in WITH_ENTRIES and above and (is_lower(line, above) or _ends_otherwise(line, above)):
            continue
        kept[line.number] = kind
        above = line if kind in WITH_ENTRIES else None
    return kept


def _ends_otherwise(line: PageLine, heading: PageLine) -> bool:
    """Whether a line ends with a colon, as the heading of its section does not: a label inside the entries."""
    colons = [text.rstrip().endswith((":", "：")) for text in (line.text, heading.text)]
    return colons == [True, False] and line.label is not Label.HEADING


def is_lower(line: PageLine, heading: PageLine) -> bool:
    """Whether a line is of a lower rank than a heading, or of none and much smaller, and begins where that does."""
    indent = line.box[0] - heading.box[0]
    most = SAME_LEFT if line.label is Label.HEADING else heading.height  # what is no heading may stand further in
    if heading.label is not Label.HEADING or not -SAME_LEFT <= indent <= most:
        return False
    if line.label is Label.HEADING:
        return line.level > heading.level > 0
    return line.label is not Label.TITLE and line.height < _MUCH_SMALLER * heading.height


def _is_drawn_as(line: PageLine, model: PageLine) -> bool:
    """Whether a line begins with the same sign as a heading, where that does, and is as high."""
    sign = line.text.strip()[:1]
    same = sign == model.text.strip()[:1] and not sign.isalnum() and bool(sign)
    return same and abs(line.box[0] - model.box[0]) < SAME_LEFT and abs(line.height - model.height) < 1.0


def _is_of_rank(line: PageLine, model: PageLine) -> bool:
    """Whether two headings are of the same rank, as high, and begin at the same left edge."""
    ranked = line.label is model.label is Label.HEADING and line.level == model.level > 0
    alike = abs(line.height - model.height) < _SAME_HEIGHT * model.height
    return ranked and alike and abs(line.box[0] - model.box[0]) < SAME_LEFT


def _is_of_known(line: PageLine, lines: Sequence[PageLine]) -> bool:
    """Whether a line is of the rank and height of a heading of known words."""
    models = (o for o in lines if o is not line and o.label is Label.HEADING and o.level == line.level)
    heading = line.label is Label.HEADING
    alike = (o for o in models if abs(o.height - line.height) < _SAME_HEIGHT * o.height)
    return heading and any(heading_kind(o.text) in WITH_ENTRIES for o in alike)


def _has_margin_beside(line: PageLine, lines: Sequence[PageLine]) -> bool:
    """Whether a date or a place stands right of a line: "Internship" there is a job."""
    row = (o for o in lines if o.page == line.page and abs(o.middle - line.middle) < 0.5 * line.height)
    return any(other.box[0] > line.box[2] and is_margin(other.text) for other in row)


def _told_by_stems(
    lines: Sequence[PageLine], known: dict[int, SectionKind], no_headings: set[int]
) -> dict[int, SectionKind]:
    """The headings of jobs and schools by the stems of their words, of a kind that no known heading has."""
    models = [line for line in lines if line.number in known]
    set_apart = [
        line
        for line in lines
        if line.label in (Label.HEADING, Label.TITLE)
        or line.text.isupper()
        or any(_is_drawn_as(line, m) for m in models)
    ]
    kinds = {
        line.number: kind
        for line in set_apart
        if line.number not in known and line.number not in no_headings and (kind := kind_by_stems(line.text))
        if _stands_alone(line, lines) and not _is_beside(line, lines)
    }
    missing = set(WITH_ENTRIES) - set(known.values())
    ours = [line for line in lines if line.number in kinds]
    same = {line.number for line in ours if any(_is_drawn_as(line, model) for model in models)}
    misspelt = [line for line in ours if has_misspelt_word(line.text)]
    same |= {line.number for line in misspelt if any(_is_of_rank(line, model) for model in models)}
    return {at: kind for at, kind in kinds.items() if kind in missing or at in same}


def _told_by_last_word(
    lines: Sequence[PageLine], known: dict[int, SectionKind], no_headings: set[int]
) -> dict[int, SectionKind]:
    """The headings of jobs by their last word, where they are of the rank of known ones."""
    models = [line for line in lines if line.number in known]
    free = [line for line in lines if line.number not in known and line.number not in no_headings]
    told = [line for line in free if ends_as_experience(line.text) and any(_is_of_rank(line, m) for m in models)]
    return {line.number: SectionKind.EXPERIENCE for line in told if _stands_alone(line, lines)}


def _in_lower_case(lines: Sequence[PageLine], no_headings: set[int]) -> dict[int, SectionKind]:
    """The headings of a document that writes them without capitals, two at least."""
    small = [line for line in lines if line.text.strip().islower() and line.number not in no_headings]
    kinds = {line.number: heading_kind(line.text.strip().capitalize()) for line in small if _stands_alone(line, lines)}
    told = {at: kind for at, kind in kinds.items() if kind}
    return told if len(set(told.values()) & set(WITH_ENTRIES)) == len(WITH_ENTRIES) else {}


def _without_repeated(lines: Sequence[PageLine], known: dict[int, SectionKind]) -> dict[int, SectionKind]:
    """Leave out words that stand again and again as labels inside the entries: "Technologies", "Tasks"."""
    texts = {line.number: re.sub(r"\W", "", line.text).casefold() for line in lines if line.number in known}
    often = {text for text, times in Counter(texts.values()).items() if times >= _REPEATED}
    return {at: kind for at, kind in known.items() if kind in WITH_ENTRIES or texts[at] not in often}


def _told_by_content(lines: Sequence[PageLine], known: dict[int, SectionKind]) -> dict[int, SectionKind]:
    """The headings of jobs and schools by what stands below them, of a kind that no heading names."""
    missing = set(WITH_ENTRIES) - set(known.values())
    if not missing:
        return {}
    above = [line for line in lines if line.number in known]
    lower = {line.number for line in lines if any(is_lower(line, model) for model in above)}
    told = [(at, educated) for at, educated in headings_by_content(printed_rows(lines)) if at not in lower]
    kinds = {at: SectionKind.EDUCATION if educated else SectionKind.EXPERIENCE for at, educated in told}
    projects = _below_projects(lines, known)
    kinds = {at: kind for at, kind in kinds.items() if at not in projects}
    return {at: kind for at, kind in kinds.items() if kind in missing and at not in known}


def _below_projects(lines: Sequence[PageLine], known: dict[int, SectionKind]) -> set[int]:
    """The lines of sections whose headings are of projects or awards."""
    inside, numbers = False, set()
    for line in lines:
        inside = bool(NO_ENTRIES.search(line.text)) if line.number in known else inside
        numbers |= {line.number} if inside else set()
    return numbers


def _is_inner_cell(line: PageLine, lines: Sequence[PageLine]) -> bool:
    """Whether a line is a further cell of a table of three columns, or of four unmarked ones: the subject "History"."""
    if line.label is Label.HEADING:
        return False
    row = [o for o in lines if o.page == line.page and abs(o.middle - line.middle) < 0.5 * line.height]
    return len(row) > (2 if line.label is Label.TABLE else 3) and any(other.box[0] < line.box[0] for other in row)


def _is_label(line: PageLine, lines: Sequence[PageLine]) -> bool:
    """Whether a line ends with a colon and has its value beside it."""
    if not line.text.rstrip().endswith((":", "：")) or line.label is Label.HEADING:
        return False
    right = (other for other in lines if other.page == line.page and other.box[0] >= line.box[2])
    return any(abs(other.middle - line.middle) < 0.5 * line.height for other in right)


def _is_beside(line: PageLine, lines: Sequence[PageLine]) -> bool:
    """Whether something stands left of a line in its row: "Internship" there is a kind of work."""
    return any(
        o.page == line.page and o.box[2] < line.box[0] and abs(o.middle - line.middle) < 0.5 * line.height
        for o in lines
    )


def _stands_alone(line: PageLine, lines: Sequence[PageLine]) -> bool:
    """Whether no other line ends right before this one in its row: "Skills" in a sentence is no heading."""
    return not _is_inner_cell(line, lines) and not any(
        other.page == line.page
        and abs(other.middle - line.middle) < 0.5 * line.height
        and 0 <= line.box[0] - other.box[2] < 1.5 * line.height
        for other in lines
        if other is not line
        and re.search(r"\w", other.text)
        and (line.label is not Label.HEADING or other.label is Label.HEADING)
    )

"""Title and authors of a paper: the byline tells which of the large lines above it is the title."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.document import find_title
from pipeline.engines.rules.page_rows import box_around, printed_rows
from pipeline.engines.rules.paper.names import (
    breaks_name,
    ends_open,
    is_contact,
    names_of,
    says_no_name,
    separated,
    without_letters,
)
from stores.models import Label

_STAMP = re.compile(r"arXiv:\d{4}\.\d{4,5}|downloaded\s+from", re.IGNORECASE)
_KIND = re.compile(  # what a thesis is called on its cover, and where it was written
    r"^\W*(?:(?:original\s+)?(?:research|review)\s+(?:article|paper|note)|original\s+(?:article|paper|investigation)"
    r"|.{0,12}(?:学位|毕业|学士|硕士|博士|本科生?|研究生).{0,6}(?:论文|设计)|.{2,12}(?:大学|学院)"
    r"|(?:bachelor|master|diplom|doctoral|ph\.?d\.?)[’'\w]*\s*(?:thesis|arbeit|dissertation)|thesis|dissertation)\W*$",
    re.IGNORECASE,
)
_AUTHOR_LABEL = re.compile(
    r"^\W*(?:作\s*者(?:\s*姓\s*名)?|学\s*生(?:\s*姓\s*名)?|姓\s*名|authors?|autor(?:in)?|verfasser(?:in)?|vorgelegt\s+von|submitted\s+by)\s*[:：]?\s*$",
    re.IGNORECASE,
)
_ABSTRACT = re.compile(
    r"^\W*(?:a\s?b\s?s\s?t\s?r\s?a\s?c\s?t|summary|摘\s*要|zusammenfassung|r[ée]sum[ée])\W*$", re.IGNORECASE
)
_MOST_TITLE_LINES = 5
_SAME_SIZE = 0.06  # of the height of a line
_MOST_AUTHOR_LINES = 14
_MOST_AUTHORS = 100
_ALIKE = 0.5  # of the height of the first name
_NEAR = 4.0  # heights between a name and the addresses around it
_UPPER = 0.6  # of a page: further down stands no byline
_CLOSE = 4.0  # heights of a title's line between it and the byline
_MUCH_LARGER = 1.3  # lines without letters that reach up or down are lower by less
_LARGER = 1.1  # times the height of a byline, for the line above it to be its title


@dataclass(frozen=True, slots=True)
class PaperHead:
    """The title and the authors, each located; the title is None where there is none."""

    title: LocatedValue | None
    authors: list[LocatedValue]

    @property
    def last_line(self) -> int:
        """The number of its last line, -1 where there is none."""
        located = [*self.authors, *([self.title] if self.title else [])]
        return max((line.number for one in located for line in one.lines), default=-1)


def find_head(lines: Sequence[PageLine]) -> PaperHead:
    """Find title and authors; ``lines`` are those of the whole document, running ones included."""
    lines = [line for line in lines if not _STAMP.search(line.text) and not _KIND.match(line.text)]
    texts = [line for line in lines if line.label not in (Label.HEADER, Label.FOOTER) or line.page == lines[0].page]
    title = _title(texts)
    if title is None:
        return PaperHead(None, [])
    authors = list(_authors(texts, title))
    if not authors and (other := _title_above_byline(texts, title)):
        authors = list(_authors(texts, other))
        title = title if _is_subtitle(other, title) else other
    return PaperHead(title, _unlettered(authors, lines)[:_MOST_AUTHORS])


def _title(lines: Sequence[PageLine]) -> LocatedValue | None:
    """The title with the lines of the same size below it."""
    body = [line for at, line in enumerate(lines) if line.label not in (Label.HEADER, Label.FOOTER) or not at]
    body = [line for line in body if not (separated(line.text) and len(names_of(line.text)) > 1)] or body
    title = find_title(body)
    if title is None:
        return None
    own = list(title.lines)
    while len(own) > 1 and _is_other(own[-1], own[0]):
        own.pop()
    return _with_lines_below(own, lines)


def _is_other(line: PageLine, first: PageLine) -> bool:
    """Whether the last line in the block of a title is smaller and holds an affiliation, or names with their marks."""
    marked = "@" in line.text or any(not c.isalpha() and not c.isspace() for c in line.text)
    return first.height > _LARGER * line.height and (says_no_name(line.text) or (marked and bool(names_of(line.text))))


def _with_lines_below(span: list[PageLine], lines: Sequence[PageLine]) -> LocatedValue:
    last = span[-1]
    for line in [line for line in lines if line.page == last.page and line.number > last.number][:_MOST_TITLE_LINES]:
        gap = line.box[1] - span[-1].box[3]
        other = abs(line.height - last.height) > _SAME_SIZE * last.height or not 0 <= gap < last.height
        if other or len(names_of(line.text)) > 1 or _has_names_beside(line, lines):
            break
        span.append(line)
    return located_in(" ".join(" ".join(line.text.split()) for line in span), span)


def _has_names_beside(line: PageLine, lines: Sequence[PageLine]) -> bool:
    """Whether a line is one of several names in a row."""
    return bool(names_of(line.text)) and any(names_of(other.text) for other in _beside(line, lines))


def _beside(line: PageLine, lines: Sequence[PageLine]) -> list[PageLine]:
    return [
        other
        for other in lines
        if other is not line and other.page == line.page and abs(other.middle - line.middle) < 0.6 * line.height
    ]


def _title_above_byline(lines: Sequence[PageLine], title: LocatedValue) -> LocatedValue | None:
    """The large lines right above the first byline of page 1, where the title that was taken has none."""
    page = [line for line in lines if line.page == lines[0].page]
    bottom = page[0].box[1] + _UPPER * (max(line.box[3] for line in page) - page[0].box[1])
    for at, line in enumerate(page[1:], 1):
        above = page[at - 1]
        if line.middle > bottom:
            continue
        if _ABSTRACT.match(line.text):
            return None
        if len(names_of(above.text)) > 0 and separated(above.text):
            continue
        larger = above.height > _LARGER * line.height or above.label in (Label.HEADING, Label.TITLE, Label.HEADER)
        near = 0 <= line.box[1] - above.box[3] < _CLOSE * above.height
        if larger and near and above not in title.lines and _is_byline(page[at:]):
            block = [other for other in page[:at] if other.block == above.block and not _is_smaller(other, above)]
            return located_in(" ".join(" ".join(one.text.split()) for one in block), block)
    return None


def _is_subtitle(other: LocatedValue, title: LocatedValue) -> bool:
    """Whether lines stand right below a title, and are smaller."""
    last, first = title.lines[-1], other.lines[0]
    near = 0 <= first.box[1] - last.box[3] < _CLOSE * first.height and first.box[0] < last.box[2]
    return near and first.number - last.number <= 1 and last.height > _MUCH_LARGER * first.height


def _is_smaller(line: PageLine, other: PageLine) -> bool:
    return line.height * _MUCH_LARGER < other.height


def _is_byline(lines: Sequence[PageLine]) -> bool:
    """Whether names stand first: several, or one above an affiliation or before more names."""
    names, following = names_of(lines[0].text), lines[1].text if len(lines) > 1 else ""
    more = separated(following) and bool(names_of(following))
    return len(names) > 1 or (len(names) == 1 and (says_no_name(following) or more))


def _authors(lines: Sequence[PageLine], title: LocatedValue) -> Iterator[LocatedValue]:
    """The names below the title, up to the first line that holds none."""
    ours = [line for line in lines if line.page == title.lines[-1].page and line not in title.lines]
    below = [line for line in ours if line.number > title.lines[-1].number]
    above = [line for line in ours if line.number < title.lines[0].number]
    runs = list(_runs(_as_printed(list(_author_lines(below, title.lines))))) or list(_runs(_names_above(above)))
    runs = runs or [[cell] for line in ours if _AUTHOR_LABEL.match(line.text) for cell in _beside(line, ours)[:1]]
    for run in runs:
        text = " ".join(line.text for line in run)
        for name in names_of(text) or [name for line in run for name in names_of(line.text)]:
            holding = [line for line in run if name in line.text]
            yield located_in(name, holding[:1] or run, name if holding else None)


def _author_lines(below: Sequence[PageLine], title: Sequence[PageLine]) -> Iterator[PageLine]:
    """The lines of names that open the text below the title, and those beside them in further columns."""
    left, _, right, _ = box_around(title)
    flush = left <= min((line.box[0] for line in below), default=left) + title[0].height  # a title set to the left
    last = None
    open_ = False
    for line in below[:_MOST_AUTHOR_LINES]:
        if is_contact(line.text) or (flush and line.box[0] > right):
            continue  # e-mails, and what stands in the margin
        fragment = open_ and not says_no_name(line.text) and separated(line.text)
        if _ABSTRACT.match(line.text) or not (names_of(line.text) or fragment):
            break  # names that begin later are those of a part of the authors
        last, open_ = line, separated(line.text)
        yield line
    if last is None:
        return
    later = [line for line in below if line.number > last.number]
    beside = [line for line in later if abs(line.middle - last.middle) < last.height and names_of(line.text)]
    yield from beside
    yield from (line for line in _further(below, last, title) if line in later and line not in beside)


def _names_above(above: Sequence[PageLine]) -> list[PageLine]:
    """The lines of names right above a title."""
    names: list[PageLine] = []
    for line in reversed(above):
        if not names_of(line.text) or not separated(line.text):
            break
        names.insert(0, line)
    return names


def _further(below: Sequence[PageLine], first: PageLine, title: Sequence[PageLine]) -> Iterator[PageLine]:
    """Names that stand further down: below the e-mail of the one before, or larger than the addresses around them."""
    left, _, right, _ = box_around([first, *title])
    bottom = min((line.middle for line in below if _ABSTRACT.match(line.text)), default=0.0)
    for line in [line for line in below if line.middle < bottom]:
        over = _nearest(line, [other for other in below if other.middle < line.box[1]])
        under = _nearest(line, [other for other in below if other.middle > line.box[3]])
        alike = (
            abs(line.height - first.height) < _ALIKE * first.height and left < (line.box[0] + line.box[2]) / 2 < right
        )
        if not (over and under and alike) or len(names_of(line.text)) != 1:
            continue
        larger = line.height > _LARGER * max(over.height, under.height) and _is_address(over) and _is_address(under)
        headed = {line.label, first.label} == {Label.HEADING} and Label.HEADING not in (over.label, under.label)
        if larger or headed or (is_contact(over.text) and not names_of(under.text)):
            yield line


def _nearest(line: PageLine, others: Sequence[PageLine]) -> PageLine | None:
    """The nearest of the lines that stand over or under a line, where it is near."""
    column = [other for other in others if other.box[0] < line.box[2] and other.box[2] > line.box[0]]
    near = min(column, key=lambda other: abs(other.middle - line.middle), default=None)
    return near if near and abs(near.middle - line.middle) < _NEAR * line.height else None


def _is_address(line: PageLine) -> bool:
    return is_contact(line.text) or says_no_name(line.text)


def _as_printed(lines: Sequence[PageLine]) -> list[PageLine]:
    """Lines row by row, whatever the order of their blocks."""
    return [cell for row in printed_rows(lines) for cell in row.cells]


def _runs(lines: Sequence[PageLine]) -> Iterator[list[PageLine]]:
    """Lines that one enumeration of names goes on over."""
    run: list[PageLine] = []
    for line in lines:
        if run and not _is_continued(run[-1], line):
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def _is_continued(line: PageLine, following: PageLine) -> bool:
    if not separated(line.text) and not separated(following.text):
        return False
    goes_on = ends_open(line.text) or following.text.lstrip()[:1] in ",;，；、·"
    return goes_on or breaks_name(line.text, following.text)


def _unlettered(authors: list[LocatedValue], lines: Sequence[PageLine]) -> list[LocatedValue]:
    """The authors without the letters of affiliations that stand glued to their names."""
    byline = {line.number for author in authors for line in author.lines}
    others = "\n".join(line.text for line in lines if line.number not in byline) if authors else ""
    names = [author.value for author in authors]
    bare = without_letters(names, others) if names else names
    return [
        author if author.value == name else located_in(name, author.lines, author.quote[:-1])
        for author, name in zip(authors, bare, strict=True)
    ]

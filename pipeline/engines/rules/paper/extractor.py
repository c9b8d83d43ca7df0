"""Schema ``paper``: title, authors, abstract, keywords, DOI and references; nothing rather than a guess."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine, page_lines
from pipeline.engines.evidence.record_builder import build_record
from pipeline.engines.rules.paper.abstract import KEYWORDS, SECTION, find_abstract
from pipeline.engines.rules.paper.head import find_head
from pipeline.engines.rules.paper.references import find_references
from stores.models import Label, Page, Record, Schema

_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]*[\w)]", re.IGNORECASE)
_DATA = re.compile(r"10\.(?:5281|6084|5061|17605|7910|17632)/")  # of data and programs: Zenodo, figshare, Dryad, OSF
_BROKEN = re.compile(r"[./_-]$")
_LABELLED = re.compile(r"^\W*[^\W\d]{2,20}\s?[:：]")  # ``doi:``, ``Received:``
_MOST_KEYWORD_LINES = 3
_RAGGED = 0.25  # of the width of a paragraph, that a full line may leave free


class PaperRules:
    """Fields of a scientific paper, by rules."""

    fingerprint = "rules-paper/3"

    def extract(self, schema: Schema, pages: Sequence[Page], source: str) -> Record:
        """Extract the record of ``schema``; ``source`` is not used."""
        every = page_lines(pages)
        lines = [line for line in every if line.label not in (Label.HEADER, Label.FOOTER)]
        head = find_head(every)
        values = {
            "title": head.title,
            "authors": head.authors,
            "abstract": find_abstract(lines, head.last_line),
            "keywords": _keywords(lines),
            "doi": _doi(every),
            "references": find_references(every),
        }
        return build_record(schema, values)


def _keywords(lines: Sequence[PageLine]) -> list[LocatedValue]:
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        match = KEYWORDS.match(line.text)
        if not match:
            continue
        rest = line.text[match.end() :].strip()
        source = line if rest else following
        if source is None:
            return []
        span = _wrapped(source, lines)
        text = " ".join([rest or source.text.strip(), *(more.text.strip() for more in span[1:])])
        words = [word.strip(" .") for word in re.split(r"\s*[,;，；、·•]\s*", text)]
        return [_keyword(word, span) for word in words if 1 < len(word) < 60]
    return []


def _keyword(word: str, span: Sequence[PageLine]) -> LocatedValue:
    whole = next((line for line in span if word in line.text), None)
    return located_in(word, [whole], word) if whole else located_in(word, span)


def _wrapped(line: PageLine, lines: Sequence[PageLine]) -> list[PageLine]:
    """A line with those of its paragraph that it goes on in: as long as a line is full, the next one belongs to it."""
    block = [other for other in lines if other.block == line.block and other.page == line.page]
    right = max(other.box[2] for other in block)
    span = [line]
    for other in [other for other in block if other.number > line.number][:_MOST_KEYWORD_LINES]:
        full = right - span[-1].box[2] < _RAGGED * (right - line.box[0])
        labelled = SECTION.match(other.text) or _LABELLED.match(other.text)
        if not full or span[-1].text.rstrip().endswith(".") or labelled:
            break
        span.append(other)
    return span


def _doi(lines: Sequence[PageLine]) -> LocatedValue | None:
    """The DOI on the first page: those further on belong to references. One of data counts last."""
    page = [line for line in lines if line.page == lines[0].page] if lines else []
    return min(_dois(page), key=lambda one: (len(one.lines) > 1, bool(_DATA.match(one.value))), default=None)


def _dois(page: Sequence[PageLine]) -> Iterator[LocatedValue]:
    """The DOIs of a page; one that breaks off at the end of a line goes on in the next line."""
    for line, following in zip(page, [*page[1:], None], strict=True):
        match = _DOI.search(line.text)
        if not match or match[0].endswith((".pdf", ".html")):  # the path of a file goes on behind the DOI
            continue
        if match.end() + 1 < len(line.text.rstrip()) or not _BROKEN.search(line.text.rstrip()):
            value = match[0].rstrip(".,;)")
            yield located_in(value, [line], value)
        elif following and _is_below(following, line) and (rest := _rest_of_doi(following.text)):
            yield located_in(line.text[match.start() :].strip() + rest, [line, following])


def _is_below(line: PageLine, above: PageLine) -> bool:
    return line.box[0] < above.box[2] and 0 <= line.box[1] - above.box[3] < above.height


def _rest_of_doi(text: str) -> str:
    word = text.split()[0] if text.split() else ""
    return word.rstrip(".,;)") if any(c.isdigit() for c in word) else ""

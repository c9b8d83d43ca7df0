"""The abstract of a paper: below its heading, by the names of its parts, or the paragraph above the introduction."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.page_rows import printed_rows
from pipeline.engines.rules.paper.names import says_no_name
from pipeline.engines.rules.paper.references import joined
from stores.models import Label

_ABSTRACT = re.compile(
    r"^\W*(?:a\s?b\s?s\s?t\s?r\s?a\s?c\s?t|summary|摘\s*要|zusammenfassung|kurzfassung|r[ée]sum[ée])\s*(?:[.:：—–-]+|】|\]|$)?\s*",
    re.IGNORECASE,
)
KEYWORDS = re.compile(
    r"^\W*(?:key\s?-?words(?:\s+and\s+phrases)?|index\s+terms|ccs\s+concepts|关\s*键\s*[词字]|schlüsselwörter|schlagw[oö]rte?r?|stichw[oö]rte?r?|mots[\s-]cl[ée]s)\s*[.:：—–-]*\s*",
    re.IGNORECASE,
)
SECTION = re.compile(
    r"^\W*(?:(?:\d{1,2}|[IVX]{1,4})[.．、]?\s+\S|(?:introduction|引\s*言|einleitung|einführung)\W*$)", re.IGNORECASE
)
_INTRODUCTION = re.compile(
    r"^\W*(?:(?:1|I|一)[.．、]?\s*)?(?:introduction|background|引\s*言|绪\s*论|前\s*言|einleitung|einführung)\W*$",
    re.IGNORECASE,
)
_PARTS = (
    r"(?:importance|significance|background|purpose|introduction|objectives?|aims?|context|rationale|question|hypothesis|design|"
    r"setting|participants|patients|materials?|methods?|interventions?|exposures?|main\s+outcomes?|outcomes?|measures?|measurements?|"
    r"results?|findings?|limitations?|conclusions?|relevance|interpretation|discussion|funding|trial\s+registration|"
    r"hintergrund|ziele?|fragestellung|methoden?|methodik|ergebnisse?|schlussfolgerung(?:en)?|fazit|"
    r"contexte|objectifs?|m[ée]thodes?|r[ée]sultats?|目的|方法|结果|结论)"
)
_PART = re.compile(rf"^\W*{_PARTS}(?:\s*(?:,|and|&|/|et|und)\s*{_PARTS})*\W*$", re.IGNORECASE)
_INLINE_PART = re.compile(
    rf"^\W*(?:{_PARTS}(?:\s*(?:,|and|&|/)\s*{_PARTS})*\s*[:：]\s|(?-i:[A-Z]{{6,}}(?:[,\s]+(?:AND|[A-Z]{{4,}}))*)\s+(?-i:[A-Z][a-z]))",
    re.IGNORECASE,
)
_FIRST_PART = re.compile(
    r"^\W*(?:importance|significance|background|purpose|objectives?|aims?|context|rationale|hintergrund|ziele?|contexte|objectifs?|目的)",
    re.IGNORECASE,
)
_NOTICE = re.compile(
    r"©|all\s+rights\s+reserved|creative\s?commons|^\W*(?:\d{4}\s+)?the\s+authors?[.,].*published|^\W*(?:copyright|\(c\)\s|doi\s*[:：]|https?://doi|(?-i:Received|Submitted|Accepted|Published)(?:\s+online)?\s*(?:[:：]|\d|(?-i:[A-Z])\w+\s\d))",
    re.IGNORECASE,
)
_BARS = re.compile(r"\S\s(?:\||j|·|•)\s\S")
_NOTE_MARK = re.compile(r"(?<=[.。!?])\s?[\d¹²³⁰-⁹∗*†‡]$")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_SENTENCE_END = re.compile(r"[.。!?:：;；)]\s*$")
_MOST_LINES = 90
_LEAST = 120  # characters
_LEAST_UNNAMED = 350  # of a paragraph that is called nothing
_LEAST_UNNAMED_LINES = 4
_FEW_LINES = 2  # of an address above an abstract
_LEAST_BARS = 3
_CLOSE = 3.0  # heights between the paragraphs of an abstract
_PARAGRAPH = 1.2  # heights between an abstract and the text that follows
_NEAR_HEADING = 6.0  # heights between an abstract and the heading below it
_SAME_SIZE = 0.12


def find_abstract(lines: Sequence[PageLine], below: int = -1) -> LocatedValue | None:
    """Find the abstract; ``lines`` are without running ones, ``below`` is the number of the last line of the byline."""
    body = [line for line in lines if line.number > below]
    return _labelled(lines) or _by_parts(body) or _above_keywords(body) or _above_introduction(body)


def _labelled(lines: Sequence[PageLine]) -> LocatedValue | None:
    """The text behind the word abstract, up to the keywords, the next heading or a notice."""
    opening = next((line for line in lines if _opens(line)), None)
    if opening is not None:
        lead = _ABSTRACT.match(opening.text)
        rest = opening.text[lead.end() :].strip() if lead else ""
        return _body([opening] if rest else [], rest, _following(opening, lines))
    for row in printed_rows(line for line in lines if line.page == lines[0].page):
        if len(row.cells) > 1 and "".join(row.text.split()).casefold() in ("abstract", "摘要"):  # letter by letter
            last = max(row.cells, key=lambda cell: cell.number)
            return _body([], "", [line for line in lines if line.number > last.number])
    return None


def _opens(line: PageLine) -> bool:
    match = _ABSTRACT.match(line.text)
    if not match:
        return False
    rest = line.text[match.end() :]
    named = bool(re.search(r"[.:：—–】\]-]\s*$", match[0])) or rest[:1].isupper() or bool(_HAN.match(rest))
    return not rest.strip() or named


def _following(opening: PageLine, lines: Sequence[PageLine]) -> list[PageLine]:
    """The lines behind the opening one; a column beside it that is read in between is left out."""
    rest = [line for line in lines if line.number > opening.number]
    if _ABSTRACT.sub("", opening.text).strip() or not rest or _is_under(rest[0], opening):
        return rest
    under = next((line for line in rest if line.page == opening.page and _is_under(line, opening)), None)
    if under is None:
        return rest
    beside = [line for line in rest if line.page == opening.page and line.number < under.number]
    return [line for line in rest if line not in beside]


def _is_under(line: PageLine, opening: PageLine) -> bool:
    beside = line.box[2] < opening.box[0] or line.box[0] > opening.box[2]
    return line.page != opening.page or (not beside and line.middle > opening.middle)


def _body(first: list[PageLine], rest: str, following: Sequence[PageLine]) -> LocatedValue | None:
    body, texts = [*first], [rest] if first else []
    parts = False
    for line in following[:_MOST_LINES]:
        heading = line.label in (Label.HEADING, Label.TITLE)
        part = heading and _PART.match(line.text) is not None and (parts or not body)
        parts = parts or part
        if _ends(line, body, heading and not part):
            break
        if _is_aside(line, body):
            if _SENTENCE_END.search(body[-1].text):
                break
            continue
        if not heading or part:
            body.append(line)
            texts.append(line.text)
    else:
        body, texts = _first_paragraph(body, texts)  # no end in sight
    return _located(body, texts, _LEAST) if body else None


def _first_paragraph(body: list[PageLine], texts: list[str]) -> tuple[list[PageLine], list[str]]:
    """The lines up to the first wide gap behind a full stop; none where there is no such gap."""
    for at, (line, following) in enumerate(pairwise(body), 1):
        apart = following.page != line.page or following.box[1] - line.box[3] > _PARAGRAPH * line.height
        if apart and _SENTENCE_END.search(line.text):
            return body[:at], texts[:at]
    return [], []


def _is_aside(line: PageLine, body: Sequence[PageLine]) -> bool:
    """Whether a line stands in the margin of an abstract, or below a figure: columns to the right may be its end."""
    here = [one for one in body if one.page == body[-1].page] if body else []
    if len(here) < _FEW_LINES:
        return False
    left, right = min(one.box[0] for one in here), max(one.box[2] for one in here)
    finished = _SENTENCE_END.search(body[-1].text) is not None
    beside = line.box[2] < left or (line.box[0] > right and finished)
    return beside or line.label in (Label.CAPTION, Label.FIGURE)


def _ends(line: PageLine, body: Sequence[PageLine], heading: bool) -> bool:
    """Whether an abstract is over before a line."""
    if KEYWORDS.match(line.text) or _NOTICE.search(line.text) or (body and heading):
        return bool(body) or bool(KEYWORDS.match(line.text))
    opens = SECTION.match(line.text) is not None
    return bool(body) and opens and _SENTENCE_END.search(body[-1].text) is not None


def _located(body: Sequence[PageLine], texts: Sequence[str], least: int) -> LocatedValue | None:
    text = _NOTE_MARK.sub("", joined(texts))
    length = len(text) + 2 * len(_HAN.findall(text))  # a Han character says as much as three letters
    return located_in(text, body) if length >= least else None


def _by_parts(lines: Sequence[PageLine]) -> LocatedValue | None:
    """Paragraphs of page 1 that begin with the names of the parts: ``Background:``, ``IMPORTANCE``."""
    page = [line for line in lines if line.page == lines[0].page] if lines else []
    first = next((line for line in page if _INLINE_PART.match(line.text) and _FIRST_PART.match(line.text)), None)
    if first is None:
        return None
    column = _column_of(first, page)
    named = sum(bool(_INLINE_PART.match(line.text)) for line in column)
    return _located(column, [line.text for line in column], _LEAST_UNNAMED) if named > 1 else None


def _column_of(first: PageLine, lines: Sequence[PageLine]) -> list[PageLine]:
    """A line with those below it in its column, up to a heading, the keywords or a wide gap."""
    column = [first]
    for line in sorted((one for one in lines if one.middle > first.middle), key=lambda one: one.middle):
        if abs(line.box[0] - first.box[0]) > 2 * first.height:
            continue
        ends = line.label in (Label.HEADING, Label.TITLE) or KEYWORDS.match(line.text) or _NOTICE.search(line.text)
        if ends or line.box[1] - column[-1].box[3] > _CLOSE * first.height:
            break
        column.append(line)
    return column


def _above_keywords(lines: Sequence[PageLine]) -> LocatedValue | None:
    """The paragraph of page 1 above the keywords, which are called so or parted by bars."""
    page = [line for line in lines if line.page == lines[0].page] if lines else []
    for line in page:
        barred = len(_BARS.findall(line.text)) >= _LEAST_BARS and not says_no_name(line.text)
        if barred or KEYWORDS.match(line.text):
            return _paragraphs_above(line, page)
    return None


def _above_introduction(lines: Sequence[PageLine]) -> LocatedValue | None:
    """The paragraph right above the introduction of page 1, where nothing is called abstract."""
    page = [line for line in lines if line.page == lines[0].page] if lines else []
    headings = [line for line in page if line.label is Label.HEADING and _INTRODUCTION.match(line.text)]
    return _paragraphs_above(headings[0], page) if headings else None


def _paragraphs_above(below: PageLine, page: Sequence[PageLine]) -> LocatedValue | None:
    """The lines of one size that stand above a line, over or beside its middle, up to a gap."""
    above = [
        line
        for line in page
        if line.middle < below.box[1] and line.box[0] < below.box[2] and line.box[2] > below.box[0]
    ]
    ours: list[PageLine] = []
    for line in sorted(above, key=lambda line: -line.middle):
        under = ours[0] if ours else below
        gap = under.box[1] - line.box[3]
        if gap > (_CLOSE if ours else _NEAR_HEADING) * line.height or line.label is not Label.TEXT:
            break
        usual = median([one.height for one in ours]) if ours else line.height
        if abs(line.height - usual) > 2 * _SAME_SIZE * usual and len(line.text) > 20:
            break
        ours.insert(0, line)
    return _plausible(ours)


def _plausible(lines: Sequence[PageLine]) -> LocatedValue | None:
    """Whole sentences of some length, without the words of an affiliation in front."""
    main = Counter(line.block for line in lines).most_common(1)[0][0] if lines else 0
    while lines and lines[0].block != main and sum(line.block == lines[0].block for line in lines) <= _FEW_LINES:
        lines = lines[1:]
    while lines and (says_no_name(lines[0].text) or _NOTICE.search(lines[0].text) or not lines[0].text[:1].isupper()):
        lines = lines[1:]
    if len(lines) < _LEAST_UNNAMED_LINES or not _SENTENCE_END.search(lines[-1].text):
        return None
    return _located(lines, [line.text for line in lines], _LEAST_UNNAMED)

"""Schema ``paper``: title, authors, abstract, keywords, DOI and numbered references; nothing rather than a guess."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine, page_lines
from pipeline.engines.evidence.record_builder import build_record
from pipeline.engines.rules.document import find_title
from pipeline.engines.rules.paper_references import find_references
from stores.models import Label, Page, Record, Schema

_ABSTRACT = re.compile(
    r"^\W*(?:a\s?b\s?s\s?t\s?r\s?a\s?c\s?t|summary|摘\s*要|zusammenfassung|kurzfassung|r[ée]sum[ée])\s*(?:[.:：—–-]+|】|\]|$)?\s*",
    re.IGNORECASE,
)
_KEYWORDS = re.compile(
    r"^\W*(?:key\s?-?words(?:\s+and\s+phrases)?|index\s+terms|关\s*键\s*[词字]|schlüsselwörter|schlagw[oö]rte?r?|stichw[oö]rte?r?|mots[\s-]cl[ée]s)\s*[.:：—–-]*\s*",
    re.IGNORECASE,
)
_SECTION = re.compile(
    r"^\W*(?:(?:\d{1,2}|[IVX]{1,4})[.．、]?\s+\S|(?:introduction|引\s*言|einleitung|einführung)\W*$)", re.IGNORECASE
)
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]*[\w)]", re.IGNORECASE)
_MARKS = re.compile(r"[\d⁰¹²³⁴-⁹∗*†‡§¶‖#✉♠♦♥♣]+|\(\s*\)|[,，]\s*(?=[,，])|(?<=\w)[.](?=\s*$)")
_AND = re.compile(
    r"\s*(?:,|，|;|；|、|·|•|\||(?<=[\u4e00-\u9fff]{2})\s+(?=[\u4e00-\u9fff]{2})|\band\b|&|\bund\b|\bet\b)\s*"
)
_DEGREES = re.compile(
    r"[,\s]\s*(?:M\.?D|Ph\.?D|M\.?Sc|B\.?Sc|M\.?A|M\.?P\.?H|R\.?N|Dr\.?P\.?H|F\.?R\.?C\.?[PS])(?![A-Za-z])\.?"
)
_NAME_WORD = r"(?:[A-ZÀ-Ý][\w'’.-]*|de|la|van|von|der|den|di|da|del|dos|bin|al|el|le|ter|ten)"
_NAME = re.compile(
    rf"(?:[A-ZÀ-Ý][\w'’.-]*)(?:\s+{_NAME_WORD}){{1,4}}|[\u4e00-\u9fff]{{2,4}}|[\u4e00-\u9fff]{{2}}\s[\u4e00-\u9fff]"
)
_NO_NAME = re.compile(
    r"(?<![a-z])(?:university|universit[ày]t?|institute|department|school|college|laborator|faculty|centre|center|research|"
    r"inc|ltd|corporation|abstract|journal|proceedings|conference|association|published|received|accepted|volume|"
    r"open|access|academy|hospital|station|observatory|museum|agency|ministry|team|society|council|library|labs?|clinic|google|microsoft|facebook|amazon|openai|group|press|review|article|street|usa|china)(?![a-z])|@|大学|学院|研究|公司",
    re.IGNORECASE,
)
_STAMP = re.compile(r"arXiv:\d{4}\.\d{4,5}|downloaded\s+from", re.IGNORECASE)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_MOST_TITLE_LINES = 3
_SAME_SIZE = 0.06  # of the height of a line
_MOST_AUTHOR_LINES = 8
_LABELLED = re.compile(r"^\W*[^\W\d]{2,20}\s?[:：]")  # ``doi:``, ``Received:``
_MOST_KEYWORD_LINES = 3
_RAGGED = 0.25  # of the width of a paragraph, that a full line may leave free
_MOST_AUTHORS = 60
_MOST_ABSTRACT_LINES = 60
_LEAST_ABSTRACT = 120  # characters


class PaperRules:
    """Fields of a scientific paper, by rules."""

    fingerprint = "rules-paper/2"

    def extract(self, schema: Schema, pages: Sequence[Page], source: str) -> Record:
        """Extract the record of ``schema``; ``source`` is not used."""
        every = page_lines(pages)
        lines = [line for line in every if line.label not in (Label.HEADER, Label.FOOTER)]
        title = _title([line for line in every if line in lines or line is every[0]])
        values = {
            "title": title,
            "authors": list(_authors([line for line in every if line in lines or line.page == 1], title)),
            "abstract": _abstract(lines),
            "keywords": _keywords(lines),
            "doi": _doi(page_lines(pages)),
            "references": find_references(every),
        }
        return build_record(schema, values)


def _title(lines: Sequence[PageLine]) -> LocatedValue | None:
    """The title with the lines of the same size below it; the stamp of an archive is none."""
    printed = [line for line in lines if not _STAMP.search(line.text)]
    title = find_title(printed)
    if title is None:
        return None
    last = title.lines[-1]
    span = list(title.lines)
    for line in [line for line in printed if line.page == last.page and line.number > last.number][:_MOST_TITLE_LINES]:
        gap = line.box[1] - span[-1].box[3]
        other = abs(line.height - last.height) > _SAME_SIZE * last.height or not 0 <= gap < last.height
        if other or len(_names(line.text)) > 1:
            break
        span.append(line)
    return located_in(" ".join(" ".join(line.text.split()) for line in span), span)


def _authors(lines: Sequence[PageLine], title: LocatedValue | None) -> Iterator[LocatedValue]:
    """The names below the title, up to the first line that holds none."""
    if title is None or not title.lines:
        return
    ours = [line for line in lines if line.page == title.lines[-1].page]
    below = [line for line in ours if line.number > title.lines[-1].number]
    above = [line for line in ours if line.number < title.lines[0].number]
    named = list(_author_lines(below)) or [line for line in above[-1:] if len(_names(line.text)) > 1]
    authors = [(name, line) for line in named for name in _names(line.text)]
    for name, line in authors[:_MOST_AUTHORS]:
        yield located_in(name, [line], name if name in line.text else None)


def _author_lines(below: Sequence[PageLine]) -> Iterator[PageLine]:
    """The lines of names that open the text below the title, and those beside them in further columns."""
    last = None
    for line in below[:_MOST_AUTHOR_LINES]:
        if (_ABSTRACT.match(line.text) and len(line.text) < 20) or not _names(line.text):
            break  # names that begin later are those of a part of the authors
        last = line
        yield line
    if last is not None:
        beside = [line for line in below if line.number > last.number and abs(line.middle - last.middle) < last.height]
        yield from (line for line in beside if _names(line.text))


def _names(text: str) -> list[str]:
    """The names of a line that holds nothing else, without the marks of their affiliations."""
    if _NO_NAME.search(text):
        return []
    parts = [part for part in _AND.split(_MARKS.sub(" ", _DEGREES.sub("", text))) if part.strip()]
    names = [" ".join(part.split()).rstrip(" .") for part in parts]
    return names if names and all(_NAME.fullmatch(name) for name in names) else []


def _abstract(lines: Sequence[PageLine]) -> LocatedValue | None:
    """The text behind the word abstract, up to the keywords or the next heading."""
    at = next((at for at, line in enumerate(lines) if _opens_abstract(line)), None)
    if at is None:
        return None
    lead = _ABSTRACT.match(lines[at].text)
    rest = lines[at].text[lead.end() :].strip() if lead else ""
    body: list[PageLine] = [lines[at]] if rest else []
    for line in lines[at + 1 : at + 1 + _MOST_ABSTRACT_LINES]:
        heading = line.label in (Label.HEADING, Label.TITLE)
        if _KEYWORDS.match(line.text) or (body and (heading or _SECTION.match(line.text))):
            break
        if not heading:
            body.append(line)
    else:
        return None  # no end in sight: it is not known where the abstract ends
    texts = [rest if line is lines[at] else line.text.strip() for line in body]
    text = re.sub(r"(?<=[a-z])- (?=[a-z])", "", " ".join(texts))
    length = len(text) + 2 * len(_HAN.findall(text))  # a Han character says as much as three letters
    return located_in(text, body) if length >= _LEAST_ABSTRACT else None


def _opens_abstract(line: PageLine) -> bool:
    match = _ABSTRACT.match(line.text)
    if not match:
        return False
    rest = line.text[match.end() :]
    return not rest.strip() or bool(re.search(r"[.:：—–】\]-]\s*$", match[0])) or rest[:1].isupper()


def _keywords(lines: Sequence[PageLine]) -> list[LocatedValue]:
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        match = _KEYWORDS.match(line.text)
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
        labelled = _SECTION.match(other.text) or _LABELLED.match(other.text)
        if not full or span[-1].text.rstrip().endswith(".") or labelled:
            break
        span.append(other)
    return span


def _doi(lines: Sequence[PageLine]) -> LocatedValue | None:
    """The DOI on the first page: those further on belong to references."""
    for line in lines:
        if line.page != lines[0].page:
            return None
        match = _DOI.search(line.text)
        if match and not match[0].endswith((".pdf", ".html")):  # the path of a file goes on behind the DOI
            return located_in(match[0].rstrip(".,;)"), [line], match[0].rstrip(".,;)"))
    return None

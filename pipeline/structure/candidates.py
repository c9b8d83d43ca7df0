"""Blocks that may be headings, with what is known of each. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.page_markdown import AT_MARGIN, is_in_markdown
from pipeline.structure.numbering import Numbering, numbering_of
from stores.models import Block, Label, Page, PrintStyle, Route

_LONGEST = 200  # characters of a heading
_CROWN = 1.3  # times the size of all else on the page
_SAME_EDGE_PT, _EVEN = 6.0, 1.4  # the larger of two even gaps, times the smaller
_PARAGRAPH = 160  # characters, at least
_MOST_LINES = 4
_LARGER = 1.06  # times another size: what differs by less is set alike
_LEAST_SHARE = 0.04  # of the text: a font with less of it is not one of the body's
_WORD = re.compile(r"[^\W\d_]{2,}|[\u3400-\u9fff]")
_CAPTION = re.compile(
    r"(?i:fig(?:ure|\.)?|abb(?:ildung|\.)?|table|tab\.|tableau|tabelle|tabla|plate|photo|图|圖|表|附表|附[图圖])"
    r"\s*(?:[A-Z]?\d|[A-Z]\b|[IVX]+\b)"
)
_QUANTITY = re.compile(
    r"\d[\d.,]*\s*(?:million|billion|trillion|thousand|per\s?cent|people|years|months|weeks|days|hours)(?![A-Za-z])"
)
_ANNOUNCES = re.compile(
    r"(?:如下|所示|如[图圖]|[见見]下|以下|包括|the following|as follows|folgende[sn]?|suivante?s?).{0,4}[:：]$", re.I
)
_INNER_STOP = re.compile(r"[。！；;][^”’」』）)\]\s]|[a-z]{3,}\.\s+[A-Z]")
_ENDS = re.compile(r"[,，;；。、]$|[a-z]-$|(?<![.A-Z])[a-z]{2,}\.$")
_LEADS_IN = re.compile(r"[:：]$")
_AUTHORS = re.compile(r"[⁰¹²³⁴-⁹†‡∗*§],?\s+\w.*,")
_MARKS = r"[\d⁰¹²³⁴-⁹,，*∗†‡⁺]"
_NAME = r"[\u4e00-\u9fff·]{2,5}"
_CHINESE_AUTHORS = re.compile(rf"(?=\D*[\d⁰¹²³⁴-⁹*∗†‡])(?:{_NAME}(?:\s|{_MARKS}|[、;；])+)+{_NAME}\s?{_MARKS}*")
_LETTERHEAD = re.compile(r"[\u4e00-\u9fff]{3,}\s*文\s*件")
_FILE_NUMBER = re.compile(r"[\u4e00-\u9fff]{2,}\s*[〔\[（(]\d{4}[〕\])）]\s*第?\d+\s*[号號]")
_ADMONITION = re.compile(
    r"\W*A?\s?(?:notes?|warnings?|cautions?|tips?|important|danger|attention|notice|hinweis|achtung|warnung|vorsicht"
    r"|remarque|avertissement|nota|atención|注意|警告|提示|危[险險]|小心)\W*",
    re.IGNORECASE,
)
_HEADING_LABELS = (Label.HEADING, Label.TITLE)


@dataclass(slots=True, eq=False)
class HeadingCandidate:
    """A block that may be a heading. ``guided``: the document's outline or contents page names it, at ``guided_level``.

    ``distinct``: it is set in another way than the text. ``apart``: than the small print below it, an abstract perhaps.
    ``crowns``: it is the title of the first page, taken for a running line. ``stacked``: it is one of several lines at
    even distances. ``number``: None where it has none.
    """

    page: int
    index: int
    block: Block
    style: PrintStyle
    number: Numbering | None
    recognised: bool
    distinct: bool = False
    apart: bool = False
    crowns: bool = False
    stacked: bool = False
    guided: bool = False
    guided_level: int = 0
    reasons: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.block.text

    @property
    def read_as_heading(self) -> bool:
        """Whether the reader of its page took it for one."""
        return self.style.label in _HEADING_LABELS or self.crowns

    @property
    def kind(self) -> tuple[str, int] | None:
        """The form of its number."""
        return (self.number.kind, self.number.depth) if self.number else None


@dataclass(frozen=True, slots=True)
class BodyStyle:
    """How the running text of a document is set: the size of most of it, all fonts of some share, and its weight."""

    size_pt: float
    fonts: frozenset[str]
    bold: bool

    def sets_apart(self, candidate: HeadingCandidate) -> bool:
        """Whether a block is set in another way than the text: larger, bolder, in another font or in capitals."""
        style, text = candidate.style, candidate.text
        if not style.size_pt or not self.size_pt:
            return True  # nobody knows how it is set, so its reader decides
        if style.size_pt > _LARGER * self.size_pt:
            return True
        if style.size_pt < self.size_pt / _LARGER and not style.bold:
            return False
        letters = [char for char in text if char.isalpha() and char.isascii()]
        capitals = len(letters) > 3 and all(char.isupper() for char in letters)
        return (style.bold and not self.bold) or capitals or bool(style.font and style.font not in self.fonts)


def body_style(pages: Sequence[Page]) -> BodyStyle:
    """How most of the characters of a document's paragraphs are set."""
    sizes: Counter[float] = Counter()
    fonts: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
    total: Counter[bool] = Counter()
    for page in pages:
        for block in page.blocks:
            style = as_read(block)
            if style.label not in (Label.TEXT, Label.LIST) or not style.size_pt:
                continue
            weight = len(block.text)
            sizes[round(style.size_pt * 2) / 2] += weight
            fonts[style.bold][style.font] += weight
            total[style.bold] += weight
    size = sizes.most_common(1)[0][0] if sizes else 0.0
    bold = total[True] > total[False]
    common = frozenset(font for font, weight in fonts[bold].items() if weight > _LEAST_SHARE * total.total())
    return BodyStyle(size, common, bold)


def as_read(block: Block) -> PrintStyle:
    """What the reader of its page took a block for, and how it is set as far as that is known."""
    return block.style or PrintStyle(label=block.label, level=block.level)


def candidates_of(pages: Sequence[Page]) -> list[HeadingCandidate]:
    """All blocks of a document that may be headings, in reading order."""
    body = body_style(pages)
    candidates = [candidate for page in pages for candidate in _of_page(page)]
    for candidate in candidates:
        candidate.distinct = candidate.apart or body.sets_apart(candidate)
    return candidates


def _of_page(page: Page) -> Iterator[HeadingCandidate]:
    for index, block in enumerate(page.blocks):
        style, crowns = as_read(block), _crowns(page, index)
        if not is_in_markdown(block) or not (crowns or _may_be_heading(block, style)) or _is_letterhead(page, index):
            continue
        yield HeadingCandidate(
            page=page.number,
            index=index,
            block=block,
            style=style,
            number=None if _QUANTITY.match(block.text) else numbering_of(block.text),
            recognised=page.route is Route.OCR,
            apart=_is_apart_from_below(page, index),
            crowns=crowns,
            stacked=_is_stacked(page, index),
        )


def _is_stacked(page: Page, index: int) -> bool:
    """Whether a line stands between two others at the same distance and the same left edge, as in an address."""
    if not 0 < index < len(page.blocks) - 1:
        return False
    above, block, below = page.blocks[index - 1 : index + 2]
    text = all(as_read(other).label == Label.TEXT for other in (above, below))
    lines = all(len(other.lines) < 2 and "\n" not in other.text for other in (above, block, below))
    level = max(abs(other.box[0] - block.box[0]) for other in (above, below)) < _SAME_EDGE_PT
    gaps = block.box[1] - above.box[3], below.box[1] - block.box[3]
    return text and lines and level and 0 < max(gaps) < _EVEN * min(gaps)


def _crowns(page: Page, index: int) -> bool:
    """Whether a header is in fact the title of a document: the first words of page 1, in by far the largest print."""
    block = page.blocks[index]
    if (
        page.number > 1
        or index
        or block.label is not Label.HEADER
        or len(block.lines) > 1
        or len(block.text) > _LONGEST
    ):
        return False
    others = max((as_read(other).size_pt for other in page.blocks[1:]), default=0.0)
    return 0 < others * _CROWN <= as_read(block).size_pt


def _is_apart_from_below(page: Page, index: int) -> bool:
    """Whether a heading is in another font than the paragraph of the same size that follows it."""
    if index + 1 >= len(page.blocks):
        return False
    style, below = as_read(page.blocks[index]), page.blocks[index + 1]
    other = as_read(below)
    alike = style.size_pt and max(style.size_pt, other.size_pt) <= _LARGER * min(style.size_pt, other.size_pt)
    fonts = style.font and other.font and style.font != other.font
    paragraph = other.label == Label.TEXT and len(below.text) > _PARAGRAPH
    return bool(style.label in _HEADING_LABELS and alike and fonts and paragraph)


def _is_letterhead(page: Page, index: int) -> bool:
    """Whether a block names the office that writes, above the number of what it writes."""
    below = page.blocks[index + 1].text if index + 1 < len(page.blocks) else ""
    return bool(_LETTERHEAD.fullmatch(page.blocks[index].text) and _FILE_NUMBER.match(below))


def _may_be_heading(block: Block, style: PrintStyle) -> bool:
    if style.label in (Label.TABLE, Label.FIGURE, Label.CAPTION, Label.FORMULA):
        return False
    text = block.text
    if (block.label in AT_MARGIN or style.label in AT_MARGIN) and not _is_last_article(block, text):
        return False
    if not 1 < len(text) <= _LONGEST or len(block.lines) > _MOST_LINES:
        return False
    return style.label in _HEADING_LABELS or "\n" not in text


def _is_last_article(block: Block, text: str) -> bool:
    """Whether what the reader of a page took for its footer is the number of an article, whose text is overleaf."""
    number = numbering_of(text) if block.label is Label.FOOTER else None
    return number is not None and number.kind == "article"


def is_sentence(text: str) -> bool:
    """Whether a text ends like a sentence or a clause, or goes on after the end of one."""
    return bool(_ENDS.search(text) or _INNER_STOP.search(text) or _ANNOUNCES.search(text))


def leads_in(text: str) -> bool:
    """Whether a text announces what follows it: it ends with a colon."""
    return bool(_LEADS_IN.search(text))


def begins_within(text: str) -> bool:
    """Whether a text begins in the middle of a sentence: with a small letter, a sign, or a quantity."""
    first = text[0]
    return first.islower() or first in "●•·-–—*,.)]" or bool(_QUANTITY.match(text))


def is_no_title(text: str) -> bool:
    """Whether a text is a caption, a row of authors with their marks, or a word like "Warning" before what it marks."""
    authors = _AUTHORS.search(text) or _CHINESE_AUTHORS.fullmatch(text)
    return bool(_CAPTION.match(text) or authors or _ADMONITION.fullmatch(text))


def has_words(text: str) -> bool:
    """Whether a text has a word behind its number, and is not mostly signs, as formulas are."""
    number = numbering_of(text)
    text = (number and text[number.length :].strip()) or text
    wide = 2 if number else 1  # behind a section's number a Chinese character is a word: a date has no such number
    words = sum(_weight(word, wide) for word in _WORD.findall(text))
    return words > 0.4 * sum(_weight(char, wide) for char in text if not char.isspace())


def _weight(text: str, wide: int) -> int:
    """How many letters a text counts, a Chinese character as ``wide`` of them."""
    return sum(wide if "\u3400" <= char <= "\u9fff" else 1 for char in text)

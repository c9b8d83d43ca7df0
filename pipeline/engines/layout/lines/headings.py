"""Tells which lines are headings, and of which level. Pure; it knows one page and not the rest of the document.

The level comes from the numbering where there is one (it means the same on every page), else from the size against the
page's body text: titles and chapters 1, "1" 2, "1.1" 3 and so on; set like the body 4.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from pipeline.engines.layout.lines.glyphs import PrintedLine
from pipeline.engines.layout.lines.joining import is_choice, is_list_start
from pipeline.engines.layout.lines.script_gaps import is_cjk

_CHAPTER = re.compile(
    r"^(?:第\s*[一二三四五六七八九十百零\d]+\s*[章编編篇部卷]|(?:chapter|part|appendix)\s+[\dA-Z]+\b"
    r"|附\s*[录錄]\s*(?:[A-Z]|\d{1,2}|[一二三四五六七八九十]{1,2})(?![A-Za-z\d])(?!.*[。，]))",
    re.I,
)
_SECTION = re.compile(r"^第\s*[一二三四五六七八九十百零\d]+\s*[节節条條]")
_SAYS_SO = re.compile(
    r"第\s*[一二三四五六七八九十百零\d]+\s*[章编編篇部卷节節条條][\s:：、]*[^\s，。；！？,;.!?]{2,14}"
    r"|(?:Article|Section|Clause|Chapter)\s+[\dIVX]+(?:\.\d+)*[.:]?\s+[A-Z][\w' -]{2,40}"
)  # a number and a name, nothing else: a heading however it is set
_CHINESE = re.compile(r"^[一二三四五六七八九十]{1,3}\s*[、.．]")
_CHINESE_SUB = re.compile(r"^[(（][一二三四五六七八九十]{1,3}[)）]")
_DOTTED = re.compile(r"^(?:[A-Z]|\d{1,3})((?:[.．]\d{1,3})+)(?!\d)[.．、]?(?=\D|$)")
_SINGLE = re.compile(r"^(?:\d{1,2}|[A-Z]|[IVX]{1,5})[.．、)]?\s+(?=\S)|^\d{1,2}[.．、](?=\D)")
_ENDS_SENTENCE = re.compile(r"[,;，；。]$|[a-z]\.$")
_ENDS_IN_NUMBER = re.compile(r"(?:\S+\s+){5,}[^\s\d]*\d{1,4}\s?\.")
_INTRODUCES = re.compile(r"[^\W\d_]\S*(?:\s+\S+){6,}\s?[:：]|(?=.*[\u3400-\u9fff]{4}).{12,}[:：]")  # what follows
_INTRODUCING = 1.4  # of the body's size: a sentence that introduces a table is no larger
_FORMULA = re.compile(r"\s*[=≈≠≡≤≥∂∈]|.*[∑∏∫]")  # read by OCR: what the text layer sets as one is known otherwise
_FILLED_IN = re.compile(r"(?=[^\W\d_])[^:：]{2,40}:\s+\S[^:：]*\s[^\W\d_a-z][^:：\s]*\s?#?:\s+\S.*")
_SENTENCE_STOPS = "。！!?？."
_PART_GAP_EM, _SLIDE_PT, _SLIDE_LINES = 1.0, 18.0, 3  # lines of a slide that the model takes for one heading
_MAX_CHARS = 200
_MAX_LINE = 80
_SHORT = 60  # characters of a heading that is set like the text around it
_MAX_ITEM = 40  # characters: what begins like a list item, is set like the text and is longer, is one


def body_size(lines: Sequence[PrintedLine]) -> float:
    """The font size of most of the page's text, in points."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size * 2) / 2] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


def level_of(text: str, size: float, body: float, *, title: bool) -> int:
    """Level 1 to 6 of a heading."""
    numbered = numbered_level(text)
    if numbered:
        return numbered
    ratio = size / body if body else 1.0
    if title or ratio >= 1.75:
        return 1
    return 2 if ratio >= 1.2 else 3 if ratio >= 1.05 else 4


def numbered_level(text: str) -> int:
    """The level that a heading's own numbering says, 0 where it has none."""
    if _CHAPTER.match(text):
        return 1
    if _SECTION.match(text):
        return 2
    if _CHINESE.match(text):
        return 2
    if _CHINESE_SUB.match(text):
        return 3
    dotted = _DOTTED.match(text)
    if dotted:
        return min(6, 2 + len(re.findall(r"[.．]\d", dotted.group(1))))
    return 2 if _SINGLE.match(text) else 0


def looks_like_heading(lines: Sequence[PrintedLine], body: float) -> bool:
    """Whether a text block that the model calls text is set as a heading: larger than the body, short, no sentence."""
    text = " ".join(line.text for line in lines)
    if not 2 <= len(text) <= _MAX_CHARS or len(lines) > 3 or not any(char.isalpha() for char in text):
        return False
    if _ENDS_SENTENCE.search(text) or any(_is_filled_in(line) for line in lines):
        return False
    if len(lines) == 1 and _SAYS_SO.fullmatch(text):
        return True
    size = min(line.size for line in lines)
    if _is_sentence(text, size, body) and not all(line.bold for line in lines):
        return False
    if size >= 1.2 * body:
        return True
    return (
        size >= 0.98 * body and all(line.bold for line in lines) and bool(_DOTTED.match(text) or _CHAPTER.match(text))
    )


def _is_filled_in(line: PrintedLine) -> bool:
    """Whether a line holds labels of a form with what was written behind them, or is an enumeration by hand."""
    recognised = not line.font
    return bool(_FILLED_IN.fullmatch(line.text)) or (recognised and line.text[0].islower() and "," in line.text)


def may_be_heading(line: PrintedLine) -> bool:
    """Whether a line of its own may be a heading by its words alone: short, no sentence, with a section's number."""
    text = line.text
    numbered = any(form.match(text) for form in (_CHAPTER, _SECTION, _CHINESE, _CHINESE_SUB, _DOTTED))
    return numbered and len(text) <= _SHORT and not _ENDS_SENTENCE.search(text) and any(map(str.isalpha, text))


def is_bold_title(line: PrintedLine) -> bool:
    """Whether a line of its own may be a heading by its weight: bold, short, no sentence, lead-in or row of columns."""
    text = line.text
    return (
        line.bold
        and not line.parts
        and 2 <= len(text) <= _SHORT
        and not _ENDS_SENTENCE.search(text)
        and text[-1] not in ":：.!?！？"
        and any(map(str.isalpha, text))
        and not is_list_start(text)
    )


def is_heading_line(line: PrintedLine, body: float) -> bool:
    """Whether one line of a text is set as a heading: short, no sentence, and larger, or bold and a little larger."""
    text = line.text
    if not 2 <= len(text) <= _MAX_LINE or _ENDS_SENTENCE.search(text) or not any(char.isalpha() for char in text):
        return False
    if _is_filled_in(line) or _FORMULA.match(text):
        return False
    if _SAYS_SO.fullmatch(text):
        return True
    if not line.bold and _is_sentence(text, line.size, body):
        return False
    return line.size >= (1.1 if line.bold else 1.2) * body


def is_no_heading(lines: Sequence[PrintedLine], body: float) -> bool:
    """Whether what the model calls a heading is plainly none: no letter, a paragraph, or set like the text around."""
    text = "".join(line.text for line in lines)
    if not any(char.isalpha() or is_cjk(char) for char in text) or len(text) > _MAX_CHARS or len(lines) > 5:
        return True
    if any(is_choice(line.text) or _is_filled_in(line) or _FORMULA.match(line.text) for line in lines):
        return True
    if text[0].islower() and text.rstrip()[-1] in ":：":
        return True
    if all(line.bold for line in lines):
        return False
    size = max(line.size for line in lines)
    if _is_sentence(" ".join(line.text for line in lines), size, body):
        return True
    if size > 1.05 * body:
        return False
    return bool(_ENDS_SENTENCE.search(text)) or (is_list_start(text) and len(text) > _MAX_ITEM)


def _is_sentence(text: str, size: float, body: float) -> bool:
    """Whether a text of no large print introduces what follows, or ends in a number and a stop.

    Such a sentence is larger than most of a page's print where tables and notes are set smaller.
    """
    if size > _INTRODUCING * body or numbered_level(text):
        return False
    words = [word for word in text.split() if word[0].isalpha()]
    small = 2 * sum(word[0].islower() or is_cjk(word[0]) for word in words) >= len(words)
    return bool((small and _INTRODUCES.fullmatch(text)) or _ENDS_IN_NUMBER.fullmatch(text))


def heading_parts(lines: Sequence[PrintedLine]) -> list[list[PrintedLine]]:
    """The lines of a heading block, split where another size or another number begins, and at a wide gap."""
    parts: list[list[PrintedLine]] = []
    for line in lines:
        last = parts[-1][-1] if parts else None
        starts = numbered_level(line.text) and (_DOTTED.match(line.text) or _CHAPTER.match(line.text))
        apart = last is not None and len(lines) <= _SLIDE_LINES and _stand_apart(last, line)
        if last is None or starts or apart or not 0.85 < line.size / max(last.size, 0.1) < 1.18:
            parts.append([line])
        else:
            parts[-1].append(line)
    return parts


def _stand_apart(above: PrintedLine, line: PrintedLine) -> bool:
    """Whether two lines in the type of slides have a gap between them that no heading has."""
    return min(above.size, line.size) >= _SLIDE_PT and line.box[1] - above.box[3] > _PART_GAP_EM * above.size


def is_sentence_below(parts: Sequence[Sequence[PrintedLine]], at: int) -> bool:
    """Whether a part of a heading block stands apart below the heading and is a sentence: text."""
    if not at:
        return False
    above, lines = parts[at - 1][-1], parts[at]
    apart = _stand_apart(above, lines[0])
    return apart and lines[-1].text[-1] in _SENTENCE_STOPS and lines[0].size <= above.size

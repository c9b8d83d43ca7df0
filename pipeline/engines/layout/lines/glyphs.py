"""Characters of a text layer, gathered into words, fragments and printed lines. Pure: takes MuPDF's rawdict blocks."""

from __future__ import annotations

import re
import statistics
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from pipeline.engines.layout.lines import accents, full_width_advances, letter_spacing, right_to_left, script_gaps
from pipeline.engines.layout.lines.arcs import Placed, with_arcs
from pipeline.engines.layout.lines.baselines import raised_spans
from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.note_marks import with_note_mark
from pipeline.engines.layout.lines.overprint import collide, covers, follows
from pipeline.engines.layout.lines.printed_order import in_printed_order
from pipeline.engines.layout.lines.script_gaps import is_cjk
from pipeline.engines.layout.lines.soft_hyphens import SOFT, with_printed_hyphens
from pipeline.engines.layout.lines.styles import Style, style_of
from pipeline.engines.layout.lines.symbols import folded, within_word
from stores.models import Box, Line

_WIDE_GAP_EM = 1.2  # em: a gap between two columns of a line, no blank
_GAP_EM = 0.18  # a gap between two fragments that is wider is a space
_CJK_GAP_EM = 0.7  # between Chinese characters a narrower one is no space
_SAME_LINE = 0.5  # share of the lower height by which fragments overlap that stand on one line
_RULER = re.compile(r"[\s.·…_\-–—=*~]{12,}")
_LEADERS = re.compile(r"\s*(?:(?:[.·]\s?){6,}|(?:[…⋯]\s?){3,}[.·]*)\s*")
_DIVISIONS = frozenset("章节節条條篇编編部卷回讲")
_NUMBER = re.compile(r"第\s?[\d〇零一二三四五六七八九十百千]{1,6}\s?\w")
_LONGEST_NUMBER = 12  # characters
_LONGEST_EXPONENT = 6  # characters
_SMALL = 0.8  # of the size of its host: an exponent is no larger
_SMALL_CAPITAL = 0.65  # of the size of a capital, at least
_BAND = 16.0  # points: the page is cut into strips of this height to look for hosts
_NO_MEANING = "\ufffd "  # a line of nothing else says nothing
_STRUCK = "~~"
_ROMAN, _ROMAN_SIGNS = "ivx", "ivx,; 0123456789"
_ROMAN_RAISED = str.maketrans("ivx", "ⁱᵛˣ")
_RAISED = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")


@dataclass(frozen=True, slots=True)
class Fragment:
    """Neighbouring characters of one line of one text object. ``upright``: runs from left to right."""

    glyphs: tuple[Glyph, ...]
    box: Box
    upright: bool = True

    @property
    def is_hidden(self) -> bool:
        return all(glyph.style.hidden for glyph in self.glyphs)


def fragments_of(blocks: Iterable[dict[str, Any]]) -> list[Fragment]:
    """The fragments of MuPDF's text blocks (``extractRAWDICT()["blocks"]``), without empty ones."""
    placed: list[Placed] = []
    styles: dict[tuple[Any, ...], Style] = {}  # one for all spans that are set alike
    for block in blocks:
        for line in block.get("lines", ()):
            glyphs = full_width_advances.with_blanks(in_printed_order(tuple(_glyphs(line, styles))))
            if accents.may_have_accents(glyph.char for glyph in glyphs):
                glyphs = tuple(accents.with_accents(glyphs))
            if any(glyph.char == SOFT for glyph in glyphs):
                glyphs = tuple(with_printed_hyphens(glyphs))
            if any(not glyph.char.isspace() for glyph in glyphs):
                placed.append((glyphs, line["dir"]))
    return [fragment(glyphs, upright=direction[0] > 0.9) for glyphs, direction in with_arcs(placed)]


def fragment(glyphs: Sequence[Glyph], *, upright: bool = True) -> Fragment:
    """A fragment with the box that its printed characters span."""
    printed = [glyph for glyph in glyphs if not glyph.char.isspace()] or glyphs
    _, lefts, tops, rights, bottoms, _ = zip(*printed, strict=True)
    return Fragment(tuple(glyphs), (min(lefts), min(tops), max(rights), max(bottoms)), upright)


def _glyphs(line: dict[str, Any], styles: dict[tuple[Any, ...], Style]) -> Iterator[Glyph]:
    made = tuple.__new__  # a third of the time of Glyph(...): a page has thousands
    blank: Glyph | None = None  # one that MuPDF read from a gap
    before = ""  # what the line says so far
    end = 0.0
    radical = False  # the last character was read from the sign of a radical
    raised = raised_spans(line["spans"])
    for at, span in enumerate(line["spans"]):
        key = span["flags"], span["char_flags"], span["font"], span["size"], span.get("struck"), at in raised
        style = styles.get(key) or styles.setdefault(key, style_of(span, raised=at in raised))
        font = str(span["font"]).lower()
        for char in span["chars"]:
            text, box = folded(char["c"], font), char["bbox"]
            if text == "\ufffd" and box[1] == box[3]:  # it has no meaning, and prints nothing
                text = " "
            if not text and not (text := within_word(char["c"], before if char is not span["chars"][0] else "", font)):
                continue
            again = before[-1:] == text and (radical or text != char["c"])
            if again and box[2] - box[0] < 0.5 * style.size:
                continue  # macOS names one glyph twice: as a radical, and as the character that looks the same
            glyph = made(Glyph, (text, *box, style))
            if text == " " and char.get("synthetic"):
                blank = glyph
                continue
            if blank is not None and not script_gaps.is_setting(before, text, (box[0] - end) / style.size):
                yield blank
            blank = None
            before, end, radical = before + text, box[2], text != char["c"]
            yield glyph


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """One line as it is printed inside a block; ``size`` is that of most of its characters, in points."""

    text: str
    box: Box
    size: float
    bold: bool
    mono: bool
    parts: tuple[Line, ...] = ()  # what wide gaps divide: columns that stand in one line
    font: str = ""  # of most of its characters

    def as_lines(self) -> tuple[Line, ...]:
        """The line, or its parts where wide gaps divide it."""
        return self.parts or (Line(box=self.box, text=self.text),)


def printed_lines(fragments: Sequence[Fragment]) -> list[PrintedLine]:
    """The printed lines of one block, from top to bottom; fragments beside each other become one line."""
    rows = _rows([part for part in fragments if part.upright])
    rows += [[part] for part in fragments if not part.upright]
    lines = [_printed(row) for row in rows]
    return [line for line in lines if line.text.strip(_NO_MEANING)]


def _rows(fragments: Sequence[Fragment]) -> list[list[Fragment]]:
    hosts = _hosts(fragments)
    rows: list[list[Fragment]] = []
    home: dict[int, list[Fragment]] = {}
    for part in sorted(fragments, key=lambda part: (part.box[1] + part.box[3], part.box[0])):
        if id(part) in hosts:
            continue
        row = next((row for row in reversed(rows[-3:]) if _on_one_line(row, part)), None)
        if row is None:
            row = []
            rows.append(row)
        row.append(part)
        home[id(part)] = row
    rows.sort(key=_middle_of)
    for part in fragments:
        host = hosts.get(id(part))
        while host is not None and id(host) in hosts:  # an exponent's own index: sizes only grow, so this ends
            host = hosts[id(host)]
        if host is not None:
            home[id(host)].append(_exponent(part, host))
    return [with_note_mark(_woven(sorted(row, key=lambda part: part.box[0]))) for row in rows]


def _woven(row: list[Fragment]) -> list[Fragment]:
    """A row whose fragments reach over one another made one, character by character; wide gaps still part it.

    Not those of which characters are printed on one another: each of them is a text of its own.
    """
    if all(one.box[2] <= other.box[0] + 1.0 for one, other in pairwise(row)):
        return row
    if any(collide(one, other) for one, other in pairwise(row)):
        return row
    glyphs = [glyph for part in row for glyph in part.glyphs]
    woven = fragment(sorted(glyphs, key=lambda glyph: (round(glyph.x0, 1), glyph.char.isspace())))
    return split_at_wide_gaps(woven)


def _hosts(fragments: Sequence[Fragment]) -> dict[int, Fragment]:
    """The larger texts that short small ones are set to, as exponents or indices, by the id of the small one."""
    sizes = {part.glyphs[-1].style.size for part in fragments}
    small = [part for part in fragments if _may_be_exponent(part, max(sizes, default=0.0))]
    if not small:
        return {}
    bands: dict[int, list[Fragment]] = {}
    for host in fragments:
        for band in _bands_of(host):
            bands.setdefault(band, []).append(host)
    hosts: dict[int, Fragment] = {}
    for part in small:
        near = [host for host in bands.get(_band(_middle(part)), ()) if host is not part and _carries(host, part)]
        if near:
            hosts[id(part)] = min(near, key=lambda host: abs(host.box[2] - part.box[0]))
    return hosts


def _may_be_exponent(part: Fragment, largest: float) -> bool:
    short = len(part.glyphs) <= _LONGEST_EXPONENT and part.glyphs[0].style.size <= _SMALL * largest
    words = sum(is_cjk(glyph.char[0]) and glyph.char.isalpha() for glyph in part.glyphs) > 1  # a label, no exponent
    return short and not words and not part.is_hidden


def _bands_of(host: Fragment) -> range:
    """The strips of the page in which the middle of an exponent or index of a text may lie."""
    size = host.glyphs[-1].style.size
    return range(_band(host.box[1] - 0.5 * size), _band(host.box[3] + 0.4 * size) + 1)


def _band(y: float) -> int:
    return int(y // _BAND)


def _middle(part: Fragment) -> float:
    return (part.box[1] + part.box[3]) / 2


def _carries(host: Fragment, part: Fragment) -> bool:
    size = host.glyphs[-1].style.size
    if not host.upright or part.glyphs[0].style.size > _SMALL * size:
        return False
    if is_cjk(part.glyphs[0].char[0]) and covers(host, part):  # printed over it, as stamps are
        return False
    touches = host.box[0] + 0.2 * size < part.box[0] < host.box[2] + 0.3 * size
    return touches and host.box[1] - 0.5 * size < _middle(part) < host.box[3] + 0.4 * size


def _exponent(part: Fragment, host: Fragment) -> Fragment:
    """A fragment whose characters are marked as raised where it stands above the middle of its host."""
    if _middle(part) > _middle(host):
        return part
    return raised(part)


def raised(part: Fragment) -> Fragment:
    """The same fragment as an exponent, or the mark of a note."""
    return replace(part, glyphs=tuple(g._replace(style=replace(g.style, raised=True)) for g in part.glyphs))


def _middle_of(row: Sequence[Fragment]) -> float:
    tallest = max(row, key=lambda part: part.box[3] - part.box[1])
    return (tallest.box[1] + tallest.box[3]) / 2


def _on_one_line(row: Sequence[Fragment], part: Fragment) -> bool:
    """Whether a fragment overlaps the row's tallest one vertically and covers none of the row's fragments."""
    tallest = max(row, key=lambda other: other.box[3] - other.box[1])
    shared = min(tallest.box[3], part.box[3]) - max(tallest.box[1], part.box[1])
    lower = min(tallest.box[3] - tallest.box[1], part.box[3] - part.box[1])
    if shared <= _SAME_LINE * lower:
        return False
    return all(not covers(other, part) or follows(other, part) for other in row)


def _printed(row: Sequence[Fragment]) -> PrintedLine:
    glyphs = [glyph for part in row for glyph in part.glyphs if not glyph.char.isspace()]
    styles = [glyph.style for glyph in glyphs]
    if len(set(map(id, styles))) == 1:  # most lines are set in one style, and spans that are set alike share it
        glyphs, styles = glyphs[:1], styles[:1]
    return PrintedLine(
        text=_text_of(row),
        box=_around(row),
        size=_size_of(glyphs),
        bold=sum(style.bold for style in styles) > 0.8 * len(styles),
        mono=sum(style.mono for style in styles) > 0.8 * len(styles),
        parts=_parts(row),
        font=statistics.mode(style.font for style in styles),
    )


def _size_of(glyphs: Sequence[Glyph]) -> float:
    """The size of most characters, in points; of capitals and small capitals that of the capitals."""
    usual = statistics.median_high([glyph.style.size for glyph in glyphs])
    letters = [glyph for glyph in glyphs if glyph.char.isupper() or glyph.char.islower()]
    if not letters or any(letter.char.islower() for letter in letters):
        return usual
    first = letters[0].style.size
    return first if _SMALL_CAPITAL * first <= usual < first else usual


def _parts(row: Sequence[Fragment]) -> tuple[Line, ...]:
    """Text and box of every run of a row between wide gaps; none where no gap is wide or the row is not upright."""
    if not all(part.upright for part in row):
        return ()
    runs: list[list[Fragment]] = [[]]
    for part in row:
        for piece in split_at_wide_gaps(part):
            if runs[-1] and piece.box[0] - runs[-1][-1].box[2] > _WIDE_GAP_EM * piece.glyphs[0].style.size:
                runs.append([])
            runs[-1].append(piece)
    return tuple(Line(box=_around(run), text=_text_of(run)) for run in runs) if len(runs) > 1 else ()


def split_at_wide_gaps(part: Fragment) -> list[Fragment]:
    """The parts of a fragment between gaps that are wider than a blank."""
    pieces: list[list[Glyph]] = [[]]
    before: Glyph | None = None  # the last printed character of the piece
    for glyph in part.glyphs:
        if not glyph.char.isspace():
            if before is not None and glyph.x0 - before.x1 > _WIDE_GAP_EM * glyph.style.size:
                pieces.append([])
            before = glyph
        pieces[-1].append(glyph)
    return [part] if len(pieces) == 1 else [fragment(piece) for piece in pieces]


def _around(row: Sequence[Fragment]) -> Box:
    """The box that all fragments of a run span."""
    lefts, tops, rights, bottoms = zip(*(part.box for part in row), strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _text_of(row: Sequence[Fragment]) -> str:
    text = _plain_text_of(row)
    if right_to_left.runs_right_to_left(text):
        glyphs = right_to_left.in_reading_order([glyph for part in row for glyph in part.glyphs])
        return _plain_text_of([fragment(glyphs)])
    if letter_spacing.is_letter_spaced(text):
        return _plain_text_of([fragment(letter_spacing.tightened([glyph for part in row for glyph in part.glyphs]))])
    return text


def _plain_text_of(row: Sequence[Fragment]) -> str:
    parts: list[str] = []
    before: Glyph | None = None
    struck = False
    for part in row:
        pending = before is not None and _begins_apart(before, part.glyphs[0])
        for at, glyph in enumerate(part.glyphs):
            if glyph.char.isspace():
                pending = True
                continue
            pending = pending or (before is not None and _is_apart(before, glyph))
            if struck and not glyph.style.struck:
                parts.append(_STRUCK)
            if pending and before is not None and not (_is_stray(before, glyph) and not _ends_number(parts)):
                parts.append(" ")
            if glyph.style.struck and not struck:
                parts.append(_STRUCK)
            struck = glyph.style.struck
            parts.append(_raised(part, at) if glyph.style.raised else glyph.char)
            before, pending = glyph, False
    if struck:
        parts.append(_STRUCK)
    return _tidied("".join(parts).strip())


def _begins_apart(before: Glyph, first: Glyph) -> bool:
    """Whether a text begins after a gap, or before the end of the other, on which it is printed."""
    alike = not first.style.raised and first.style.size > _SMALL * before.style.size
    return first.x0 - before.x1 > _GAP_EM * first.style.size or (alike and first.x0 < before.x0)


def _tidied(text: str) -> str:
    """Doubled single quotes made double ones, long rows of dots short; a line of nothing but rules is none."""
    if _RULER.fullmatch(text):
        return ""
    if ".." in text or ". . ." in text or any(sign in text for sign in "·…⋯"):
        text = _LEADERS.sub(" … ", text).strip()
    return text.replace("‘‘", "“").replace("’’", "”")


def _ends_number(parts: Sequence[str]) -> bool:
    """Whether a line of Chinese begins with no more than the number of a chapter or an article."""
    return parts[-1] in _DIVISIONS and len(parts) < _LONGEST_NUMBER and bool(_NUMBER.fullmatch("".join(parts)))


def _is_stray(before: Glyph, after: Glyph) -> bool:
    """Whether the space between two characters is only the width of Chinese setting."""
    if not (is_cjk(before.char[-1]) and is_cjk(after.char[0])):
        return False
    return after.x0 - before.x1 < _CJK_GAP_EM * max(before.style.size, after.style.size)


def _is_apart(before: Glyph, after: Glyph) -> bool:
    """Whether a gap beside a sign of mathematics, or a formula, is a space that the text layer does not have."""
    gap = after.x0 - before.x1
    return gap > _GAP_EM * after.style.size and (_is_sign(before.char) or _is_sign(after.char))


def _is_sign(char: str) -> bool:
    return (len(char) > 1 and char[0] == "$") or (not char.isascii() and unicodedata.category(char[0]) == "Sm")


def _raised(part: Fragment, at: int) -> str:
    """A raised character; the "n" of a raised word stays what it is, a small Roman number is the mark of a note."""
    char = part.glyphs[at].char
    if char in _ROMAN and _is_roman_mark(part, at):
        return char.translate(_ROMAN_RAISED)
    beside = part.glyphs[max(at - 1, 0) : at] + part.glyphs[at + 1 : at + 2]
    if char == "n" and any(other.style.raised and other.char.isalpha() for other in beside):
        return char
    return char.translate(_RAISED)


def _is_roman_mark(part: Fragment, at: int) -> bool:
    """Whether a raised letter belongs to a small Roman number, and nothing else is raised beside it."""
    start, end = at, at + 1
    while start and part.glyphs[start - 1].style.raised:
        start -= 1
    while end < len(part.glyphs) and part.glyphs[end].style.raised:
        end += 1
    return all(glyph.char in _ROMAN_SIGNS for glyph in part.glyphs[start:end])

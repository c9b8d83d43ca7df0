"""Splits Markdown into the units that chunks are made of: headings, paragraphs, lists, table rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

CountTokens = Callable[[Sequence[str]], list[int]]

_HEADING = re.compile(r"(#{1,6})\s+(.*\S)")
_FENCE = re.compile(r"\s{0,3}(```|~~~)")
_PIPE_ROW = re.compile(r"\s*\|.*\|\s*$")
_PIPE_RULE = re.compile(r"\s*\|?(\s*:?-+:?\s*\|)+\s*:?-*:?\s*$")
_HTML_OPEN = re.compile(r"\s{0,3}<table(\s+[\w-]+\s*=[^>]*)?\s*>", re.IGNORECASE)
_HTML_CLOSE = re.compile(r"</table\s*>", re.IGNORECASE)
_HTML_ROW = re.compile(r"<tr\b.*?</tr\s*>", re.IGNORECASE | re.DOTALL)
_CELL_END = re.compile(r"</t[dh]\s*>", re.IGNORECASE)
_PIPE = re.compile(r"(?<!\\)\|")
_ROWSPAN = re.compile(r"rowspan\s*=\s*[\"']?(\d{1,3})", re.IGNORECASE)
_LONGEST_SPAN = 6  # rows; a longer span is cut like anything else
_MARKS = re.compile(r"\*\*|__|`|<[^>]{1,40}>|!?\[([^\]]*)\]\([^)]*\)")

# Paragraph, line, sentence (Chinese and Latin marks), clause, word, character; the mark stays with what it ends.
_SEPARATORS = [
    r"\n\s*\n",
    r"\n",
    r"[。！？!?…]+[”’」』）)\"]*|(?<=\w{2})[.][\"”’)]*\s",
    r"[；;：]|:\s",
    r"[，、]|,\s",
    r"\s",
    "",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A piece that is kept whole where possible: a heading, a paragraph, a list, some rows of a table.

    ``start`` and ``end`` are offsets into the joined Markdown; ``text`` is longer where a table's header is repeated.
    """

    start: int
    end: int
    text: str
    tokens: int
    heading: tuple[str, ...]
    opens: bool = False  # is a heading


@dataclass(slots=True)
class _Span:
    """A run of lines of one kind: heading, table, html or text."""

    kind: str
    start: int
    end: int


def split_units(text: str, max_tokens: int, overlap: int, count_tokens: CountTokens) -> list[Unit]:
    """The units of a Markdown text in their order; those longer than ``max_tokens`` are cut.

    Prose is cut at the end of a paragraph, line, sentence, clause or word, whichever comes first; a table only between
    rows, and every part of it repeats the header row.
    """
    spans = _paragraphs(text)
    counts = count_tokens([text[span.start : span.end] for span in spans])
    units: list[Unit] = []
    path: list[tuple[int, str]] = []
    for span, tokens in zip(spans, counts, strict=True):
        heading = _HEADING.match(text, span.start) if span.kind == "heading" else None
        if heading:
            level = len(heading[1])
            path = [*(entry for entry in path if entry[0] < level), (level, without_marks(heading[2]).strip("# "))]
        titles = tuple(title for _, title in path)
        if tokens <= max_tokens:
            whole = text[span.start : span.end]
            units.append(
                Unit(start=span.start, end=span.end, text=whole, tokens=tokens, heading=titles, opens=bool(heading))
            )
        else:
            units += _cut(text, span, titles, max_tokens, overlap, count_tokens)
    return units


def _paragraphs(text: str) -> list[_Span]:
    """Headings, tables and paragraphs in their order, without the white space around them."""
    spans: list[_Span] = []
    fenced = html = False
    open_span: _Span | None = None
    at = 0
    for line in text.splitlines(keepends=True):
        start, at = at, at + len(line)
        end = start + len(line.rstrip())
        if _FENCE.match(line) and not html:
            fenced = not fenced
        opens = not html and not fenced and _HTML_OPEN.match(line) and _HTML_CLOSE.search(text, start)
        kind = "html" if html or opens else _kind(line, fenced)
        if kind == "html":
            html = not _HTML_CLOSE.search(line)
        if kind == "blank":
            open_span = open_span if fenced else None
        elif open_span and kind == open_span.kind and kind != "heading":
            open_span.end = end
        else:
            open_span = _Span(kind, start + len(line) - len(line.lstrip()), end)
            spans.append(open_span)
        if (kind == "html" and not html) or kind == "heading":
            open_span = None
    return [_checked(text, span) for span in spans]


def _kind(line: str, fenced: bool) -> str:
    if fenced:
        return "text"
    if not line.strip():
        return "blank"
    if _HEADING.match(line):
        return "heading"
    return "table" if _PIPE_ROW.match(line) else "text"


def _checked(text: str, span: _Span) -> _Span:
    """A run of pipe lines is a table only with a rule under its header."""
    lines = text[span.start : span.end].splitlines()
    if span.kind == "table" and not (len(lines) > 1 and _PIPE_RULE.match(lines[1])):
        span.kind = "text"
    return span


def _cut(
    text: str, span: _Span, heading: tuple[str, ...], max_tokens: int, overlap: int, count_tokens: CountTokens
) -> Iterator[Unit]:
    """Units of what is too long for one chunk."""
    body = text[span.start : span.end]
    if span.kind == "table":
        pieces = _pipe_rows(body, max_tokens, count_tokens)
    elif span.kind == "html" and len(_HTML_ROW.findall(body)) > 1:
        pieces = _html_rows(body, max_tokens, count_tokens)
    else:
        pieces = _sentences(body, max_tokens, overlap, count_tokens)
    shown = [piece for _, _, piece in pieces]
    for (start, end, piece), tokens in zip(pieces, count_tokens(shown), strict=True):
        yield Unit(start=span.start + start, end=span.start + end, text=piece, tokens=tokens, heading=heading)


def _sentences(body: str, max_tokens: int, overlap: int, count_tokens: CountTokens) -> list[tuple[int, int, str]]:
    """(start, end, text) of pieces that end with a sentence where they can."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(
        separators=_SEPARATORS,
        is_separator_regex=True,
        keep_separator="end",
        strip_whitespace=False,
        chunk_size=max_tokens,
        chunk_overlap=overlap,
        length_function=lambda part: count_tokens([part])[0],
    )
    pieces: list[tuple[int, int, str]] = []
    at = 0
    for piece in splitter.split_text(body):
        start = at if not overlap else max(body.find(piece, pieces[-1][0] + 1 if pieces else 0), 0)
        at = start + len(piece)
        if piece.strip():
            pieces.append((start, at, piece.strip()))
    return pieces


def _pipe_rows(body: str, max_tokens: int, count_tokens: CountTokens) -> list[tuple[int, int, str]]:
    lines = body.splitlines(keepends=True)
    header = "".join(lines[:2])
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    rows = list(pairwise(starts))[2:]
    groups = _row_groups(body, header, rows, max_tokens, count_tokens)
    return [
        (start if first else 0, end, (header + body[start:end]).rstrip()) for first, (start, end) in enumerate(groups)
    ]


def _html_rows(body: str, max_tokens: int, count_tokens: CountTokens) -> list[tuple[int, int, str]]:
    """Rows that a cell spans stay with the row where the span begins."""
    matches = list(_HTML_ROW.finditer(body))
    rows = _whole_rows([(row.start(), row.end()) for row in matches], body)
    (_, header_end), *others = rows
    if not others:
        return [(0, len(body), body)]
    opening = body[:header_end]
    closing = body[matches[-1].end() :]
    groups = _row_groups(body, opening, others, max_tokens, count_tokens)
    return [
        (start if first else 0, len(body) if end == matches[-1].end() else end, opening + body[start:end] + closing)
        for first, (start, end) in enumerate(groups)
    ]


def _whole_rows(rows: list[tuple[int, int]], body: str) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    left = 0  # rows that the cells seen so far still reach into
    for start, end in rows:
        joined = [*joined[:-1], (joined[-1][0], end)] if left > 0 else [*joined, (start, end)]
        spans = [int(value) for value in _ROWSPAN.findall(body, start, end)]
        left = max([left - 1, *(span - 1 for span in spans if span <= _LONGEST_SPAN)])
    return joined


def _row_groups(
    body: str, header: str, rows: Sequence[tuple[int, int]], max_tokens: int, count_tokens: CountTokens
) -> list[tuple[int, int]]:
    """Runs of rows that fit beside the header; a row that alone is too long stands alone."""
    head, *counts = count_tokens([header, *(body[start:end] for start, end in rows)])
    groups: list[tuple[int, int]] = []
    used = 0
    for (start, end), tokens in zip(rows, counts, strict=True):
        if groups and head + used + tokens <= max_tokens:
            groups[-1] = (groups[-1][0], end)
            used += tokens
        else:
            groups.append((start, end))
            used = tokens
    return groups or [(len(header), len(body))]


def without_marks(text: str) -> str:
    """The text without Markdown's emphasis, code and link marks and without HTML tags."""
    return _MARKS.sub(r"\1", text)


def without_table_marks(text: str) -> str:
    """The text with the cells of its tables between blanks, a row on a line, and without the rules under headers.

    Half of the tokens of a table are its marks, and without them the cells of HTML tables would run into each other.
    """
    lines = [line for line in _CELL_END.sub(" ", text).split("\n") if not (_PIPE_RULE.match(line) and "|" in line)]
    return "\n".join(_cells(line) if _PIPE_ROW.match(line) else line for line in lines)


def _cells(row: str) -> str:
    cells = (cell.strip().replace("\\|", "|") for cell in _PIPE.split(row.strip()[1:-1]))
    return " ".join(cell for cell in cells if cell)

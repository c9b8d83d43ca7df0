"""Comments of a page: sticky notes, remarks to marked text, stamps, as quotations behind the text of the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from pipeline.engines.pdf import mupdf
from stores.models import Block, Box, Label, Line, PageText

_MOST = 500
_LONGEST = 5000  # characters of one comment
_LONGEST_QUOTE = 200


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote on a page, with the box of its mark in points. ``quote``: the marked text."""

    box: Box
    kind: str
    author: str
    text: str
    quote: str = ""

    @property
    def lead(self) -> str:
        """What stands before the colon."""
        about = f" on “{self.quote}”" if self.quote else ""
        return f"{self.kind}{about}"

    @property
    def by(self) -> str:
        return f" ({self.author})" if self.author else ""


def comments_of(page: Any) -> list[Comment]:
    """The comments on an upright page, in the order of the page."""
    comments = list(_comments(page)) if page.first_annot is not None else []
    return sorted(comments, key=lambda comment: (comment.box[1], comment.box[0]))


def _comments(page: Any) -> Iterator[Comment]:
    pymupdf = mupdf.load()
    marks = [pymupdf.PDF_ANNOT_HIGHLIGHT, pymupdf.PDF_ANNOT_UNDERLINE, pymupdf.PDF_ANNOT_SQUIGGLY]
    marks.append(pymupdf.PDF_ANNOT_STRIKE_OUT)
    not_seen = pymupdf.PDF_ANNOT_IS_HIDDEN | pymupdf.PDF_ANNOT_IS_NO_VIEW
    for at, annotation in enumerate(page.annots()):
        if at >= _MOST or annotation.flags & not_seen:
            continue
        kind = annotation.type[0]
        box = tuple(map(float, annotation.rect))
        info = annotation.info
        text, author = _plain(info.get("content")), _plain(info.get("title"))[:100]
        if kind in (pymupdf.PDF_ANNOT_FREE_TEXT, pymupdf.PDF_ANNOT_STAMP):
            comment = _shown(page, kind == pymupdf.PDF_ANNOT_STAMP, text or _name_of_stamp(info), author, box)
            if comment:
                yield comment
        elif kind in marks:
            if text:
                yield Comment(box, "Comment", author, text, _marked(page, annotation))  # type: ignore[arg-type]
        elif text and kind not in (pymupdf.PDF_ANNOT_POPUP, pymupdf.PDF_ANNOT_WIDGET, pymupdf.PDF_ANNOT_LINK):
            yield Comment(box, "Note", author, text)  # type: ignore[arg-type]


def _name_of_stamp(info: dict[str, Any]) -> str:
    name = _plain(info.get("name"))
    return name if name.isalpha() and name != "Stamp" else ""  # the word alone says nothing: it shows a picture


def _shown(page: Any, stamp: bool, text: str, author: str, box: Any) -> Comment | None:
    """The text of a stamp or a free text, unless the page's own text has it: most are drawn as letters."""
    printed = "".join(page.get_textbox(mupdf.load().Rect(box)).split()).lower()
    wanted = "".join(text.split()).lower()
    if not wanted or wanted[:20] in printed:
        return None
    return Comment(box, "Stamp" if stamp else "Note", "" if stamp else author, text)


def _marked(page: Any, annotation: Any) -> str:
    """The words that an annotation marks."""
    pymupdf = mupdf.load()
    points = annotation.vertices or []
    rects = [pymupdf.Quad(points[at : at + 4]).rect for at in range(0, len(points) - 3, 4)]
    words = page.get_text("words", clip=annotation.rect)
    marked = [
        word[4]
        for word in words
        if any(r.x0 <= (word[0] + word[2]) / 2 <= r.x1 and r.y0 <= (word[1] + word[3]) / 2 <= r.y1 for r in rects)
    ]
    quote = " ".join(marked)
    return quote if len(quote) <= _LONGEST_QUOTE else quote[:_LONGEST_QUOTE].rsplit(" ", 1)[0] + " …"


def _plain(text: Any) -> str:
    lines = (" ".join(line.split()) for line in str(text or "").replace("\r", "\n").split("\n"))
    return "\n".join(line for line in lines if line)[:_LONGEST]


def with_comments(text: PageText, comments: list[Comment]) -> PageText:
    """The page with its comments behind its text."""
    markdown, blocks = text.markdown, list(text.blocks)
    for comment in comments:
        markdown += "\n\n" if markdown else ""
        start = len(markdown)
        lines = comment.text.split("\n")
        markdown += f"> **{comment.lead}**{comment.by}: " + "\n> ".join(lines)
        said = f"{comment.lead}{comment.by}: {comment.text}"
        line = Line(box=comment.box, text=" ".join(said.split()))
        blocks.append(
            Block(label=Label.TEXT, box=comment.box, text=said, start=start, end=len(markdown), lines=(line,))
        )
    return replace(text, markdown=markdown, blocks=tuple(blocks)) if comments else text

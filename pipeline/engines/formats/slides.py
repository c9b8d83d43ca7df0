"""PowerPoint presentations (PPTX): a slide is a page, its texts with their boxes on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.engines.formats.charts import words_of_chart
from pipeline.engines.formats.drawings import words_of_drawing
from pipeline.engines.formats.elements import Content, Element, PictureList, Section, TableCell
from pipeline.engines.formats.markup import unread_words
from pipeline.engines.formats.packages import Failures, opened, readable
from pipeline.engines.formats.slide_comments import authors_of, comments_of
from stores.models import Box, Label

_WHAT = "PowerPoint presentation"
_POINT = 12_700  # English Metric Units
_LIST_PLACEHOLDERS = ("BODY", "OBJECT", "VERTICAL_BODY", "VERTICAL_OBJECT")
_RUNNING = ("DATE", "SLIDE_NUMBER", "FOOTER", "HEADER")
_DEEPEST = 20


def read_slides(path: Path) -> Content:
    """Read all slides with their notes and comments; embedded files, films and macros are named."""
    import pptx

    with opened(path, _WHAT) as package:
        lost: dict[str, int] = {}
        names = package.namelist()
        for words, start in (("embedded files", "ppt/embeddings/oleObject"), ("macros", "ppt/vbaProject")):
            if count := sum(name.startswith(start) for name in names):
                lost[words] = count
        with readable(package, path, "ppt/presentation.xml") as file:
            presentation = pptx.Presentation(file)
        pictures = PictureList()
        authors, feet = authors_of(presentation), set[str]()
        sections = tuple(_section(slide, pictures, lost, authors, feet) for slide in presentation.slides)
        title = " ".join((presentation.core_properties.title or "").split())[:300]
    return Content(sections=sections, title=title, pictures=tuple(pictures.pictures), unread=unread_words(lost))


def _section(
    slide: Any, pictures: PictureList, lost: dict[str, int], authors: Mapping[str, str], feet: set[str]
) -> Section:
    """The elements of a slide; ``feet`` are the running texts of the slides before."""
    title = slide.shapes.title
    rest = [shape for shape in slide.shapes if title is None or shape.shape_id != title.shape_id]
    elements: list[Element] = []
    if title is not None and title.text_frame.text.strip():
        text = " ".join(title.text_frame.text.split())
        elements.append(Element(label=Label.HEADING, level=1, text=text, box=_box(title), place=title.name or ""))
    for shape in _in_order(rest):
        elements += _intact(shape, pictures, lost)
    for relation in slide.part.rels.values():
        if relation.reltype.endswith("/diagramData") and not relation.is_external:
            elements += words_of_drawing(relation.target_part.blob)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        notes = slide.notes_slide.notes_text_frame.text.strip()
        elements += [Element(label=Label.TEXT, text=f"Notes: {notes}", place="notes")] if notes else []
    elements += [*_running(slide, feet), *comments_of(slide, authors)]
    return Section(elements=tuple(elements), title=elements[0].text if elements else "", cut=False)


def _running(slide: Any, known: set[str]) -> Iterator[Element]:
    """The footers and headers of a slide that stand on none before it; dates and numbers of slides are left out."""
    for shape in slide.placeholders:
        text = " ".join(shape.text_frame.text.split()) if shape.has_text_frame else ""
        if text and text not in known and _placeholder(shape) in ("FOOTER", "HEADER"):
            known.add(text)
            yield Element(label=Label.TEXT, text=text, box=_box(shape), place=shape.name or "")


def _intact(shape: Any, pictures: PictureList, lost: dict[str, int]) -> list[Element]:
    """The elements of a shape; a damaged one is counted, and the others go on."""
    try:
        return list(_of_shape(shape, pictures, lost, 0))
    except Exception as error:  # python-pptx and lxml have classes of their own
        if not isinstance(error, Failures) and type(error).__module__.split(".")[0] not in ("pptx", "lxml"):
            raise
    lost["damaged shapes"] = lost.get("damaged shapes", 0) + 1
    return []


def _in_order(shapes: Sequence[Any]) -> list[Any]:
    """Shapes in rows from top to bottom, each from left to right."""
    return sorted(shapes, key=lambda shape: (round((shape.top or 0) / (36 * _POINT)), shape.left or 0))


def _of_shape(shape: Any, pictures: PictureList, lost: dict[str, int], depth: int) -> Iterator[Element]:
    kind = _kind(shape)
    if kind == "GROUP" and depth < _DEEPEST:
        for inner in _in_order(list(shape.shapes)):
            yield from _of_shape(inner, pictures, lost, depth + 1)
    elif getattr(shape, "has_table", False):
        yield Element(label=Label.TABLE, cells=tuple(_cells(shape.table)), box=_box(shape), place=shape.name or "")
    elif getattr(shape, "has_chart", False):
        yield from (replace(one, box=_box(shape)) for one in words_of_chart(shape.chart.part.blob, lost))
    elif _has_picture(shape):
        words = _words_of_picture(shape)
        yield Element(
            label=Label.FIGURE,
            text=words,
            picture=pictures.add(shape.image.blob, words or shape.name or ""),
            box=_box(shape),
        )
    elif shape.has_text_frame:
        yield from _texts(shape)
    elif kind == "MEDIA":
        lost["films or recordings"] = lost.get("films or recordings", 0) + 1


def _kind(shape: Any) -> str:
    try:
        return str(shape.shape_type).partition(" ")[0]
    except RuntimeError:  # of a kind that the library does not know
        return ""


def _has_picture(shape: Any) -> bool:
    try:
        return bool(shape.image.blob)
    except (AttributeError, ValueError, KeyError, TypeError):  # no picture, or one outside of the file
        return False


def _words_of_picture(shape: Any) -> str:
    """The text that stands for a picture, where somebody wrote one."""
    descriptions = shape.element.xpath(".//p:cNvPr/@descr")
    return " ".join(str(descriptions[0]).split())[:300] if descriptions else ""


def _texts(shape: Any) -> Iterator[Element]:
    kind = _placeholder(shape)
    if kind in _RUNNING:
        return
    paragraphs = [paragraph for paragraph in shape.text_frame.paragraphs if paragraph.text.strip()]
    is_list = kind in _LIST_PLACEHOLDERS and (len(paragraphs) > 1 or any(p.level for p in paragraphs))
    box = _box(shape)
    for at, paragraph in enumerate(paragraphs):
        text = "\n".join(" ".join(line.split()) for line in paragraph.text.replace("\v", "\n").split("\n"))
        listed = is_list or paragraph.level > 0
        yield Element(
            label=Label.LIST if listed else Label.TEXT,
            text=" ".join(text.split()) if listed else text,
            markdown=_linked(paragraph) if any(_address(run) for run in paragraph.runs) else "",
            level=min(paragraph.level, 8) if listed else 0,
            marker="-" if listed else "",
            box=_slice(box, at, len(paragraphs)),
            place=shape.name or "",
        )


def _linked(paragraph: Any) -> str:
    parts = []
    for run in paragraph.runs:
        address = _address(run)
        is_web = address.startswith(("http://", "https://", "mailto:")) and not set(address) & set(" ()<>\n")
        parts.append(f"[{run.text}]({address})" if is_web and run.text.strip() else run.text)
    return "".join(parts).replace("\v", "\n").strip()


def _address(run: Any) -> str:
    """Where a link leads, "" where its relation is missing."""
    try:
        return run.hyperlink.address or ""
    except KeyError:
        return ""


def _placeholder(shape: Any) -> str:
    return str(shape.placeholder_format.type).partition(" ")[0] if shape.is_placeholder else ""


def _cells(table: Any) -> Iterator[TableCell]:
    for y, row in enumerate(table.rows):
        for x, cell in enumerate(row.cells):
            if cell.is_spanned:
                continue
            wide, high = (cell.span_width, cell.span_height) if cell.is_merge_origin else (1, 1)
            text = " ".join(cell.text_frame.text.split())
            yield TableCell(row=y, column=x, text=text, rows=high, columns=wide, heading=y == 0 and table.first_row)


def _box(shape: Any) -> Box | None:
    """Where a shape stands on its slide, in points; None where its layout says so alone."""
    if None in (shape.left, shape.top, shape.width, shape.height) or shape.width <= 0 or shape.height <= 0:
        return None
    left, top = shape.left / _POINT, shape.top / _POINT
    return left, top, left + shape.width / _POINT, top + shape.height / _POINT


def _slice(box: Box | None, at: int, count: int) -> Box | None:
    if box is None:
        return None
    step = (box[3] - box[1]) / count
    return box[0], box[1] + step * at, box[2], box[1] + step * (at + 1)

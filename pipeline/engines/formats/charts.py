"""Charts of Office files (DrawingML): their titles, and the numbers that they keep, as tables."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from pipeline.engines.formats.elements import Element, TableCell
from pipeline.engines.formats.packages import local, parse_xml
from stores.models import Label

_MOST_SERIES, _MOST_POINTS, _LONGEST_INDEX = 100, 2000, 8
_DAY = re.compile(r"^(?!General)[^\"\[]*[yd]", re.IGNORECASE)  # the format of a date
_FIRST_DAY, _MOST_DAYS = datetime(1899, 12, 30), 100_000


def charts(package: zipfile.ZipFile, start: str, lost: dict[str, int]) -> list[Element]:
    """The charts whose parts begin with ``start`` and a number."""
    names = [name for name in sorted(package.namelist()) if re.fullmatch(re.escape(start) + r"\d+\.xml", name)]
    return [element for name in names for element in words_of_chart(package.read(name), lost)]


def words_of_chart(data: bytes, lost: dict[str, int]) -> list[Element]:
    """The title of a chart, and its numbers as a table; one that keeps none is counted."""
    elements = list(_elements(parse_xml(data)))
    if not any(element.cells for element in elements):
        lost["charts"] = lost.get("charts", 0) + 1
    return elements


def _elements(root: Any) -> Iterator[Element]:
    title = next((node for node in root.iter() if local(node) == "title"), None)
    holder = title.getparent() if title is not None else None
    text = " ".join("".join(_texts(title)).split()) if holder is not None and local(holder) == "chart" else ""
    if text:
        yield Element(label=Label.CAPTION, text=text)
    cells = tuple(_cells([node for node in root.iter() if local(node) == "ser"]))
    if any(cell.text for cell in cells):
        yield Element(label=Label.TABLE, cells=cells)


def _texts(title: Any) -> Iterator[str]:
    for node in title.iter():
        if local(node) in ("t", "v"):
            yield node.text or ""
        elif local(node) == "p":
            yield " "


def _cells(series: list[Any]) -> Iterator[TableCell]:
    """A column of categories, or of the places along the axis, and one for the values of each series."""
    series = series[:_MOST_SERIES]
    columns = [_points(one, "val", "yVal") for one in series]
    labels = next((points for one in series if (points := _points(one, "cat", "xVal"))), {})
    yield TableCell(row=0, column=0, text="", heading=True)
    for x, one in enumerate(series, 1):
        yield TableCell(row=0, column=x, text=_name(one), heading=True)
    for y, index in enumerate(sorted({index for column in (labels, *columns) for index in column})[:_MOST_POINTS], 1):
        yield TableCell(row=y, column=0, text=labels.get(index, ""))
        for x, column in enumerate(columns, 1):
            yield TableCell(row=y, column=x, text=column.get(index, ""))


def _name(series: Any) -> str:
    for child in series:
        if local(child) == "tx":
            return " ".join(node.text or "" for node in child.iter() if local(node) == "v").strip()
    return ""


def _points(series: Any, *names: str) -> dict[int, str]:
    """The points of a series by their index; those of several levels of categories are joined."""
    points: dict[int, str] = {}
    for holder in (child for child in series if local(child) in names):
        numbers = any(local(node) in ("numCache", "numLit") for node in holder.iter())
        form = next((node.text or "" for node in holder.iter() if local(node) == "formatCode"), "")
        for point in (node for node in holder.iter() if local(node) == "pt"):
            index = point.get("idx") or ""
            text = " ".join(node.text or "" for node in point if local(node) == "v").strip()
            text = _number(text, form) if numbers else text
            if index.isascii() and index.isdigit() and len(index) < _LONGEST_INDEX and text:
                points[int(index)] = " ".join(filter(None, (text, points.get(int(index), ""))))
    return points


def _number(text: str, form: str) -> str:
    """A number without the digits that a computer adds, or the day that it counts."""
    if not re.fullmatch(r"-?\d+(\.\d+)?(E[+-]?\d+)?", text):
        return text
    value = float(text)
    if _DAY.search(form) and 0 < value < _MOST_DAYS:
        return (_FIRST_DAY + timedelta(days=value)).date().isoformat()
    return f"{value:.12g}"

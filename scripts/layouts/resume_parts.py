"""What the layouts of generated CVs share: periods as people write them, heads, sections, a column of periods."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from scripts.layouts.months import MONTHS
from scripts.layouts.printed_sheet import Flow, Sheet
from scripts.layouts.resume_people import Job, Person, Study

Layout = Callable[[Person], Sheet]
_MONTHS: Mapping[str, Sequence[str]] = {
    **MONTHS,
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
}
_NOW = {"en": "Present", "de": "heute", "fr": "aujourd'hui", "zh": "至今"}
_TO = {"words": " – ", "numbers": " - ", "dots": "-", "years": "–"}


@dataclass(frozen=True, slots=True)
class LayoutOf:
    """A layout, the languages that it is set in, and whether it prints where the person lives."""

    make: Layout
    languages: tuple[str, ...] = ("en",)
    place: bool = True


def period(one: Job | Study, person: Person, style: str) -> str:
    """The period of a job or a study: ``words`` Jan 2019, ``numbers`` 01/2019, ``dots`` 2019.01, ``years`` 2019."""
    end = _NOW[person.language] if one.end is None else _month(one.end, person.language, style)
    return f"{_month(one.start, person.language, style)}{_TO[style]}{end}"


def _month(at: tuple[int, int], language: str, style: str) -> str:
    year, month = at
    if style == "years":
        return str(year)
    if style == "numbers":
        return f"{month:02d}/{year}"
    if style == "dots":
        return f"{year}.{month:02d}"
    return f"{_MONTHS[language][month - 1]} {year}"


def head(flow: Flow, person: Person) -> None:
    """Set the name and the row of contacts."""
    flow.line(person.name, 20, bold=True)
    flow.line(f"{person.email} | {person.phone} | {person.place}", 9)


def section(flow: Flow, title: str, size: float = 13.0) -> None:
    """Set the heading of a section."""
    flow.gap(8)
    flow.line(title, size, bold=True)
    flow.gap(2)


def beside(flow: Flow, left: str, text: str, *, bold: bool = False, indent: float = 140.0) -> None:
    """Set a text beside one in a left column."""
    flow.line(text, bold=bold, indent=indent)
    flow.sheet.put(flow.number, (flow.x, flow.y), left, flow.size)

"""Web pages (HTML)."""

from __future__ import annotations

from pathlib import Path

from pipeline.engines.formats.decoding import read_text
from pipeline.engines.formats.elements import Content, Element, PictureList, Section, numbered
from pipeline.engines.formats.main_part import without_menus
from pipeline.engines.formats.markup import Markup, Resolve, parse_html, title_of, unread_words
from pipeline.engines.formats.packages import translated
from stores.models import Label


def read_web(path: Path) -> Content:
    """Read a web page without its menus. Only pictures that stand in it are read; nothing is fetched."""
    with translated("web page"):
        return content_of_html(read_text(path, markup=True), of_site=True)


def content_of_html(text: str, *, of_site: bool = False) -> Content:
    """Read a text of HTML; ``of_site``: it may have menus and banners around what it says, which are left out."""
    pictures = PictureList()
    lost: dict[str, int] = {}
    elements, title = elements_of_html(text, pictures, lost, of_site=of_site)
    return Content(
        sections=(Section(elements=tuple(numbered(elements)), title=title),),
        title=title,
        pictures=tuple(pictures.pictures),
        unread=unread_words(lost),
    )


def elements_of_html(
    text: str,
    pictures: PictureList,
    lost: dict[str, int],
    resolve: Resolve = lambda _: None,
    *,
    of_site: bool = False,
) -> tuple[list[Element], str]:
    """The elements of a text of HTML, and its title; ``lost`` counts what was not read. For ``of_site`` see above."""
    root = parse_html(text)
    if root is None:
        return [], ""
    markup = Markup(pictures, resolve, lost=lost)
    title = title_of(root)
    if of_site:
        without_menus(root, lost)
    return with_one_title(markup.read(root)), title


def with_one_title(elements: list[Element]) -> list[Element]:
    """The same elements, the first of which is a title where it is the only heading of its level."""
    first = next((at for at, element in enumerate(elements) if element.label is Label.HEADING), None)
    if first is None or elements[first].level != 1:
        return elements
    if sum(element.level == 1 for element in elements if element.label is Label.HEADING) > 1:
        return elements
    from dataclasses import replace

    return [*elements[:first], replace(elements[first], label=Label.TITLE), *elements[first + 1 :]]

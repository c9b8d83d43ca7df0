"""E-books (EPUB): a chapter is a section, in the order of the book's spine."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pipeline.engines.formats.decoding import decoded
from pipeline.engines.formats.elements import Content, PictureList, Section, numbered
from pipeline.engines.formats.markup import unread_words
from pipeline.engines.formats.packages import local, opened, parse_xml, part
from pipeline.engines.formats.web import elements_of_html
from stores.errors import EncryptedError, InputError

_WHAT = "e-book"
_MOST_CHAPTERS = 5000


def read_ebook(path: Path) -> Content:
    """Read the chapters of an e-book; one whose chapters are encrypted is refused."""
    with opened(path, _WHAT) as package:
        package_path = _package_path(package)
        book = parse_xml(package.read(package_path))
        chapters = list(_chapters(book, posixpath.dirname(package_path)))
        if set(chapters) & _encrypted(package):
            raise EncryptedError("The e-book is protected (DRM) and cannot be read.")
        pictures, lost, sections = PictureList(), dict[str, int](), []
        paragraphs = 0
        for name in chapters:
            text = decoded(part(package, name), markup=True)
            elements, _ = elements_of_html(text, pictures, lost, _resolve(package, posixpath.dirname(name)))
            if elements:
                sections.append(Section(elements=tuple(numbered(elements, paragraphs + 1))))
                paragraphs += sum(not element.cells for element in elements)
    if not sections:
        raise InputError("The e-book holds no chapters with text.", code="empty")
    return Content(
        sections=tuple(sections),
        title=_title(book),
        pictures=tuple(pictures.pictures),
        unread=unread_words(lost),
    )


def _package_path(package: zipfile.ZipFile) -> str:
    container = part(package, "META-INF/container.xml")
    if not container:
        raise InputError("The e-book has no list of contents (META-INF/container.xml); it is damaged.", code="damaged")
    paths = [node.get("full-path") for node in parse_xml(container).iter() if local(node) == "rootfile"]
    if not paths or paths[0] not in package.namelist():
        raise InputError("The e-book has no package file; it is damaged.", code="damaged")
    return str(paths[0])


def _chapters(book: Any, folder: str) -> Iterator[str]:
    """The names of the chapters in the order of the spine."""
    items = {node.get("id"): node for node in book.iter() if local(node) == "item"}
    for reference in [node for node in book.iter() if local(node) == "itemref"][:_MOST_CHAPTERS]:
        item = items.get(reference.get("idref"))
        if item is None or "html" not in (item.get("media-type") or ""):
            continue
        if "nav" not in (item.get("properties") or "").split():
            yield posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))


def _encrypted(package: zipfile.ZipFile) -> set[str]:
    data = part(package, "META-INF/encryption.xml")
    if not data:
        return set()
    return {unquote(node.get("URI") or "") for node in parse_xml(data).iter() if local(node) == "CipherReference"}


def _title(book: Any) -> str:
    titles = [node.text or "" for node in book.iter() if local(node) == "title"]
    return " ".join(titles[0].split())[:300] if titles else ""


def _resolve(package: zipfile.ZipFile, folder: str) -> Callable[[str], bytes | None]:
    """Find pictures by addresses that are relative to a chapter; only inside the book."""

    def resolve(address: str) -> bytes | None:
        if "://" in address or address.startswith("/"):
            return None
        name = posixpath.normpath(posixpath.join(folder, address.partition("#")[0]))
        return part(package, name) or None

    return resolve

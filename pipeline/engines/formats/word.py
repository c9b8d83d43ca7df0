"""Word documents (DOCX), which mammoth turns into HTML: headings, lists, tables, notes, links, pictures."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from pipeline.engines.formats.charts import charts
from pipeline.engines.formats.decoding import decoded
from pipeline.engines.formats.drawings import diagrams
from pipeline.engines.formats.elements import Content, Element, PictureList, Section, numbered
from pipeline.engines.formats.formulas import tex_of
from pipeline.engines.formats.markup import unread_words
from pipeline.engines.formats.packages import local, opened, parse_xml, part
from pipeline.engines.formats.web import elements_of_html
from pipeline.engines.formats.word_numbering import Numbering, numbering_of, with_numbers_in_text, with_own_numbers
from stores.models import Label

_WHAT = "Word document"
_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='TOC Heading'] => p:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
strike => s
comment-reference => sup
"""
_SOURCE = "picture:"
_HIDDEN = b":vanish"


def read_word(path: Path) -> Content:
    """Read a Word document; macros and embedded files are never touched, linked files never loaded."""
    import mammoth

    with opened(path, _WHAT) as package:
        pictures, lost = PictureList(), _lost(package)
        shown: list[bytes] = []

        def keep(image: Any) -> dict[str, str]:
            try:
                with image.open() as file:
                    shown.append(file.read())
            except (KeyError, OSError, ValueError, mammoth.docx.files.InvalidFileReferenceError):
                return {"src": "elsewhere", "alt": image.alt_text or ""}  # linked, and never loaded
            return {"src": f"{_SOURCE}{len(shown) - 1}", "alt": image.alt_text or ""}

        result = mammoth.convert_to_html(
            BytesIO(_readable(package, lost)), style_map=_STYLES, convert_image=mammoth.images.img_element(keep)
        )

        def picture(address: str) -> bytes | None:
            index = address.removeprefix(_SOURCE)
            return shown[int(index)] if address.startswith(_SOURCE) and index.isdigit() else None

        body, _ = elements_of_html(result.value, pictures, lost, picture)
        body = [*with_own_numbers(body), *_foreign_parts(package, pictures, lost)]
        drawn = charts(package, "word/charts/chart", lost)
        elements = [
            *_margins(package, "header"),
            *body,
            *diagrams(package, "word/diagrams/data"),
            *drawn,
            *_margins(package, "footer"),
        ]
        title = _title(package)
    return Content(
        sections=(Section(elements=tuple(numbered(elements))),),
        title=title,
        pictures=tuple(pictures.pictures),
        unread=unread_words(lost),
    )


def _readable(package: zipfile.ZipFile, lost: dict[str, int]) -> bytes:
    """The package as mammoth reads it: formulas, which it leaves out, stand in it as TeX; hidden runs are counted."""
    rewritten = BytesIO()
    numbering = numbering_of(*(_root(package, f"word/{name}.xml") for name in ("numbering", "styles")))
    with zipfile.ZipFile(rewritten, "w", zipfile.ZIP_STORED) as copy:
        for name in dict.fromkeys(package.namelist()):
            data = package.read(name)
            if name.startswith("word/") and name.endswith(".xml") and b"<m:oMath" in data:
                data = _with_formulas_as_tex(data)
            if name.startswith("word/") and name.endswith(".xml") and _HIDDEN in data:
                data = _without_hidden_runs(data, lost)
            if name == "word/document.xml" and numbering.lists:
                data = _with_numbers(data, numbering)
            copy.writestr(name, data)
    return rewritten.getvalue()


def _with_formulas_as_tex(data: bytes) -> bytes:
    from lxml import etree

    root = parse_xml(data)
    word = root.nsmap.get("w", "http://schemas.openxmlformats.org/wordprocessingml/2006/main")
    for formula in [node for node in root.iter() if local(node) == "oMath"]:
        run = etree.Element(f"{{{word}}}r")
        text = etree.SubElement(run, f"{{{word}}}t")
        tex, mark = tex_of(formula), "$$" if local(formula.getparent()) == "oMathPara" else "$"
        text.text = f"{mark}{tex}{mark}" if tex else ""
        run.tail = formula.tail
        parent = formula.getparent()
        holder = parent
        while holder is not None and local(holder) == "oMathPara":
            holder = holder.getparent()
        if parent is holder:
            parent.replace(formula, run)
        else:
            holder.insert(holder.index(parent), run)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _root(package: zipfile.ZipFile, name: str) -> Any:
    data = part(package, name)
    return parse_xml(data) if data else None


def _with_numbers(data: bytes, numbering: Numbering) -> bytes:
    from lxml import etree

    root = parse_xml(data)
    with_numbers_in_text(root, numbering)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _foreign_parts(package: zipfile.ZipFile, pictures: PictureList, lost: dict[str, int]) -> Iterator[Element]:
    """What stands in a document as HTML or plain text of its own; parts of other forms are counted."""
    relations = _root(package, "word/_rels/document.xml.rels")
    for relation in relations if relations is not None else ():
        if not (relation.get("Type") or "").endswith("/aFChunk") or relation.get("TargetMode") == "External":
            continue
        target = relation.get("Target") or ""
        data = part(package, target.removeprefix("/") if target.startswith("/") else f"word/{target}")
        if not target.lower().endswith((".html", ".htm", ".xhtml", ".txt")):
            lost["parts that are in another format"] = lost.get("parts that are in another format", 0) + 1
        elif target.lower().endswith(".txt"):
            yield from (Element(label=Label.TEXT, text=line) for line in decoded(data).splitlines() if line.strip())
        else:
            yield from elements_of_html(decoded(data, markup=True), pictures, lost)[0]


def _without_hidden_runs(data: bytes, lost: dict[str, int]) -> bytes:
    """A part without the runs that Word does not print."""
    from lxml import etree

    root = parse_xml(data)
    for run in [node for node in root.iter() if local(node) == "r" and _is_hidden(node)]:
        if _words(run).strip():
            lost["hidden texts"] = lost.get("hidden texts", 0) + 1
        for text in [node for node in run if local(node) != "rPr"]:
            run.remove(text)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _is_hidden(run: Any) -> bool:
    looks = [look for properties in run if local(properties) == "rPr" for look in properties if local(look) == "vanish"]
    values = [value for look in looks for key, value in look.attrib.items() if key.rpartition("}")[2] == "val"]
    return bool(looks) and not set(values) & {"0", "false", "off"}


def _margins(package: zipfile.ZipFile, kind: str) -> Iterator[Element]:
    """The texts of headers or footers, each once: they hold addresses and numbers. Page numbers are left out."""
    known = set()
    for name in sorted(package.namelist()):
        if name.startswith(f"word/{kind}") and name.endswith(".xml"):
            root = parse_xml(package.read(name))
            for twice in [node for node in root.iter() if local(node) == "Fallback"]:  # a box for old programs, again
                twice.getparent().remove(twice)
            for paragraph in (node for node in root.iter() if local(node) == "p"):
                text = " ".join(_words(paragraph).split())
                if text and text not in known and not text.isdigit():
                    known.add(text)
                    yield Element(label=Label.TEXT, text=text)


def _words(node: Any) -> str:
    """The text of a paragraph or run, without those of the boxes that are anchored in it."""
    name = local(node)
    if name == "t":
        return node.text or ""
    if name in ("tab", "br"):
        return " "
    return "".join(_words(child) for child in node if local(child) != "p")


def _title(package: zipfile.ZipFile) -> str:
    """The title in the properties of an Office file."""
    data = part(package, "docProps/core.xml")
    titles = [node.text or "" for node in parse_xml(data).iter() if local(node) == "title"] if data else []
    return " ".join(titles[0].split())[:300] if titles else ""


def _lost(package: zipfile.ZipFile) -> dict[str, int]:
    """Parts that are not read."""
    kinds = {
        "embedded files": "word/embeddings/",
        "macros": "word/vbaProject.bin",
    }
    names = package.namelist()
    counts = {words: sum(name.startswith(start) for name in names) for words, start in kinds.items()}
    return {words: count for words, count in counts.items() if count}

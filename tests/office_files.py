"""Small Office, mail and e-book files for tests, made with the libraries that read them or by hand."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_DOCX_TYPES = """<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>
<Override PartName="/word/document.xml"
 ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>
</Types>"""
_RELATIONS = """<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Target="{target}"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>"""
_STYLES = f"""<w:styles xmlns:w="{_WORD}">
<w:style w:type="paragraph" w:styleId="T"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style>
<w:style w:type="paragraph" w:styleId="H2"><w:name w:val="heading 2"/></w:style></w:styles>"""
_WORD_PARTS = """<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="s" Target="styles.xml"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles"/>
<Relationship Id="f" Target="footnotes.xml"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"/>
<Relationship Id="l" Target="https://example.org/terms" TargetMode="External"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"/>
<Relationship Id="i" Target="media/a.png"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"/></Relationships>"""


def packed(parts: Mapping[str, str | bytes], path: Path) -> Path:
    """Write a ZIP package with these parts in their order."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return path


def paragraph(text: str, style: str = "") -> str:
    """A paragraph of a Word document; ``style``: T, H1 or H2."""
    look = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f'<w:p>{look}<w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def word_table(*rows: tuple[str, ...]) -> str:
    cells = "".join("<w:tr>" + "".join(f"<w:tc>{paragraph(text)}</w:tc>" for text in row) + "</w:tr>" for row in rows)
    return f"<w:tbl>{cells}</w:tbl>"


def word_picture() -> str:
    return (
        '<w:p><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/'
        'wordprocessingDrawing"><wp:docPr id="1" name="x" descr="a stamp"/>'
        '<a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData>'
        '<pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:blipFill>'
        '<a:blip xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:embed="i"/>'
        "</pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
    )


def word_file(path: Path, *body: str, footnote: str = "", picture: bytes = b"", more: Mapping[str, str] = {}) -> Path:
    """Write a DOCX whose body holds these pieces of XML; ``footnote`` is number 2 of its notes."""
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": _DOCX_TYPES,
        "_rels/.rels": _RELATIONS.format(target="word/document.xml"),
        "word/document.xml": f'<w:document xmlns:w="{_WORD}" xmlns:r="http://schemas.openxmlformats.org/'
        'officeDocument/2006/relationships" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math">'
        f"<w:body>{''.join(body)}</w:body></w:document>",
        "word/styles.xml": _STYLES,
        "word/footnotes.xml": f'<w:footnotes xmlns:w="{_WORD}"><w:footnote w:id="2">{paragraph(footnote)}'
        "</w:footnote></w:footnotes>",
        "word/_rels/document.xml.rels": _WORD_PARTS,
    }
    return packed(parts | ({"word/media/a.png": picture} if picture else {}) | dict(more), path)


def picture_of_text(*lines: str) -> bytes:
    """A PNG of printed lines."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("L", (700, 60 + 50 * len(lines)), 255)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(28)
    for at, line in enumerate(lines):
        draw.text((30, 30 + 50 * at), line, font=font, fill=0)
    data = BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def workbook(path: Path, sheets: Mapping[str, list[list[object]]]) -> Path:
    """Write an XLSX with these sheets and rows; a number beside text gets the format of euros."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for cells in sheet.iter_rows():
            for cell in cells:
                if isinstance(cell.value, float):
                    cell.number_format = '#,##0.00" €"'
    book.save(path)
    return path


def open_text(path: Path, body: str) -> Path:
    """Write an ODT whose office:text holds this XML."""
    names = {
        "office": "office", "text": "text", "table": "table", "draw": "drawing", "xlink": "", "style": "style",
    }  # fmt: skip
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"' for short, long in names.items() if long
    )
    content = (
        f'<office:document-content {spaces} xmlns:xlink="http://www.w3.org/1999/xlink"><office:body><office:text>'
        f"{body}</office:text></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.text"
    return packed({"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": "<manifest/>"}, path)


def ebook(path: Path, *chapters: str) -> Path:
    """Write an EPUB with these bodies of chapters."""
    items = "".join(
        f'<item id="c{n}" href="c{n}.xhtml" media-type="application/xhtml+xml"/>' for n in range(len(chapters))
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    parts = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container><rootfiles><rootfile full-path="b/book.opf"/></rootfiles></container>',
        "b/book.opf": f'<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>A book</dc:title>'
        f"</metadata><manifest>{items}</manifest><spine>{spine}</spine></package>",
    }
    pages = {f"b/c{n}.xhtml": f"<html><body>{body}</body></html>" for n, body in enumerate(chapters)}
    return packed(parts | pages, path)


def mail(path: Path, *, html: str = "", text: str = "", attached: Mapping[str, bytes] = {}) -> Path:
    message = EmailMessage()
    message["From"], message["To"] = "Ann <ann@example.org>", "Bob <bob@example.org>"
    message["Date"], message["Subject"] = "Tue, 5 Mar 2024 10:00:00 +0100", "Offer 4711"
    message.set_content(text or "See the HTML.")
    if html:
        message.add_alternative(html, subtype="html")
    for name, data in attached.items():
        kind, subtype = ("image", "png") if name.endswith(".png") else ("application", "pdf")
        message.add_attachment(data, maintype=kind, subtype=subtype, filename=name)
    path.write_bytes(message.as_bytes())
    return path

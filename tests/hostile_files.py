"""Files that want to harm whoever opens them: without end in memory or time, or something else inside than they say."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

_CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
_PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
_FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
WORDS = "A good page about herons and their fishing in shallow rivers"


def pdf(objects: Mapping[int, bytes]) -> bytes:
    """Objects by number, the catalog is 1: a PDF with a true table of them."""
    body, places = b"%PDF-1.5\n", {}
    for number, content in objects.items():
        places[number] = len(body)
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(
        b"%010d %05d %s \n" % (places.get(n, 0), 0 if n in places else 65535, b"n" if n in places else b"f")
        for n in range(max(objects) + 1)
    )
    size = max(objects) + 1
    end = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return body + b"xref\n0 %d\n" % size + table + end


def stream(data: bytes, facts: bytes = b"") -> bytes:
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(data), facts, data)


def page(resources: bytes = b"", box: bytes = b"0 0 612 792", more: bytes = b"") -> bytes:
    return b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents 4 0 R/Resources<<%s>>%s>>" % (box, resources, more)


def written(text: str, box: bytes = b"0 0 612 792", size: int = 20, **others: bytes) -> bytes:
    """One page with a line of text. ``others``: ``catalog``, ``page`` (more of them)."""
    shown = text.encode("latin-1").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    catalog = _CATALOG[:-2] + others.get("catalog", b"") + b">>"
    content = stream(b"BT /F %d Tf 72 720 Td (%s) Tj ET" % (size, shown))
    facts = page(b"/Font<</F 9 0 R>>", box, others.get("page", b""))
    more = {
        6: b"<</S/JavaScript/JS(app.alert(1))>>",
        7: b"<</Type/Filespec/F(e.exe)/EF<</F 8 0 R>>>>",
        8: stream(b"MZ"),
    }
    return pdf({1: catalog, 2: _PAGES, 3: facts, 4: content, 9: _FONT, **(more if others else {})})


def nested(depth: int = 12) -> bytes:
    """Forms that draw the next one ten times each: 10^13 times the last."""
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 612 792]"
    objects = {1: _CATALOG, 2: _PAGES, 3: page(b"/XObject<</X 10 0 R>>"), 4: stream(b"/X Do " * 10)}
    for at in range(10, 10 + depth):
        objects[at] = stream(b"/X Do " * 10, form + b"/Resources<</XObject<</X %d 0 R>>>>" % (at + 1))
    return pdf({**objects, 10 + depth: stream(b"0 0 9 9 re f", form)})


def _packed(block: bytes, times: int) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(block) for _ in range(times)) + packer.flush()


def double_flate() -> bytes:
    """A kilobyte that unpacks to a content of 60 MB."""
    twice = zlib.compress(_packed(b"0 0 m 600 700 l S\n" * 1000, 3500), 9)
    return pdf({1: _CATALOG, 2: _PAGES, 3: page(), 4: stream(twice, b"/Filter[/FlateDecode/FlateDecode]")})


def object_stream(count: int = 100_000) -> bytes:
    head = b" ".join(b"%d %d" % (n + 100, n * 2) for n in range(count)) + b" "
    facts = b"/Type/ObjStm/N 2000000000/First %d/Filter/FlateDecode" % len(head)
    return pdf(
        {1: _CATALOG, 2: _PAGES, 3: page(), 4: stream(b""), 7: stream(zlib.compress(head + b"1 " * count), facts)}
    )


def with_pages(tree: bytes, **more: bytes) -> bytes:
    """A PDF whose page tree is ``tree``."""
    return pdf({1: _CATALOG, 2: tree, 3: page(), 4: stream(b""), **{int(n[1:]): text for n, text in more.items()}})


def from_elsewhere() -> bytes:
    """A page whose content and image are said to lie in a file of the machine and at a URL."""
    content = b"<</Length 0/F(/etc/passwd)>>stream\n\nendstream"
    image = (
        b"<</Type/XObject/Subtype/Image/Width 9/Height 9/BitsPerComponent 8/ColorSpace/DeviceGray/Length 0"
        b"/F<</Type/Filespec/FS/URL/F(http://127.0.0.1:1/x)>>>>stream\n\nendstream"
    )
    return pdf({1: _CATALOG, 2: _PAGES, 3: page(b"/XObject<</I 10 0 R>>"), 4: content, 10: image})


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, rows: int, text: bytes = b"") -> bytes:
    """A black and white PNG that claims a size and brings so many rows."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = [_chunk(b"IHDR", head), _chunk(b"IDAT", _packed(bytes(1 + min(width, 60_000) // 8), rows))]
    if text:
        parts.append(_chunk(b"zTXt", b"a\0\0" + text))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + _chunk(b"IEND", b"")


def tiff(pages: int) -> bytes:
    """A TIFF of so many tiny pages, each a directory of its own."""
    tags = ((256, 8), (257, 8), (258, 1), (259, 1), (262, 0), (273, 8), (278, 8), (279, 8))
    body = b"II*\0" + struct.pack("<I", 16) + bytes(8)
    for number in range(pages):
        following = 16 + (number + 1) * (2 + 12 * len(tags) + 4) if number + 1 < pages else 0
        body += struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
        body += struct.pack("<I", following)
    return body


def zipped() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", "a" * 1000)
    return target.getvalue()

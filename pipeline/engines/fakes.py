"""Fake engines without any model, for tests and for trying the pipeline: fast, deterministic, with light imports only.

A fake document is a small text file: the first line is ``%FAKE`` (``%FAKE password`` makes it encrypted), then pages
separated by form feeds. In a page, ``# `` begins a heading, lines are paragraphs. A page that begins with ``[scan]``
has no text layer, ``[broken]`` cannot be read, and ``[blank]`` shows nothing. Marks imitate the faults of native code:
``[crash]`` ends the process, ``[hang]`` sleeps for ever, ``[burn]`` computes for ever, ``[memory]`` allocates without
end, ``[slow 0.5]`` takes that many seconds, ``[until /a/file]`` waits until a file exists. In the form
``[layout crash]`` only layout analysis fails, which a plain reading leaves out.
"""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.contracts import DocumentFacts, PageFacts, PageImage
from pipeline.engines.media import FAKE, sniff
from stores.errors import EncryptedError, InputError, PageError
from stores.models import Block, Fault, Label, Line, PageText

WIDTH_PT, HEIGHT_PT = 595.0, 842.0
_MARGIN_PT, _LINE_PT = 72.0, 14.0
_LAYOUT = re.compile(r"\[layout ([^\]]+)\]")
_SCAN, _BROKEN, _BLANK = "[scan]", "[broken]", "[blank]"


class FakeDocuments:
    """A DocumentEngine for fake documents; a rendered page is a text file that FakeReader understands."""

    fingerprint = plan_fingerprint = "fake-documents:1"

    def inspect(self, path: Path, password: str) -> DocumentFacts:
        return DocumentFacts(page_count=len(_pages(path, password)))

    def look(self, path: Path, password: str, numbers: Sequence[int]) -> Iterator[PageFacts]:
        for number in numbers:
            text = _page(path, password, number)
            is_scan = text.startswith(_SCAN)
            yield PageFacts(
                number=number,
                width_pt=WIDTH_PT,
                height_pt=HEIGHT_PT,
                text="" if is_scan or text.startswith((_BROKEN, _BLANK)) else text,
                hidden_share=0.0,
                image_share=1.0 if is_scan or text.startswith(_BROKEN) else 0.0,
                unmapped_share=0.0,
                drawings=0,
                ink=bool(text.strip()) and not text.startswith(_BLANK),
            )

    def render(self, path: Path, password: str, number: int, target: Path) -> PageImage:
        text = _page(path, password, number)
        _refuse_broken(text, number)
        target.write_text(text.removeprefix(_SCAN).strip(), encoding="utf-8")
        return PageImage(number=number, path=target, width_pt=WIDTH_PT, height_pt=HEIGHT_PT)


class FakeText:
    """A TextReader of fake documents."""

    fingerprint = "fake-text:1"

    def read(self, path: Path, password: str, number: int, *, plain: bool = False, ocr: bool = True) -> PageText:
        del ocr
        text = _page(path, password, number)
        _refuse_broken(text, number)
        return _read(text, self.fingerprint, None, plain=plain)


class FakeReader:
    """A PageReader of pages that FakeDocuments rendered."""

    fingerprint = "fake-reader:1"
    batch_pages = 16

    def read(self, image: PageImage) -> PageText:
        try:
            text = image.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise PageError(f"The picture of page {image.number} is not a fake page.") from error
        return _read(text, self.fingerprint, 0.9, plain=image.plain)


def _read(text: str, engine: str, confidence: float | None, *, plain: bool) -> PageText:
    _misbehave(_LAYOUT.sub("" if plain else r"[\1]", text))
    read = page_text(text, engine, confidence)
    return replace(read, warning=Fault(code="layout_left_out", message="only its lines were read")) if plain else read


def page_text(text: str, engine: str, confidence: float | None) -> PageText:
    """Make Markdown and blocks of a fake page: one block per line, one below the other."""
    markdown, blocks = "", []
    for row, line in enumerate(line.strip() for line in text.splitlines() if line.strip()):
        markdown += "\n\n" if markdown else ""
        start = len(markdown)
        markdown += line
        blocks.append(_block(line, row, start))
    return PageText(markdown=markdown, blocks=tuple(blocks), engine=engine, confidence=confidence)


def _block(line: str, row: int, start: int) -> Block:
    level = len(line) - len(line.lstrip("#")) if line.startswith("#") else 0
    text = line[level:].strip()
    top = _MARGIN_PT + row * _LINE_PT
    box = (_MARGIN_PT, top, WIDTH_PT - _MARGIN_PT, top + _LINE_PT)
    return Block(
        label=Label.HEADING if level else Label.TEXT,
        box=box,
        text=text,
        start=start,
        end=start + len(line),
        level=min(level, 6),
        lines=(Line(box=box, text=text),),
    )


def _page(path: Path, password: str, number: int) -> str:
    pages = _pages(path, password)
    if not 1 <= number <= len(pages):
        raise PageError(f"There is no page {number}: the document has {len(pages)} pages.")
    return pages[number - 1]


def _refuse_broken(text: str, number: int) -> None:
    if text.startswith(_BROKEN):
        raise PageError(f"Page {number} cannot be read: it says that it is broken.")


def _misbehave(text: str) -> None:
    if "[crash]" in text:
        signal.raise_signal(signal.SIGSEGV)  # in this thread, at once: os.kill may leave it running for a moment
    if "[hang]" in text:
        time.sleep(3600)
    if "[burn]" in text:
        sum(range(10**15))  # holds the GIL, as native code does
    if "[memory]" in text:
        blocks = []
        while True:
            blocks.append(bytearray(64 << 20))
    slow = re.search(r"\[slow ([\d.]+)\]", text)
    if slow:
        time.sleep(float(slow[1]))
    gate = re.search(r"\[until (\S+)\]", text)
    while gate and not Path(gate[1]).exists():
        time.sleep(0.02)


def _pages(path: Path, password: str) -> list[str]:
    if sniff(path) != FAKE:
        raise InputError("The file is no fake document: its first line must be %FAKE.")
    first, _, rest = path.read_text(encoding="utf-8", errors="replace").partition("\n")
    secret = first.removeprefix("%FAKE").strip()
    if secret and secret != password:
        raise EncryptedError("The document is encrypted; give its password with --password.")
    if not rest.strip("\f\n "):
        raise InputError("The document has no pages.")
    return [page.strip() for page in rest.split("\f")]

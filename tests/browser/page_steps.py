"""Steps that tests of the pages share: expect something of a page, make fake documents, drop files."""

from __future__ import annotations

from typing import Any

from tests.waiting import GENEROUS_MS

SENTENCE = "The heron stands in the reeds and waits for fish all day long."
DROP = """([zone, files]) => {
    const transfer = new DataTransfer();
    for (const [name, text] of files) transfer.items.add(new File([text], name));
    for (const kind of ["dragenter", "dragover", "drop"])
        document.querySelector(zone).dispatchEvent(new DragEvent(kind, {dataTransfer: transfer, bubbles: true, cancelable: true}));
}"""  # noqa: E501


def expect(found: Any) -> Any:
    from playwright.sync_api import expect as expected

    expected.set_options(timeout=GENEROUS_MS)
    return expected(found)


def fake_text(*pages: str) -> str:
    return "%FAKE\n" + "\f".join(pages)


def drop(page: Any, **files: str) -> None:
    """Drop files on the zone, as a hand would."""
    page.evaluate(DROP, [".drop-target", [[name, text] for name, text in files.items()]])

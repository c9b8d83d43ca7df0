"""Documents selected in a list, and records sorted and filtered, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.service import Service
from pipeline.settings import Settings
from tests.browser.page_steps import expect
from tests.in_process import KB, fake_document, fake_resources, ingest_now

pytestmark = pytest.mark.browser

Tab = Callable[..., Any]


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory, still: Callable[..., str]) -> str:
    """Six letters of one page each, the last of which could not be read."""
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("docs")
    for name in "abcde":
        fake_document(folder / f"{name}.pdf", f"# Letter {name}\nThe heron waits.")
    fake_document(folder / "f.pdf", "good", "[broken]")
    ingest_now(fake_resources(home), folder)
    settings = {"text_engine": "fake", "ocr_engine": "fake", "embedder": "fake", "home": home}
    return f"{still(Service(Settings(**settings)))}/knowledge/{KB}"  # type: ignore[arg-type]


def test_rows_are_selected_by_mouse_and_key_and_deleted_after_a_question(tab: Tab, letters: str) -> None:
    page = tab()
    page.goto(letters)
    bar, boxes = page.locator("#picked"), page.locator(".pick input")
    delete = page.get_by_role("button", name="Delete…")
    expect(delete).to_be_disabled()
    boxes.nth(1).click()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(bar).to_have_text("3 of 6 selected")
    expect(page.get_by_role("button", name="Retry")).to_be_disabled()
    with page.expect_response(letters):  # the list is drawn anew
        page.evaluate("htmx.trigger(document.body, 'uploaded')")
    expect(bar).to_have_text("3 of 6 selected")
    boxes.nth(2).focus()
    page.keyboard.press("Space")
    expect(bar).to_have_text("2 of 6 selected")
    delete.click()
    expect(page.get_by_role("heading", name="Delete 2 documents?")).to_be_visible()
    page.get_by_role("button", name="for good").click()
    expect(page.get_by_role("status").first).to_contain_text("2 of 2 deleted")
    page.get_by_role("link", name="Back to the documents").click()
    expect(boxes).to_have_count(4)
    page.get_by_label("Select all on this page").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == f"{KB}.zip"


def test_a_selection_needs_no_script(tab: Tab, letters: str) -> None:
    page = tab(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page.goto(letters)
    page.get_by_label("Select a.pdf").check()
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete 1 document for good").click()
    assert "1 of 1 deleted" in page.inner_text("main")

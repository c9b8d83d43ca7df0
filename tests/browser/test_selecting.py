"""Documents selected in a list, and records sorted and filtered, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
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
    """Eight letters, a page of one could not be read; tests delete those before it."""
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("docs")
    for name in "abcdexy":
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
    expect(bar).to_have_text("3 of 8 selected")
    expect(page.get_by_role("button", name="Retry")).to_be_disabled()
    with page.expect_response(lambda answer: answer.url.startswith(letters)):  # the list is drawn anew
        page.evaluate("htmx.trigger(document.body, 'uploaded')")
    expect(bar).to_have_text("3 of 8 selected")
    boxes.nth(2).focus()
    page.keyboard.press("Space")
    expect(bar).to_have_text("2 of 8 selected")
    delete.click()
    expect(page.get_by_role("heading", name="Delete 2 documents?")).to_be_visible()
    page.get_by_role("button", name="for good").click()
    expect(page.get_by_role("status").first).to_contain_text("2 of 2 deleted")
    page.get_by_role("link", name="Back to the documents").click()
    expect(boxes).to_have_count(6)
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


def test_records_are_sorted_and_filtered_on_the_page(tab: Tab, letters: str) -> None:
    page = tab()
    page.goto(f"{letters}/records/document")
    names = page.locator(".records tbody th")
    page.get_by_role("link", name="title").click()
    page.get_by_role("link", name="title").click()
    expect(page.get_by_role("columnheader", name="title")).to_have_attribute("aria-sort", "descending")
    page.get_by_label("Column").select_option("title")
    page.get_by_label("Comparison").select_option("range")
    page.get_by_label("Value").fill("Letter x")
    page.get_by_label("and (of a range)").fill("Letter y")
    page.keyboard.press("Enter")
    expect(names).to_have_text(["y.pdf", "x.pdf"])
    assert "sort=-title" in page.url
    page.reload()
    expect(names).to_have_count(2)
    page.get_by_role("link", name="Remove the filter").click()
    page.wait_for_url(lambda url: "where" not in url)
    page.set_viewport_size({"width": 390, "height": 800})
    page.get_by_label("Order").select_option("@name")
    expect(names.last).to_have_text("y.pdf")

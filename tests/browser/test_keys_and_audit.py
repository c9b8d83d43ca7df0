"""The pages of keys and of the audit trail in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.service import Service
from pipeline.settings import Settings
from stores.audit import Action
from tests.browser.page_steps import expect

pytestmark = pytest.mark.browser

Tab = Callable[..., Any]


@pytest.fixture
def service(tmp_path: Path) -> Service:
    """A home with two knowledge bases and no key."""
    settings = {"text_engine": "fake", "ocr_engine": "fake", "embedder": "fake", "home": tmp_path}
    opened = Service(Settings(**settings))  # type: ignore[arg-type]
    for name in ("letters", "bills"):
        opened.knowledge_bases.create(name)
    return opened


def test_keys_are_made_shown_once_copied_and_revoked(tab: Tab, still: Callable[..., str], service: Service) -> None:
    address = still(service)
    page = tab(viewport={"width": 390, "height": 800}, permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{address}/settings")
    page.get_by_role("link", name="Make a key").click()
    page.get_by_label("Name").fill("ops")
    page.keyboard.press("Enter")
    shown = page.get_by_label("The new key")
    expect(page.get_by_text("This browser is logged in with this one")).to_be_visible()
    page.get_by_role("button", name="Copy").press("Enter")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    first = shown.input_value()
    assert page.evaluate("navigator.clipboard.readText()") == first and first.startswith("ingot_")

    page.goto(f"{address}/keys")
    expect(page.locator("tbody tr")).to_contain_text(["ops you use this one"])
    assert first not in page.content()
    page.get_by_label("Name").fill("ops")
    page.get_by_label("only those chosen here").check()
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_role("alert")).to_contain_text("no knowledge base is chosen")
    page.get_by_label("bills").check()
    page.get_by_label("Others, by id").fill("later, much-later")
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_role("alert")).to_contain_text("there is or was a key 'ops'")
    expect(page.get_by_label("bills")).to_be_checked()
    page.get_by_label("Name").fill("reader")
    page.get_by_role("button", name="Make the key").click()
    second = shown.input_value()
    row = page.locator("tbody tr").filter(has=page.get_by_role("rowheader", name="reader"))
    expect(row).to_contain_text("bills, later, much-later")
    assert page.evaluate("document.documentElement.scrollWidth") == 390

    limited = tab(extra_http_headers={"Authorization": f"Bearer {second}"})
    for path in ("/keys", "/audit"):
        assert limited.goto(address + path).status == 403
    row.get_by_text("Revoke", exact=False).first.press("Enter")
    row.get_by_role("button", name="Revoke for good").press("Enter")
    expect(row).to_contain_text("revoked")
    assert limited.goto(f"{address}/knowledge/bills").url.startswith(f"{address}/login")


def test_the_audit_trail_is_filtered_and_paged(tab: Tab, still: Callable[..., str], service: Service) -> None:
    for number in range(120):
        service.audit_trail.note(Action.DELETE_DOCUMENT, "letters", f"<b>{number}</b>.pdf")
    page = tab()
    page.goto(f"{still(service)}/audit")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(100)
    expect(rows.first).to_contain_text("<b>119</b>.pdf")
    page.get_by_role("link", name="Next").click()
    expect(rows).to_have_count(22)
    page.get_by_label("What").select_option("create knowledge base")
    page.get_by_label("Knowledge base (id)").fill("bills")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    expect(rows.get_by_role("link", name="bills")).to_be_visible()
    assert "action=create_knowledge_base" in page.url and "cursor" not in page.url
    page.get_by_label("Who").fill("nobody")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No change is like that.")).to_be_visible()
    page.get_by_role("link", name="Show all").first.click()
    expect(rows).to_have_count(100)
    page.get_by_label("Since").fill("some day")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("'some day' is no moment")

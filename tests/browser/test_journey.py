"""One way through all pages on real files: handed over, watched, looked at, found in English and in Chinese."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.page_steps import expect
from tests.waiting import GENEROUS_MS

pytestmark = pytest.mark.browser


def test_from_a_file_to_the_evidence_of_a_value(tab: Callable[..., Any], site: str, samples: Path) -> None:
    page = tab()
    page.goto(site)
    page.get_by_label("Knowledge base, new or old").fill("journey")
    page.get_by_text("How they are read").click()
    page.get_by_role("checkbox", name="invoice").check()
    files = [samples / name for name in ("invoice.pdf", "contract_zh_scan.pdf")]
    page.locator('input[type="file"]').set_input_files(files)
    page.wait_for_url("**/jobs/journey.*")
    expect(page.locator("#job-state")).to_have_text("done", timeout=GENEROUS_MS)
    page.get_by_role("link", name="invoice.pdf").first.click()
    page.locator('.value[data-key="invoice.amount"]').click()
    expect(page.locator(".layer-values .place.lit rect")).to_have_count(1)
    image = page.locator(".sheet-image").get_attribute("href")
    assert page.request.get(f"{site}{image}").headers["content-type"] == "image/png"
    for question, source, number, words in (
        ("When must the invoice be paid?", "invoice.pdf", "1", "Payment is due within 30 days"),
        ("付款期限", "contract_zh_scan.pdf", "2", "四十五日"),
    ):
        page.get_by_role("link", name="journey", exact=True).click()
        page.get_by_role("searchbox", name="Search in the documents").fill(question)
        page.keyboard.press("Enter")
        page.locator(".hit-title a").first.click()
        expect(page.locator(".inspector-title")).to_have_text(source)
        expect(page.locator(".turner input")).to_have_value(number)
        expect(page.locator(".layer-passages .place.lit rect").first).to_be_in_viewport()
        expect(page.locator(".piece.near", has_text=re.compile(words))).to_be_in_viewport()

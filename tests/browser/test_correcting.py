"""Values corrected in the inspector, the checking queue driven by keys, and the schema editor, in a real browser."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline import wiring
from pipeline.service import Service
from pipeline.settings import Settings
from tests.browser.page_steps import expect
from tests.in_process import KB, ingest_now

pytestmark = pytest.mark.browser

Tab = Callable[..., Any]
REMARK = "lines.amount: the 4 rows add up to 470.00, the total printed on page 1 is 480.00 (difference 10.00)"
NOWHERE = "('amount_tax', 'lines[1].amount')"


@dataclass(frozen=True)
class Board:
    """A served knowledge base with one invoice, two values of which stand nowhere, and one remark."""

    address: str
    service: Service

    def url(self, rest: str = "") -> str:
        return f"{self.address}/knowledge/{KB}{rest}"

    @property
    def document(self) -> str:
        return self.service.documents.get(KB, "invoice.pdf").document

    @property
    def record(self) -> Any:
        return next(one for one in self.service.records.of_document(KB, "invoice.pdf") if one.schema == "invoice")

    def marks(self) -> dict[str, str]:
        return {mark.path: str(mark.verdict) for mark in self.record.corrections}

    def forget(self) -> None:
        """Withdraw all corrections."""
        for one in self.service.records.corrections(KB, "invoice.pdf"):
            if one.withdrawn_at is None:
                self.service.records.withdraw(KB, "invoice.pdf", one.number, "test")


@pytest.fixture(scope="module")
def served(samples: Path, tmp_path_factory: pytest.TempPathFactory, still: Callable[..., str]) -> Board:
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("docs")
    (folder / "invoice.pdf").write_bytes((samples / "invoice.pdf").read_bytes())
    settings = Settings(home=home)
    with closing(wiring.build(settings, pooled=True)) as resources:
        ingest_now(resources, folder, options={"schemas": ("invoice",)})
    with sqlite3.connect(home / KB / "kb.db") as database:
        nothing = "found = 0, page = 0, boxes = '[]', quote = ''"
        database.execute(f"UPDATE evidence SET {nothing} WHERE path IN {NOWHERE}")
        database.execute("UPDATE record SET remarks = ? WHERE schema = 'invoice'", (f'["{REMARK}"]',))
    service = Service(settings)
    return Board(still(service), service)


@pytest.fixture
def board(served: Board) -> Board:
    served.forget()
    return served


def middle(page: Any, key: str) -> tuple[float, float]:
    """The middle of the box of a value on the page image."""
    box = page.locator(f'.layer-values .place[data-key="{key}"] rect').first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_value_is_corrected_by_clicking_its_word_and_the_correction_is_undone(tab: Tab, board: Board) -> None:
    page = tab()
    page.goto(board.url(f"/documents/{board.document}"))
    page.locator('.value[data-key="invoice.amount"]').click()
    page.get_by_role("button", name="Correct e").click()
    typed = page.get_by_label("invoice amount")
    expect(typed).to_have_value("564")
    page.mouse.click(*middle(page, "invoice.amount_untaxed"))
    expect(typed).to_have_value("£470.00")
    expect(page.locator(".layer-picked rect")).to_have_count(1)
    typed.press("Enter")
    value = page.locator('.value.corrected[data-key="invoice.amount"]')
    expect(value).to_contain_text("it was 564")
    expect(page.locator("#said")).to_have_text("Saved: invoice amount")
    assert board.record.fields["amount"] == 470.0
    boxes = board.record.evidence
    assert boxes["amount"]["boxes"][0] == pytest.approx(boxes["amount_untaxed"]["boxes"][0], abs=6.0)
    page.keyboard.press("u")
    expect(page.locator('.value[data-key="invoice.amount"]')).not_to_contain_text("it was")
    assert board.record.fields["amount"] == 564.0 and board.marks() == {}


def test_words_are_framed_faults_are_told_and_what_is_missing_can_be_given(tab: Tab, board: Board) -> None:
    page = tab(color_scheme="dark")
    page.goto(board.url(f"/documents/{board.document}?record=invoice.due_date"))
    page.keyboard.press("x")
    given = page.locator('[data-give][data-path="due_date"]')
    expect(given).to_contain_text("rejected by")
    assert board.record.fields["due_date"] is None
    given.click()
    typed = page.get_by_label("invoice due date")
    typed.fill("soon")
    typed.press("Enter")
    expect(page.get_by_role("alert").first).to_have_text(
        "due_date: 'soon' is not a date, such as 2018-09-14, 2018-09 or 2018"
    )
    box = page.locator('.layer-values .place[data-key="invoice.date"] rect').bounding_box()
    page.mouse.move(box["x"] - 2, box["y"] - 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"])
    page.mouse.move(box["x"] + box["width"] + 2, box["y"] + box["height"] + 2)
    page.mouse.up()
    expect(typed).to_have_value("17 April 2026")
    page.get_by_role("button", name="Save").click()
    expect(page.locator('.value.corrected[data-key="invoice.due_date"]')).to_contain_text("2026-04-17")
    assert board.record.fields["due_date"] == "2026-04-17" and board.record.evidence["due_date"]["page"] == 1
    page.keyboard.press("e")
    expect(page.locator("#correction")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#correction")).to_be_hidden()


def test_the_checking_queue_is_worked_through_by_keys(tab: Tab, board: Board) -> None:
    page = tab(color_scheme="dark")
    page.goto(board.url("/check"))
    heading, value = page.locator("#check-field"), page.locator("#check-value")
    expect(heading).to_have_text("invoice amount tax")
    expect(heading).to_be_focused()
    expect(value).to_have_text("94")
    expect(page.locator("#check-reasons")).to_have_text("it stands nowhere in the document")
    page.keyboard.press("j")
    expect(heading).to_have_text("invoice lines[1].amount")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(heading).to_have_text("invoice lines[1].amount")
    expect(page.locator("#said")).to_contain_text("invoice amount tax accepted. Next: invoice lines[1].amount, 150")
    expect(page.locator(".check-item.done")).to_contain_text("accepted")
    page.keyboard.press("e")
    page.get_by_role("textbox", name="invoice lines[1].amount").fill("151")
    page.keyboard.press("Enter")
    expect(heading).to_have_text("invoice remark")
    expect(value).to_have_text(REMARK.replace("470.00", "471.00").replace("10.00", "9.00"))  # it follows the row
    assert board.marks() == {"amount_tax": "confirmed", "lines[1].amount": "corrected"}
    assert board.record.fields["lines"][1]["amount"] == 151.0
    page.keyboard.press("u")
    expect(heading).to_have_text("invoice lines[1].amount")
    expect(value).to_have_text("150")
    page.keyboard.press("x")
    expect(heading).to_have_text("invoice remark")
    assert board.record.fields["lines"][1]["amount"] is None
    expect(page.get_by_role("button", name="Not there x")).to_be_disabled()
    page.keyboard.press("Enter")
    expect(page.locator("#check-place")).to_have_text("All are checked.")
    assert board.marks()["@remarks[0]"] == "confirmed"
    page.reload()
    expect(page.get_by_text("Nothing is to be checked.")).to_be_visible()


def test_the_queue_lights_the_box_of_its_value_and_fits_a_telephone(tab: Tab, board: Board) -> None:
    with sqlite3.connect(board.service.settings.home / KB / "kb.db") as database:
        database.execute("UPDATE page SET confidence = 0.7")
    page = tab(viewport={"width": 390, "height": 844}, has_touch=True)
    page.goto(board.url("/check?schema=invoice"))
    page.locator(".check-item", has_text="invoice invoice number").click()
    expect(page.locator("#check-quote")).to_have_text("printed as “LPS-2026-0417” on page 1")
    expect(page.locator('.place.lit[data-key="invoice.invoice_number"]')).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="Accept").click()
    expect(page.locator(".check-item.done")).to_have_count(1)
    assert board.marks() == {"invoice_number": "confirmed"}
    names = page.evaluate(
        "[...document.querySelectorAll('#check button')].map(b => b.ariaLabel || b.textContent.trim())"
    )
    assert all(names)
    with sqlite3.connect(board.service.settings.home / KB / "kb.db") as database:
        database.execute("UPDATE page SET confidence = NULL")


def test_a_schema_is_tried_as_it_is_written_and_nothing_is_stored(tab: Tab, board: Board) -> None:
    page = tab(viewport={"width": 390, "height": 844})
    page.goto(board.url(f"/schema?document={board.document}&start=draft"))
    text, preview = page.get_by_label("The schema as text"), page.locator("#schema-preview")
    expect(preview).to_contain_text("LPS-2026-0417")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.locator("#schema-form").select_option("toml")
    text.fill('name = "bill"\n[[fields]]\nname = "total"\nkind = "numbr"\nlabels = ["total due"]\n')
    expect(page.locator("#schema-fault")).to_contain_text("schema.toml: fields[0] (total).kind")
    text.fill('name = "bill"\n[[fields]]\nname = "total"\nkind = "number"\nlabels = ["total due"]\n')
    expect(preview).to_contain_text("The schema bill can be used. 1 value in invoice.pdf. Nothing is stored.")
    expect(preview.locator("td", has_text="564")).to_have_count(1)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download").click()
    assert saved.value.suggested_filename == "bill.toml"
    assert "bill" not in board.service.records.counts(KB)

"""The page of questions in a real browser: answers, their places, what is not said, and no scripts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.service import Service
from tests.browser.page_steps import expect
from tests.in_process import KB, fake_document, fake_resources, ingest_now
from tests.model_server import completion, model_server

pytestmark = pytest.mark.browser

Tab = Callable[..., Any]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, still: Callable[..., str]) -> str:
    folder = tmp_path_factory.mktemp("asked")
    fake_document(folder / "docs" / "contract.pdf", "# Contract\nPayment is due within 45 days.", "# Annex\nBavaria.")
    fake_document(folder / "docs" / "note.pdf", "# Note\nA note about <b>giraffes</b> & zebras.")
    resources = fake_resources(folder / "home")
    ingest_now(resources, folder / "docs")
    return still(Service(resources.settings))


def test_a_question_leads_to_the_place_of_its_answer(tab: Tab, address: str) -> None:
    page = tab()
    page.goto(f"{address}/knowledge/{KB}")
    page.get_by_role("searchbox", name="Search in the documents").fill("When is payment due?")
    page.get_by_role("button", name="Ask").click()
    sentence = page.locator(".answer-sentence").first
    expect(sentence).to_contain_text("Payment is due within 45 days.")
    expect(page.locator("#answer")).not_to_have_attribute("aria-busy", "true")
    sentence.get_by_role("link", name="contract.pdf, page 1").first.click()
    page.wait_for_url("**/documents/**page=1*")
    expect(page.locator(".turner input")).to_have_value("1")


def test_text_of_documents_is_never_markup(tab: Tab, address: str) -> None:
    page = tab()
    page.goto(f"{address}/knowledge/{KB}/ask?q=giraffes")
    expect(page.locator(".answer")).to_contain_text("giraffes")
    expect(page.locator(".answer b")).to_have_count(0)


def test_what_is_wrong_with_a_question_is_said(tab: Tab, address: str) -> None:
    page = tab()
    page.goto(f"{address}/knowledge/{KB}/ask?q=payment&where=sorce+%3D+a")
    expect(page.get_by_role("alert")).to_contain_text("did you mean 'source'")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**/search?**")


def test_the_answer_is_there_without_scripts_and_on_a_phone(tab: Tab, address: str) -> None:
    page = tab(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page.goto(f"{address}/knowledge/{KB}/ask?q=When+is+payment+due")
    page.get_by_role("link", name="Show the answer").click()
    expect(page.locator(".answer-sentence").first).to_contain_text("45 days")
    page = tab(viewport={"width": 390, "height": 800})
    page.goto(f"{address}/knowledge/{KB}/ask?q=When+is+payment+due")
    expect(page.locator(".answer-sentence").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_rows_of_the_records_are_shown_with_their_statement(
    tab: Tab, tmp_path_factory: pytest.TempPathFactory, still: Callable[..., str]
) -> None:
    folder = tmp_path_factory.mktemp("records")
    fake_document(
        folder / "docs" / "bolt.pdf", "# Bolt Ltd\nInvoice number: A-17\nDue date: 2026-05-12\nTotal: 1,250.00 EUR"
    )
    statement = "SELECT document, source, amount FROM invoice_now WHERE amount > 1000"
    told = {"sentences": [{"text": "bolt.pdf: 1,250 EUR.", "citations": [{"excerpt": 1, "quote": "1250.0"}]}]}
    with model_server(lambda request: json.dumps(told)) as model:
        model.plan = [completion(json.dumps({"statement": statement}))]
        resources = fake_resources(folder / "home", llm_url=model.url, llm_model="m")
        ingest_now(resources, folder / "docs", options={"schemas": ("invoice",)})
        page = tab(viewport={"width": 390, "height": 800})
        page.goto(f"{still(Service(resources.settings))}/knowledge/{KB}/ask?q=Which+invoices+are+over+1000%3F")
        rows = page.locator(".answer-rows")
        expect(rows.locator("code")).to_have_text(statement)
        expect(rows.get_by_role("cell").filter(has_text="1250")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        rows.get_by_role("link", name="bolt.pdf, page 1").click()
        page.wait_for_url("**/documents/**page=1*")

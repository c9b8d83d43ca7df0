"""The inspector, search and records in a real browser: what lights what, where links lead, and that nothing runs."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pipeline import wiring
from pipeline.service import Service
from pipeline.settings import Settings
from tests.browser.page_steps import expect
from tests.browser.shelf import (
    HOSTILE_NAME,
    Shelf,
    assert_same_boxes,
    in_points,
    lit,
    write_hostile_pdf,
)
from tests.in_process import KB, as_if_killed, fake_document, fake_resources, ingest_now
from tests.waiting import GENEROUS_MS

pytestmark = pytest.mark.browser

Tab = Callable[..., Any]


@pytest.fixture(scope="module")
def shelf(samples: Path, tmp_path_factory: pytest.TempPathFactory, still: Callable[..., str]) -> Shelf:
    """The samples and a hostile document, read by the real engines; one value of the invoice has no evidence."""
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("docs")
    for name in ("invoice.pdf", "contract_zh_scan.pdf", "paper.pdf", "resume_zh.pdf"):
        (folder / name).write_bytes((samples / name).read_bytes())
    write_hostile_pdf(folder / HOSTILE_NAME)
    settings = Settings(home=home)
    with closing(wiring.build(settings, pooled=True)) as resources:
        ingest_now(resources, folder, options={"schemas": ("invoice", "resume")})
    with sqlite3.connect(home / KB / "kb.db") as database:
        database.execute("UPDATE evidence SET found = 0, page = 0, boxes = '[]', quote = '' WHERE path = 'amount_tax'")
    service = Service(settings)
    return Shelf(still(service), service)


@pytest.fixture(scope="module")
def fakes(tmp_path_factory: pytest.TempPathFactory, still: Callable[..., str]) -> Shelf:
    """Documents of the fake engines: one of 800 pages, one with a page that cannot be read."""
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("docs")
    fake_document(
        folder / "long.pdf", *(f"# Chapter {number}\nThe heron waits, {number} times." for number in range(1, 801))
    )
    fake_document(folder / "half.pdf", "# Good\nThis page is good.", "[broken]", "This one, too.")
    ingest_now(fake_resources(home), folder)
    chosen = {"text_engine": "fake", "ocr_engine": "fake", "embedder": "fake", "home": home}
    service = Service(Settings(**chosen))  # type: ignore[arg-type]
    return Shelf(still(service), service)


def test_a_value_lights_its_box_its_words_and_its_address(tab: Tab, shelf: Shelf) -> None:
    page = tab()
    page.goto(shelf.url("invoice.pdf"))
    page.locator('.value[data-key="invoice.amount"]').click()
    assert_same_boxes(in_points(page, lit(page, "values")), shelf.evidence("invoice.pdf", "invoice", "amount")["boxes"])
    expect(page.locator(".piece.near table")).to_have_count(1)
    expect(page.locator("#lit-line")).to_contain_text("printed on page 1 as “£564.00”")
    assert page.evaluate("[...CSS.highlights.get('quote')].map(String)") == ["£564.00"]
    assert "record=invoice.amount" in page.url
    page.keyboard.press("Escape")
    expect(lit(page, "values")).to_have_count(0)
    assert "record" not in page.url


def test_a_block_lights_its_markdown_and_the_other_way_round(tab: Tab, shelf: Shelf) -> None:
    page = tab()
    page.goto(shelf.url("resume_zh.pdf"))
    blocks = shelf.service.inspection.page_view(KB, "resume_zh.pdf", 1).page.blocks
    number, block = next((i, one) for i, one in enumerate(blocks) if "负责订单与结算系统" in one.text)
    page.locator(f'.layer-blocks .place[data-key="b{number}"] rect').click()
    expect(page.locator(".piece.lit")).to_have_count(1)
    expect(page.locator(".piece.lit")).to_contain_text("负责订单与结算系统")
    page.locator(".piece", has_text="个人简介").click()
    expect(page.locator(".piece.lit")).to_have_text("个人简介")
    heading = next(one for one in blocks if one.text == "个人简介")
    assert_same_boxes(in_points(page, lit(page, "blocks")), [heading.box])
    page.locator(".piece", has_text="负责订单与结算系统").hover()
    assert_same_boxes(in_points(page, lit(page, "blocks")), [block.box])


def test_passages_light_and_are_lit(tab: Tab, shelf: Shelf) -> None:
    page = tab()
    page.goto(shelf.url("contract_zh_scan.pdf", "?page=2"))
    page.get_by_role("tab", name="Passages").click()
    passage = page.locator(".passage", has_text="四十五日")
    passage.hover()
    expect(page.locator(".piece.near", has_text="付款期限为甲方")).to_have_count(1)
    ordinal = int(passage.get_attribute("data-key").removeprefix("c"))
    chunk = next(
        one
        for one in shelf.service.inspection.page_view(KB, "contract_zh_scan.pdf", 2).chunks
        if one.ordinal == ordinal
    )
    boxes = [placed.box for placed in chunk.boxes if placed.page == 2]
    assert_same_boxes(in_points(page, lit(page, "passages")), boxes, tolerance=6.5)
    page.locator(".piece", has_text="付款期限为甲方").hover()
    expect(passage).to_have_class(re.compile(r"\bnear\b"))


def test_links_lead_to_the_place(tab: Tab, shelf: Shelf) -> None:
    page = tab(viewport={"width": 1280, "height": 500})
    page.goto(shelf.url("paper.pdf", "?record=document.title"))
    expect(page.locator('.value.lit[data-key="document.title"]')).to_be_visible()
    page.goto(shelf.url("contract_zh_scan.pdf", "?chunk=4"))
    expect(page.locator(".page-cell[aria-current]")).to_have_text("2")
    expect(page.locator(".passage.lit")).to_be_in_viewport()
    page.goto(shelf.url("paper.pdf", "?page=2&box=60,500,200,560"))
    assert_same_boxes(in_points(page, page.locator(".layer-marked rect")), [(60, 500, 200, 560)])
    expect(page.locator(".layer-marked rect")).to_be_in_viewport()
    page.goto(f"{shelf.address}/knowledge/{KB}/documents/invoice.pdf?page=1")
    assert page.url == shelf.url("invoice.pdf", "?page=1")


def test_pages_are_turned_by_keys_and_the_browsers_buttons(tab: Tab, shelf: Shelf) -> None:
    page = tab()
    page.goto(shelf.url("contract_zh_scan.pdf"))
    expect(page.locator(".page-facts")).to_contain_text("Read by OCR (rapidocr)")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".markdown").first).to_contain_text("第四条")
    expect(page.locator("#said")).to_have_text("Page 2 of 2")
    page.keyboard.press("PageUp")
    expect(page.locator(".markdown").first).to_contain_text("技术服务合同")
    page.keyboard.press("PageUp")
    page.go_back()
    expect(page.locator(".markdown").first).to_contain_text("第四条")
    expect(page.locator(".turner input")).to_have_value("2")
    page.locator(".page-cell").first.click()
    expect(page.locator(".page-cell[aria-current]")).to_have_text("1")


def test_values_are_walked_by_keys(tab: Tab, shelf: Shelf) -> None:
    page = tab()
    page.goto(shelf.url("invoice.pdf"))
    page.keyboard.press("j")
    page.keyboard.press("j")
    first = page.locator(".value.lit")
    expect(first).to_have_count(1)
    page.keyboard.press("k")
    expect(page.locator(".value").first).to_have_class(re.compile(r"\blit\b"))
    page.keyboard.press("Enter")
    key = page.locator(".value").first.get_attribute("data-key")
    assert f"record={key}" in page.url
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("n")
    expect(page.locator(".piece.lit")).to_have_count(1)
    page.keyboard.press("v")
    expect(page.locator(".passage").first).to_be_visible()


def test_a_value_without_evidence_is_marked(tab: Tab, shelf: Shelf) -> None:
    page = tab()
    page.goto(shelf.url("invoice.pdf"))
    row = page.locator('.value[data-key="invoice.amount_tax"]')
    expect(row).to_contain_text("not found in the document")
    row.click()
    expect(page.locator("#lit-line")).to_contain_text("no evidence")
    expect(lit(page, "values")).to_have_count(0)
    page.goto(f"{shelf.address}/knowledge/{KB}/records/invoice?q=LPS-2026-0417")
    expect(page.locator(".records .lost")).to_have_text(re.compile("^94"))


@pytest.mark.parametrize(
    ("question", "source", "number", "words"),
    [
        ("When must the invoice be paid?", "invoice.pdf", "1", "Payment is due within 30 days"),
        ("付款期限", "contract_zh_scan.pdf", "2", "付款期限为甲方收到发票之日起四十五日内"),
    ],
)
def test_search_lands_on_the_place(tab: Tab, shelf: Shelf, question: str, source: str, number: str, words: str) -> None:
    page = tab()
    page.goto(f"{shelf.address}/knowledge/{KB}/search")
    page.keyboard.type(question)
    page.keyboard.press("Enter")
    hit = page.locator(".hit").first
    expect(hit.locator(".hit-title a")).to_have_text(source)
    expect(hit.locator("mark").first).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("h1").focus()
    hit.locator(".hit-title a").click()
    page.wait_for_url("**/documents/**")
    expect(page.locator(".turner input")).to_have_value(number)
    expect(page.locator(".piece.near", has_text=words)).to_be_in_viewport()
    block = next(
        one for one in shelf.service.inspection.page_view(KB, source, int(number)).page.blocks if words in one.text
    )
    boxes = in_points(page, lit(page, "passages"))
    assert any(box == pytest.approx(block.box, abs=6.5) for box in boxes)
    assert page.evaluate("CSS.highlights.get('terms').size") > 0


def test_search_says_what_it_did_not_find_or_understand(tab: Tab, shelf: Shelf) -> None:
    page = tab()
    base = f"{shelf.address}/knowledge/{KB}/search"
    page.goto(f"{base}?q=zebra&mode=keyword")
    expect(page.locator(".empty")).to_contain_text("Nothing was found for zebra")
    page.goto(f"{base}?q=invoice&where=currency")
    expect(page.get_by_role("alert")).to_contain_text("write it like language=en")
    page.goto(f"{base}?q=invoice&language=en&where=invoice.currency%3DGBP")
    assert {link.inner_text() for link in page.locator(".hit-title a").all()} == {"invoice.pdf"}
    page.goto(f"{base}?q=the")
    page.locator(".hit").first.get_by_text("Why this one").click()
    expect(page.locator(".hit").first).to_contain_text("by meaning")
    page.keyboard.press("/")
    expect(page.locator(".search-field")).to_be_focused()


def test_records_are_filtered_and_link_to_their_evidence(tab: Tab, shelf: Shelf) -> None:
    page = tab()
    page.goto(f"{shelf.address}/knowledge/{KB}/records/invoice")
    expect(page.locator(".schema-tabs [aria-current]")).to_contain_text("invoice")
    with page.expect_response(lambda response: "larkspur" in response.url):
        page.get_by_role("searchbox").fill("larkspur gbp")
    page.wait_for_url(re.compile("larkspur"))  # the rows are replaced by then
    expect(page.locator(".records tbody tr")).to_have_count(1)
    page.get_by_text("4 rows").click()
    page.locator(".nested").get_by_role("link", name="Acid-free archive boxes").click()
    page.wait_for_url("**/documents/**")
    expect(page.locator(".value.lit")).to_have_text(re.compile("Acid-free archive boxes"))
    wanted = shelf.evidence("invoice.pdf", "invoice", "lines[1].description")["boxes"]
    assert_same_boxes(in_points(page, lit(page, "values")), wanted)


def test_nothing_of_a_hostile_document_runs(tab: Tab, shelf: Shelf) -> None:
    page = tab()
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url) if shelf.address not in request.url else None)
    policy = page.goto(shelf.url(HOSTILE_NAME)).headers["content-security-policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy
    expect(page.locator(".inspector-title")).to_have_text(HOSTILE_NAME)
    expect(page.locator(".pane-text")).to_contain_text("<script>alert(1)</script>")
    for element in page.locator(".pane-text .piece").all():
        element.click()
    page.get_by_role("tab", name="Passages").click()
    page.locator(".passage").first.click()
    page.goto(f"{shelf.address}/knowledge/{KB}/search?q=%3Cscript%3Ealert(1)%3C/script%3E+click+here")
    expect(page.locator(".hit-title a", has_text="onerror").first).to_be_visible()
    page.goto(f"{shelf.address}/knowledge/{KB}/records/document?q=onerror")
    expect(page.locator(".records tbody tr")).to_have_count(1)
    assert asked == []
    assert page.evaluate("window.ran") is None
    assert page.locator("main :is(script, iframe, img, form[action^=http], a[href^=javascript])").count() == 0


def test_a_failed_page_says_why_and_is_tried_again(tab: Tab, fakes: Shelf) -> None:
    page = tab()
    page.goto(fakes.url("half.pdf", "?page=2"))
    reason = fakes.service.documents.get(KB, "half.pdf").failed_pages[2]
    expect(page.locator(".pane-text .notice.bad")).to_contain_text(reason)
    expect(page.locator(".page-cell.page-failed")).to_have_attribute("title", f"Page 2. Failed: {reason}")
    expect(page.locator(".pane-text [data-retry]")).to_have_count(0)  # the page itself is at fault
    as_if_killed(fakes.service.settings.home)
    page.reload()
    page.locator(".pane-text [data-retry]").click()
    expect(page.locator(".pane-text .retry a")).to_have_attribute("href", re.compile(r"^/jobs/test\."))


def test_eight_hundred_pages_are_turned_one_at_a_time(tab: Tab, fakes: Shelf) -> None:
    page = tab()
    answers: list[int] = []
    page.goto(fakes.url("long.pdf"))
    page.on("response", lambda answer: answers.append(len(answer.body())) if "part=page" in answer.url else None)
    page.keyboard.press("End")
    expect(page.locator(".markdown").first).to_contain_text("800 times")
    expect(page.locator(".page-cell[aria-current]")).to_be_in_viewport()
    page.locator(".turner input").fill("400")
    page.keyboard.press("Enter")
    expect(page.locator(".markdown").first).to_contain_text("400 times")
    assert page.locator(".piece").count() < 10
    assert max(answers) < 20_000


def test_widths_zoom_and_layers_are_remembered_and_narrow_windows_stack(tab: Tab, shelf: Shelf) -> None:
    page = tab()
    page.goto(shelf.url("invoice.pdf"))
    before = page.locator(".pane-sheet").bounding_box()["width"]
    page.locator(".splitter").first.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.locator('[data-zoom="in"]').click()
    page.get_by_label("Blocks").check()
    page.reload()
    assert page.locator(".pane-sheet").bounding_box()["width"] > before + 40
    assert page.locator(".sheet").bounding_box()["width"] > page.locator(".pane-sheet").bounding_box()["width"]
    expect(page.get_by_label("Blocks")).to_be_checked()
    page.set_viewport_size({"width": 390, "height": 800})
    sheet, text = (page.locator(name).bounding_box() for name in (".pane-sheet", ".pane-text"))
    assert text["y"] >= sheet["y"] + sheet["height"] and sheet["width"] > 340
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_page_scanned_on_its_side_is_turned_with_its_boxes(tab: Tab, shelf: Shelf) -> None:
    page = tab()
    page.goto(shelf.url("invoice.pdf", "?record=invoice.amount"))
    x0, y0, x1, y1 = shelf.evidence("invoice.pdf", "invoice", "amount")["boxes"][0]
    high = float(page.locator(".sheet").get_attribute("data-high"))
    page.keyboard.press("r")
    assert_same_boxes(in_points(page, lit(page, "values")), [(high - y1, x0, high - y0, x1)], tolerance=5.0)
    for _ in range(3):
        page.keyboard.press("r")
    assert_same_boxes(in_points(page, lit(page, "values")), [(x0, y0, x1, y1)])


def test_a_document_in_work_fills_by_itself(tab: Tab, fake_site: str, tmp_path: Path) -> None:
    import httpx2

    opened = tmp_path / "opened"
    text = "%FAKE\n" + "\f".join(f"[scan] The heron waits. [until {opened}] {number}" for number in range(6))
    answer = httpx2.post(f"{fake_site}/api/v1/knowledge/live/ingest", files={"files": ("slow.pdf", text.encode())})
    document = answer.json()["documents"][0]["document"]
    page = tab()
    page.goto(f"{fake_site}/knowledge/live/documents/{document}?page=1")
    expect(page.locator(".head .state")).not_to_have_text("done")
    opened.touch()
    expect(page.locator(".pane-text .markdown")).to_contain_text("The heron waits", timeout=GENEROUS_MS)
    expect(page.locator(".page-cell.page-ocr")).to_have_count(6, timeout=GENEROUS_MS)
    expect(page.locator(".head .state")).to_have_text("done", timeout=GENEROUS_MS)
    expect(page.locator(".page-cell[aria-current]")).to_have_text("1")


def test_the_markdown_of_a_page_is_copied(tab: Tab, shelf: Shelf) -> None:
    page = tab(permissions=["clipboard-read", "clipboard-write"])
    page.goto(shelf.url("contract_zh_scan.pdf", "?page=2"))
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("[data-copy]")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == shelf.service.documents.pages(KB, "contract_zh_scan.pdf", [2])[0].markdown


def test_the_inspector_works_without_javascript(tab: Tab, shelf: Shelf) -> None:
    page = tab(java_script_enabled=False)
    page.goto(shelf.url("contract_zh_scan.pdf"))
    for part in (".sheet", ".markdown", ".value", ".passage"):
        expect(page.locator(part).first).to_be_visible()
    page.locator(".page-cell", has_text="2").click()
    expect(page.locator(".markdown").first).to_contain_text("第四条")
    page.locator(".turner input").fill("1")
    page.locator(".turner input").press("Enter")
    expect(page.locator(".markdown").first).to_contain_text("技术服务合同")
    page.goto(f"{shelf.address}/knowledge/{KB}/records/invoice")
    page.get_by_role("searchbox").fill("larkspur")
    page.keyboard.press("Enter")
    expect(page.locator(".records tbody tr")).to_have_count(1)


def test_a_long_title_makes_no_narrow_window_wider(tab: Tab, shelf: Shelf) -> None:
    page = tab(viewport={"width": 390, "height": 844})
    page.goto(shelf.url("invoice.pdf"))
    title = '<span class="inspector-name">' + "of all the ships in the harbour " * 4 + "</span>"
    page.locator(".inspector-facts").evaluate("(facts, title) => facts.insertAdjacentHTML('afterbegin', title)", title)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

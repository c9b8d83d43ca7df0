"""Handing documents over in a real browser: dropped, chosen, refused, watched to the end of their job."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.page_steps import SENTENCE, drop, expect, fake_text
from tests.in_process import fake_document

pytestmark = pytest.mark.browser

Tab = Callable[..., Any]
WATCH_SHIFTS = """window.shifted = 0;
    new PerformanceObserver((list) => {
        for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifted += one.value;
    }).observe({type: "layout-shift", buffered: true});"""
GOOD = 0.1
"""Cumulative layout shift up to which a page counts as calm (https://web.dev/articles/cls)."""
HOSTILE = "<img src=x onerror=alert(1)>.pdf"


def test_a_dropped_file_is_uploaded_and_watched_to_its_end(tab: Tab, fake_site: str) -> None:
    page = tab()
    page.goto(fake_site)
    page.get_by_label("Knowledge base, new or old").fill("dropped")
    slow = fake_text(*(f"[scan] {SENTENCE} [slow 0.4] {number}" for number in range(6)))
    drop(page, **{HOSTILE: slow, "quick.pdf": fake_text(SENTENCE)})
    page.wait_for_url("**/jobs/dropped.*")
    row = page.locator("#documents tr", has_text=HOSTILE)
    expect(row.locator(".doc-now")).to_have_text(re.compile(r"^ocr, page \d of 6$"))
    expect(row.locator(".flow rect.busy").first).to_be_attached()
    expect(row.locator(".state")).to_have_text("done")
    expect(page.locator("#job-state")).to_have_text("done")
    expect(page.locator("#left-label")).to_have_text("took")
    expect(page.locator("#said")).to_have_text("The job is over: 2 done.")
    expect(page.locator("#cancel")).to_be_hidden()
    expect(page.locator("#retry")).to_be_hidden()


def test_nothing_moves_on_a_phone_while_a_job_runs(tab: Tab, fake_site: str) -> None:
    starter = tab()
    files = [[f"{n}.pdf", fake_text(*(f"[scan] {SENTENCE} [slow 1.2] {n} {k}" for k in range(3)))] for n in "abc"]
    starter.goto(fake_site)
    job = starter.evaluate(
        """async (files) => {
            const form = new FormData();
            for (const [name, text] of files) form.append("files", new File([text], name));
            return (await (await fetch("/api/v1/knowledge/calm/ingest", {method: "POST", body: form})).json()).job_id;
        }""",
        files,
    )
    pages = [tab(viewport={"width": 390, "height": 800}) for _ in range(3)]
    for page, path in zip(pages, (f"/jobs/{job}", "/knowledge/calm", "/"), strict=True):
        page.add_init_script(WATCH_SHIFTS)
        page.goto(fake_site + path)
    expect(pages[0].locator("#job-state")).to_have_text("done")
    expect(pages[1].locator("#documents .state-done")).to_have_count(3)
    for page in pages:
        assert page.evaluate("window.shifted") < GOOD, page.url


def test_an_empty_home_offers_the_samples(tab: Tab, site: str) -> None:
    page = tab()
    page.goto(site)
    page.get_by_role("button", name="Try it with seven sample documents").click()
    page.wait_for_url("**/jobs/demo.*")
    expect(page.locator("#said")).to_have_text("The job is over: 6 done, 1 failed.")
    page.goto(f"{site}/knowledge/demo")
    row = page.locator("#documents tbody tr", has_text="contract_zh_scan.pdf")
    expect(row).to_contain_text("技术服务合同")
    expect(row).to_contain_text("Chinese")
    expect(row.get_by_role("img", name="OCR")).to_be_visible()


def test_real_files_are_chosen_and_end_as_they_should(tab: Tab, site: str, samples: Path) -> None:
    page = tab()
    page.goto(site)
    page.get_by_label("Knowledge base, new or old").fill("chosen")
    page.locator('input[type="file"]').set_input_files([samples / "invoice.pdf", samples / "broken.pdf"])
    page.wait_for_url("**/jobs/chosen.*")
    expect(page.locator("#job-state")).to_have_text("done")
    first, second = page.locator("#documents tr").all()
    expect(first).to_contain_text("broken.pdf")
    expect(first.locator(".fault")).to_contain_text("truncated")
    expect(first.locator(".flow rect.failed")).to_be_attached()
    expect(second.locator(".state")).to_have_text("done")
    expect(page.locator("#retry")).to_be_hidden()  # the same bytes would fail again


def test_each_refused_file_says_why_and_the_others_are_taken(tab: Tab, fake_site: str) -> None:
    page = tab()
    page.goto(fake_site)
    page.get_by_label("Knowledge base, new or old").fill("mixed")
    drop(page, **{"notes.docx": "PK no document", HOSTILE: fake_text(SENTENCE + " mixed"), ".hidden": "x"})
    expect(page.locator(".drop-state")).to_contain_text("1 file accepted, 1 refused.")
    refused = page.locator(".drop-files li.bad")
    expect(refused).to_have_count(1)
    expect(refused).to_contain_text("notes.docx")
    assert len(refused.locator(".drop-file-state").inner_text()) > 20, "a sentence says why"
    page.get_by_role("link", name="Follow the job").click()
    expect(page.locator("#job-state")).to_have_text("done")


def test_options_go_along(tab: Tab, fake_site: str) -> None:
    page = tab()
    page.goto(fake_site)
    page.get_by_label("Knowledge base, new or old").fill("locked")
    locked = f"%FAKE secret\n{SENTENCE} locked"
    page.get_by_text("How they are read").click()
    page.get_by_label("Password of encrypted files").fill("secret")
    page.get_by_label("invoice").check()
    page.get_by_label("Text recognition").select_option("always")
    drop(page, **{"locked.pdf": locked})
    page.wait_for_url("**/jobs/locked.*")
    expect(page.locator("#job-state")).to_have_text("done")
    expect(page.locator("#documents .state")).to_have_text("done")
    expect(page.locator('[data-stage="ocr"] .stage-count')).to_have_text("1 of 1 page")


def test_files_may_come_before_the_name(tab: Tab, fake_site: str) -> None:
    page = tab()
    page.goto(fake_site)
    drop(page, **{"early.pdf": fake_text(SENTENCE + " early")})
    expect(page.locator(".drop-state")).to_contain_text("1 file ready.")
    page.get_by_label("Knowledge base, new or old").press("Enter")
    expect(page.locator(".drop-state")).to_contain_text("1 file ready.")
    page.get_by_label("Knowledge base, new or old").fill("晚到的 name")
    page.get_by_role("button", name="Upload 1 file").click()
    page.wait_for_url("**/jobs/name-*")
    expect(page.get_by_role("navigation", name="Breadcrumb")).to_contain_text("晚到的 name")


def test_a_folder_keeps_its_paths(tab: Tab, fake_site: str, tmp_path: Path) -> None:
    fake_document(tmp_path / "shelf" / "deep" / "报告.pdf", SENTENCE + " deep")
    (tmp_path / "shelf" / ".DS_Store").write_text("x")
    page = tab()
    page.goto(fake_site)
    page.get_by_label("Knowledge base, new or old").fill("folders")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="choose a folder").click()
    chooser.value.set_files(tmp_path / "shelf")
    page.wait_for_url("**/jobs/folders.*")
    expect(page.locator("#documents tr")).to_have_count(1)
    expect(page.locator("#documents tr")).to_contain_text("shelf/deep/报告.pdf")


def test_many_files_go_in_requests_of_bounded_size(tab: Tab, fake_site: str) -> None:
    page = tab()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url) if "/ingest" in request.url else None)
    page.goto(f"{fake_site}/")
    page.evaluate("document.querySelector('form.drop').dataset.mostFiles = 20")
    page.get_by_label("Knowledge base, new or old").fill("many")
    drop(page, **{f"{number}.pdf": fake_text(f"{SENTENCE} {number} of many") for number in range(50)})
    expect(page.locator(".drop-state")).to_contain_text("50 files accepted.")
    assert len(requests) == 3
    expect(page.locator(".drop-state a")).to_have_count(3)
    expect(page.locator(".drop-files li")).to_have_count(40)


def test_a_job_is_cancelled_and_retried(tab: Tab, fake_site: str) -> None:
    page = tab()
    page.goto(fake_site)
    page.get_by_label("Knowledge base, new or old").fill("stopped")
    drop(page, **{"long.pdf": fake_text(*(f"[scan] {SENTENCE} [slow 0.5] {number}" for number in range(12)))})
    page.wait_for_url("**/jobs/stopped.*")
    expect(page.locator(".doc-now")).to_contain_text("ocr, page")
    page.get_by_text("Cancel", exact=True).click()
    page.get_by_role("button", name="Stop what is not finished").click()
    expect(page.locator("#job-state")).to_have_text("cancelled")
    expect(page.locator("#documents .state")).to_have_text("cancelled")
    page.get_by_role("button", name="Retry what failed").click()
    expect(page.locator("#documents .state")).to_have_text("done")
    expect(page.locator("#job-state")).to_have_text("done")


def test_a_document_is_deleted_after_a_second_press(tab: Tab, fake_site: str) -> None:
    page = tab()
    page.goto(fake_site)
    page.get_by_label("Knowledge base, new or old").fill("forgetful")
    drop(page, **{"gone.pdf": fake_text(SENTENCE + " gone")})
    expect(page.locator("#job-state")).to_have_text("done")
    page.goto(f"{fake_site}/knowledge/forgetful")
    page.locator("summary", has_text="Delete gone.pdf").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.locator("#documents")).to_contain_text("There is no document yet.")

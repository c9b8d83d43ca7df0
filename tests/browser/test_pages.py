"""The pages in a real browser: lists and filters, callbacks, themes, narrow windows, no script, logins."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.ingest_folder import ingest
from pipeline.commands.ingest_request import IngestRequest
from pipeline.service import Service
from pipeline.settings import Settings
from tests.browser.page_steps import SENTENCE, expect, fake_text
from tests.in_process import fake_document, fake_resources, ingest_now
from tests.waiting import eventually as until

pytestmark = pytest.mark.browser

Tab = Callable[..., Any]
HOSTILE = "<img src=x onerror=alert(1)>.pdf"
NARROW = (
    "/",
    "/knowledge/test",
    "/knowledge/test/jobs",
    "/knowledge/test/records/document",
    "/queues",
    "/callbacks",
    "/settings",
    "/keys",
    "/audit",
    "/nowhere",
)
CHINESE = "二〇二六年度采购合同.pdf"


class Receiver:
    """Takes callbacks and keeps their bodies."""

    def __init__(self) -> None:
        bodies = self.bodies = list[bytes]()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture(scope="module")
def shelves_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def shelves(tmp_path_factory: pytest.TempPathFactory, shelves_home: Path, still: Callable[..., str]) -> str:
    """A home that stands still: a few documents with odd names in "test", and a job of 1,000 in "crowd"."""
    folder, home = tmp_path_factory.mktemp("docs"), shelves_home
    resources = fake_resources(home)
    for name in (HOSTILE, CHINESE, "plain.pdf"):
        fake_document(folder / name, f"# {name}\n{SENTENCE}", f"[scan] {SENTENCE}")
    fake_document(folder / "half.pdf", SENTENCE, "[broken]")
    (folder / "torn.pdf").write_text("%FAKE x\n")
    ingest_now(resources, folder)
    crowd = tmp_path_factory.mktemp("crowd")
    for number in range(1000):
        fake_document(crowd / f"letter {number:04}.pdf", f"{SENTENCE} {number}")
    ingest(resources, "crowd", IngestRequest(paths=(crowd,)))
    settings = {"text_engine": "fake", "ocr_engine": "fake", "embedder": "fake", "home": home}
    return still(Service(Settings(**settings)))  # type: ignore[arg-type]


def test_filters_narrow_the_list_and_stand_in_the_address(tab: Tab, shelves: str) -> None:
    page = tab()
    page.goto(f"{shelves}/knowledge/test")
    rows = page.locator("#documents tbody tr")
    expect(rows).to_have_count(5)
    page.get_by_label("Name or title").fill("采购")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(CHINESE)
    assert "q=%E9%87%87" in page.url
    page.get_by_label("Name or title").fill("")
    page.locator("select[name=state]").select_option("partial")
    expect(rows).to_have_count(1)
    expect(rows.locator(".fault")).to_contain_text("page 2")
    page.reload()
    expect(rows).to_have_count(1)
    page.get_by_label("Name or title").fill("nothing is called so")
    expect(page.locator("#documents")).to_contain_text("No document is like that.")
    page.go_back()
    expect(rows).to_have_count(1)


def test_names_of_documents_are_text_and_nothing_else(tab: Tab, shelves: str) -> None:
    page = tab()
    for path in ("/knowledge/test", "/knowledge/test/jobs"):
        page.goto(shelves + path)
        assert page.locator("img").count() == 0
    page.locator("a.mono").first.click()
    expect(page.locator("#documents")).to_contain_text(HOSTILE)
    assert page.locator("img").count() == 0


def test_a_job_of_a_thousand_documents_is_shown(tab: Tab, shelves: str) -> None:
    page = tab()
    page.goto(f"{shelves}/knowledge/crowd/jobs")
    page.locator("a.mono").first.click()
    expect(page.locator("#documents tr")).to_have_count(1000)
    expect(page.locator("#all")).to_have_text("1\u202f000")
    page.get_by_role("link", name="1\u202f000 queued").click()
    assert "state=queued" in page.url


def test_callbacks_are_listed_shown_and_replayed(tab: Tab, fake_site: str, receiver: Receiver) -> None:
    page = tab()
    files = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": fake_text(SENTENCE + " called").encode()}
    url = f"{fake_site}/api/v1/knowledge/called/ingest"
    told = page.request.post(url, multipart={"files": files, "callback_url": f"{receiver.url}/hook?<b>"})
    assert told.status == 202, told.text()
    until(lambda: len(receiver.bodies) == 1)
    page.goto(f"{fake_site}/jobs/{told.json()['job_id']}")
    page.get_by_role("link", name=receiver.url).click()
    row = page.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("/hook?")
    page.get_by_role("link", name="delivered", exact=True).click()
    page.get_by_role("link", name="job.finished").click()
    expect(page.locator("pre")).to_contain_text('"job.finished"')
    page.get_by_role("button", name="Replay").click()
    until(lambda: len(receiver.bodies) == 2)
    assert receiver.bodies[0] == receiver.bodies[1]
    page.goto(f"{fake_site}/callbacks?state=dead")
    expect(page.locator("main")).to_contain_text("No callback is like that.")


def test_work_of_which_nothing_is_heard_says_so(tab: Tab, shelves: str, shelves_home: Path) -> None:
    now = time.time()
    with closing(sqlite3.connect(shelves_home / "crowd" / "kb.db")) as base:
        base.execute(
            "UPDATE step SET state = 'running', owner = 'x', worker = 'far@host#1', lease_until = ?, heard_at = ?"
            " WHERE (document, generation) IN"
            " (SELECT document, generation FROM job_document WHERE source LIKE '%letter 0007.pdf')",
            (now + 600, now - 45),
        )
        base.commit()
    page = tab()
    page.goto(f"{shelves}/queues")
    expect(page.locator("main")).to_contain_text("far@host")
    expect(page.locator(".silent")).to_contain_text("silent for 4")
    page.get_by_role("heading", name="Jobs in work").locator("xpath=following::a[1]").click()
    row = page.locator("#documents tr", has_text="letter 0007.pdf")
    expect(row.locator(".silent")).to_contain_text(re.compile(r"plan: silent for \d+"))


@pytest.mark.parametrize("path", NARROW)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_a_narrow_window(tab: Tab, shelves: str, path: str, scheme: str) -> None:
    page = tab(viewport={"width": 360, "height": 700}, color_scheme=scheme)
    page.goto(shelves + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    shown = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(map(int, re.findall(r"\d+", shown)[:3])) / 3
    assert (brightness < 80) == (scheme == "dark")


def test_a_chosen_theme_is_kept_and_does_not_flash(tab: Tab, shelves: str) -> None:
    page = tab(color_scheme="light")
    page.goto(shelves)
    button = page.locator("#theme")
    button.click()
    button.click()
    expect(button).to_contain_text("Dark")
    page.goto(f"{shelves}/queues", wait_until="commit")
    page.wait_for_selector("body", state="attached")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    button.click()
    expect(button).to_contain_text("System")
    assert page.evaluate("document.documentElement.dataset.theme ?? 'none'") == "none"


def test_everything_can_be_reached_by_the_keyboard(tab: Tab, shelves: str) -> None:
    page = tab()
    page.goto(f"{shelves}/knowledge/test")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    reached = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.name || document.activeElement.innerText || ''"))
        tag, outline = page.evaluate(
            "[document.activeElement.tagName, getComputedStyle(document.activeElement).outlineStyle]"
        )
        assert tag == "BODY" or outline != "none", f"focus cannot be seen on {tag}"
    wanted = {"choose files", "choose a folder", "q", "state", CHINESE, HOSTILE}
    assert wanted <= {text.strip() for text in reached}
    assert any(text.startswith("Delete") for text in reached)


def test_pages_work_without_javascript(tab: Tab, fake_site: str, tmp_path: Path) -> None:
    page = tab(java_script_enabled=False)
    page.goto(fake_site)
    page.get_by_label("Knowledge base, new or old").fill("scriptless")
    page.get_by_role("button", name="Open").click()
    assert page.url.endswith("/knowledge/scriptless")
    page.locator('input[type="file"]').set_input_files(fake_document(tmp_path / "a.pdf", SENTENCE + " no script"))
    page.get_by_role("button", name="Upload").click()
    assert "/jobs/scriptless." in page.url
    expect(page.locator("#documents tr")).to_have_count(1)
    page.goto(f"{fake_site}/knowledge/scriptless?state=failed")
    expect(page.locator("#documents")).to_contain_text("No document is like that.")


def test_another_site_may_neither_frame_nor_post(tab: Tab, shelves: str) -> None:
    page = tab()
    policy = page.goto(shelves).headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    refused = page.request.post(f"{shelves}/knowledge/test/delete", headers={"Origin": "https://evil.example"})
    assert refused.status == 403
    assert "test" in page.goto(shelves).text()


def test_static_files_are_kept_for_good_under_their_version(tab: Tab, shelves: str) -> None:
    page = tab()
    page.goto(shelves)
    sheet = page.locator('link[rel="stylesheet"]').get_attribute("href")
    first = page.request.get(shelves + sheet)
    assert "immutable" in first.headers["cache-control"]
    stale = page.request.get(f"{shelves}/static/old/style.css", headers={"If-None-Match": first.headers["etag"]})
    assert stale.status == 304 and stale.headers["cache-control"] == "no-cache"
    assert page.request.get(f"{shelves}/static/x/..%2fsite.py").status == 404


def test_keys_lead_to_a_login_and_hide_what_is_not_theirs(
    tab: Tab, still: Callable[..., str], home: Path, tmp_path: Path
) -> None:
    resources = fake_resources(home)
    fake_document(tmp_path / "a.pdf", SENTENCE)
    for name in ("ours", "theirs"):
        ingest(resources, name, IngestRequest(paths=(tmp_path,)))
    chosen = {"text_engine": "fake", "ocr_engine": "fake", "embedder": "fake", "home": home}
    address = still(Service(Settings(**chosen, api_keys="whole-key-0123,narrow-key-0123@ours")))  # type: ignore[arg-type]
    page = tab()
    page.goto(f"{address}/knowledge/ours?state=failed")
    assert "/login" in page.url
    page.get_by_label("API key").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("not known")
    page.get_by_label("API key").fill("narrow-key-0123")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/knowledge/ours?state=failed")
    page.goto(address)
    expect(page.get_by_role("link", name="ours", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="theirs", exact=True)).to_have_count(0)
    assert page.goto(f"{address}/knowledge/theirs").status == 403
    cookie = json.dumps(page.context.cookies())
    assert '"httpOnly": true' in cookie and '"sameSite": "Strict"' in cookie
    page.get_by_role("button", name="Log out").click()
    assert "/login" in page.url

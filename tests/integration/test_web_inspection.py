"""The inspector, search and records over a real store, without a browser: links, filters, parts, refusals."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ingest.api.app import create_app
from pipeline.engines.embedders.fake import FakeEmbedder
from pipeline.search.floor import Floor, Weights
from pipeline.service import Service
from pipeline.settings import Settings
from tests.in_process import KB, as_if_killed, fake_document, fake_resources, ingest_now

HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty letters, one in a folder with a Chinese name, one with a page that fails."""
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("docs")
    for number in range(28):
        fake_document(
            folder / f"letter {number:02}.pdf", f"# Letter {number}\nThe heron waits for fish, {number} times."
        )
    fake_document(
        folder / "合同" / "a&b <1>.pdf", "# 技术服务合同\n付款期限为三十日。write to heron@example.org", "page two"
    )
    fake_document(folder / "half.pdf", "good", "[broken]")
    ingest_now(fake_resources(home), folder)
    return home


def test_a_page_whose_worker_died_is_offered_again(tmp_path: Path) -> None:
    fake_document(tmp_path / "docs" / "half.pdf", "good", "[broken]")
    ingest_now(fake_resources(tmp_path / "home"), tmp_path / "docs")
    as_if_killed(tmp_path / "home")
    part = client_of(tmp_path / "home").get(f"/knowledge/{KB}/documents/half.pdf?page=2&part=page").text
    assert "data-retry" in part


def client_of(home: Path, **settings: Any) -> TestClient:
    chosen = {"text_engine": "fake", "ocr_engine": "fake", "embedder": "fake", "home": home, **settings}
    return TestClient(create_app(Service(Settings(**chosen))), "http://localhost", headers=HTML)


@pytest.fixture(scope="module")
def browser(home: Path) -> TestClient:
    """One server for all tests: only one process, and one of its services, may open the vector index."""
    return client_of(home)


def hrefs(markup: str, pattern: str) -> list[str]:
    return [unescape(href) for href in re.findall(r'href="([^"]*)"', markup) if re.search(pattern, unescape(href))]


def words(markup: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", markup))


def test_a_document_is_found_by_any_name_and_shown_under_its_id(browser: TestClient) -> None:
    answer = browser.get(f"/knowledge/{KB}/documents/合同/a%26b <1>.pdf?page=2&record=document.title")
    assert re.search(rf"/knowledge/{KB}/documents/[0-9a-f]{{32}}\?page=2&record=document.title$", str(answer.url))
    assert "a&amp;b &lt;1&gt;.pdf" in answer.text and "<1>" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    short = str(answer.url).rpartition("/")[2][:8]
    assert browser.get(f"/knowledge/{KB}/documents/{short}").status_code == 200


def test_a_part_is_one_page_and_little_more(browser: TestClient) -> None:
    part = browser.get(f"/knowledge/{KB}/documents/half.pdf?page=2&part=page").text
    assert set(re.findall(r'data-slot="(\w+)"', part)) == {"sheet", "text", "facts", "passages"}
    assert "could not be read" in part and "data-retry" not in part  # the page itself is at fault
    assert "<html" not in part


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("documents/nothing.pdf", 404),
        ("documents/half.pdf?page=99", 200),
        ("documents/half.pdf?page=-1", 422),
        ("documents/half.pdf?page=x", 422),
        ("documents/half.pdf?page=1&box=1,2,3", 422),
        ("documents/half.pdf?page=1&box=1,2,3,inf", 422),
        ("documents/half.pdf?chunk=100000", 200),
        ("documents/half.pdf?record=no.such", 200),
        ("documents/../../etc/passwd", 404),
        ("records/nothing", 404),
        ("records/document?sort=nothing", 422),
        ("records/document?where=nothing=1", 422),
        ("records/document?start=-1", 422),
        ("search?q=heron&mode=telepathy", 422),
        ("search?q=heron&where=nonsense", 422),
        ("search?q=heron&limit=100000", 422),
        ("search?q=%00%ff", 200),
        ("search", 200),
    ],
)
def test_odd_questions_get_a_page_and_a_fitting_status(browser: TestClient, address: str, status: int) -> None:
    answer = browser.get(f"/knowledge/{KB}/{address}")
    assert answer.status_code == status, words(answer.text)
    assert answer.headers["content-type"].startswith("text/html")


def test_unknown_knowledge_bases_are_not_found(browser: TestClient) -> None:
    for page in ("search", "records", "records/document", "documents/a.pdf"):
        assert browser.get(f"/knowledge/nobody/{page}").status_code == 404


def test_search_marks_words_and_links_to_the_place(browser: TestClient) -> None:
    page = browser.get(f"/knowledge/{KB}/search", params={"q": "付款期限", "mode": "keyword"}).text
    assert "<mark>付款期限</mark>" in page
    (place,) = hrefs(page, r"/documents/.*chunk=")
    shown = browser.get(place)
    assert shown.status_code == 200 and 'data-lit="c0"' in shown.text and "付款期限" in shown.text


def test_search_is_narrowed_and_widened(browser: TestClient) -> None:
    first = browser.get(f"/knowledge/{KB}/search?q=heron&mode=keyword").text
    assert len(hrefs(first, "chunk=")) == 20
    (more,) = hrefs(first, r"limit=40")
    assert len(hrefs(browser.get(f"/knowledge/{KB}/search{more}").text, "chunk=")) == 29
    only = browser.get(
        f"/knowledge/{KB}/search", params={"q": "heron", "where": "document.emails=heron@example.org"}
    ).text
    assert len(hrefs(only, "chunk=")) == 1
    assert hrefs(browser.get(f"/knowledge/{KB}/search?q=heron&language=xx").text, "chunk=") == []


def test_a_page_says_that_nothing_fits_and_shows_the_nearest(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = Weights(
        similarity=0,
        unspaced=0,
        lead=0,
        margin=0,
        best_share=0,
        absent_share=0,
        agreement=0,
        exact_share=0,
        constant=-1,
    )
    unreachable = Floor(same_script=nothing, other_script=nothing, background=0)
    monkeypatch.setattr("pipeline.search.search.FLOORS", {FakeEmbedder.fingerprint: unreachable})
    page = browser.get(f"/knowledge/{KB}/search?q=xyzzyplugh").text
    assert "Nothing fits <strong>xyzzyplugh</strong>" in page and "The nearest 20 passages" in page
    assert len(hrefs(page, "chunk=")) == 20


def test_filters_of_the_page_are_those_of_every_door(browser: TestClient) -> None:
    where = "document.emails has heron@ and (source has 合同 or language = xx)"
    page = browser.get(f"/knowledge/{KB}/search", params={"q": "heron", "where": where}).text
    assert len(set(hrefs(page, "chunk="))) >= 1 and "letter" not in page
    refused = browser.get(f"/knowledge/{KB}/search", params={"q": "heron", "where": "document.emials = x"})
    assert refused.status_code == 422 and "document.emails" in refused.text


def test_a_query_with_markup_is_text(browser: TestClient) -> None:
    page = browser.get(f"/knowledge/{KB}/search", params={"q": '"><script>alert(1)</script> heron'}).text
    assert "<script>alert" not in page and "heron" in page


def test_records_come_in_parts_and_hold_what_is_asked(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.web.records._ROWS", 12)
    assert str(browser.get(f"/knowledge/{KB}/records").url).endswith("/records/document")
    seen: list[str] = []
    address = f"/knowledge/{KB}/records/document?q=letter"
    while address:
        part = browser.get(address).text
        seen += re.findall(r'<th scope="row"><a [^>]*>([^<]*)<', part)
        following = hrefs(part, r"start=\d")
        address = f"/knowledge/{KB}/records/document{following[0]}" if following else ""
    assert sorted(seen) == [f"letter {number:02}.pdf" for number in range(28)]
    assert "heron@example.org" in browser.get(f"/knowledge/{KB}/records/document?q=HERON@ 合同").text
    assert "No record is like that." in browser.get(f"/knowledge/{KB}/records/document?q=zebra").text


def test_a_value_leads_to_its_page(browser: TestClient) -> None:
    table = browser.get(f"/knowledge/{KB}/records/document?q=heron@example.org").text
    (place,) = hrefs(table, r"record=document\.emails")
    shown = browser.get(place).text
    assert 'data-lit="document.emails[0]"' in shown
    assert re.search(r'class="place" data-key="document.emails\[0\]"', shown)


def test_a_key_for_another_knowledge_base_opens_nothing(home: Path) -> None:
    browser = client_of(home, api_keys="secret-of-other@other")
    for page in ("search?q=heron", "records/document", "documents/half.pdf", "documents/half.pdf?part=page"):
        address = f"/knowledge/{KB}/{page}"
        assert browser.get(address, headers={"Authorization": "Bearer secret-of-other"}).status_code == 403
        assert "/login" in str(browser.get(address).url)


def test_a_chunk_over_two_pages_is_opened_where_the_words_stand(tmp_path: Path) -> None:
    first = "# On birds\n" + "The heron waits for fish. " * 6
    fake_document(tmp_path / "docs" / "two.pdf", first, "The kingfisher dives under the bridge at noon.")
    ingest_now(fake_resources(tmp_path / "home"), tmp_path / "docs")
    browser = client_of(tmp_path / "home")
    for question, number in (("where does the kingfisher dive", 2), ("heron fish", 1)):
        hits = browser.get(f"/knowledge/{KB}/search", params={"q": question, "mode": "keyword"}).text
        assert "pages" in words(hits) or "1–2" in words(hits)
        assert hrefs(hits, rf"page={number}&chunk=0")


def test_records_are_sorted_and_filtered_by_the_address(browser: TestClient) -> None:
    def titles(query: str) -> list[str]:
        page = browser.get(f"/knowledge/{KB}/records/document{query}").text
        return re.findall(r"Letter \d+(?=</a>)", page)

    rising = titles("?where=title has letter&sort=title")
    assert rising == [f"Letter {number}" for number in sorted(range(28), key=str)]
    assert titles("?where=title has letter&sort=-title") == rising[::-1]
    assert titles('?where=title >= "letter 5"&where=title < "letter 7"&sort=title') == ["Letter 5", "Letter 6"]


def test_a_condition_of_the_form_becomes_a_filter_in_the_address(browser: TestClient) -> None:
    address = f"/knowledge/{KB}/records/document"
    added = browser.get(f'{address}?q=heron&where=language=en&field=title&compare=has&value=a "b"&to=').url
    assert dict(added.params.multi_items()) == {"q": "heron", "where": 'title has "a \\"b\\""'}
    assert added.params.get_list("where")[0] == "language=en"
    half = browser.get(f"{address}?field=title&compare=range&value=a&to=")
    assert half.status_code == 422 and "needs both ends of the range" in half.text and "Letter 27" in half.text
    assert str(browser.get(f"{address}?field=title&compare=has&value=&to=").url).endswith(address)

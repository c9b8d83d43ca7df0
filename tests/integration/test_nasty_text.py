"""Every text that a reader or an extractor can return goes through the whole flow and comes out of all doors."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import logging
import random
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ingest import serializers, spreadsheet
from ingest.api.app import create_app
from ingest.cli import console
from pipeline.engines.fakes import page_text
from pipeline.search import search
from pipeline.service import Service
from pipeline.settings import Settings
from stores.clean_text import clean
from stores.errors import NotFoundError
from stores.models import Block, DocumentState, Evidence, Fault, Label, Line, PageText, Record, Schema
from stores.views import DocumentFilter
from tests.in_process import KB, fake_document, fake_resources, ingest_now

BOX = (72.0, 72.0, 500.0, 90.0)
PLANES_ENDS = [chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF)]
NASTY = {
    "controls": "".join(map(chr, [*range(0x20), *range(0x7F, 0xA1)])),
    "lone surrogates": "\ud800 \udbff \udc00 \udfff a\ud83d\ude00b \udc80\udcff",
    "noncharacters": "".join([*PLANES_ENDS, *map(chr, range(0xFDD0, 0xFDF0))]),
    "bidi": "\u202eright\u202c \u2066to\u2069 left \u200f\u061c",
    "private use": "\ue000\uf8ff\uf0b7 \U000f0000\U0010fffd",
    "astral": "😀 𠮷野家 𝒳 \U000e0001\U000e007f 👩‍👩‍👧‍👦",
    "combining storm": "Z" + "\u0300\u0316\u0489" * 400,
    "line breaks": "one\rtwo\x85three\u2028four\u2029five\x0bsix\x0cseven\x1cend",
    "one long line": "a" * 200_000,
    "long line of words": "word " * 20_000,
    "markup": "<script>alert(1)</script> ]]> --> <!-- &#0; &amp; \" ' ` </td> {{ 7*7 }} {% raw %} $(x) %s %n {0}",
    "formula": '=HYPERLINK("http://x")\t+1\r\n@SUM(A1)',
    "sql": "'; DROP TABLE page; -- \" OR 1=1",
    "escape": "\x1b[2J\x1b]0;title\x07\x9b31m",
    "replacement": "\ufffd\ufeff\ufffc\u0000",
    "boundaries": "".join(
        map(chr, (0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xD800, 0xDFFF, 0xE000, 0xFFFD, 0xFFFF, 0x10000, 0x10FFFF))
    ),
}


def at_random(seed: int) -> str:
    chance = random.Random(seed)
    kinds = [
        (0, 0x20),
        (0x20, 0x7F),
        (0x7F, 0xA0),
        (0xD7F0, 0xE010),
        (0xFDC0, 0xFE00),
        (0xFFF0, 0x10010),
        (0, 0x110000),
    ]
    return "".join(chr(chance.randrange(*chance.choice(kinds))) for _ in range(400))


TEXTS = {**NASTY, **{f"random {seed}": at_random(seed) for seed in range(12)}}


class NastyReader:
    """Reads every page as one of the texts, by its number; raw, in every field that a reader can fill."""

    fingerprint, batch_pages = "nasty:1", 16

    def read(self, path: Path, password: str, number: int, *, plain: bool = False, ocr: bool = True) -> PageText:
        text = list(TEXTS.values())[number - 1]
        markdown = f"# Heading {text[:300]}\n\nwalrus {text}\n\n| a | b |\n| --- | --- |\n| {text[:500]} | otter |"
        line = Line(box=BOX, text=text)
        blocks = (
            Block(label=Label.HEADER, box=BOX, text=text, lines=(line,)),
            Block(label=Label.TEXT, box=BOX, text=text, start=0, end=len(markdown), lines=(line,)),
        )
        warning = Fault(code="layout_left_out", message=f"given up: {text[:200]}")
        return PageText(markdown=markdown, blocks=blocks, engine=f"nasty {text[:20]}", confidence=0.5, warning=warning)


class NastyExtractor:
    """Finds the texts as values, as a language model would return them."""

    fingerprint = "nasty:1"

    def extract(self, schema: Schema, pages: Any, source: str) -> Record:
        some = [text[:1000] for text in TEXTS.values()]
        fields = {
            "title": some[1],
            "language": "en",
            "dates": some,
            "emails": [],
            "phones": some,
            "urls": some,
            "amounts": [],
        }
        evidence = tuple(Evidence(path=f"phones[{n}]", page=1, boxes=(BOX,), quote=text) for n, text in enumerate(some))
        return Record(schema=schema.name, fields=fields, evidence=evidence)


@pytest.fixture(scope="module")
def logged() -> Iterator[io.BytesIO]:
    """What the root logger writes, strictly encoded."""
    raw = io.BytesIO()
    handler = logging.StreamHandler(io.TextIOWrapper(raw, encoding="utf-8", errors="strict", write_through=True))
    logging.getLogger().addHandler(handler)
    yield raw
    logging.getLogger().removeHandler(handler)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, logged: io.BytesIO) -> Path:
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("docs")
    fake_document(folder / "nasty.pdf", *(f"page {number}" for number in range(len(TEXTS))))
    resources = dataclasses.replace(
        fake_resources(home), text_reader=NastyReader, extractor=lambda name: NastyExtractor()
    )
    ingest_now(resources, folder)
    return home


@pytest.fixture(scope="module")
def resources(home: Path) -> Any:
    resources = fake_resources(home)
    search.search(resources, KB, "walrus", 1, "vector", {})  # fills the index in memory from SQL
    return resources


@pytest.fixture(scope="module")
def client(home: Path) -> TestClient:
    chosen: Any = {"text_engine": "fake", "ocr_engine": "fake", "embedder": "fake", "home": home}
    return TestClient(create_app(Service(Settings(**chosen))), "http://localhost")


def test_nothing_is_lost(resources: Any) -> None:
    (view,) = resources.catalog.store(KB).document_queries.all()
    assert view.state is DocumentState.DONE, view.error
    assert view.pages == len(TEXTS) and not view.failed_pages
    pages = resources.catalog.store(KB).pages.read(view.document, 1)
    for text, page in zip(TEXTS.values(), pages, strict=True):
        assert clean(text) in page.markdown
        for block in page.blocks:
            assert block.text == clean(text)


def test_the_files_can_be_read_by_anybody(home: Path) -> None:
    (markdown,) = (home / KB / "files" / "markdown").iterdir()
    written = markdown.read_bytes().decode("utf-8")
    assert "\0" not in written and written.count("walrus") >= len(TEXTS)
    (record,) = (home / KB / "files" / "json").iterdir()
    assert json.loads(record.read_bytes())["records"]["document"]["fields"]["phones"]


def test_it_is_found_by_words_and_by_vectors(resources: Any) -> None:
    for mode in ("keyword", "vector", "hybrid"):
        hits = search.search(resources, KB, "walrus", 10, mode, {})
        assert hits, mode
        json.dumps([serializers.highlighted_hit(hit, "walrus") for hit in hits], ensure_ascii=False).encode()
    for text in TEXTS.values():
        for mode in ("keyword", "vector"):
            search.search(resources, KB, clean(text[:300]).strip() or "x", 3, mode, {})


def test_every_way_of_printing_takes_it(resources: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store = resources.catalog.store(KB)
    views = [serializers.document(view) for view in store.document_queries.all()]
    (record,) = [record for _, _, record in store.record_tables.visible_part("document", "", 10)]
    rows = [dict(record.fields)]
    columns = {name: name for name in rows[0]}
    for ways in (
        {"as_json": True, "as_lines": False},
        {"as_json": False, "as_lines": True},
        {"as_json": False, "as_lines": False},
    ):
        raw = io.BytesIO()
        monkeypatch.setattr(
            "sys.stdout", io.TextIOWrapper(raw, encoding="utf-8", errors="strict", newline="\n", write_through=True)
        )
        console.print_rows(rows, columns, **ways)
        console.print_rows(views, {"source": "s", "error": "e", "warnings": "w"}, **ways)
        printed = raw.getvalue().decode()
        assert printed and "\0" not in printed
        if ways["as_lines"]:
            assert [json.loads(line) for line in printed.split("\n") if line]
        elif not ways["as_json"]:
            assert len(printed.rstrip("\n").split("\n")) == 4, "one line per row"
    monkeypatch.undo()
    text = spreadsheet.csv_text(rows, list(columns))
    assert len(list(csv.reader(io.StringIO(text.encode().decode(), newline="")))) == 2


class Strict(HTMLParser):
    """Collects tags; scripts that nobody wrote would be among them."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.scripts += tag == "script" and not dict(attrs).get("src")


def test_every_page_of_the_web_shows_it(client: TestClient, resources: Any) -> None:
    (view,) = resources.catalog.store(KB).document_queries.all()
    addresses = [f"/knowledge/{KB}", f"/knowledge/{KB}/records", f"/knowledge/{KB}/search?q=walrus"]
    addresses += [f"/knowledge/{KB}/documents/{view.document}?page={number}" for number in range(1, len(TEXTS) + 1)]
    for address in addresses:
        answer = client.get(address, headers={"Accept": "text/html"})
        assert answer.status_code == 200, address
        shown = answer.content.decode("utf-8")
        parser = Strict()
        parser.feed(shown)
        assert "\0" not in shown and not parser.scripts, address


def test_every_answer_of_the_api_holds_it(client: TestClient, resources: Any) -> None:
    (view,) = resources.catalog.store(KB).document_queries.all()
    own = f"/api/v1/knowledge/{KB}/documents/{view.document}"
    for address in (own, f"{own}/pages", f"{own}/chunks", f"{own}/json", f"/api/v1/knowledge/{KB}/records/document"):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert answer.json()
    answer = client.get(f"/api/v1/knowledge/{KB}/search", params={"q": "walrus"})
    assert answer.status_code == 200 and answer.json()["hits"]
    assert "walrus" in client.get(f"{own}/markdown").content.decode("utf-8")


def test_nobody_logged_what_cannot_be_written(logged: io.BytesIO, resources: Any) -> None:
    for text in TEXTS.values():
        logging.getLogger("ingot.work").warning("page: %s", page_text(text[:200], "e", None).markdown)
    assert logged.getvalue().decode("utf-8")


def test_file_names_and_metadata_survive_too(home: Path, tmp_path: Path) -> None:
    """Names of files, and metadata that stands in no record."""
    resources = fake_resources(home)
    name = "na\u202eme \ue000 😀 é\u0301.pdf"
    fake_document(tmp_path / "d" / name, "A heron.")
    (tmp_path / "d" / "bad\udcff\udc80name.pdf").write_bytes(b"%FAKE\nA second heron.")
    ingest_now(resources, tmp_path / "d")
    names = [view.source for view in resources.catalog.store(KB).document_queries.all()]
    assert name.replace("\u202e", "\\u202e") in names and len([one for one in names if one.startswith("bad")]) == 1
    assert all(one == clean(one) for one in names)


@pytest.mark.parametrize("text", ["\ud800 walrus", "walrus \0", "\udcff\udc80"])
def test_a_question_may_hold_what_it_likes(resources: Any, text: str) -> None:
    store = resources.catalog.store(KB)
    for mode in ("keyword", "vector", "hybrid"):
        search.search(resources, KB, text, 3, mode, {})
        assert search.search(resources, KB, "walrus", 3, mode, {"language": text, "source": text}) == []
    store.document_queries.slice(DocumentFilter(text=text, language=text, media_type=text), None, 5)
    with pytest.raises(NotFoundError):
        store.document_queries.find(text)

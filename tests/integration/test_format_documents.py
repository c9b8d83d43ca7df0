"""Office, web and mail files through the whole pipeline: records, search, API, inspector, export, check."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ingest.api.app import create_app
from pipeline.commands.import_knowledge_base import import_archive
from pipeline.service import Service
from pipeline.settings import Settings
from tests import office_files as files
from tests.in_process import KB, fake_resources, ingest_now

INVOICE = """<html><head><title>Invoice INV-77</title></head><body><h1>Invoice</h1><p>Acme Ltd, 1 Main Street</p>
<table><tr><td>Invoice number</td><td>INV-77</td></tr><tr><td>Invoice date</td><td>2024-03-05</td></tr></table>
<table><tr><th>Description</th><th>Qty</th><th>Unit price</th><th>Amount</th></tr>
<tr><td>Widget</td><td>2</td><td>50.00</td><td>100.00</td></tr>
<tr><td>Gadget</td><td>1</td><td>20.00</td><td>20.00</td></tr></table>
<p>Total: USD 120.00</p></body></html>"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("docs")
    (folder / "invoice.html").write_text(INVOICE)
    files.workbook(folder / "prices.xlsx", {"Prices": [["Item", "Price"], ["Heron feather", 12.5]]})
    inner = files.word_file(folder / "letter.docx", files.paragraph("Terms", "H1"), files.paragraph("Kingfisher"))
    files.packed({"sub/letter.docx": inner.read_bytes()}, folder / "all.zip")
    inner.unlink()
    report = ingest_now(fake_resources(home), folder, options={"schemas": ("invoice",)})
    assert {file.source for file in report.files} == {"all.zip/sub/letter.docx", "invoice.html", "prices.xlsx"}
    return home


@pytest.fixture(scope="module")
def client(home: Path) -> TestClient:
    settings = Settings(text_engine="fake", ocr_engine="fake", embedder="fake", home=home)  # type: ignore[arg-type]
    return TestClient(create_app(Service(settings)), "http://localhost")


def api(client: TestClient, path: str, status: int = 200, **query: str):
    answer = client.get(f"/api/v1/knowledge/{KB}{path}", params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_all_are_done_with_their_types(client: TestClient) -> None:
    documents = api(client, "/documents")["items"]
    assert {one["source"]: (one["state"], one["media_type"].rpartition(".")[2]) for one in documents} == {
        "all.zip/sub/letter.docx": ("done", "document"),
        "invoice.html": ("done", "text/html"),
        "prices.xlsx": ("done", "sheet"),
    }
    assert api(client, "/documents", media_type="text/html")["items"][0]["source"] == "invoice.html"


def test_the_values_of_a_record_name_their_cells(client: TestClient) -> None:
    (record,) = [one for one in api(client, "/records/invoice")["items"] if one["source"] == "invoice.html"]
    assert record["fields"]["invoice_number"] == "INV-77"
    assert record["fields"]["amount"] == 120.0
    assert record["evidence"]["invoice_number"]["place"] == "table 1, B1"
    assert record["evidence"]["amount"]["place"] == "paragraph 3"


def test_a_hit_names_its_lines(client: TestClient) -> None:
    hit = api(client, "/search", q="heron feather")["hits"][0]
    assert (hit["source"], hit["place"]) == ("prices.xlsx", "Prices!A1 – B2")
    assert api(client, "/search", q="kingfisher")["hits"][0]["source"] == "all.zip/sub/letter.docx"
    of_type = api(client, "/search", q="heron feather terms", where="media_type = docx")["hits"]
    assert {hit["source"] for hit in of_type} == {"all.zip/sub/letter.docx"}


def test_a_page_without_an_image_says_so(client: TestClient) -> None:
    page = api(client, "/documents/prices.xlsx/pages/1")
    assert (page["width_pt"], page["route"], page["warning"]) == (0.0, "text", None)
    assert api(client, "/documents/prices.xlsx/pages/1/image", 404)["code"] == "no_image"


def test_the_inspector_shows_markdown_and_no_broken_picture(client: TestClient) -> None:
    shown = client.get(f"/knowledge/{KB}/documents/invoice.html", headers={"Accept": "text/html"}).text
    assert "This page has no image" in shown and "sheet-image" not in shown
    assert 'data-key="invoice.invoice_number"' in shown and "table 1, B1" in shown
    carrier = shown[shown.index('<span hidden data-key="invoice.invoice_number"') :]
    block = carrier[carrier.index('data-on="') + 9 :].partition('"')[0]
    piece = shown[shown.index(f'<div class="piece" data-key="{block}"') :]
    assert "INV-77" in piece[: piece.index("</div>")]


def test_the_base_moves_with_its_places_and_agrees_with_itself(client: TestClient, tmp_path: Path) -> None:
    exported = client.get(f"/api/v1/knowledge/{KB}/export").content
    other = fake_resources(tmp_path)
    import_archive(other, io.BytesIO(exported), "", lambda *_: None)
    records = other.catalog.store(KB).record_tables
    (document,) = [one["document"] for one in api(client, "/documents")["items"] if one["source"] == "invoice.html"]
    (invoice,) = [one for one in records.read(document, 1) if one.schema == "invoice"]
    assert {one.place for one in invoice.evidence if one.path == "invoice_number"} == {"table 1, B1"}
    findings = client.post(f"/api/v1/knowledge/{KB}/check").json()["findings"]
    assert not {one["code"] for one in findings} & {"markdown_missing", "pages_missing", "original_missing"}

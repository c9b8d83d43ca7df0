"""Office, web and mail files through the whole pipeline: records, search, API, inspector, export, check."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ingest.api.app import create_app
from pipeline.commands.import_knowledge_base import import_archive
from pipeline.commands.ingest_folder import ingest
from pipeline.commands.ingest_request import IngestRequest
from pipeline.engines.text_kinds import EML
from pipeline.service import Service
from pipeline.settings import Settings
from stores.placement import StagedFile
from stores.regular_files import hash_of
from tests import office_files as files
from tests.in_process import KB, fake_resources, ingest_now, run_until_done
from tests.submitter import Submitter

INVOICE = """<html><head><title>Invoice INV-77</title></head><body><h1>Invoice</h1><p>Acme Ltd, 1 Main Street</p>
<table><tr><td>Invoice number</td><td>INV-77</td></tr><tr><td>Invoice date</td><td>2024-03-05</td></tr></table>
<table><tr><th>Description</th><th>Qty</th><th>Unit price</th><th>Amount</th></tr>
<tr><td>Widget</td><td>2</td><td>50.00</td><td>100.00</td></tr>
<tr><td>Gadget</td><td>1</td><td>20.00</td><td>20.00</td></tr></table>
<p>Total: USD 120.00</p></body></html>"""


SOURCES = {"all.zip/sub/letter.docx", "invoice.html", "mail.eml", "mail.eml/offer.docx", "prices.xlsx"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("docs")
    (folder / "invoice.html").write_text(INVOICE)
    files.workbook(folder / "prices.xlsx", {"Prices": [["Item", "Price"], ["Heron feather", 12.5]]})
    inner = files.word_file(folder / "letter.docx", files.paragraph("Terms", "H1"), files.paragraph("Kingfisher"))
    files.packed({"sub/letter.docx": inner.read_bytes()}, folder / "all.zip")
    inner.unlink()
    offer = files.word_file(home / "offer.docx", files.paragraph("Offer"), files.paragraph("Sixty ropes of hemp"))
    files.mail(folder / "mail.eml", text="See the offer.", attached={"offer.docx": offer.read_bytes()})
    offer.unlink()
    report = ingest_now(fake_resources(home), folder, options={"schemas": ("invoice",)}, attachments=True)
    assert {file.source for file in report.files} == SOURCES
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
        "mail.eml": ("done", "message/rfc822"),
        "mail.eml/offer.docx": ("done", "document"),
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
    assert {hit["source"] for hit in of_type} == {"all.zip/sub/letter.docx", "mail.eml/offer.docx"}
    assert api(client, "/search", q="ropes of hemp")["hits"][0]["source"] == "mail.eml/offer.docx"


def test_a_citation_names_its_lines(client: TestClient) -> None:
    asked = {"question": "heron feather", "records": False}
    answer = client.post(f"/api/v1/knowledge/{KB}/ask", json=asked).json()
    places = {one["source"]: one["place"] for sentence in answer["sentences"] for one in sentence["citations"]}
    assert places["prices.xlsx"].startswith("Prices!A")
    shown = client.get(f"/knowledge/{KB}/ask/answer", params={"q": "heron feather"}, headers={"Accept": "text/html"})
    assert "prices.xlsx, page 1, Prices!A" in shown.text


def test_attached_files_stay_where_they_are_not_asked_for(home: Path, tmp_path: Path) -> None:
    resources = fake_resources(tmp_path)
    folder = tmp_path / "docs"
    folder.mkdir()
    offer = files.word_file(tmp_path / "offer.docx", files.paragraph("Offer"))
    files.mail(folder / "mail.eml", attached={"offer.docx": offer.read_bytes()})
    first = ingest(resources, KB, IngestRequest(paths=(folder,), attachments=True))
    again = ingest(resources, KB, IngestRequest(paths=(folder,), prune=True))
    assert [file.source for file in first.files] == ["mail.eml", "mail.eml/offer.docx"]
    assert [(file.source, file.outcome) for file in again.files] == [("mail.eml", "same")]
    (folder / "mail.eml").unlink()
    gone = ingest(resources, KB, IngestRequest(paths=(folder,), prune=True))
    assert {file.source for file in gone.files} == {"mail.eml", "mail.eml/offer.docx"}


def test_an_upload_with_attached_files(tmp_path: Path) -> None:
    submitter = Submitter(tmp_path)
    offer = files.word_file(tmp_path / "offer.docx", files.paragraph("Offer"))
    mail = files.mail(submitter.resources.workspaces.staging() / "1.part", attached={"offer.docx": offer.read_bytes()})
    upload = StagedFile.upload(
        path=mail, name="mail.eml", size_bytes=mail.stat().st_size, sha256=hash_of(mail), media_type=EML
    )
    receipt = submitter.submit(upload, attachments=True)
    assert [(one.source, one.outcome) for one in receipt.documents] == [
        ("mail.eml", "new"),
        ("mail.eml/offer.docx", "new"),
    ]
    assert not list(submitter.resources.workspaces.staging().rglob("*.attached"))


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


@pytest.mark.parametrize("source", sorted(SOURCES))
@pytest.mark.parametrize("stage", ["plan", "parse", "extract", "embed"])
def test_a_document_made_again_is_the_same(home: Path, client: TestClient, source: str, stage: str) -> None:
    def made() -> tuple[object, ...]:
        document = api(client, f"/documents/{source}")
        records = [one["fields"] for one in api(client, "/records/invoice")["items"] if one["source"] == source]
        markdown = client.get(f"/api/v1/knowledge/{KB}/documents/{source}/markdown").text
        return document["state"], document["media_type"], records, markdown

    before = made()
    answer = client.post(f"/api/v1/knowledge/{KB}/documents/{source}/retry", json={"from_stage": stage})
    assert answer.status_code == 202, answer.text
    run_until_done(fake_resources(home))
    assert made() == before and before[0] == "done"

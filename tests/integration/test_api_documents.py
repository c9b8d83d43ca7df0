"""What the API hands out of real documents, read by real workers: lists, files, pages, pictures, chunks, records."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.api_server import SAMPLES, Server, serving

FILES = ("invoice.pdf", "contract_zh_scan.pdf", "resume_en.pdf", "notice_turned.jpg", "broken.pdf")
KB = "/knowledge/demo"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(workers=2) as running:
        job = running.upload("demo", *(SAMPLES / name for name in FILES), schemas="invoice")
        job = running.finished(job, 200)
        assert job["counts"] == {"done": 4, "failed": 1}
        yield running


@pytest.fixture(scope="module")
def ids(server: Server) -> dict[str, str]:
    """Source -> document id."""
    return {one["source"]: one["document"] for one in server.get(f"{KB}/documents")["items"]}


def listed(server: Server, **asked: Any) -> list[str]:
    return [one["source"] for one in server.get(f"{KB}/documents", **asked)["items"]]


def all_of(server: Server, path: str, **asked: Any) -> list[Any]:
    """All items of a list, asked for in parts."""
    items: list[Any] = []
    cursor = None
    while True:
        part = server.get(path, cursor=cursor, **asked)
        items += part["items"]
        cursor = part["next_cursor"]
        if cursor is None:
            return items
        assert len(part["items"]) == asked["limit"]


def test_documents_are_listed_in_parts_and_orders(server: Server) -> None:
    assert listed(server) == sorted(FILES)
    assert [one["source"] for one in all_of(server, f"{KB}/documents", limit=2)] == sorted(FILES)
    for sort in ("source", "-source", "added", "-added", "updated", "-updated", "size", "-size"):
        whole = listed(server, sort=sort)
        assert [one["source"] for one in all_of(server, f"{KB}/documents", limit=1, sort=sort)] == whole, sort
        assert sorted(whole) == sorted(FILES)
    assert listed(server, sort="-source") == sorted(FILES)[::-1]
    sizes = [one["size_bytes"] for one in server.get(f"{KB}/documents", sort="size")["items"]]
    assert sizes == sorted(sizes)


def test_documents_are_filtered(server: Server) -> None:
    assert listed(server, state="failed") == ["broken.pdf"]
    assert listed(server, language="zh") == ["contract_zh_scan.pdf"]
    assert listed(server, media_type="image/jpeg") == ["notice_turned.jpg"]
    assert listed(server, q="INV") == ["invoice.pdf"]
    assert listed(server, q="lindqvist") == ["resume_en.pdf"], "titles are looked at, too"
    assert listed(server, q="%") == []
    assert listed(server, q="e", state="done", limit=1) != []
    for wrong in ({"state": "lost"}, {"sort": "colour"}, {"limit": 0}, {"limit": 1001}, {"cursor": "!"}):
        assert server.get(f"{KB}/documents", 422, **wrong)["detail"]
    cursor = server.get(f"{KB}/documents", limit=1)["next_cursor"]
    assert server.get(f"{KB}/documents", 422, cursor=cursor, sort="size")["code"] == "bad_cursor"


def test_a_document_answers_to_its_id_its_beginning_and_its_name(server: Server, ids: dict[str, str]) -> None:
    document = server.get(f"{KB}/documents/invoice.pdf")
    assert document["document"] == ids["invoice.pdf"]
    for name in (ids["invoice.pdf"], ids["invoice.pdf"][:6]):
        assert server.get(f"{KB}/documents/{name}") == document
    assert document["state"] == "done"
    stages = {one["stage"]: one for one in document["stages"]}
    assert set(stages) == {"plan", "parse", "extract", "embed", "publish"}
    assert all(one["started_at"] <= one["finished_at"] for one in stages.values())
    for name in ("nothing.pdf", ids["invoice.pdf"][:3], "a%2F..%2Fb", "%00", "%F0"):
        assert server.get(f"{KB}/documents/{name}", 404)["code"] == "not_found"
    assert server.get("/knowledge/nobody/documents/invoice.pdf", 404)["code"] == "not_found"


def test_the_source_is_the_very_bytes(server: Server) -> None:
    answer = server.client.get(f"{KB}/documents/invoice.pdf/source")
    assert answer.content == (SAMPLES / "invoice.pdf").read_bytes()
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'attachment; filename="invoice.pdf"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    inline = server.client.get(f"{KB}/documents/invoice.pdf/source", params={"inline": "1"})
    assert inline.headers["content-disposition"].startswith("inline")
    part = server.client.get(f"{KB}/documents/invoice.pdf/source", headers={"Range": "bytes=0-4"})
    assert (part.status_code, part.content) == (206, b"%PDF-")


def test_markdown_and_json_hold_all_pages(server: Server) -> None:
    answer = server.client.get(f"{KB}/documents/contract_zh_scan.pdf/markdown")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.text.count("<!-- page ") == 2
    assert "付款期限" in answer.text
    whole = server.get(f"{KB}/documents/contract_zh_scan.pdf/json")
    assert (whole["page_count"], [page["number"] for page in whole["pages"]]) == (2, [1, 2])
    assert all(page["route"] == "ocr" and page["blocks"] for page in whole["pages"])
    assert {record["schema"] for record in whole["records"]} == {"document", "invoice"}
    refused = server.get(f"{KB}/documents/broken.pdf/json", 409)
    assert (refused["code"], refused["state"]) == ("document_failed", "failed")


def test_pages_are_listed_and_shown(server: Server) -> None:
    marks = all_of(server, f"{KB}/documents/contract_zh_scan.pdf/pages", limit=1)
    assert [(mark["number"], mark["route"], mark["read"]) for mark in marks] == [(1, "ocr", True), (2, "ocr", True)]
    page = server.get(f"{KB}/documents/contract_zh_scan.pdf/pages/2")
    assert "付款期限" in page["markdown"]
    for block in page["blocks"]:
        x0, y0, x1, y1 = block["box"]
        assert 0 <= x0 < x1 <= page["width_pt"] + 1 and 0 <= y0 < y1 <= page["height_pt"] + 1
    for number, status in ((3, 404), (0, 422), (-1, 422), ("x", 422), (10**9, 422)):
        server.get(f"{KB}/documents/contract_zh_scan.pdf/pages/{number}", status)


def test_a_page_is_drawn_once_and_never_changes(server: Server, ids: dict[str, str]) -> None:
    address = f"{KB}/documents/{ids['invoice.pdf']}/pages/1/image"
    first = server.client.get(address)
    assert first.content.startswith(PNG)
    assert first.headers["content-type"] == "image/png"
    assert "immutable" in first.headers["cache-control"]
    drawn = {path: path.stat().st_ino for path in (server.folder / "run" / "pictures").rglob("*.png")}
    again = server.client.get(address)
    assert again.content == first.content
    assert {path: path.stat().st_ino for path in (server.folder / "run" / "pictures").rglob("*.png")} == drawn != {}
    assert server.client.get(address, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    assert server.client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200
    small = server.client.get(address, params={"dpi": 40})
    assert len(small.content) < len(first.content)
    by_name = server.client.get(f"{KB}/documents/invoice.pdf/pages/1/image")
    assert by_name.headers["cache-control"] == "private, no-cache", "another file may have this name tomorrow"
    for wrong in (1, 301, "x"):
        assert server.client.get(address, params={"dpi": wrong}).status_code == 422
    assert server.client.get(address.replace("/1/", "/2/")).status_code == 404


def test_a_photo_is_drawn_upright(server: Server) -> None:
    import cv2
    import numpy as np

    page = server.get(f"{KB}/documents/notice_turned.jpg/pages/1")
    answer = server.client.get(f"{KB}/documents/notice_turned.jpg/pages/1/image", params={"dpi": 72})
    height, width = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR).shape[:2]
    assert abs(width / height - page["width_pt"] / page["height_pt"]) < 0.02


def test_chunks_come_in_their_order(server: Server, ids: dict[str, str]) -> None:
    chunks = all_of(server, f"{KB}/documents/resume_en.pdf/chunks", limit=2)
    assert [one["chunk"] for one in chunks] == [f"{ids['resume_en.pdf']}:1:{n}" for n in range(len(chunks))]
    assert len(chunks) == server.get(f"{KB}/documents/resume_en.pdf")["chunks"] > 1
    assert all(one["boxes"] and one["text"] for one in chunks)


def test_records_have_evidence(server: Server) -> None:
    records = {one["schema"]: one for one in server.get(f"{KB}/documents/invoice.pdf/records")}
    assert records["invoice"]["fields"]["invoice_number"] == "LPS-2026-0417"
    evidence = records["invoice"]["evidence"]["invoice_number"]
    assert (evidence["page"], evidence["found"]) == (1, True)
    assert "LPS-2026-0417" in evidence["quote"]
    assert len(evidence["boxes"][0]) == 4


def test_records_of_a_schema_in_parts_and_as_csv(server: Server) -> None:
    everything = all_of(server, f"{KB}/records/invoice", limit=2, all=True)
    assert {one["source"] for one in everything} == set(FILES) - {"broken.pdf"}
    records = all_of(server, f"{KB}/records/invoice", limit=2)
    assert (
        [one["source"] for one in records]
        == ["invoice.pdf"]
        == [one["source"] for one in everything if not one["not_applicable"]]
    )
    answer = server.client.get(f"{KB}/records/invoice", params={"format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert [line["source"] for line in lines] == [one["source"] for one in records]
    assert next(line for line in lines if line["source"] == "invoice.pdf")["amount"] == "564.0"
    assert not any(cell.startswith(("=", "+", "@", "\t")) for line in lines for cell in line.values())
    for path in (f"{KB}/records/nonsense", "/knowledge/nobody/records/invoice"):
        server.get(path, 404)
        server.get(path, 404, format="csv")


@pytest.mark.parametrize(
    ("query", "source", "page", "lit"),
    [("acid-free archive boxes", "invoice.pdf", 1, "Acid"), ("付款期限多少日", "contract_zh_scan.pdf", 2, "付款期限")],
)
def test_search_says_where_and_why(server: Server, query: str, source: str, page: int, lit: str) -> None:
    best = server.post(f"{KB}/search", {"query": query, "limit": 3})["hits"][0]
    assert (best["source"], best["first_page"]) == (source, page)
    assert any(lit in best["text"][start:end] for start, end in best["highlights"])
    assert f"<mark>{lit}" in best["snippet_html"]
    assert best["boxes"][0]["page"] == page
    assert server.get(f"{KB}/search", q=query, limit=3)["hits"][0]["chunk"] == best["chunk"]


def test_search_is_bounded_and_filtered(server: Server) -> None:
    only = server.post(f"{KB}/search", {"query": "agreement", "where": {"source": "invoice.pdf"}})["hits"]
    assert {hit["source"] for hit in only} <= {"invoice.pdf"}
    where = "source = invoice.pdf and not type = image"
    result = server.post(f"{KB}/search", {"query": "agreement", "where": where})
    assert result["hits"] == only
    assert server.get(f"{KB}/search", q="agreement", where=where) == result
    assert server.get(f"{KB}/search", q="agreement", where="source = invoice.pdf and type = image")["hits"] == []
    assert server.post(f"{KB}/search", {"query": "When must the invoice be paid?"})["nothing_fits"] is False
    nonsense = server.post(f"{KB}/search", {"query": "xyzzyplugh"})
    assert nonsense["nothing_fits"] is True and nonsense["hits"]
    for wrong in (
        {},
        {"query": ""},
        {"query": "x", "mode": "guess"},
        {"query": "x", "limit": 0},
        {"query": "x" * 3000},
        {"query": "x", "where": {"nonsense": "1"}},
        {"query": "x", "where": "nonsense > 1"},
        {"query": "x", "where": "language"},
    ):
        server.post(f"{KB}/search", wrong, 422)
    assert server.post(f"{KB}/search", {"query": "   "}, 422)["code"] == "bad_input"
    server.post("/knowledge/nobody/search", {"query": "x"}, 404)


def test_schemas_workers_queues_and_health(server: Server) -> None:
    schemas = {one["name"]: one for one in server.get("/schemas")}
    assert {"document", "invoice", "resume"} <= set(schemas)
    assert any(field["kind"] == "rows" and field["fields"] for field in schemas["invoice"]["fields"])
    (worker,) = [one for one in server.get("/workers") if "cpu" in one["queues"]]
    assert (worker["answers"], worker["pool"], worker["concurrency"]) == (True, "prefork", 2)
    assert {one["queue"] for one in server.get("/queues")} == {"cpu", "ocr", "extract", "embed", "notify"}
    root = httpx2.Client(base_url=server.address)
    assert root.get("/livez").json() == {"status": "alive"}
    assert root.get("/readyz").json() == {"status": "ready"}
    assert root.get("/version").json()["license"] == "AGPL-3.0-or-later"


def test_metrics_count_what_happened(server: Server) -> None:
    root = httpx2.Client(base_url=server.address)
    root.get("/api/v1/knowledge/demo")
    text = root.get("/metrics").text
    assert 'ingot_documents{knowledge_id="demo",state="done"} 4.0' in text
    assert 'ingot_steps{outcome="failed",stage="plan"} 1.0' in text
    assert 'ingot_steps_ended_total{outcome="failed",stage="plan"} 1.0' in text
    assert 'ingot_documents_stuck{knowledge_id="demo"} 0.0' in text
    assert 'ingot_queue_waiting{queue="ocr"} 0.0' in text
    assert 'route="/api/v1/knowledge/{knowledge_id}",status="200"' in text
    assert "invoice.pdf" not in text


def test_knowledge_bases_are_made_listed_and_deleted(server: Server) -> None:
    made = server.post("/knowledge", {"knowledge_id": "Made.here"}, 201)
    assert (made["knowledge_id"], made["documents"]) == ("Made.here", 0)
    again = server.post("/knowledge", {"knowledge_id": "Made.here"}, 201)
    assert {**again, "size_bytes": made["size_bytes"]} == made, "twice is once; a database's log may grow meanwhile"
    demo = server.get(KB)
    assert (demo["documents"], demo["failed"], demo["running"]) == (5, 1, 0)
    assert demo["pages"] >= 5 and demo["chunks"] > 5 and demo["records"] == 5 and demo["size_bytes"] > 10_000
    names = [one["knowledge_id"] for one in server.get("/knowledge")["items"]]
    assert names == sorted(names) and {"Made.here", "demo"} <= set(names)
    assert [one["knowledge_id"] for one in all_of(server, "/knowledge", limit=1)] == names
    server.delete("/knowledge/Made.here", 204)
    server.get("/knowledge/Made.here", 404)
    server.delete("/knowledge/Made.here", 404)
    for wrong in ("", "../x", ".hidden", "a" * 129, "a b"):
        assert server.post("/knowledge", {"knowledge_id": wrong}, 422)["code"] == "bad_knowledge_id"


def test_file_names_come_back_as_they_were_and_are_never_paths(server: Server, tmp_path: Path) -> None:
    """Names with slashes, quotes, line breaks and other scripts come back as they were, and are never paths."""
    name = '../../up "quoted"; x=<b> 合同 café.pdf'
    files = [("files", (name, (SAMPLES / "resume_zh.pdf").read_bytes()))]
    answer = server.client.post("/knowledge/names/ingest", files=files)
    assert answer.status_code == 202, answer.text
    server.finished(answer.json()["job_id"], 120)
    (document,) = server.get("/knowledge/names/documents")["items"]
    assert document["state"] == "done"
    source = server.client.get(f"/knowledge/names/documents/{document['document']}/source")
    assert "filename*=utf-8''" in source.headers["content-disposition"].lower()
    assert "%E5%90%88%E5%90%8C" in source.headers["content-disposition"]
    assert "\n" not in source.headers["content-disposition"]


def test_a_deleted_document_never_answers_again(server: Server) -> None:
    job = server.upload("bin", SAMPLES / "invoice.pdf")
    server.finished(job)
    address = "/knowledge/bin/documents/invoice.pdf"
    assert server.client.get(f"{address}/pages/1/image").status_code == 200
    whole = server.get(address)
    assert server.delete(address)["document"] == whole["document"]
    for part in ("", "/source", "/markdown", "/json", "/pages", "/pages/1", "/pages/1/image", "/chunks", "/records"):
        for name in ("invoice.pdf", whole["document"]):
            assert server.client.get(f"/knowledge/bin/documents/{name}{part}").status_code == 404, part
    assert server.get("/knowledge/bin/documents")["items"] == []
    assert server.post("/knowledge/bin/search", {"query": "invoice"})["hits"] == []
    folders = (server.folder / "bin", server.folder / "run" / "pictures" / "bin")
    left = [path for folder in folders for path in folder.rglob("*") if whole["document"][:12] in path.name]
    assert left == []
    server.delete(address, 404)


def test_a_refused_file_can_be_deleted(server: Server, tmp_path: Path) -> None:
    bad = tmp_path / "notes.docx"
    bad.write_bytes(b"PK\x03\x04 not a document")
    job = server.upload("refused", bad, SAMPLES / "resume_en.pdf")
    assert server.finished(job)["counts"] == {"done": 1, "failed": 1}
    (one,) = server.get("/knowledge/refused/documents", state="failed")["items"]
    assert (one["document"], one["source"]) == ("", "notes.docx")
    assert one["error"]
    server.delete("/knowledge/refused/documents/notes.docx")
    assert [one["source"] for one in server.get("/knowledge/refused/documents")["items"]] == ["resume_en.pdf"]


def test_errors_are_problems_with_a_request_id(server: Server) -> None:
    answer = server.client.get("/knowledge/nobody", headers={"X-Request-ID": "abc-1"})
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (problem["status"], problem["code"], problem["request_id"]) == (404, "not_found", "abc-1")
    assert json.dumps(problem).count("Traceback") == 0

"""``ingest.KnowledgeBase``: the same answers from a home of this machine and from a server."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ingest import KnowledgeBase
from ingest.client.connection import IngestOptions
from ingest.client.server_connection import _FILES_AT_ONCE, ServerConnection, _parts
from ingest.runtime import embedded
from pipeline.settings import Settings
from stores.errors import IngotError, InputError, NotFoundError, UnavailableError
from stores.placement import StagedFile
from tests.api_server import FAKE, serving
from tests.e2e.command import ROOT
from tests.in_process import fake_document


@pytest.fixture(scope="module")
def documents() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="ingot-"))
    fake_document(folder / "contract.pdf", "# Contract\nPayment is due within 45 days.", "# Annex\n\nBavaria.")
    fake_document(folder / "sub" / "note.pdf", "# Note\nA note about giraffes.")
    (folder / "empty.pdf").write_bytes(b"")
    (folder / "letter.wpd").write_bytes(b"\xffWPC")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module", params=["home", "server"])
def knowledge_base(request: pytest.FixtureRequest, documents: Path) -> Iterator[KnowledgeBase]:
    """A knowledge base into which the documents were ingested."""
    if request.param == "server":
        with serving(**FAKE) as server, KnowledgeBase("contracts", url=server.address) as opened:
            opened.ingest(documents)
            yield opened
        return
    home = Path(tempfile.mkdtemp(prefix="ingot-"))
    with KnowledgeBase("contracts", home=home, **FAKE) as opened:
        opened.ingest(documents)
        yield opened
    embedded.down(Settings(home=home))
    shutil.rmtree(home, ignore_errors=True)


def test_a_folder_is_ingested_and_every_file_accounted_for(knowledge_base: KnowledgeBase, documents: Path) -> None:
    result = knowledge_base.ingest(documents, documents / "empty.pdf", force=True)
    assert len(result["jobs"]) == 1
    states = {document["source"]: document["state"] for document in result["documents"] if document["document"]}
    assert states == {"contract.pdf": "done", "sub/note.pdf": "done"}
    refused = [*result["refused"], *(document for document in result["documents"] if document["error"])]
    assert {file["source"] for file in refused} == {"empty.pdf"}
    assert "0 bytes" in refused[0]["error"]
    assert [file["source"] for file in result["skipped"]] == ["letter.wpd"]
    assert {view["source"]: view["pages"] for view in knowledge_base.documents() if view["document"]} == {
        "contract.pdf": 2,
        "sub/note.pdf": 1,
    }


def test_search_finds_pages_and_says_where(knowledge_base: KnowledgeBase) -> None:
    hit = knowledge_base.search("when is payment due")[0]
    assert (hit["source"], hit["first_page"], hit["last_page"]) == ("contract.pdf", 1, 2), "both pages are one chunk"
    assert "45 days" in hit["text"] and hit["knowledge_id"] == "contracts"
    assert [hit["source"] for hit in knowledge_base.search("giraffes", where='source has "note"')] == ["sub/note.pdf"]
    assert knowledge_base.search("giraffes", where='source = "contract.pdf"', mode="keyword") == []


def test_ask_answers_with_citations(knowledge_base: KnowledgeBase) -> None:
    answer = knowledge_base.ask("When is payment due?")
    (sentence, *_) = answer["sentences"]
    assert answer["outcome"] == "answered" and sentence["text"] == "Payment is due within 45 days."
    assert sentence["citations"][0]["page"] == 1 and sentence["citations"][0]["located"]


def test_markdown_and_records(knowledge_base: KnowledgeBase) -> None:
    assert "# Annex\n\nBavaria." in knowledge_base.markdown("contract.pdf")
    records = {record["source"]: record for record in knowledge_base.records()}
    assert records["contract.pdf"]["fields"]["title"] == "Contract"
    assert records["contract.pdf"]["evidence"]["title"]["page"] == 1
    assert [one["source"] for one in knowledge_base.records(where='title = "Note"')] == ["sub/note.pdf"]
    frame = pytest.importorskip("pandas") and knowledge_base.data_frame()
    assert sorted(frame["title"]) == ["Contract", "Note"]


def test_corrections_are_made_listed_and_withdrawn(knowledge_base: KnowledgeBase) -> None:
    def title() -> str:
        shown = {record["source"]: record for record in knowledge_base.records()}["sub/note.pdf"]
        return str(shown["fields"]["title"])

    made = knowledge_base.correct("sub/note.pdf", "title", "On giraffes", quote="about giraffes")
    assert (made["verdict"], made["value"], made["replaced"]) == ("corrected", "On giraffes", "Note")
    assert title() == "On giraffes"
    assert knowledge_base.withdraw("sub/note.pdf", made["number"])["withdrawn_by"]
    assert title() == "Note"
    confirmed = knowledge_base.confirm("sub/note.pdf", "title", schema="document", page=1, box=(0, 0, 500, 800))
    rejected = knowledge_base.reject("contract.pdf", "title")
    assert [(one["number"], one["verdict"]) for one in knowledge_base.corrections("sub/note.pdf")] == [
        (made["number"], "corrected"),
        (confirmed["number"], "confirmed"),
    ]
    assert knowledge_base.to_check(document="sub/note.pdf") == []
    for document, number in (("sub/note.pdf", confirmed["number"]), ("contract.pdf", rejected["number"])):
        knowledge_base.withdraw(document, number)
    with pytest.raises(InputError, match="no_such"):
        knowledge_base.correct("contract.pdf", "no_such", 1)


def test_a_home_keeps_the_author_and_a_server_names_its_own(knowledge_base: KnowledgeBase) -> None:
    if isinstance(knowledge_base._connection, ServerConnection):
        with pytest.raises(InputError, match="API key"):
            knowledge_base.confirm("contract.pdf", "title", author="Ada")
    else:
        made = knowledge_base.confirm("contract.pdf", "title", author="Ada")
        assert made["author"] == "Ada"
        knowledge_base.withdraw("contract.pdf", made["number"], author="Ada")


def test_retrievers_of_langchain_and_llamaindex(knowledge_base: KnowledgeBase) -> None:
    from scripts.examples import langchain_retriever, llamaindex_retriever

    (document,) = langchain_retriever.IngotRetriever(knowledge_base=knowledge_base, limit=1).invoke("giraffes")
    assert (document.metadata["source"], document.metadata["page"]) == ("sub/note.pdf", 1)
    (node,) = llamaindex_retriever.IngotRetriever(knowledge_base, limit=1).retrieve("giraffes")
    assert node.text == document.page_content and node.metadata["source"] == "sub/note.pdf"
    assert node.score == document.metadata["score"] and node.node_id == document.id


def test_the_notebook_runs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGOT_HOME", str(home))
    monkeypatch.setenv("INGOT_WORKERS", "1")
    cells = json.loads((ROOT / "scripts" / "examples" / "first_steps.ipynb").read_text())["cells"]
    names: dict[str, Any] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    embedded.down(Settings(home=home))
    assert [document["state"] for document in names["result"]["documents"]] == ["done", "done"]
    assert "LPS-2026-0417" in str(names["answer"]["sentences"])
    assert names["record"]["fields"]["invoice_number"] == "LPS-2026-0417"
    assert names["record"]["source"] == "invoice.pdf" and names["record"]["evidence"]


@pytest.mark.parametrize(
    ("use", "error", "words"),
    [
        (lambda kb: kb.markdown("nothing.pdf"), NotFoundError, "nothing.pdf"),
        (lambda kb: list(kb.records("recipe")), InputError, "recipe"),
        (lambda kb: kb.search("payment", where="sorce = a"), InputError, "did you mean 'source'"),
        (lambda kb: kb.search(" "), InputError, "quer"),
        (lambda kb: kb.ingest("/nowhere/at/all.pdf"), NotFoundError, "/nowhere/at/all.pdf"),
    ],
)
def test_errors_have_the_same_class(knowledge_base: KnowledgeBase, use, error: type[IngotError], words: str) -> None:
    with pytest.raises(error, match=words):
        use(knowledge_base)


def test_a_document_is_deleted(knowledge_base: KnowledgeBase, documents: Path) -> None:
    path = fake_document(documents.parent / f"{documents.name}-extra" / "extra.pdf", "Zebras.")
    knowledge_base.ingest(path)
    assert knowledge_base.delete("extra.pdf")["source"] == "extra.pdf"
    assert "extra.pdf" not in {view["source"] for view in knowledge_base.documents()}
    shutil.rmtree(path.parent)


def test_what_cannot_be_opened_is_refused_with_a_sentence(home: Path) -> None:
    with pytest.raises(InputError, match="is not allowed"):
        KnowledgeBase("../escape", home=home)
    with pytest.raises(InputError, match=r"no setting 'wrokers'.*'workers'"):
        KnowledgeBase(home=home, wrokers=2)
    with pytest.raises(InputError, match="not both"):
        KnowledgeBase(home=home, url="http://localhost:1")
    with pytest.raises(UnavailableError, match="cannot be reached"):
        KnowledgeBase(url="http://127.0.0.1:9").documents()


def test_many_files_are_divided_among_requests() -> None:
    files = [StagedFile(root="", name=f"{n}", path=Path(f"{n}"), size_bytes=1 << 20) for n in range(120)]
    large = StagedFile(root="", name="large", path=Path("large"), size_bytes=1 << 30)
    parts = list(_parts([*files, large, *files[:1]]))
    assert [len(part) for part in parts] == [_FILES_AT_ONCE, _FILES_AT_ONCE, 20, 1, 1]


def test_a_request_over_the_limits_of_a_server_is_divided(tmp_path: Path) -> None:
    for number in range(5):
        fake_document(tmp_path / f"{number}.pdf", "x" * (5000 if number == 3 else 10))
    sent, bodies = list[int](), list[bytes]()

    def answer(request: httpx2.Request) -> httpx2.Response:
        count = request.content.count(b"filename=")
        if count > 2 or len(request.content) > 4000:
            problem = {"detail": "it is too large", "code": "too_large"}
            return httpx2.Response(413, json=problem, headers={"content-type": "application/problem+json"})
        sent.append(count)
        bodies.append(request.content)
        return httpx2.Response(202, json={"job_id": f"kb.{len(sent)}"})

    connection = ServerConnection("http://server", "kb")
    connection._http = httpx2.Client(base_url="http://server/api/v1", transport=httpx2.MockTransport(answer))
    submitted = connection.ingest([str(tmp_path)], IngestOptions(attachments=True))
    assert all(b'name="attachments"\r\n\r\ntrue' in body for body in bodies)
    assert sum(sent) == 4 and len(submitted.jobs) == len(sent)
    assert [(one["source"], one["error_code"]) for one in submitted.refused] == [("3.pdf", "too_large")]

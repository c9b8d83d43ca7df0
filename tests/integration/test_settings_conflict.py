"""Every setting, tried by a second command while a job of the first one runs: both end right, or the second is refused.

Real processes: one runtime, its workers, and the commands' own settings.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.runtime import embedded
from ingest.runtime.run_dir import RunDir
from pipeline.commands.ingest_request import IngestRequest
from pipeline.profiles import SCOPES, Scope
from pipeline.service import Service
from pipeline.settings import Settings
from stores.errors import UnavailableError
from stores.models import JobState, Options
from tests.in_process import fake_document
from tests.waiting import eventually
from tests.worker_processes import data_limits_mb

FAKES = {"text_engine": "fake", "ocr_engine": "fake", "embedder": "fake"}
TEXT = "# Note\n\nDelivery No. 4711\n\n" + "A line of words. " * 40

#: Each setting with a value that the first command did not have. What must be refused stands below.
OTHER: dict[str, object] = {
    "workers": 1,
    "notify_url": "https://example.org/notices",
    "notify_mail": "smtp://mail.example.org/?from=a@example.org&to=b@example.org",
    "notify_queue_s": 99.0,
    "imap_password": "some-password",
    "imap_password_file": "a-password",
    "imap_token_file": "a-token",
    "links_from_mb": 7,
    "schedules_file": "schedules.toml",
    "log_level": "DEBUG",
    "log_format": "json",
    "metrics_port": 9541,
    "metrics_host": "127.0.0.2",
    "memory_mb": 2048,
    "files_cache_mb": 99,
    "ocr_slots": 3,
    "batch_pages": 3,
    "max_pages": 40,
    "max_file_mb": 5,
    "page_timeout_s": 9.0,
    "document_timeout_s": 90.0,
    "dpi": 99,
    "max_page_megapixels": 3.0,
    "ocr_engine": "rapidocr",
    "ocr_model": "some/model",
    "ocr_max_tokens": 99,
    "ocr_boxes": False,
    "text_engine": "pymupdf",
    "embedder": "minilm",
    "embedder_model": "some/model",
    "chunk_tokens": 33,
    "chunk_overlap": 7,
    "extractor": "auto",
    "llm_url": "http://127.0.0.1:1/v1",
    "llm_model": "some-model",
    "llm_api_key": "some-key",
    "llm_api_key_file": "a-key",
    "llm_timeout_s": 9.0,
    "llm_max_tokens": 99,
    "llm_window_tokens": 999,
    "llm_parallel": 2,
    "schema_dir": "schemas-of-the-second",
    "allow_private_urls": True,
    "callback_timeout_s": 3.0,
    "callback_retries_s": "0,1",
    "callback_secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "fetch_retries_s": "1",
    "fetch_timeout_s": 9.0,
    "api_host": "127.0.0.2",
    "api_port": 8111,
    "audit_days": 30,
    "convert_timeout_s": 30.0,
    "api_keys": "other",
    "ingest_root": "schemas-of-the-second",
    "max_request_files": 9,
    "max_request_mb": 9,
    "body_timeout_s": 9.0,
    "queue_max": 99,
    "source_url": "/elsewhere",
    "reranker": "http://127.0.0.1:1/rerank",
    "reranker_model": "some-model",
    "reranker_api_key": "some-key",
    "reranker_api_key_file": "a-key",
    "reranker_hits": 9,
    "reranker_timeout_s": 9.0,
    "cors_origins": "https://elsewhere.example",
}
ELSEWHERE = {"home", "broker_url", "database_url", "chroma_url", "files_url"}
"""Other homes and brokers are other runtimes, another database, vector server or file store is refused."""
REFUSED: dict[str, dict[str, object]] = {
    "chroma_url": {"chroma_url": "http://somebody:secret@127.0.0.1:1"},
    "database_url": {"database_url": "postgresql://somebody:secret@127.0.0.1:1/name"},
    "files_url": {"files_url": "s3://elsewhere/ingot"},
    "memory_mb": {"memory_mb": 9000},
    "ocr_engine": {"ocr_engine": "got"},
    "embedder": {"embedder": "sentence-transformers"},
}


class Commands:
    """The first command, whose job is running, and others beside it, each with files and knowledge base of its own."""

    def __init__(self, home: Path, folder: Path) -> None:
        self.folder = folder
        self.gate = folder / "gate"
        self.given: dict[str, Any] = {**FAKES, "home": home, "workers": 2, "chunk_tokens": 64, "page_timeout_s": 900.0}
        self.schema("schemas-of-the-first", "number", "Delivery No.")
        self.schema("schemas-of-the-second", "other", "Delivery No.")

    def schema(self, folder: str, field: str, label: str) -> None:
        (self.folder / folder).mkdir()
        lines = ['name = "delivery"', "[[fields]]", f'name = "{field}"', 'kind = "text"', f'labels = ["{label}"]']
        (self.folder / folder / "delivery.toml").write_text("\n".join(lines))

    def settings(self, **more: object) -> Settings:
        return Settings(**{**self.given, **more})

    def ingest(self, settings: Settings, knowledge_id: str, path: Path, *schemas: str) -> str:
        """As `ingot ingest` does it; the id of the job."""
        self.remarks = embedded.prepare(settings)
        with embedded.attached(settings) as connected:
            request = IngestRequest(paths=(path,), options=Options(schemas=schemas))
            job = Service(connected).ingestion.ingest(knowledge_id, request).job
        assert job
        return job

    def first(self) -> str:
        """Start a job that stays in work until the file ``gate`` exists."""
        path = fake_document(self.folder / "first.pdf", f"[until {self.gate}] {TEXT}", TEXT)
        settings = self.settings(schema_dir=self.folder / "schemas-of-the-first")
        return self.ingest(settings, "first", path, "delivery")

    def second(self, name: str, **more: object) -> str:
        is_pdf = more.get("text_engine") == "pymupdf"
        sample = Path(__file__).resolve().parents[2] / "ingest" / "samples" / "invoice.pdf"
        path = sample if is_pdf else fake_document(self.folder / f"{name}.pdf", TEXT + name)
        schemas = ("delivery",) if "schema_dir" in more else ()
        return self.ingest(self.settings(**more), f"kb-{name}", path, *schemas)

    def ended(self, job: str) -> list[tuple[str, str]]:
        service = Service(self.settings())
        eventually(lambda: service.jobs.get(job).state is not JobState.RUNNING, every_s=0.1)
        return [(str(one.state), one.error.message if one.error else "") for one in service.jobs.get(job).documents]

    def pid(self, name: str = "worker") -> int:
        return int(embedded.status(self.settings()).processes.get(name, {}).get("pid") or 0)


@pytest.fixture
def commands(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Commands]:
    monkeypatch.chdir(tmp_path)
    made = Commands(home, tmp_path)
    yield made
    embedded.down(made.settings())


def test_every_setting_of_a_second_command(commands: Commands, tmp_path: Path) -> None:
    assert set(OTHER) | ELSEWHERE == set(SCOPES), "a new setting needs its line in this table"
    with embedded.session(commands.settings()):
        job = commands.first()
        assert eventually(lambda: commands.pid())
        worker = commands.pid()
        refused = {name: refusal(commands, job, **more) for name, more in REFUSED.items()}
        jobs = {}
        for name, value in OTHER.items():
            other = tmp_path / str(value) if name in ("schema_dir", "ingest_root") else value
            jobs[name] = commands.second(name, **{name: other})
            told = [remark for remark in commands.remarks if f"INGOT_{name.upper()}" in remark]
            assert bool(told) == (SCOPES[name] in (Scope.WORKERS, Scope.HOME)), f"{name}: {commands.remarks}"
        assert commands.pid() == worker, "the workers of the first job were left alone"
        commands.gate.touch()
        assert {name: commands.ended(second) for name, second in jobs.items()} == {
            name: [("done", "")] for name in jobs
        }
        assert commands.ended(job) == [("done", "")]
        service = Service(commands.settings())
        (record,) = service.records.all("first", "delivery")
        assert record.fields == {"number": "4711"}
        (record,) = service.records.all("kb-schema_dir", "delivery")
        assert record.fields == {"other": "4711"}
        small, usual = (
            len(service.documents.chunks(kb, kb.removeprefix("kb-") + ".pdf").items)
            for kb in ("kb-chunk_tokens", "kb-dpi")
        )
        assert small > usual
        assert service.knowledge_bases.get("kb-embedder").embedder != service.knowledge_bases.get("kb-dpi").embedder
        assert commands.pid() == worker
    for name, message in refused.items():
        assert f"INGOT_{name.upper()}" in message and job in message and "ingot down" in message, message
    assert not any("secret" in refused[name] for name in ("chroma_url", "database_url"))


def refusal(commands: Commands, job: str, **more: object) -> str:
    with pytest.raises(UnavailableError) as refused:
        commands.second("refused", **more)
    assert "kb-refused" not in Service(commands.settings()).knowledge_bases.ids(), "nothing was begun"
    return refused.value.message


def test_a_runtime_without_work_takes_the_settings_of_a_new_command(commands: Commands) -> None:
    """An `ingot serve` that only waits holds the runtime, and blocks nobody."""
    with embedded.session(commands.settings()):
        assert eventually(lambda: commands.pid())
        worker = commands.pid()
        assert commands.ended(commands.second("more", memory_mb=9000)) == [("done", "")]
        assert commands.remarks == []
        assert commands.pid() != worker
        assert eventually(lambda: data_limits_mb(commands.pid()) == {9000})
        assert commands.ended(commands.second("then", memory_mb=2048)) == [("done", "")]


def test_another_callback_secret_conflicts_only_with_workers_that_deliver(commands: Commands) -> None:
    with embedded.session(commands.settings()):
        job = commands.first()
        assert eventually(lambda: commands.pid())
        worker = commands.pid()
        embedded.prepare(commands.settings(callback_secret=OTHER["callback_secret"]))
        folder = RunDir.of(commands.given["home"])
        there = lambda: "INGOT_CALLBACK_SECRET" in folder.read_json("runtime.json")["settings"]  # noqa: E731
        assert eventually(there)
        embedded.prepare(commands.settings(chunk_tokens=100))
        commands.gate.touch()
        assert commands.ended(job) == [("done", "")]
        assert (commands.pid(), there()) == (worker, True), "a command without one does not take it away"


def test_two_directories_with_an_ingot_toml_each(
    commands: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = {}
    with embedded.session(commands.settings()):
        for name, tokens in (("small", 40), ("large", 400)):
            (tmp_path / name).mkdir()
            (tmp_path / name / "ingot.toml").write_text(f"chunk_tokens = {tokens}\n")
            monkeypatch.chdir(tmp_path / name)
            del commands.given["chunk_tokens"]
            jobs[name] = commands.second(name)
            commands.given["chunk_tokens"] = 64
        for job in jobs.values():
            assert commands.ended(job) == [("done", "")]
    service = Service(commands.settings())
    assert (
        len(service.documents.chunks("kb-small", "small.pdf").items)
        > len(service.documents.chunks("kb-large", "large.pdf").items)
        == 1
    )

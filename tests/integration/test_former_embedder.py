"""Knowledge bases made with a former default embedder go on with it, until they are embedded anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import knowledge_base_embedder, wiring
from pipeline.commands.ingest_request import IngestRequest
from pipeline.commands.reprocess import embed_all
from pipeline.engines.embedders.fake import FakeEmbedder
from pipeline.search.search import search
from pipeline.service import Service
from pipeline.settings import Settings
from pipeline.step_context import Resources
from stores.chroma.memory import MemoryVectors
from stores.errors import InputError
from stores.models import Stage
from tests.in_process import KB, fake_document, ingest_now, run_until_done


class Former(FakeEmbedder):
    """Stands for an embedder that was the default once."""

    fingerprint = "former-embedder/1"


class Newer(FakeEmbedder):
    """Stands for the default."""

    fingerprint = "newer-embedder/1"
    dimension = 32


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Resources]:
    """Resources whose default embedder is ``e5``, with an index that all of them share."""
    import dataclasses

    monkeypatch.setitem(wiring.EMBEDDERS, "e5", lambda _: Newer())
    monkeypatch.setitem(wiring.EMBEDDERS, "minilm", lambda _: Former())
    vectors = MemoryVectors()

    def build(**settings: object) -> Resources:
        chosen = {"text_engine": "fake", "ocr_engine": "fake", "home": tmp_path / "home", **settings}
        return dataclasses.replace(wiring.build(Settings(**chosen), pooled=True), vectors=lambda: vectors)  # type: ignore[arg-type]

    fake_document(tmp_path / "in" / "alpha.pdf", "# Alpha\nThe otter contract is about herons.")
    fake_document(tmp_path / "more" / "beta.pdf", "# Beta\nThe second contract is about giraffes.")
    ingest_now(build(embedder="minilm"), tmp_path / "in")
    return build


def embedders(resources: Resources) -> list[str]:
    return resources.catalog.store(KB).chunks.embedders()


def sources(resources: Resources, query: str, mode: str = "vector") -> list[str]:
    return [hit.source for hit in search(resources, KB, query, 10, mode, {})]


def test_it_is_searched_with_the_embedder_that_made_it(make: Callable[..., Resources]) -> None:
    assert sources(make(), "herons") == ["alpha.pdf"]
    assert sources(make(), "herons", "hybrid") == ["alpha.pdf"]


def test_new_documents_are_embedded_as_the_others_were(make: Callable[..., Resources], tmp_path: Path) -> None:
    report = ingest_now(make(), tmp_path / "more")
    (remark,) = report.remarks
    assert "goes on with the embedder minilm" in remark and f"ingot kb embed {KB}" in remark
    assert embedders(make()) == [Former.fingerprint]
    assert sources(make(), "giraffes")[0] == "beta.pdf" and sources(make(), "herons")[0] == "alpha.pdf"


def test_unchanged_files_are_not_made_again(make: Callable[..., Resources], tmp_path: Path) -> None:
    assert ingest_now(make(), tmp_path / "in").job is None


def test_a_new_knowledge_base_takes_the_default(make: Callable[..., Resources], tmp_path: Path) -> None:
    from pipeline.commands.ingest_folder import ingest

    ingest(make(), "elsewhere", IngestRequest(paths=(tmp_path / "more",)))
    run_until_done(make(), knowledge_id="elsewhere")
    assert make().catalog.store("elsewhere").chunks.embedders() == [Newer.fingerprint]


def test_one_command_embeds_all_anew_and_reads_no_page(make: Callable[..., Resources], tmp_path: Path) -> None:
    ingest_now(make(), tmp_path / "more")
    store = make().catalog.store(KB)
    job = embed_all(make(), store)
    assert job and len(store.job_queries.get(job).documents) == 2
    tried = run_until_done(make())
    assert {step.stage for step in tried} == {Stage.EMBED, Stage.PUBLISH}
    assert embedders(make()) == [Newer.fingerprint]
    assert sources(make(), "giraffes")[0] == "beta.pdf" and sources(make(), "herons")[0] == "alpha.pdf"
    assert str(store.job_queries.get(job).state) == "done"
    assert embed_all(make(), store) is None


def test_search_goes_on_while_all_is_embedded_anew(make: Callable[..., Resources], tmp_path: Path) -> None:
    ingest_now(make(), tmp_path / "more")
    embed_all(make(), make().catalog.store(KB))
    assert set(sources(make(), "herons")) == {"alpha.pdf", "beta.pdf"}, "nothing is published yet"
    seen: list[set[str]] = []
    run_until_done(make(), before=lambda _: seen.append(set(sources(make(), "contract"))))
    assert all(seen)
    assert set(sources(make(), "herons")) == {"alpha.pdf", "beta.pdf"}


def test_vectors_of_two_embedders_are_never_in_one_index(make: Callable[..., Resources], tmp_path: Path) -> None:
    ingest_now(make(embedder="e5"), tmp_path / "more")
    assert sources(make(), "giraffes") == ["beta.pdf"], "the index has the vectors of the embedder that was chosen"
    assert sources(make(), "herons", "keyword") == ["alpha.pdf"]
    assert embed_all(make(), make().catalog.store(KB))
    run_until_done(make())
    assert set(sources(make(), "herons")) == {"alpha.pdf", "beta.pdf"}


def test_an_embedder_that_is_set_is_used_as_it_is(make: Callable[..., Resources]) -> None:
    with pytest.raises(InputError, match="ingot kb embed") as refused:
        sources(make(embedder="e5"), "herons")
    assert refused.value.code == "other_embedder"


def test_uploads_follow_their_knowledge_base(make: Callable[..., Resources], tmp_path: Path) -> None:
    import hashlib
    import uuid

    from pipeline.commands.submission import Submission
    from stores.placement import StagedFile

    service = Service(make().settings)
    content = (tmp_path / "more" / "beta.pdf").read_bytes()
    path = service.ingestion.staging(KB) / f"{uuid.uuid4().hex}.part"
    path.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    upload = StagedFile.upload(path=path, name="beta.pdf", size_bytes=len(content), sha256=sha256)
    service.ingestion.submit(KB, Submission(uploads=(upload,)))
    run_until_done(make())
    assert embedders(make()) == [Former.fingerprint]


def test_only_former_defaults_are_recognised() -> None:
    assert set(knowledge_base_embedder.DEFAULTS) <= set(wiring.EMBEDDERS)
    assert knowledge_base_embedder.DEFAULTS[0] == Settings.model_fields["embedder"].default

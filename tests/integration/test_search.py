"""Search over a real store: filters, excluded words, folded hits, and what fits nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.commands.ingest_folder import ingest
from pipeline.commands.ingest_request import IngestRequest
from pipeline.engines.embedders.fake import FakeEmbedder
from pipeline.search import floor
from pipeline.search.search import search, search_result
from pipeline.service.search import Search
from pipeline.step_context import Resources
from stores.errors import InputError
from tests.in_process import KB, fake_document, fake_resources, ingest_now, run_until_done


@pytest.fixture
def resources(tmp_path: Path) -> Resources:
    made = fake_resources(tmp_path / "home", chunk_tokens=32)
    fake_document(tmp_path / "in" / "alpha.pdf", "# Alpha\nThe otter contract is about herons.")
    words = " ".join(f"herons fish in river number {number}." for number in range(60))
    fake_document(tmp_path / "in" / "beta.pdf", f"# Beta\n{words}")
    ingest_now(made, tmp_path / "in")
    return made


def sources(resources: Resources, query: str, where: str | None = None) -> list[str]:
    return [hit.source for hit in search(resources, KB, query, 10, "hybrid", where)]


def test_hits_with_an_excluded_word_are_left_out(resources: Resources) -> None:
    assert set(sources(resources, "herons")) == {"alpha.pdf", "beta.pdf"}
    assert sources(resources, "herons -otters") == ["beta.pdf"]
    assert sources(resources, 'herons -"otter contract"') == ["beta.pdf"]
    assert sources(resources, 'herons -"contract otter" -unheard') == sources(resources, "herons")


def test_what_remains_is_ranked_where_the_best_are_left_out(resources: Resources) -> None:
    hits = search(resources, KB, "herons fish in river -otter -number", 10, "hybrid")
    assert not any("number" in hit.text for hit in hits)


def test_other_hits_of_a_page_are_counted_under_it(resources: Resources) -> None:
    hits = {hit.source: hit for hit in search(resources, KB, "herons", 10, "hybrid")}
    assert hits["beta.pdf"].more_on_page > 2 and hits["alpha.pdf"].more_on_page == 0


def test_several_knowledge_bases_are_searched_at_once(resources: Resources, tmp_path: Path) -> None:
    fake_document(tmp_path / "more" / "gamma.pdf", "# Gamma\nA heron contract.")
    ingest(resources, "other", IngestRequest(paths=(tmp_path / "more",)))
    run_until_done(resources, knowledge_id="other")
    over = Search(resources).result_over
    hits = over([KB, "other", KB], "herons", 10).hits
    assert sorted({(hit.knowledge_id, hit.source) for hit in hits}) == [
        ("other", "gamma.pdf"),
        (KB, "alpha.pdf"),
        (KB, "beta.pdf"),
    ]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len(over([KB, "other"], "herons", 2).hits) == 2


def test_a_filter_narrows_a_search(resources: Resources) -> None:
    assert sources(resources, "herons", "source has alpha or source = gamma.pdf") == ["alpha.pdf"]
    assert sources(resources, "herons", "not source in (alpha.pdf) and added > 2000") == ["beta.pdf"]
    assert sources(resources, "herons", "media_type=text and source=none.pdf") == []


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ("sorce=x", "did you mean 'source'"),
        ("invoice.amount > much", "holds numbers"),
        ("invoice.amount has 1", "holds numbers"),
        ("invoice.due_date < soon", "holds dates"),
        ("added < soon", "holds dates"),
        ("media_type=spreadsheet", "media type"),
        ("language", "cannot be read"),
    ],
)
def test_what_can_hold_for_nothing_is_refused(resources: Resources, where: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        search(resources, KB, "herons", 10, "hybrid", where)


def test_nothing_fits_below_the_floor_of_the_embedder(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not search_result(resources, KB, "xyzzyplugh", 10, "hybrid").nothing_fits, "not calibrated: all fits"
    words_only = floor.Weights(
        similarity=0,
        unspaced=0,
        lead=0,
        margin=0,
        best_share=1,
        absent_share=0,
        agreement=0,
        exact_share=0,
        constant=-0.5,
    )
    of_fake = floor.Floor(same_script=words_only, other_script=words_only, background=0)
    monkeypatch.setattr("pipeline.search.search.FLOORS", {FakeEmbedder.fingerprint: of_fake})
    result = search_result(resources, KB, "xyzzyplugh", 10, "hybrid")
    assert result.nothing_fits and result.hits, "the nearest are shown"
    assert not search_result(resources, KB, "herons", 10, "hybrid").nothing_fits
    assert not search_result(resources, KB, "xyzzyplugh", 10, "vector").nothing_fits, "one half alone judges nothing"

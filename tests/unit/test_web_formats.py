"""Small pure parts of the pages: printed values, where a login leads, static files, escaping, what a job's row says."""

from __future__ import annotations

import dataclasses

import pytest
from jinja2 import UndefinedError

from ingest import quantities
from ingest.web import formats
from ingest.web.assets import asset_url, assets, assets_version
from ingest.web.jobs import drawn, now_words
from ingest.web.knowledge import Filters
from ingest.web.login import _inside
from ingest.web.rendering import CONTENT_SECURITY_POLICY, environment
from stores.errors import InputError
from stores.models import DocumentState, Outcome, Stage
from stores.views import StageProgress, Waiting
from tests.unit.fake_service import job_document


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 KB"), (99_400, "99.4 KB"), (150_000, "150 KB"), (999_600, "1.0 MB")],
)
def test_sizes_have_at_most_three_digits(count: int, shown: str) -> None:
    assert quantities.size(count) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, ""),
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (60, "1 min 0 s"),
        (3599.6, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations_name_two_units_at_most(seconds: float | None, shown: str) -> None:
    assert quantities.duration(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(3, "a few seconds"), (44, "about 40 s"), (94, "about 90 s"), (109, "about 2 min"), (7900, "about 2 h 10 min")],
)
def test_estimates_are_no_finer_than_they_can_be(seconds: float, shown: str) -> None:
    assert formats.roughly(seconds) == shown


def test_counts_times_and_names() -> None:
    assert formats.plural(1, "page") == "1 page"
    assert formats.plural(12345, "page") == "12\u202f345 pages"
    assert formats.moment(0) == "1970-01-01 00:00 UTC" and formats.iso(0) == "1970-01-01T00:00:00Z"
    assert formats.path_segment("a/b 文?") == "a%2Fb%20%E6%96%87%3F"
    assert (formats.kind("application/pdf"), formats.kind("")) == ("PDF", "")


@pytest.mark.parametrize("path", ["/", "/knowledge/a?state=failed", "/jobs/a.1"])
def test_a_login_leads_back(path: str) -> None:
    assert _inside(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/a\\b",
        "/a\nb",
        "",
        "/login",
    ],
)
def test_a_login_leads_nowhere_else(path: str) -> None:
    assert _inside(path) == "/"


def test_static_files_share_one_version_and_need_no_other_site() -> None:
    assert asset_url("style.css") == f"/static/{assets_version()}/style.css"
    with pytest.raises(KeyError):
        asset_url("../site.py")
    ours = [name for name in assets() if not name.startswith("htmx")]
    for name in ours:
        text = assets()[name].content.decode()
        assert "innerHTML" not in text and "eval(" not in text, name
        assert "http://" not in text.replace("http://www.w3.org/", "") and "https://" not in text, name


def test_templates_escape_and_hold_no_inline_script_or_style() -> None:
    shown = environment().from_string("{{ name }}<a title='{{ name }}'>").render(name="'><script>alert(1)</script>")
    assert "<script>" not in shown and "'>" in shown[-2:]
    with pytest.raises(UndefinedError):
        environment().from_string("{{ nobody_gave_this }}").render()
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    loader = environment().loader
    assert loader is not None
    for name in environment().list_templates():
        source = loader.get_source(environment(), name)[0]
        assert " style=" not in source and " onclick=" not in source and "|safe" not in source, name
        assert "<script>" not in source and "<style" not in source, name


def test_the_query_string_of_a_list_says_only_what_differs() -> None:
    assert Filters().query() == "?"
    assert (
        Filters(q="付款", state="failed", sort="-size").query("abc")
        == "?q=%E4%BB%98%E6%AC%BE&state=failed&sort=-size&cursor=abc"
    )


def test_an_unknown_state_in_a_query_is_refused() -> None:
    with pytest.raises(InputError, match="no state 'nonsense'"):
        Filters(state="nonsense").document_filter()


def test_a_row_of_a_job_says_what_happens_or_why_nothing_does() -> None:
    waits = dataclasses.replace(job_document("a.pdf", DocumentState.QUEUED), outcome=Outcome.NEW)
    assert now_words(waits) == "waits"
    assert now_words(dataclasses.replace(waits, waiting=Waiting(why="it is next"))) == "it is next"
    at_work = dataclasses.replace(waits, stage=Stage.OCR, page=2)
    assert now_words(at_work) == "ocr, page 2 of 3"
    assert now_words(dataclasses.replace(at_work, page=None)) == "ocr"
    same = dataclasses.replace(job_document("a.pdf"), outcome=Outcome.SAME, work_s=None)
    assert now_words(same) == "unchanged"
    stages = tuple(
        StageProgress(stage=stage, total=total, done=1, waiting=0, working=0, failed=1)
        for stage, total in ((Stage.OCR, 2), (Stage.PARSE, 0))
    )
    assert drawn(stages) == {"ocr": [2, 1, 1]}

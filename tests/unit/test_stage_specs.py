"""The table of the stages is complete and agrees with itself."""

from __future__ import annotations

import pytest

from pipeline import flow
from pipeline.fingerprints import fingerprints
from pipeline.stage_specs import (
    NEEDS,
    READING,
    RESULT_STAGES,
    STAGE_OF_FINGERPRINT,
    STAGES,
    TEXT_STAGES,
    stages_from,
    stages_of,
)
from stores.models import Options, Route, Stage
from tests.in_process import fake_resources

DOCUMENT_STAGES = (Stage.EXTRACT, Stage.EMBED, Stage.PUBLISH)


def test_every_stage_has_a_row_and_a_function() -> None:
    assert list(STAGES) == list(Stage)
    assert all(callable(flow.RUN[stage]) for stage in Stage)


def test_a_stage_needs_only_stages_before_it() -> None:
    order = list(Stage)
    assert all(order.index(need.stage) < order.index(stage) for stage in Stage for need in NEEDS[stage])


def test_stages_of_a_chain_wait_for_nothing_outside_of_it() -> None:
    for spec in STAGES.values():
        chain = {spec.stage, *spec.followed_by}
        done = {need.stage for need in spec.needs}
        assert all(need.stage in chain | done for stage in spec.followed_by for need in NEEDS[stage])


def test_stages_that_read_pages_have_a_route() -> None:
    assert {spec.stage for spec in STAGES.values() if spec.route} == {Stage.RENDER, Stage.OCR, Stage.PARSE}
    assert stages_of(Route.OCR) == (Stage.RENDER, Stage.OCR) and stages_of(Route.TEXT) == (Stage.PARSE,)


def test_what_stores_say_of_a_stage_agrees_with_its_row() -> None:
    assert {stage for stage in Stage if stage.reads_pages} == READING - {Stage.PLAN}
    assert {stage for stage in Stage if stage.follows_reading} == RESULT_STAGES | {Stage.PUBLISH}
    assert {Stage.OCR, Stage.PARSE} == TEXT_STAGES


def test_a_result_has_a_fingerprint_of_its_stage_s_name() -> None:
    assert all(str(stage) in STAGES[stage].fingerprints for stage in RESULT_STAGES)


def test_every_fingerprint_belongs_to_a_stage(tmp_path) -> None:
    resources = fake_resources(tmp_path)
    assert set(fingerprints(resources, Options(), resources.schemas)) == set(STAGE_OF_FINGERPRINT)


@pytest.mark.parametrize(
    ("stage", "again"),
    [
        (Stage.PLAN, set(Stage)),
        (Stage.RENDER, {Stage.RENDER, Stage.OCR, *DOCUMENT_STAGES}),
        (Stage.OCR, {Stage.RENDER, Stage.OCR, *DOCUMENT_STAGES}),
        (Stage.PARSE, {Stage.PARSE, *DOCUMENT_STAGES}),
        (Stage.EXTRACT, set(DOCUMENT_STAGES)),
        (Stage.EMBED, {Stage.EMBED, Stage.PUBLISH}),
        (Stage.PUBLISH, {Stage.PUBLISH}),
    ],
)
def test_what_runs_again_from_a_stage_on(stage: Stage, again: set[Stage]) -> None:
    assert stages_from(stage) == again

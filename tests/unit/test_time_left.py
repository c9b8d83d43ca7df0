"""Time left: from what pages took, and only where that is known."""

from __future__ import annotations

import pytest

from pipeline.queries.time_left import left_s
from stores.models import Stage
from stores.views import StageProgress


def stage(name: Stage, total: int, done: int, failed: int = 0) -> StageProgress:
    return StageProgress(stage=name, total=total, done=done, waiting=0, working=0, failed=failed)


PLANNED = stage(Stage.PLAN, 2, 2)


def test_pages_left_times_their_seconds_by_those_at_work() -> None:
    stages = [PLANNED, stage(Stage.OCR, 10, 4), stage(Stage.EMBED, 10, 0)]
    assert left_s(stages, {Stage.OCR: 3.0, Stage.EMBED: 0.5}, 2.0) == pytest.approx((6 * 3 + 10 * 0.5) / 2)


def test_failed_pages_are_not_read_again() -> None:
    assert left_s([PLANNED, stage(Stage.OCR, 10, 4, failed=6)], {Stage.OCR: 3.0}, 1.0) == 0.0


def test_documents_that_are_not_planned_yet_are_like_the_others() -> None:
    assert left_s([stage(Stage.PLAN, 4, 2), stage(Stage.PARSE, 10, 10)], {Stage.PARSE: 1.0}, 1.0) == pytest.approx(10)


@pytest.mark.parametrize(
    ("stages", "page_s", "at_once"),
    [
        ([PLANNED, stage(Stage.OCR, 10, 4)], {}, 1.0),
        ([PLANNED, stage(Stage.OCR, 10, 4)], {Stage.OCR: 3.0}, 0.0),
        ([stage(Stage.PLAN, 3, 0)], {Stage.OCR: 3.0}, 1.0),
        ([], {}, 1.0),
    ],
)
def test_what_is_unknown_is_none(stages: list[StageProgress], page_s: dict[Stage, float], at_once: float) -> None:
    assert left_s(stages, page_s, at_once) is None


def test_later_stages_that_were_never_measured_count_nothing() -> None:
    stages = [PLANNED, stage(Stage.PARSE, 4, 2), stage(Stage.EMBED, 4, 0)]
    assert left_s(stages, {Stage.PARSE: 2.0}, 1.0) == pytest.approx(4.0)

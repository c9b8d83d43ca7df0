"""Estimates how long a job will still take from what its pages took. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.stage_specs import TEXT_STAGES
from stores.models import Stage
from stores.views import StageProgress


def left_s(stages: Sequence[StageProgress], page_s: Mapping[Stage, float], at_once: float) -> float | None:
    """Seconds until the remaining pages are done, with ``at_once`` steps running in parallel.

    ``page_s``: wall-clock seconds of a page in each stage. None while no step runs, before anything is planned, or
    where the time of reading is unknown; later stages that were never measured count as zero.
    """
    by_name = {stage.stage: stage for stage in stages}
    plan = by_name.get(Stage.PLAN)
    if at_once <= 0 or plan is None or (plan.total and not plan.done):
        return None
    grows = plan.total / plan.done if plan.done else 1.0  # documents that are not planned yet are like the others
    work_s = 0.0
    for stage in stages:
        left = 0.0 if stage.stage is Stage.PLAN else stage.total * grows - (stage.total - stage.left)
        if left <= 0:
            continue
        if stage.stage in TEXT_STAGES and stage.stage not in page_s:  # by far the slowest: nothing can be estimated
            return None
        work_s += left * page_s.get(stage.stage, 0.0)
    return work_s / at_once

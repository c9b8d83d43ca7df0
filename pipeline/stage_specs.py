"""The table of the stages: everything that is decided per stage, once.

A new stage is a module in ``pipeline/stages``, a member of ``Stage``, a row here, and what it needs in ``wiring``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stores.effects import Need
from stores.models import Route, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSpec:
    """One stage: what runs it, what it waits for, where it runs, and what depends on it.

    ``run``: "module:function" of a function from StepContext to Effect; a path, so that this table imports no stage.
    ``needs``: the stages that must be done before it. ``followed_by``: the stages after it that wait for nothing else;
    their messages travel with its own in one Celery chain.
    ``queue``: of its messages. ``priority``: theirs in the broker, 0 (first) to 9 (last).
    ``fatal``: without it a document is of no use, so its failure is the document's.
    ``route``: the route of the pages that it reads, None for a stage of whole documents.
    ``fingerprints``: the names under which a generation keeps what this stage used.
    ``model_setting``: the setting that names its model, "" where it loads none.
    ``rerun_with``: stages before it that run again with it, since what they leave is removed once it is used.
    """

    stage: Stage
    run: str
    needs: tuple[Need, ...] = ()
    followed_by: tuple[Stage, ...] = ()
    queue: str
    priority: int
    fatal: bool = False
    route: Route | None = None
    fingerprints: tuple[str, ...] = ()
    model_setting: str = ""
    rerun_with: tuple[Stage, ...] = ()


# Priorities: what is read is finished before more is read, so that documents become searchable early. Plan has that of
# the stages that read: many new documents of one knowledge base would hold up the pages of the others.
_SPECS = (
    StageSpec(
        stage=Stage.PLAN,
        run="pipeline.stages.plan:run",
        queue="cpu",
        priority=6,
        fatal=True,
        fingerprints=("plan",),
    ),
    StageSpec(
        stage=Stage.RENDER,
        run="pipeline.stages.render:run",
        needs=(Need(stage=Stage.PLAN),),
        followed_by=(Stage.OCR,),
        queue="cpu",
        priority=6,
        route=Route.OCR,
    ),
    StageSpec(
        stage=Stage.OCR,
        run="pipeline.stages.ocr:run",
        needs=(Need(stage=Stage.RENDER, same_batch=True),),
        queue="ocr",
        priority=6,
        route=Route.OCR,
        fingerprints=("ocr",),
        model_setting="ocr_engine",
        rerun_with=(Stage.RENDER,),
    ),
    StageSpec(
        stage=Stage.PARSE,
        run="pipeline.stages.parse:run",
        needs=(Need(stage=Stage.PLAN),),
        queue="cpu",
        priority=6,
        route=Route.TEXT,
        fingerprints=("parse",),
    ),
    StageSpec(
        stage=Stage.EXTRACT,
        run="pipeline.stages.extract:run",
        needs=tuple(Need(stage=stage) for stage in (Stage.PLAN, Stage.RENDER, Stage.OCR, Stage.PARSE)),
        followed_by=(Stage.EMBED, Stage.PUBLISH),
        queue="extract",
        priority=0,
        fingerprints=("extract",),
    ),
    StageSpec(
        stage=Stage.EMBED,
        run="pipeline.stages.embed:run",
        needs=(Need(stage=Stage.EXTRACT),),
        followed_by=(Stage.PUBLISH,),
        queue="embed",
        priority=0,
        fatal=True,
        fingerprints=("embed", "embedder"),
        model_setting="embedder",
    ),
    StageSpec(
        stage=Stage.PUBLISH,
        run="pipeline.stages.publish:run",
        needs=(Need(stage=Stage.EXTRACT), Need(stage=Stage.EMBED)),
        queue="cpu",
        priority=0,
        fatal=True,
    ),
)

STAGES: Mapping[Stage, StageSpec] = {spec.stage: spec for spec in _SPECS}

#: What ``stores`` need of it: the stages that each one waits for.
NEEDS: Mapping[Stage, tuple[Need, ...]] = {spec.stage: spec.needs for spec in _SPECS}

#: The stages whose messages travel with that of each.
FOLLOWED_BY: Mapping[Stage, tuple[Stage, ...]] = {spec.stage: spec.followed_by for spec in _SPECS}

#: The stages that read pages, and the one that decides how each page is read.
READING: frozenset[Stage] = frozenset({Stage.PLAN} | {spec.stage for spec in _SPECS if spec.route})

#: Those of them that leave the text of pages.
TEXT_STAGES: frozenset[Stage] = frozenset(spec.stage for spec in _SPECS if spec.route and spec.fingerprints)

#: The stages that make something of all pages together; what each made before is kept where its fingerprint is equal.
RESULT_STAGES: frozenset[Stage] = frozenset(
    spec.stage for spec in _SPECS if spec.stage not in READING and spec.fingerprints
)

#: The stage of each name in a generation's fingerprints.
STAGE_OF_FINGERPRINT: Mapping[str, Stage] = {name: spec.stage for spec in _SPECS for name in spec.fingerprints}


def stages_of(route: Route) -> tuple[Stage, ...]:
    """The stages that read the pages of a route, in their order."""
    return tuple(spec.stage for spec in _SPECS if spec.route is route)


def stages_from(stage: Stage) -> frozenset[Stage]:
    """The stages that run again when a document is processed again from ``stage`` on: it and all that depend on it."""
    again = {stage}
    for spec in _SPECS:  # in their order: what a stage needs stands before it
        if any(need.stage in again for need in spec.needs):
            again.add(spec.stage)
    return frozenset(again | set(STAGES[stage].rerun_with))

"""How a document was made: what each stage cost, also for one page, and its kept versions side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from ingest.api.dependencies import ServiceDep
from ingest.web.rendering import page
from stores.generation_views import StepView
from stores.models import Stage, StepState

router = APIRouter()
_MOST_PAGES = 50  # changed pages that are shown
STAGE_WORDS = {
    Stage.PLAN: "opening the file, deciding how each page is read",
    Stage.RENDER: "drawing pages for text recognition",
    Stage.OCR: "recognising text",
    Stage.PARSE: "reading text layers and layout",
    Stage.EXTRACT: "structure and records",
    Stage.EMBED: "passages and their vectors",
    Stage.PUBLISH: "the search index, the switch to this version",
}


@dataclass(frozen=True, slots=True)
class StageCost:
    """One stage of a document, or its part for one page. ``share`` is that of all time, 0 to 1."""

    stage: Stage
    words: str
    pages: int
    wall_s: float
    cpu_s: float
    attempts: int
    state: str
    share: float

    @property
    def per_page_s(self) -> float | None:
        return self.wall_s / self.pages if self.pages else None


@router.get("/knowledge/{knowledge_id}/making/{name:path}")
def show_making(
    request: Request,
    service: ServiceDep,
    knowledge_id: str,
    name: str,
    number: Annotated[int, Query(alias="page", ge=0, le=10_000_000)] = 0,
) -> HTMLResponse:
    """Show the cost of a document by stage, of one page where ``page`` names it, and its versions."""
    view = service.documents.get(knowledge_id, name)
    made = service.inspection.making(knowledge_id, view.document)
    steps = made.steps
    return page(
        request,
        "making.html",
        knowledge_id=knowledge_id,
        document=view,
        number=number,
        costs=stage_costs(steps),
        of_page=page_costs(steps, number) if number else [],
        generations=made.generations,
        comparison=service.inspection.comparison(knowledge_id, view.document),
        most_pages=_MOST_PAGES,
    )


def stage_costs(steps: Sequence[StepView]) -> list[StageCost]:
    """Sum the steps of each stage. Steps of one stage may run at once, so sums may exceed the time by the clock."""
    begun = [step for step in steps if step.wall_s is not None]
    return _with_shares(
        [
            (stage, [step for step in begun if step.stage is stage])
            for stage in Stage
            if any(step.stage is stage for step in begun)
        ]
    )


def page_costs(steps: Sequence[StepView], number: int) -> list[StageCost]:
    """Return the part that one page has in the steps that read it: its batch by the number of its pages."""
    covering = [step for step in steps if step.wall_s is not None and step.first_page <= number <= step.last_page]
    costs = zip(covering, _with_shares([(step.stage, [step]) for step in covering]), strict=True)
    return [
        replace(cost, pages=0, wall_s=cost.wall_s / (step.pages or 1), cpu_s=cost.cpu_s / (step.pages or 1))
        for step, cost in costs
    ]


def _with_shares(grouped: Sequence[tuple[Stage, list[StepView]]]) -> list[StageCost]:
    total = sum(step.wall_s or 0.0 for _, steps in grouped for step in steps)
    costs = []
    for stage, steps in grouped:
        wall_s = sum(step.wall_s or 0.0 for step in steps)
        costs.append(
            StageCost(
                stage=stage,
                words=STAGE_WORDS[stage],
                pages=sum(step.pages for step in steps),
                wall_s=wall_s,
                cpu_s=sum(step.cpu_s for step in steps),
                attempts=max(step.attempts for step in steps),
                state=str(_worst(steps)),
                share=wall_s / total if total else 0.0,
            )
        )
    return costs


def _worst(steps: Sequence[StepView]) -> StepState:
    """Return the state of a stage: failed where a step is, else that of a step that is not done."""
    states = [step.state for step in steps]
    open_states = [state for state in states if state is not StepState.DONE]
    return StepState.FAILED if StepState.FAILED in states else next(iter(open_states), StepState.DONE)

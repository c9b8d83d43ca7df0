"""Views of how a document was made: its generations that are kept, and the steps of one with what they cost."""

from __future__ import annotations

from dataclasses import dataclass

from stores.models import DocumentState, Stage, StepState


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One step of a generation and what it cost. Pages from ``first_page`` to ``last_page``, 0 for the whole document.

    ``wall_s``: seconds by the clock from its begin to its end, or to now; None until it has begun.
    """

    stage: Stage
    state: StepState
    first_page: int
    last_page: int
    pages: int
    attempts: int
    wall_s: float | None
    cpu_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationView:
    """One generation of a document that is kept. ``visible``: it is the one that answers."""

    number: int
    state: DocumentState
    pages: int
    visible: bool
    created_at: float
    finished_at: float | None

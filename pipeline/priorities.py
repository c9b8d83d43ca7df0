"""Which queue a step goes to, and what is begun first: for the broker 0 comes first, for an asker the larger number."""

from __future__ import annotations

from pipeline.stage_specs import STAGES
from stores.models import Stage

QUEUES = {stage: spec.queue for stage, spec in STAGES.items()}
PRIORITIES = {stage: spec.priority for stage, spec in STAGES.items()}
NOTIFY = "notify"
#: A callback is brief, and somebody waits for it; a fetch may take minutes.
OUTBOUND_PRIORITIES = {"deliver": 0, "fetch": 6}
#: Which role of `ingot worker` serves these queues and no others; `all` serves every one.
ROLES = {"gpu": frozenset({"ocr", "embed"}), "notify": frozenset({NOTIFY})}
URGENT = 10
"""Jobs of this priority and more pass those of less in the broker, too; what is sent later is ordered finely."""
_LAST = 9


def priority_of(stage: Stage, wish: int) -> int:
    """The priority of a step's message; ``wish``: what the jobs of its document ask for.

    A wished document passes all others that are not yet read; what is read is finished first in any case.
    """
    usual = PRIORITIES[stage]
    if not wish or not usual:
        return usual
    if wish > 0:
        return 1 if wish >= URGENT else 2
    return min(_LAST, usual + 3)

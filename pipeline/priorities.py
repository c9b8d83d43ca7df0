"""Queues and priorities of messages. In the broker 0 comes first; in a request the larger number does."""

from __future__ import annotations

from pipeline.stage_specs import STAGES
from stores.effects import Window
from stores.models import Stage

QUEUES = {stage: spec.queue for stage, spec in STAGES.items()}
PRIORITIES = {stage: spec.priority for stage, spec in STAGES.items()}
NOTIFY = "notify"
#: By the task's name: a callback is short and its receiver waits for it; a download may take minutes, a schedule more.
OUTBOUND_PRIORITIES = {"deliver": 0, "fetch": 6, "schedule": 7}
#: Which role of `ingot worker` serves these queues and no others; `all` serves every one.
ROLES = {"gpu": frozenset({"ocr", "embed"}), "notify": frozenset({NOTIFY})}
_LEAST, _MOST = 2, 8  # steps that wait in the broker: enough that no worker is idle, few enough that the next is soon
#: Of the stages that travel in one chain together: they share a window.
WINDOWS = tuple(
    Window(stages=frozenset(stages), least=_LEAST, most=_MOST)
    for stages in (
        (Stage.PLAN,),
        (Stage.RENDER, Stage.OCR),
        (Stage.PARSE,),
        (Stage.EXTRACT, Stage.EMBED, Stage.PUBLISH),
    )
)
URGENT = 10
"""Jobs of this priority and more overtake the others in the broker, too; what is sent later is ordered finely."""
_LAST = 9


def priority_of(stage: Stage, wish: int) -> int:
    """The priority of a step's message in the broker, 0 to 9. ``wish``: the priority that its document's jobs ask for.

    A document with a wish overtakes all that are not read yet; what is read is finished first in any case. It matters
    between knowledge bases: within one, the steps of larger priority are sent first.
    """
    usual = PRIORITIES[stage]
    if not wish or not usual:
        return usual
    if wish > 0:
        return 1 if wish >= URGENT else 2
    return min(_LAST, usual + 3)

"""Which queue a step goes to, and what is begun first: for the broker 0 comes first, for an asker the larger number."""

from __future__ import annotations

from stores.models import Stage

QUEUES = {
    Stage.PLAN: "cpu",
    Stage.RENDER: "cpu",
    Stage.PARSE: "cpu",
    Stage.PUBLISH: "cpu",
    Stage.OCR: "ocr",
    Stage.EXTRACT: "extract",
    Stage.EMBED: "embed",
}
#: What is begun is finished before more is begun, so that documents become searchable early.
PRIORITIES = {
    Stage.PUBLISH: 0,
    Stage.EMBED: 0,
    Stage.EXTRACT: 0,
    Stage.PLAN: 3,
    Stage.OCR: 6,
    Stage.PARSE: 6,
    Stage.RENDER: 6,
}
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

"""Where the heads of a section's entries hold which name: told by the entries whose words are known, true of all.

A slot is the number of a line among the lines of names in the head, and of the name in that line, both from 0: in
``Master of Science, Alder College`` the degree stands in the slot (0, 0), the school in (0, 1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from pipeline.engines.rules.resume.pieces import Piece

Slot = tuple[int, int]

_MOST_SHARE = 0.6  # of the entries that tell it


def slots_of(names: Sequence[Piece]) -> list[Slot]:
    """The slot of each name of a head."""
    slots: list[Slot] = []
    for before, piece in zip((None, *names), names, strict=False):
        if before is None:
            slots.append((0, 0))
        elif before.line.number == piece.line.number:
            slots.append((slots[-1][0], slots[-1][1] + 1))
        else:
            slots.append((slots[-1][0] + 1, 0))
    return slots


def usual_slot(heads: Sequence[Sequence[Piece]], tells: Callable[[str], object], least: int = 1) -> Slot | None:
    """The slot in which most heads hold a name of a kind, of those that hold one such name; None where they differ."""
    votes: Counter[Slot] = Counter()
    for names in heads:
        telling = [slot for slot, piece in zip(slots_of(names), names, strict=True) if tells(piece.text)]
        votes.update(telling if len(telling) == 1 else [])
    if not votes:
        return None
    slot, times = votes.most_common(1)[0]
    return slot if times >= least and times >= _MOST_SHARE * votes.total() else None


def piece_at(names: Sequence[Piece], slot: Slot | None) -> Piece | None:
    """The name in a slot of a head, None without one."""
    return next((piece for piece, at in zip(names, slots_of(names), strict=True) if at == slot), None)

"""Decode the recognition model's scores: characters, their places, and spaces that the model missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.engines.ocr.cjk_spaces import is_cjk, tidied

if TYPE_CHECKING:
    import numpy as np

BLANK = 0
SPACE_CHANCE = 0.15  # a gap whose best score for a space reaches this is a space


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One recognised line; ``centres`` are the places of its characters as shares (0 to 1) of the line's width."""

    text: str
    confidence: float  # 0 to 1, mean of the characters'
    centres: tuple[float, ...]


def decode(scores: np.ndarray, characters: Sequence[str], used: float) -> Reading:
    """Decode by greedy CTC. ``scores`` is (steps, characters), ``used`` the share of the steps that lie on the line."""
    import numpy as np

    best = scores.argmax(axis=1)
    keep = best != BLANK
    keep[1:] &= best[1:] != best[:-1]
    steps = np.flatnonzero(keep)
    text, places, sure = [], [], []
    space = len(characters) - 1
    for n, step in enumerate(steps):
        if n and best[step] != space and best[steps[n - 1]] != space:
            between = scores[steps[n - 1] + 1 : step, space]
            latin = not is_cjk(characters[best[step]]) and not is_cjk(characters[best[steps[n - 1]]])
            if latin and between.size and between.max() >= SPACE_CHANCE:
                text.append(" ")
                places.append((steps[n - 1] + step) / 2)
        text.append(characters[best[step]])
        places.append(float(step))
        sure.append(float(scores[step, best[step]]))
    length = max(len(scores) * used, 1.0)
    centres = [min((place + 0.5) / length, 1.0) for place in places]
    tidy_text, tidy_centres = tidied(text, centres)
    return Reading(text=tidy_text, confidence=float(np.mean(sure)) if sure else 0.0, centres=tidy_centres)

"""Detect pages that do not end by themselves: loops and the token limit. Pure; token ids are plain integers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from enum import StrEnum

GRAM = 12  # tokens; so many in a row that were written before, at one distance, belong to a loop or to a form
LEAST_RUN = 200  # repeated tokens: what is printed repeats itself, too, but seldom for so long
MOST_RUN = 1024
LEAST_ROUNDS, USUAL_ROUNDS = 3, 8  # how often the loop must have gone round
SCAFFOLD = 5  # empty cells and dotted lines may go on this many times longer
WINDOW = 1536  # tokens that are looked at for loops that vary a little
STALE = 0.75  # share of the window that was written before


class Finish(StrEnum):
    """Why a page ended."""

    STOP = "stop"
    LENGTH = "length"
    REPETITION = "repetition"


class RepetitionGuard:
    """Watches the tokens of one page; the cost of a token does not grow with the page.

    ``is_scaffold`` tells of a loop's tokens whether they are only cells, rules or dots, which pages do repeat.
    """

    def __init__(self, is_scaffold: Callable[[Sequence[int]], bool] = lambda _: False) -> None:
        self._is_scaffold = is_scaffold
        self._tokens: list[int] = []
        self._last_seen: dict[tuple[int, ...], int] = {}
        self._distance = 0
        self._run = 0
        self._stale: deque[bool] = deque(maxlen=WINDOW)
        self._stale_count = 0

    def see(self, token: int) -> bool:
        """Take the next token; True once the page loops."""
        self._tokens.append(token)
        if len(self._tokens) < GRAM:
            return False
        here, gram = len(self._tokens), tuple(self._tokens[-GRAM:])
        before = self._last_seen.get(gram)
        self._last_seen[gram] = here
        self._count(before is not None)
        distance = here - before if before is not None else 0
        self._run = self._run + 1 if distance and distance == self._distance else int(bool(distance))
        self._distance = distance
        return self._goes_round()

    def _count(self, stale: bool) -> None:
        if len(self._stale) == WINDOW:
            self._stale_count -= self._stale[0]
        self._stale.append(stale)
        self._stale_count += stale

    def _goes_round(self) -> bool:
        if len(self._stale) == WINDOW and self._stale_count >= STALE * WINDOW:
            return self._run >= self._allowed(1) or not self._is_scaffold(self._tokens[-GRAM:])
        if self._run < self._allowed(1):
            return False
        return self._run >= self._allowed(SCAFFOLD) or not self._is_scaffold(self._tokens[-self._distance :])

    def _allowed(self, factor: int) -> int:
        """How many repeated tokens are allowed at this distance."""
        usual = max(LEAST_RUN, min(USUAL_ROUNDS * self._distance, MOST_RUN))
        return factor * max(usual, LEAST_ROUNDS * self._distance)


def is_scaffold_text(text: str) -> bool:
    """Whether a piece of LaTeX or Markdown is only the frame of a table, a rule, or dots, without any content."""
    bare = text
    for word in ("\\hline", "\\cline", "\\multicolumn", "\\multirow", "\\quad", "\\qquad", "\\dots", "\\ldots"):
        bare = bare.replace(word, "")
    return not any(char.isalnum() for char in bare)

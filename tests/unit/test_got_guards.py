"""What counts as a loop, and what pages really repeat."""

from __future__ import annotations

import itertools
import random

import pytest

from pipeline.engines.got.guards import RepetitionGuard, is_scaffold_text


def tokens_seen(guard: RepetitionGuard, tokens: list[int]) -> int:
    """How many tokens were taken before the guard stopped, or all."""
    return next((index + 1 for index, token in enumerate(tokens) if guard.see(token)), len(tokens))


def text(length: int, seed: int = 0) -> list[int]:
    return random.Random(seed).choices(range(50_000), k=length)


@pytest.mark.parametrize("period", [1, 2, 3, 7, 20, 64, 150, 300])
def test_repetition_is_stopped_soon(period: int) -> None:
    before, unit = text(500), text(period, seed=1)
    loop = list(itertools.islice(itertools.cycle(unit), 4000))
    seen = tokens_seen(RepetitionGuard(), before + loop)
    assert seen < 500 + max(220, 9 * period, 0) + 1024
    assert seen < 4500


def test_short_loops_are_stopped_within_two_hundred_tokens() -> None:
    assert tokens_seen(RepetitionGuard(), text(100) + [7] * 4000) < 100 + 230


def test_text_is_never_stopped() -> None:
    words = text(400)
    page = random.Random(3).choices(words, k=4096)
    assert tokens_seen(RepetitionGuard(), page) == 4096


def test_a_paragraph_printed_three_times_is_no_loop() -> None:
    assert tokens_seen(RepetitionGuard(), text(80, seed=5) * 3) == 240


def test_an_empty_form_is_borne_longer_than_words_that_repeat() -> None:
    row = [1, 1, 1, 1, 1, 2]
    page = row * 100
    assert tokens_seen(RepetitionGuard(lambda unit: True), page) == 600
    assert tokens_seen(RepetitionGuard(lambda unit: False), page) < 600
    assert tokens_seen(RepetitionGuard(lambda unit: True), row * 1000) < 6000


def test_repetition_that_varies_a_little_is_stopped() -> None:
    unit = text(60, seed=9)
    loop = [token for count in range(200) for token in (*unit, 60_000 + count)]
    assert tokens_seen(RepetitionGuard(), text(300) + loop) < 300 + 12_200


def test_scaffold() -> None:
    assert is_scaffold_text(r" & & & \\ \hline ")
    assert is_scaffold_text(". . . . .")
    assert not is_scaffold_text(r" VLO, & \\")

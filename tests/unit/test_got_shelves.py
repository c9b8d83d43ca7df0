"""How many rows of which length: pure arithmetic."""

from __future__ import annotations

import pytest

from pipeline.engines.got.slot_cache import Shelf, plan_shelves, slots_that_fit, spans_of

GOT_TOKEN_BYTES = 98_304  # keys and values of one token in bfloat16


def test_few_slots_stand_on_one_shelf() -> None:
    assert plan_shelves(5, 288, 4096) == (Shelf(5, 4416),)


@pytest.mark.parametrize("slots", [32, 64, 100, 256])
def test_many_slots_stand_on_shelves_that_hold_any_page(slots: int) -> None:
    shelves = plan_shelves(slots, 288, 4096)
    assert sum(shelf.rows for shelf in shelves) == slots
    assert all(shelf.rows for shelf in shelves)
    assert [shelf.length for shelf in shelves] == sorted(shelf.length for shelf in shelves)
    assert shelves[-1].length > 288 + 4096
    assert all(shelf.length % 64 == 0 for shelf in shelves)


def test_short_pages_share_one_shelf() -> None:
    assert plan_shelves(256, 288, 512) == (Shelf(256, 832),)


def test_spans_follow_each_other() -> None:
    assert spans_of((Shelf(4, 64), Shelf(2, 128))) == [slice(0, 4), slice(4, 6)]


def test_the_number_of_slots_follows_from_memory() -> None:
    assert slots_that_fit(139 << 30, 288, 4096, GOT_TOKEN_BYTES) == 256
    assert 16 <= slots_that_fit(20 << 30, 288, 4096, GOT_TOKEN_BYTES) <= 96
    assert slots_that_fit(1 << 30, 288, 4096, GOT_TOKEN_BYTES) == 1

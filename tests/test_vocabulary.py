"""The words that this project no longer uses stay away: see tests/vocabulary.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.vocabulary import ALLOWED, ROOT, old_words, old_words_of


def test_no_old_word_comes_back() -> None:
    places = [f"{old.path}:{old.line} {old.word}" for old in old_words()]
    assert not places, "tests/vocabulary.py has today's word for each: " + ", ".join(places)


def test_every_exception_names_a_place_that_exists() -> None:
    assert not [place for place, _ in ALLOWED if not (ROOT / place).exists()]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def send_errands() -> None: ...", ["errand"]),
        ("class Desk:\n    pass", ["Desk"]),
        ("class _Place:\n    pass", ["Place"]),
        ("from collections import Counter", []),
        ("found = rows()", ["found"]),
        ("print(evidence.found)", []),
        ('"""Show the proof."""', ["proof"]),
        ("waterproof = 1  # passages", ["passage"]),
        ("import rows  # flame", []),
        ("class HotPassage: ...", ["passage"]),
    ],
)
def test_old_words_are_seen_in_names_docstrings_and_comments(
    code: str, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.vocabulary.ROOT", tmp_path)
    module = tmp_path / "module.py"
    module.write_text(code)
    assert [old.word for old in old_words_of(module)] == words

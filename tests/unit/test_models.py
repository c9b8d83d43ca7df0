"""Names and ids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.errors import InputError
from stores.models import check_knowledge_id, chunk_id, document_id, slug_of
from stores.ulid import new_ulid


@pytest.mark.parametrize("name", ["", "-a", "a b", "a/b", "..", "é", "x" * 129, ".a"])
def test_bad_knowledge_ids_are_refused_with_the_rule(name: str) -> None:
    with pytest.raises(InputError, match="letters, digits"):
        check_knowledge_id(name)


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", fullmatch=True))
def test_slugs_are_safe_names_of_folders_and_collections(name: str) -> None:
    slug = slug_of(name)
    assert 3 <= len(slug) <= 63
    assert slug == slug.lower() and "." not in slug and "/" not in slug
    assert slug_of(name) == slug


def test_slugs_tell_names_apart_that_look_alike() -> None:
    assert len({slug_of(name) for name in ("Demo", "demo", "demo.", "DEMO", "de.mo", "de-mo")}) == 6


def test_ids_come_from_what_a_thing_is() -> None:
    assert document_id("ab" * 32) == "ab" * 16
    assert chunk_id("d", 2, 7) == "d:2:7"


def test_ulids_sort_by_time() -> None:
    made = [new_ulid() for _ in range(3000)]
    assert all(len(ulid) == 26 for ulid in made) and len(set(made)) == 3000
    assert made == sorted(made), "also within a millisecond"

"""Names of knowledge bases in any script, and the ids that are made of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.commands.knowledge_names import called, checked_name, id_for, ids_of_name, rename
from stores.catalog import Catalog
from stores.errors import InputError
from stores.ids import check_knowledge_id

HASH = r"-[0-9a-f]{10}"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("mine", "mine"),
        ("Mine.2026_a-b", "Mine.2026_a-b"),
        ("My contracts 2026", "my-contracts-2026"),
        ("Verträge & Größen", "vertrage-grossen"),
        ("Łódź – façade", "lodz-facade"),
    ],
)
def test_latin_names_become_readable_ids(name: str, slug: str) -> None:
    assert ids_of_name(name)[0] == slug


NAMES = ("合同 2026", "договоры", "عقود", "कागज", "📁", "—", "合同", "a" * 127 + " b", "x/../y", " .x")


@pytest.mark.parametrize("name", NAMES)
def test_any_name_has_ids_that_are_allowed(name: str) -> None:
    ids = ids_of_name(name)
    assert ids == ids_of_name(name) and all(check_knowledge_id(one) for one in ids)


def test_names_that_look_alike_have_different_ids() -> None:
    assert len({ids_of_name(name)[-1] for name in ("合同 2026", "发票 2026", "2026", "合同", "发票")}) == 5


@pytest.mark.parametrize("name", ["", "  ", "a\u202eb", "x" * 129])
def test_names_that_cannot_be_shown_are_refused(name: str) -> None:
    with pytest.raises(InputError):
        checked_name(name)


def test_blanks_are_tidied_and_joiners_kept() -> None:
    assert checked_name("  My\n papers ") == "My papers"
    assert checked_name("می\u200cخواهم") == "می\u200cخواهم"


def test_a_name_finds_its_knowledge_base_and_no_other(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    assert id_for(catalog, "My papers") == ("my-papers", False)
    catalog.create("my-papers")
    other, is_there = id_for(catalog, "My papers")
    assert other != "my-papers" and not is_there, "the one that is called my-papers is another"
    rename(catalog, "my-papers", "My papers")
    assert id_for(catalog, "my papers") == ("my-papers", True)
    rename(catalog, "my-papers", "论文")
    assert (id_for(catalog, "论文"), called(catalog, "my-papers")) == (("my-papers", True), "论文")
    assert id_for(catalog, "my-papers") == ("my-papers", True)
    rename(catalog, "my-papers", " ")
    assert called(catalog, "my-papers") == "my-papers"

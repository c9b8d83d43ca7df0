"""Names of knowledge bases: any text in any script. The id is made from the name; the name is kept and shown."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING

from stores.clean_text import clean
from stores.errors import InputError
from stores.ids import check_knowledge_id

if TYPE_CHECKING:
    from stores.contracts import KnowledgeCatalog

LONGEST_NAME = 128
_META_KEY = "name"
_LONGEST_SLUG = 48
_NO_NFKD = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "þ": "th", "ð": "d", "ı": "i"})
"""Latin letters that have no decomposition into a letter and a mark."""

_JOINERS = {0x200C: None, 0x200D: None}  # inside words of Persian and Indian scripts, and in emoji


def checked_name(name: str) -> str:
    """Return a name with its blanks tidied. InputError for one that is empty, too long or not printable."""
    tidy = " ".join(clean(name).split())
    if not tidy:
        raise InputError("a knowledge base needs a name", code="bad_name")
    if len(tidy) > LONGEST_NAME:
        raise InputError(f"the name of a knowledge base has at most {LONGEST_NAME} characters", code="bad_name")
    if not tidy.translate(_JOINERS).isprintable():
        raise InputError("the name of a knowledge base holds a character that cannot be printed", code="bad_name")
    return tidy


def ids_of_name(name: str) -> tuple[str, ...]:
    """Return the ids that a knowledge base of this name may have, the best first; always the same for one name.

    A name that is an id is its own id. Letters of other scripts leave the id, and a hash of the name stands for them:
    ``Verträge 2026`` is ``vertrage-2026``, ``合同 2026`` is ``2026-`` with ten digits.
    """
    if _is_id(name):
        return (name,)
    folded = unicodedata.normalize("NFKD", name.casefold().translate(_NO_NFKD))
    letters = "".join(sign for sign in folded if not unicodedata.combining(sign))
    slug = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:_LONGEST_SLUG].strip("-")
    hashed = f"{slug or 'kb'}-{hashlib.sha256(unicodedata.normalize('NFC', name).encode()).hexdigest()[:10]}"
    all_kept = slug and len(letters) <= _LONGEST_SLUG and not any(s.isalnum() and not s.isascii() for s in letters)
    return (slug, hashed) if all_kept else (hashed,)


def id_for(catalog: KnowledgeCatalog, name: str) -> tuple[str, bool]:
    """Return the id of the knowledge base that is called so, else one that is free; and whether it is there."""
    known = set(catalog.names())
    candidates = ids_of_name(name)
    for one in candidates:
        if one in known and called(catalog, one).casefold() == name.casefold():
            return one, True
    renamed = [one for one in sorted(known - set(candidates)) if called(catalog, one) == name]
    if renamed:
        return renamed[0], True
    free = next((one for one in candidates if one not in known), candidates[-1])
    return free, free in known


def called(catalog: KnowledgeCatalog, knowledge_id: str) -> str:
    """Return the name of a knowledge base, its id where it was given none."""
    return catalog.store(knowledge_id).get_meta(_META_KEY) or knowledge_id


def rename(catalog: KnowledgeCatalog, knowledge_id: str, name: str) -> None:
    """Keep another name; the id stays. An empty name, or the id, takes the name away."""
    kept = checked_name(name) if name.strip() else ""
    catalog.store(knowledge_id).set_meta(_META_KEY, "" if kept == knowledge_id else kept)


def _is_id(name: str) -> bool:
    try:
        return check_knowledge_id(name) == name
    except InputError:
        return False

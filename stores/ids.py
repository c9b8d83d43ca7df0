"""Ids: which ones a knowledge base may have, its folder, and those of documents and chunks."""

from __future__ import annotations

import hashlib
import re

from stores.errors import InputError
from stores.ulid import new_ulid

KNOWLEDGE_ID_RULE = "1 to 128 of letters, digits, '.', '_' and '-', the first a letter or a digit"
_KNOWLEDGE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_TEMPORARY = re.compile(r"~convert-[0-9a-z]{26}")  # no id that users may give begins so
_PLAIN_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{2,62}")
HOME = ".home"
"""In the place of the id of a knowledge base: the store of what belongs to none. No knowledge base can be called so."""
_TAKEN = frozenset({"run", "chroma"})  # what a home holds beside its knowledge bases


def check_knowledge_id(knowledge_id: str) -> str:
    """The id itself, or InputError with the rule."""
    if not _KNOWLEDGE_ID.fullmatch(knowledge_id):
        message = f"knowledge id {knowledge_id!r} is not allowed: it must be {KNOWLEDGE_ID_RULE}"
        raise InputError(message, code="bad_knowledge_id")
    return knowledge_id


def new_temporary_id() -> str:
    """An id for a knowledge base of one conversion: it is never listed, and removed with its answer."""
    return f"~convert-{new_ulid().lower()}"


def is_temporary(knowledge_id: str) -> bool:
    """Whether a knowledge base is one of a conversion."""
    return _TEMPORARY.fullmatch(knowledge_id) is not None


def check_any_id(knowledge_id: str) -> str:
    """As ``check_knowledge_id``, and temporary ids pass, too."""
    return knowledge_id if is_temporary(knowledge_id) else check_knowledge_id(knowledge_id)


def slug_of(knowledge_id: str) -> str:
    """Folder, schema and collection name of a knowledge base: itself where it is plain, else a slug with a hash."""
    check_any_id(knowledge_id)
    if _PLAIN_SLUG.fullmatch(knowledge_id) and knowledge_id not in _TAKEN:
        return knowledge_id
    digest = hashlib.sha256(knowledge_id.encode()).hexdigest()[:10]
    return f"{re.sub(r'[^a-z0-9_-]', '-', knowledge_id.lower().lstrip('~'))[:40]}-{digest}"


def document_id(sha256: str) -> str:
    """The id of a document: the first half of the SHA-256 of its bytes, 32 hexadecimal digits."""
    return sha256[:32]


def chunk_id(document: str, generation: int, ordinal: int) -> str:
    return f"{document}:{generation}:{ordinal}"

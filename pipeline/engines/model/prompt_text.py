"""Text of documents inside a request to a language model: its size, and marks that it cannot imitate. Pure."""

from __future__ import annotations

import hashlib
import re

_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
_LATIN_PER_TOKEN = 3.2  # characters; fewer than prose has, as numbers and names take more tokens


def estimated_tokens(text: str) -> int:
    """Estimate the tokens of a text for any tokenizer, rather too many than too few."""
    wide = len(_WIDE.findall(text))
    return int(wide + (len(text) - wide) / _LATIN_PER_TOKEN) + 1


def boundary(text: str) -> str:
    """Return a mark that the text cannot contain but by a hash collision, the same for the same text."""
    return f"document-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:16]}"


def delimited(text: str, mark: str) -> str:
    return f"{mark} begins\n{text}\n{mark} ends"

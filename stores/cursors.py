"""Cursors of long lists: the sort key of the last item seen, as text that nobody needs to read."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from typing import Any

from stores.errors import InputError

_LONGEST = 4096
_SURROGATE = re.compile("[\ud800-\udfff]")  # no database takes half a character


def cursor_of(*key: Any) -> str:
    """The text of a sort key made of strings and numbers."""
    raw = json.dumps(key, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def key_of(cursor: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """The sort key of a cursor, each part of the kind named; None where none is given. InputError for another's."""
    if not cursor:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        key = json.loads(raw) if len(cursor) <= _LONGEST else None
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _refusal() from error
    if not isinstance(key, list) or not _is(key, kinds):
        raise _refusal()
    return tuple(key)


def _is(key: Sequence[Any], kinds: Sequence[type]) -> bool:
    return len(key) == len(kinds) and all(_fits(part, kind) for part, kind in zip(key, kinds, strict=True))


def _fits(part: Any, kind: type) -> bool:
    if isinstance(part, str):
        return kind is str and not _SURROGATE.search(part)
    if isinstance(part, bool) or not isinstance(part, int | float) or abs(part) >= 1 << 63:
        return False
    return kind is float or (kind is int and isinstance(part, int))


def _refusal() -> InputError:
    return InputError("the cursor is not one of this list: begin again without it", code="bad_cursor")

"""Which schemas a request asks for: by name, or ``auto``, those that fit the type of each document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stores.models import Schema

AUTO = "auto"
ALWAYS = "document"
"""The schema that every document is asked for."""


def wanted_names(names: Iterable[str], schemas: Mapping[str, Schema]) -> tuple[str, ...]:
    """The schemas that documents of a request may need, ``document`` first; ``auto`` stands for all that have types."""
    given = tuple(names)
    by_type = sorted(name for name, schema in schemas.items() if schema.types) if AUTO in given else []
    return tuple(dict.fromkeys((ALWAYS, *(name for name in given if name != AUTO), *by_type)))

"""A draft of a schema as YAML, from the pages of a document."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline import wiring
from pipeline.schemas.json_schema import schema_of_json
from stores.errors import InputError
from stores.models import Page


def schema_draft(pages: Sequence[Page], name: str) -> str:
    """The draft as text. InputError where the name cannot be one, or the document has neither labels nor tables."""
    import yaml

    properties = wiring.schema_properties(pages)
    if not properties:
        raise InputError("it has neither labels with values nor tables: write the schema by hand", code="no_draft")
    content = {"x-name": name, "title": name, "type": "object", "properties": properties}
    schema_of_json(Path(f"{name}.yaml"), content)
    return str(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=110))

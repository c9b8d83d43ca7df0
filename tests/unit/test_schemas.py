"""Schema files: the built-in ones, and what is wrong with a user's."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.schemas.loader import load_schemas
from pipeline.type_signals import TYPES
from stores.errors import InputError
from stores.models import FieldKind

GOOD = """
name = "lease"
description = "A lease."
[[fields]]
name = "landlord"
kind = "text"
labels = ["Landlord", "出租方"]
[[fields]]
name = "items"
kind = "rows"
[[fields.fields]]
name = "room"
kind = "text"
labels = ["Room"]
[[fields.fields]]
name = "rent"
kind = "number"
labels = ["Rent"]
"""


def test_the_built_in_schemas() -> None:
    schemas = load_schemas(None)
    assert set(schemas) == {"document", *TYPES}
    assert [field.name for field in schemas["resume"].fields if field.kind is FieldKind.ROWS] == [
        "education",
        "experience",
    ]
    assert all(schema.engine == name for name, schema in schemas.items())
    assert all(schema.types == ((name,) if name in TYPES else ()) for name, schema in schemas.items())


def test_a_schema_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "lease.toml").write_text(GOOD, encoding="utf-8")
    schema = load_schemas(tmp_path)["lease"]
    assert schema.engine == "labels"
    assert schema.fields[0].labels == ("Landlord", "出租方")
    assert schema.fields[1].fields[1].kind is FieldKind.NUMBER


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('name = "lease"', 'name = "Lease"'), "name: the name 'Lease' is not allowed"),
        (('name = "landlord"', 'name = "1st"'), "must be a letter, then at most 47"),
        (('name = "landlord"', 'name = "Items"'), "used twice"),
        (('name = "lease"', 'name = "auto"'), "stands for all schemas"),
        (('description = "A lease."', 'types = ["leaflet"]'), "no type 'leaflet'"),
        (('name = "landlord"', 'name = "document"'), "reserved"),
        (('name = "landlord"', 'name = "items"'), "used twice"),
        (('kind = "text"', 'kind = "words"'), "fields[0] (landlord).kind"),
        (('labels = ["Landlord", "出租方"]', ""), "'landlord' needs 'labels'"),
        (('kind = "rows"', 'kind = "text"'), "fields[1] (items)"),
        (('name = "landlord"', 'nam = "landlord"'), "fields[0].name"),
        (('description = "A lease."', 'engine = "magic"'), "engine"),
        (("[[fields]]", "[[fields]"), "no valid TOML"),
        (('name = "lease"', 'name = "invoice"'), "exists already"),
    ],
)
def test_an_invalid_file_is_refused_with_file_field_and_rule(
    tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    (tmp_path / "lease.toml").write_text(GOOD.replace(*change, 1), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        load_schemas(tmp_path)
    assert "lease.toml" in refused.value.message
    assert says in refused.value.message


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        load_schemas(tmp_path / "none")

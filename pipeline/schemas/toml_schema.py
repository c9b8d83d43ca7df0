"""Schemas in TOML: ``name``, ``description``, ``engine`` (default ``labels``), ``types`` and a list of ``[[fields]]``.

A field has ``name``, ``kind`` (text, number, integer, date, boolean, texts, rows), ``description``, ``labels`` (how
documents print the field's name), ``choices``, ``form``, ``examples``, ``required``, and ``[[fields.fields]]`` for the
columns of a ``rows`` field.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic import Field as Rule

from pipeline.schemas.names import FieldName, SchemaName, check_field_names, check_schema_name, name_rule
from pipeline.type_signals import TYPES
from stores.errors import InputError
from stores.models import Field, FieldKind, Schema
from stores.suggestions import unknown

Engine = Literal["document", "resume", "invoice", "receipt", "statement", "paper", "contract", "labels"]
Form = Literal["", "email", "uri", "phone", "money"]
Label = Annotated[str, Rule(min_length=1, max_length=200)]


class _FieldFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: FieldName
    kind: FieldKind
    description: str = ""
    labels: tuple[Label, ...] = ()
    fields: tuple[_FieldFile, ...] = ()
    form: Form = ""
    choices: tuple[Label, ...] = ()
    examples: tuple[str, ...] = ()
    required: bool = False

    @model_validator(mode="after")
    def _columns_fit_kind(self) -> _FieldFile:
        if (self.kind is FieldKind.ROWS) != bool(self.fields):
            raise ValueError("a field of kind 'rows' needs columns under 'fields', and no other kind may have them")
        if any(column.kind in (FieldKind.ROWS, FieldKind.TEXTS) for column in self.fields):
            raise ValueError("a column of a 'rows' field must be text, number, integer, date or boolean")
        return self

    def to_field(self) -> Field:
        return Field(
            name=self.name,
            kind=self.kind,
            description=self.description,
            labels=self.labels,
            fields=tuple(column.to_field() for column in self.fields),
            form=self.form,
            choices=self.choices,
            examples=self.examples,
            required=self.required,
        )


class _SchemaFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: SchemaName
    description: str = ""
    engine: Engine = "labels"
    types: tuple[str, ...] = ()
    fields: Annotated[tuple[_FieldFile, ...], Rule(min_length=1)]

    @model_validator(mode="after")
    def _names_are_usable(self) -> _SchemaFile:
        check_schema_name(self.name)
        check_field_names([field.name for field in self.fields])
        for field in self.fields:
            check_field_names([column.name for column in field.fields])
        check_types(self.types)
        return self

    @model_validator(mode="after")
    def _labels_can_be_found(self) -> _SchemaFile:
        bare = [field.name for field in self.fields if not field.fields and not field.labels]
        bare += [f"{field.name}.{c.name}" for field in self.fields for c in field.fields if not c.labels]
        if self.engine == "labels" and bare:
            raise ValueError(f"field {bare[0]!r} needs 'labels', the words that documents print before its value")
        return self

    def to_schema(self) -> Schema:
        fields = tuple(field.to_field() for field in self.fields)
        return Schema(name=self.name, description=self.description, fields=fields, engine=self.engine, types=self.types)


def check_types(types: tuple[str, ...]) -> None:
    """Raise ValueError for an unknown type of document."""
    for name in types:
        if name not in TYPES:
            raise ValueError(f"there is no type {name!r} of documents: known are {', '.join(TYPES)}")


def schema_of_toml(path: Path, content: Mapping[str, Any]) -> Schema:
    """The schema of a parsed TOML file, or InputError naming file, field and rule."""
    try:
        return _SchemaFile.model_validate(content).to_schema()
    except ValidationError as error:
        raise InputError(f"{path}: {_first_fault(error, content)}") from error


def _first_fault(error: ValidationError, content: Mapping[str, Any]) -> str:
    """One sentence about the first thing that is wrong: field, then rule."""
    fault = error.errors()[0]
    rule = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] == "string_pattern_mismatch":
        rule = f"the name {fault['input']!r} is not allowed: it must be {name_rule(fault['ctx']['pattern'])}"
    if fault["type"] == "extra_forbidden":
        known = (_FieldFile if "fields" in fault["loc"][:-1] else _SchemaFile).model_fields
        rule = unknown("key", str(fault["loc"][-1]), known, code="bad_schema").message
    return f"{_place(fault['loc'], content)}: {rule}" + ("" if rule.endswith("?") else ".")


def _place(location: tuple[int | str, ...], content: Any) -> str:
    """``fields[2].kind`` with the field's own name where it has one."""
    place, at = "", content
    for part in location:
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else part
        try:
            at = at[part]
        except (KeyError, IndexError, TypeError):
            at = None
        if isinstance(part, int) and isinstance(at, dict) and isinstance(at.get("name"), str):
            place += f" ({at['name']})"
    return place or "schema"

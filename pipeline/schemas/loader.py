"""Reads schemas: those that ship beside this file, and a user's own folder of TOML files.

A schema file holds ``name``, ``description``, ``engine`` (default ``labels``) and a list of ``[[fields]]``: ``name``,
``kind`` (text, number, integer, date, texts, rows), ``description``, ``labels`` (how documents print the field's
name), and ``[[fields.fields]]`` for the columns of a ``rows`` field.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic import Field as Rule

from stores.errors import InputError
from stores.models import Field, FieldKind, Schema
from stores.suggestions import unknown

BUILT_IN_FOLDER = Path(__file__).parent
NAME_RULE = "a lower-case letter, then at most 47 of lower-case letters, digits and '_'"
# Words that SQLite or PostgreSQL read as syntax.
_RESERVED = frozenset(
    """all analyse analyze and any array as asc asymmetric between both by case cast check collate column commit
    constraint create cross current_date current_role current_time current_timestamp current_user default deferrable
    delete desc distinct do drop else end escape except exists false fetch for foreign from full grant group having in
    index initially inner insert intersect into is isnull join lateral leading left like limit localtime
    localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references returning
    right select session_user set similar some symmetric table then to trailing true union unique update user using
    values variadic when where window with""".split()  # noqa: SIM905
)
_RECORD_COLUMNS = frozenset({"document", "generation", "schema", "ordinal", "rowid", "oid"})

Name = Annotated[str, Rule(pattern=r"^[a-z][a-z0-9_]{0,47}$")]


class _FieldFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: Name
    kind: FieldKind
    description: str = ""
    labels: tuple[Annotated[str, Rule(min_length=1, max_length=200)], ...] = ()
    fields: tuple[_FieldFile, ...] = ()

    @model_validator(mode="after")
    def _columns_fit_kind(self) -> _FieldFile:
        if (self.kind is FieldKind.ROWS) != bool(self.fields):
            raise ValueError("a field of kind 'rows' needs columns under 'fields', and no other kind may have them")
        if any(column.kind in (FieldKind.ROWS, FieldKind.TEXTS) for column in self.fields):
            raise ValueError("a column of a 'rows' field must be text, number, integer or date")
        return self

    def to_field(self) -> Field:
        return Field(
            name=self.name,
            kind=self.kind,
            description=self.description,
            labels=self.labels,
            fields=tuple(column.to_field() for column in self.fields),
        )


class _SchemaFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: Name
    description: str = ""
    engine: Literal["document", "resume", "invoice", "receipt", "labels"] = "labels"
    fields: Annotated[tuple[_FieldFile, ...], Rule(min_length=1)]

    @model_validator(mode="after")
    def _names_are_usable(self) -> _SchemaFile:
        _check_names([self.name], _RESERVED)
        _check_names([field.name for field in self.fields], _RESERVED | _RECORD_COLUMNS)
        for field in self.fields:
            _check_names([column.name for column in field.fields], _RESERVED | _RECORD_COLUMNS)
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
        return Schema(name=self.name, description=self.description, fields=fields, engine=self.engine)


def _check_names(names: list[str], taken: frozenset[str]) -> None:
    for name in names:
        if name in taken:
            raise ValueError(f"the name {name!r} is reserved by SQL or by the record tables; choose another")
        if names.count(name) > 1:
            raise ValueError(f"the name {name!r} is used twice; names must differ")


def load_schemas(folder: Path | None) -> dict[str, Schema]:
    """Name -> schema: the built-in ones, then those of ``folder`` (``*.toml``).

    Raises InputError naming file, field and rule where a file is invalid, where two files define the same name, or
    where the folder does not exist.
    """
    schemas = {schema.name: schema for schema in map(read_schema, sorted(BUILT_IN_FOLDER.glob("*.toml")))}
    if folder is None:
        return schemas
    if not folder.is_dir():
        raise InputError(f"The schema folder {folder} does not exist; create it or correct schema_dir.")
    for path in sorted(folder.glob("*.toml")):
        schema = read_schema(path)
        if schema.name in schemas:
            raise InputError(f"{path}: name: a schema called {schema.name!r} exists already; choose another name.")
        schemas[schema.name] = schema
    return schemas


def read_schema(path: Path) -> Schema:
    """The schema of one TOML file, or InputError naming file, field and rule."""
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: this is no valid TOML ({error}); correct the file.") from error
    except OSError as error:
        raise InputError(f"{path}: the schema file cannot be read ({error.strerror}).") from error
    try:
        return _SchemaFile.model_validate(content).to_schema()
    except ValidationError as error:
        raise InputError(f"{path}: {_first_fault(error, content)}") from error


def _first_fault(error: ValidationError, content: dict[str, Any]) -> str:
    """One sentence about the first thing that is wrong: field, then rule."""
    fault = error.errors()[0]
    rule = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] == "string_pattern_mismatch":
        rule = f"the name {fault['input']!r} is not allowed: it must be {NAME_RULE}"
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

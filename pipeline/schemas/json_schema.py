"""Schemas in JSON Schema, as JSON or YAML: what of it a record can hold, and what it lacks as ``x-`` keywords.

Types: string, integer, number, boolean, ``format`` date, date-time, email and uri, ``enum`` of strings, arrays of
them, arrays of objects (rows), objects (their properties become fields ``object_property``), ``required``,
``$ref`` to ``$defs`` of the same file, and ``anyOf`` or a list of types with null. ``x-labels``: how documents print
the field's name (without: its title and its name in words). ``x-kind``: money or phone. ``x-examples`` of values.
``x-name`` of the schema (without: the file's name), ``x-types`` of documents, ``x-engine``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from pipeline.schemas.names import (
    FIELD_NAME_RULE,
    SCHEMA_NAME_RULE,
    check_field_names,
    check_schema_name,
    fitting_name,
)
from pipeline.schemas.toml_schema import Engine, check_types
from stores.errors import InputError
from stores.models import Field, FieldKind, Schema
from stores.suggestions import unknown

_OWN = {
    "schema": ("x-name", "x-types", "x-engine"),
    "field": ("x-labels", "x-kind", "x-examples"),
}
_KINDS = {
    "string": FieldKind.TEXT,
    "number": FieldKind.NUMBER,
    "integer": FieldKind.INTEGER,
    "boolean": FieldKind.BOOLEAN,
}
_DATES = ("date", "date-time")
_FORMS = {"email": "email", "uri": "uri", "url": "uri", "phone": "phone", "tel": "phone", "money": "money"}
_DEEPEST = 8
_FIELD_NAME = re.compile(r"[^\W\d_]\w{0,47}")
_SCHEMA_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_+")


class _SchemaError(Exception):
    """What is wrong with a schema, and the place of it in the file."""

    def __init__(self, place: str, rule: str) -> None:
        self.place, self.rule = place, rule


def schema_of_json(path: Path, content: Any) -> Schema:
    """The schema of a parsed JSON Schema file, or InputError naming file, property and rule."""
    try:
        return _Reader(content).schema(path.stem)
    except _SchemaError as error:
        where = f"{error.place}: " if error.place else ""
        raise InputError(f"{path}: {where}{error.rule}" + ("" if error.rule.endswith("?") else ".")) from error


def as_json_schema(schema: Schema) -> dict[str, Any]:
    """A schema as JSON Schema, the way that ``schema_of_json`` reads it."""
    given: dict[str, Any] = {"x-name": schema.name, "description": schema.description, "type": "object"}
    if schema.types:
        given["x-types"] = list(schema.types)
    if schema.engine != "labels":
        given["x-engine"] = schema.engine
    required = [field.name for field in schema.fields if field.required]
    properties = {field.name: _as_property(field) for field in schema.fields}
    return {**given, "properties": properties} | ({"required": required} if required else {})


def _as_property(field: Field) -> dict[str, Any]:
    node: dict[str, Any] = {"description": field.description} if field.description else {}
    if field.kind is FieldKind.ROWS:
        columns = {column.name: _as_property(column) for column in field.fields}
        return {**node, "type": "array", "items": {"type": "object", "properties": columns}}
    if field.kind is FieldKind.TEXTS:
        node |= {"type": "array", "items": {"type": "string"}}
    elif field.kind is FieldKind.DATE:
        node |= {"type": "string", "format": "date"}
    else:
        node |= {"type": next(name for name, kind in _KINDS.items() if kind is field.kind)}
    extra = {"x-kind": field.form, "enum": list(field.choices), "x-labels": list(field.labels)}
    extra["x-examples"] = list(field.examples)
    return node | {key: value for key, value in extra.items() if value}


class _Reader:
    """Reads one file; ``root`` is the whole of it, for references."""

    def __init__(self, root: Any) -> None:
        if not isinstance(root, dict):
            raise _SchemaError("", "this is no JSON Schema: it must be an object with 'properties'")
        self.root: Mapping[str, Any] = root

    def schema(self, stem: str) -> Schema:
        name = self.root.get("x-name", re.sub(r"\W+", "_", stem.lower()).strip("_"))
        if not isinstance(name, str) or not _SCHEMA_NAME.fullmatch(name):
            raise _SchemaError("", f"the name {name!r} is not allowed: give 'x-name', {SCHEMA_NAME_RULE}")
        _check_keywords(self.root, "schema", "")
        engine, types = self.root.get("x-engine", "labels"), self.root.get("x-types", [])
        if engine not in get_args(Engine):
            raise _SchemaError("x-engine", unknown("engine", str(engine), get_args(Engine), code="").message)
        fields = tuple(self._properties(self.root, "", 0))
        described = [self.root[key] for key in ("title", "description") if isinstance(self.root.get(key), str)]
        schema = Schema(
            name=name,
            description=". ".join(text.rstrip(".") for text in described) + ("." if described else ""),
            fields=fields,
            engine=engine,
            types=tuple(types) if isinstance(types, list) else (str(types),),
        )
        _check_names(schema)
        return schema

    def _properties(self, node: Mapping[str, Any], place: str, depth: int) -> Iterator[Field]:
        properties = node.get("properties")
        if not isinstance(properties, dict) or not properties:
            raise _SchemaError(place, "it needs 'properties', the fields by their names")
        required = node.get("required", [])
        missing = [name for name in required if name not in properties] if isinstance(required, list) else []
        if missing:
            raise _SchemaError(place, f"'required' names {missing[0]!r}, which is no property")
        for name, given in properties.items():
            at = f"{place}.{name}" if place else str(name)
            yield from self._fields(str(name), given, at, depth, required=name in required)

    def _fields(self, name: str, given: Any, place: str, depth: int, *, required: bool) -> Iterator[Field]:
        """The field of a property; those of its properties where it is an object."""
        if not _FIELD_NAME.fullmatch(name):
            hint = fitting_name(name)
            raise _SchemaError(place, f"the name {name!r} is not allowed: it must be {FIELD_NAME_RULE}; write {hint}")
        node = self._resolved(given, place)
        if depth > _DEEPEST:
            raise _SchemaError(place, "objects are nested too deeply")
        _check_keywords(node, "field", place)
        if node.get("type") == "object" or ("type" not in node and "properties" in node):
            for inner in self._properties(node, place, depth + 1):
                yield replace(inner, name=f"{name}_{inner.name}")
            return
        field = self._array(name, node, place, depth) if node.get("type") == "array" else _scalar(name, node, place)
        yield replace(field, required=required)

    def _array(self, name: str, node: Mapping[str, Any], place: str, depth: int) -> Field:
        items = self._resolved(node.get("items", {"type": "string"}), f"{place}.items")
        if items.get("type") != "object" and "properties" not in items:
            if items.get("type") == "array":
                raise _SchemaError(place, "an array of arrays cannot be kept; make it an array of objects")
            _scalar(name, items, f"{place}.items")
            return Field(name=name, kind=FieldKind.TEXTS, **_described(name, node, place))
        columns = tuple(self._properties(items, f"{place}.items", depth + 1))
        lists = [column.name for column in columns if column.kind in (FieldKind.ROWS, FieldKind.TEXTS)]
        if lists:
            raise _SchemaError(f"{place}.items.{lists[0]}", "a list inside the rows of a list cannot be kept")
        return Field(name=name, kind=FieldKind.ROWS, fields=columns, **_described(name, node, place))

    def _resolved(self, node: Any, place: str) -> Mapping[str, Any]:
        """The node without references and null: ``$ref``, ``anyOf`` and ``oneOf`` with null, a list of types."""
        for _ in range(_DEEPEST):
            if not isinstance(node, dict):
                raise _SchemaError(place, 'it must be an object such as {"type": "string"}')
            if "$ref" in node:
                rest = {key: value for key, value in node.items() if key != "$ref"}
                node = {**self._referred(str(node["$ref"]), place), **rest}
                continue
            choice = next((key for key in ("anyOf", "oneOf", "allOf") if key in node), None)
            if choice is None:
                break
            options = [one for one in node[choice] if not (isinstance(one, dict) and one.get("type") == "null")]
            if len(options) != 1:
                raise _SchemaError(place, f"'{choice}' of several types cannot be one column; choose one type")
            node = {**options[0], **{key: value for key, value in node.items() if key != choice}}
        kinds = node.get("type")
        if isinstance(kinds, list):
            kept = [kind for kind in kinds if kind != "null"]
            if len(kept) != 1:
                raise _SchemaError(place, f"a column has one type, not {len(kept)}: choose one of {', '.join(kept)}")
            node = {**node, "type": kept[0]}
        return dict(node)

    def _referred(self, reference: str, place: str) -> Mapping[str, Any]:
        node: Any = self.root
        if not reference.startswith("#/"):
            raise _SchemaError(place, f"the reference {reference!r} leaves the file; only #/$defs/... is followed")
        for part in reference[2:].split("/"):
            node = node.get(part) if isinstance(node, dict) else None
        if not isinstance(node, dict):
            raise _SchemaError(place, f"the reference {reference!r} leads to nothing")
        return node


def _scalar(name: str, node: Mapping[str, Any], place: str) -> Field:
    kind_name = node.get("type", "string" if "enum" in node or "const" in node else None)
    if kind_name is None:
        raise _SchemaError(place, "it needs a 'type'")
    kind = _KINDS.get(kind_name) if isinstance(kind_name, str) else None
    if kind is None:
        raise _SchemaError(place, unknown("type", str(kind_name), (*_KINDS, "array", "object"), code="").message)
    form = node.get("x-kind", node.get("format", ""))
    if "x-kind" in node and form not in ("money", "phone", "email", "uri", "date"):
        raise _SchemaError(
            place, unknown("x-kind", str(form), ("money", "phone", "email", "uri", "date"), code="").message
        )
    if kind is FieldKind.TEXT and form in (*_DATES, "date"):
        kind = FieldKind.DATE
    choices = node.get("enum", [node["const"]] if "const" in node else [])
    if not isinstance(choices, list):
        raise _SchemaError(place, "'enum' must be a list of values")
    return Field(
        name=name,
        kind=kind,
        form=_FORMS.get(str(form), "") if kind is not FieldKind.DATE else "",
        choices=tuple(str(choice) for choice in choices if choice is not None),
        **_described(name, node, place),
    )


def _described(name: str, node: Mapping[str, Any], place: str) -> dict[str, Any]:
    examples = node.get("x-examples", node.get("examples", []))
    return {
        "description": str(node.get("description", "")),
        "labels": _labels(name, node, place),
        "examples": tuple(map(str, examples)) if isinstance(examples, list) else (str(examples),),
    }


def _labels(name: str, node: Mapping[str, Any], place: str) -> tuple[str, ...]:
    labels = node.get("x-labels", [])
    labels = [labels] if isinstance(labels, str) else labels
    if not isinstance(labels, list) or not all(isinstance(one, str) and one.strip() for one in labels):
        raise _SchemaError(place, "'x-labels' must be a list of texts, the words that documents print before the value")
    title = str(node.get("title", "")).strip()
    words = " ".join(_WORD_START.sub(" ", name).split())
    return tuple(dict.fromkeys((*labels, *([title] if title else []), words)))


def _check_keywords(node: Mapping[str, Any], level: str, place: str) -> None:
    """Refuse misspelt ``x-`` keywords; JSON Schema says that other unknown ones are left alone."""
    known = (*_OWN["schema"], *_OWN["field"]) if level == "schema" else _OWN["field"]
    for key in node:
        if isinstance(key, str) and key.startswith("x-") and key not in known:
            raise _SchemaError(place, unknown("keyword", key, known, code="").message)


def _check_names(schema: Schema) -> None:
    try:
        check_schema_name(schema.name)
        check_types(schema.types)
        check_field_names([field.name for field in schema.fields])
        for field in schema.fields:
            check_field_names([column.name for column in field.fields])
    except ValueError as error:
        raise _SchemaError("", str(error)) from error

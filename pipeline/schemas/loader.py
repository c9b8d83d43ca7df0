"""Reads schemas: those that ship beside this file, and a user's own folder of TOML, JSON and YAML files.

TOML files are as ``toml_schema`` says, JSON and YAML files hold JSON Schema (``json_schema``).
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.schemas.json_schema import schema_of_json
from pipeline.schemas.names import check_tables
from pipeline.schemas.toml_schema import schema_of_toml
from stores.errors import InputError
from stores.models import Schema

BUILT_IN_FOLDER = Path(__file__).parent
SUFFIXES = (".toml", ".json", ".yaml", ".yml")


def load_schemas(folder: Path | None) -> dict[str, Schema]:
    """Name -> schema: the built-in ones, then those of ``folder``.

    Raises InputError naming file, field and rule where a file is invalid, where two schemas have one name or would
    share a table, or where the folder does not exist.
    """
    schemas = {schema.name: schema for schema in map(read_schema, sorted(BUILT_IN_FOLDER.glob("*.toml")))}
    if folder is None:
        return schemas
    if not folder.is_dir():
        raise InputError(f"The schema folder {folder} does not exist; create it or correct schema_dir.")
    for path in _files(folder):
        schema = read_schema(path)
        if schema.name in schemas:
            raise InputError(f"{path}: name: a schema called {schema.name!r} exists already; choose another name.")
        schemas[schema.name] = schema
        try:
            check_tables(schemas.values())
        except InputError as error:
            raise InputError(f"{path}: {error.message}.") from error
    return schemas


def check_file(path: Path) -> Schema:
    """The schema of a file, as it could be used beside the built-in ones. InputError where it could not."""
    return _beside_built_in(path, read_schema(path))


def check_text(text: str, form: str) -> Schema:
    """The schema of a text in a form (``toml``, ``json``, ``yaml``), as it could be used; errors as ``check_file``."""
    path = Path(f"schema.{form}")
    return _beside_built_in(path, _schema_of_text(path, f".{form}", text))


def _beside_built_in(path: Path, schema: Schema) -> Schema:
    built_in = load_schemas(None)
    if schema.name in built_in:
        raise InputError(f"{path}: name: a schema called {schema.name!r} exists already; choose another name.")
    try:
        check_tables([*built_in.values(), schema])
    except InputError as error:
        raise InputError(f"{path}: {error.message}.") from error
    return schema


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES and path.is_file())


def read_schema(path: Path) -> Schema:
    """The schema of one file, or InputError naming file, field and rule."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{path}: a schema file ends in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}.")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: this is no valid {suffix[1:].upper()} (it is not UTF-8); correct the file."
        ) from error
    except OSError as error:
        raise InputError(f"{path}: the schema file cannot be read ({error.strerror}).") from error
    return _schema_of_text(path, suffix, text)


def _schema_of_text(path: Path, suffix: str, text: str) -> Schema:
    content = _parsed(path, suffix, text)
    return schema_of_toml(path, content) if suffix == ".toml" else schema_of_json(path, content)


def _parsed(path: Path, suffix: str, text: str) -> Any:
    if suffix == ".toml":
        return _parsed_by(tomllib.loads, tomllib.TOMLDecodeError, path, "TOML", text)
    if suffix == ".json":
        return _parsed_by(json.loads, (json.JSONDecodeError, RecursionError), path, "JSON", text)
    import yaml

    return _parsed_by(yaml.safe_load, (yaml.YAMLError, RecursionError, ValueError), path, "YAML", text)


def _parsed_by(parse: Any, errors: Any, path: Path, name: str, text: str) -> Any:
    try:
        return parse(text)
    except errors as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: this is no valid {name} ({reason}); correct the file.") from error

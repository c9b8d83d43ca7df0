"""``ingot schemas``: list, show, check and draft the schemas that say what is extracted."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.context import AsJson, AsLines, Knowledge, load_settings, open_service
from stores.errors import InputError
from stores.models import check_knowledge_id

if TYPE_CHECKING:
    from stores.models import Field, Schema

schemas = typer.Typer(no_args_is_help=True, help="The schemas: what is extracted.")

_SCHEMA = {"name": "schema", "types": "for documents of type", "count": "fields", "description": "what"}
_FIELD = {"name": "field", "kind": "kind", "labels": "labels", "description": "what"}
_SUFFIXES = (".toml", ".json", ".yaml", ".yml")


@schemas.command("list")
def schemas_list(as_json: AsJson = False, as_lines: AsLines = False) -> None:
    """List the schemas: the built-in ones and those of INGOT_SCHEMA_DIR."""
    from ingest import serializers
    from ingest.cli import console

    known = open_service(load_settings()).knowledge_bases.schemas()
    rows = [serializers.schema(known[name]) for name in sorted(known)]
    shown = [{**row, "types": ", ".join(row["types"]) or "any", "count": len(row["fields"])} for row in rows]
    console.print_rows(rows if as_json or as_lines else shown, _SCHEMA, as_json=as_json, as_lines=as_lines)


@schemas.command("show")
def schemas_show(name: Annotated[str, typer.Argument(metavar="SCHEMA")], as_json: AsJson = False) -> None:
    """Show the fields of a schema; with --json as JSON Schema, to start one of your own from."""
    from ingest.cli import console
    from pipeline.schemas.json_schema import as_json_schema
    from stores.errors import NotFoundError
    from stores.suggestions import unknown

    known = open_service(load_settings()).knowledge_bases.schemas()
    if name not in known:
        raise unknown("schema", name, sorted(known), code="no_schema", error=NotFoundError)
    if as_json:
        console.print_json(as_json_schema(known[name]))
    else:
        _print_fields(known[name])


@schemas.command("check")
def schemas_check(file: Annotated[Path, typer.Argument(metavar="FILE", help="TOML, JSON or YAML.")]) -> None:
    """Check a schema file: one sentence about what is wrong, or the fields that it has."""
    from ingest.cli import console
    from pipeline.schemas.loader import check_file

    schema = check_file(file)
    console.note(f"{file}: the schema {schema.name!r} can be used")
    _print_fields(schema)


@schemas.command("new")
def schemas_new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the new schema.")],
    doc: Annotated[str, typer.Option("--from", metavar="DOC", help="A document that was ingested.")],
    knowledge: Knowledge = "default",
) -> None:
    """Print a draft of a schema, made from the labels and tables of a document."""
    from ingest.cli import console

    service = open_service(load_settings())
    draft = service.documents.schema_draft(check_knowledge_id(knowledge), doc, name)
    console.print_text(draft.rstrip("\n"))
    console.note(f"Save it as {name}.yaml, keep what you want, and: ingot extract -k {knowledge} --schema {name}.yaml")


def named_schemas(given: Iterable[str]) -> tuple[tuple[str, ...], tuple[Schema, ...]]:
    """Split what ``--schema`` names into names and the schemas of files: ``lease.yaml`` is read here."""
    from pipeline.schemas.loader import check_file

    names: list[str] = []
    own: list[Schema] = []
    for one in given:
        if not one.lower().endswith(_SUFFIXES):
            names.append(one)
            continue
        schema = check_file(Path(one))
        if schema.name in names:
            raise InputError(f"{one}: the schema {schema.name!r} is named twice", code="usage")
        names.append(schema.name)
        own.append(schema)
    return tuple(names), tuple(own)


def _print_fields(schema: Schema) -> None:
    from ingest.cli import console

    rows = [row for field in schema.fields for row in _rows(field, "")]
    console.print_rows(rows, _FIELD, as_json=False, as_lines=False)


def _rows(field: Field, prefix: str) -> list[dict[str, str]]:
    own = {
        "name": prefix + field.name,
        "kind": str(field.kind) + (f" ({field.form})" if field.form else ""),
        "labels": ", ".join(field.labels),
        "description": field.description,
    }
    return [own, *(row for column in field.fields for row in _rows(column, f"{field.name}."))]

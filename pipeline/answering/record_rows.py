"""Rows of a query on the record tables: what a model asks, and where the values of the rows are printed."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.answering import prompts
from pipeline.answering.answer import AnswerRow, AskRequest, Citation, RecordRows
from pipeline.answering.record_tables import record_tables
from pipeline.engines.sql_statements import checked_statement
from pipeline.queries.availability import standing
from pipeline.step_context import Resources
from stores.errors import IngotError, InputError
from stores.models import Evidence, PlacedBox, Record
from stores.token_count import TokenCount

MOST_ROWS = 100
_MOST_S = 5.0
_LONGEST_VALUE = 500  # characters of a value that are kept
_MOST_CITED = 4  # values of a row
_ROUNDS = 2  # statements that a model may write for a question
_STATEMENT_TOKENS = 1000
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"statement": {"type": "string"}},
    "required": ["statement"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking the record tables: None where they do not answer the question."""

    records: RecordRows | None
    tokens: TokenCount


def ask_records(resources: Resources, request: AskRequest) -> Asked:
    """Let the model write a statement and run it. One that is refused, fails or finds nothing may be repaired once.

    IngotError where the model does not answer.
    """
    tokens = TokenCount()
    bases = {one: record_tables(resources, one) for one in dict.fromkeys(request.knowledge_ids)}
    tables = {name: table for base in bases.values() for name, table in base.items()}
    if not tables:
        return Asked(None, tokens)
    dialect = "postgres" if resources.settings.database_url else "sqlite"
    named = "PostgreSQL" if dialect == "postgres" else "SQLite"
    messages = prompts.statement(request.question, list(tables.values()), named)
    records: RecordRows | None = None
    for _ in range(_ROUNDS):
        reply = resources.chat().reply(messages, _SCHEMA, min(resources.settings.llm_max_tokens, _STATEMENT_TOKENS))
        tokens += reply.tokens
        try:
            if not (statement := _statement(reply.text)):
                break
            checked = checked_statement(statement, tables, dialect)
            records = _rows(resources, checked, [one for one in bases if _reads(checked, bases[one], dialect)])
            fault = "The statement gave no rows."
        except InputError as error:
            fault = f"The statement was not run: {error.message}."
        if records and records.rows:
            break
        messages = [*messages, *prompts.repaired_statement(reply.text, fault)]
    return Asked(records, tokens)


def _statement(text: str) -> str:
    """The statement of a model's answer, "" for none; InputError where it is no answer."""
    begin, end = text.find("{"), text.rfind("}")
    try:
        answer = json.loads(text[begin : end + 1])
    except (ValueError, RecursionError) as error:
        raise InputError("the answer is no JSON object", code="model_answer") from error
    given = answer.get("statement") if isinstance(answer, dict) else None
    return given.strip() if isinstance(given, str) else ""


def _reads(statement: str, tables: Collection[str], dialect: str) -> bool:
    """Tell whether a knowledge base has the tables that a statement reads."""
    try:
        checked_statement(statement, tables, dialect)
    except InputError:
        return False
    return True


def _rows(resources: Resources, statement: str, knowledge_ids: Sequence[str]) -> RecordRows:
    """The rows of the knowledge bases. InputError where one of them does not take the statement."""
    rows: list[AnswerRow] = []
    more = False
    for knowledge_id in knowledge_ids:
        result = resources.catalog.store(knowledge_id).query(statement, MOST_ROWS, _MOST_S)
        more = more or result.more or len(rows) + len(result.rows) > MOST_ROWS
        sources = _RowSources(resources, knowledge_id)
        for row in result.rows[: MOST_ROWS - len(rows)]:
            rows.append(sources.answer_row(dict(zip(result.columns, map(_plain, row), strict=True))))
    return RecordRows(statement=statement, rows=tuple(rows), more=more)


def _plain(value: Any) -> Any:
    """A value as JSON can hold it, cut where it is long."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = f"<{len(value)} bytes>" if isinstance(value, bytes) else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


class _RowSources:
    """Finds where the values of rows are printed; the records of a document are read once."""

    def __init__(self, resources: Resources, knowledge_id: str) -> None:
        self._knowledge_id = knowledge_id
        self._store = resources.catalog.store(knowledge_id)
        self._records: dict[str, tuple[str, str, list[Record]] | None] = {}

    def answer_row(self, values: Mapping[str, Any]) -> AnswerRow:
        """The row with the places of its values, where it names its document."""
        named = values.get("document") or values.get("source")
        known = self._of_document(named) if isinstance(named, str) else None
        citations: dict[Citation, None] = {}
        if known:
            document, source, records = known
            for evidence in _evidence_of(values, records):
                citations[self._citation(document, source, evidence)] = None
        return AnswerRow(knowledge_id=self._knowledge_id, values=values, citations=tuple(citations)[:_MOST_CITED])

    def _of_document(self, name: str) -> tuple[str, str, list[Record]] | None:
        """(document id, source name, records) of a document; None where there is none of that name."""
        if name not in self._records:
            try:
                shown = standing(self._store, name)
                view = self._store.document_queries.get(shown.document)
                records = self._store.record_tables.read(shown.document, shown.generation)
                self._records[name] = (shown.document, view.source, records)
            except IngotError:
                self._records[name] = None
        return self._records[name]

    def _citation(self, document: str, source: str, evidence: Evidence) -> Citation:
        return Citation(
            knowledge_id=self._knowledge_id,
            document=document,
            source=source,
            page=evidence.page,
            quote=evidence.quote,
            located=True,
            boxes=tuple(PlacedBox(page=evidence.page, box=box) for box in evidence.boxes),
            place=evidence.place,
        )


def _evidence_of(values: Mapping[str, Any], records: Sequence[Record]) -> Iterator[Evidence]:
    """The evidence of the values of a row: of the field that a column is named like, else of one with that value."""
    placed = [
        (one.path.rsplit(".", 1)[-1].split("[")[0], _value_at(record.fields, one.path), one)
        for record in records
        for one in record.evidence
        if one.found
    ]
    for column, value in values.items():
        if value is None or isinstance(value, bool) or column in ("document", "source", "generation", "ordinal"):
            continue
        same = [(name, one) for name, held, one in placed if held is not None and _same(held, value)]
        named = [one for name, one in same if name == column]
        yield from (named or [one for _, one in same])[:1]


def _same(held: Any, value: Any) -> bool:
    if isinstance(held, int | float) and isinstance(value, int | float):
        return abs(held - value) <= 1e-9 * max(abs(held), abs(value))
    return str(held) == str(value)


def _value_at(fields: Mapping[str, Any], path: str) -> Any:
    """The value at a path such as ``lines[0].description``; None where there is none."""
    value: Any = fields
    for part in path.replace("[", ".").replace("]", "").split("."):
        try:
            value = value[int(part)] if isinstance(value, list | tuple) else value[part]
        except (KeyError, IndexError, ValueError, TypeError):
            return None
    return value

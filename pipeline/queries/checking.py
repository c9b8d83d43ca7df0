"""The checking queue: the doubtful values of a knowledge base, the most doubtful first."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.queries.doubts import LEAST_DOUBT, DoubtfulValue, doubtful_values
from pipeline.queries.ocr_doubt import LEAST_SURE
from stores.models import Record, Schema

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

_SLICE = 200  # records read at once


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckingQueue:
    """The most doubtful values, and how many there are in all."""

    items: tuple[DoubtfulValue, ...]
    total: int


def checking_queue(
    store: KnowledgeStore,
    schemas: Mapping[str, Schema],
    wanted: str,
    limit: int,
    *,
    least_doubt: float = LEAST_DOUBT,
    document: str = "",
) -> CheckingQueue:
    """What is to be checked of the records of one schema, of all where ``wanted`` is empty; of one document or all.

    By doubt, then by document, schema and place.
    """
    count = 0

    def counted() -> Iterator[tuple[float, str, str, int, DoubtfulValue]]:
        nonlocal count
        for value in _all(store, schemas, wanted, document):
            if value.doubt >= least_doubt:
                count += 1
                yield -value.doubt, value.source, value.schema, count, value

    nearest = heapq.nsmallest(limit, counted())
    return CheckingQueue(items=tuple(value for *_, value in nearest), total=count)


def _all(store: KnowledgeStore, schemas: Mapping[str, Schema], wanted: str, document: str) -> Iterator[DoubtfulValue]:
    for rows in _of_document(store, wanted, document) if document else _of_schemas(store, wanted):
        unsure = store.page_queries.unsure_print([at for at, _, _ in rows], LEAST_SURE)
        for at, source, record in rows:
            yield from doubtful_values(at, source, record, schemas.get(record.schema), unsure.get(at, ()))


def _of_schemas(store: KnowledgeStore, wanted: str) -> Iterator[Sequence[tuple[str, str, Record]]]:
    for name in [wanted] if wanted else sorted(store.page_queries.records_by_schema()):
        after = ""
        while rows := store.record_tables.visible_part(name, after, _SLICE):
            yield rows
            after = rows[-1][0]


def _of_document(store: KnowledgeStore, wanted: str, document: str) -> Iterator[Sequence[tuple[str, str, Record]]]:
    source = store.document_queries.get(document).source
    records = store.record_tables.read(document, store.document_queries.generation_to_show(document))
    yield [
        (document, source, record) for record in records if not record.not_applicable and wanted in ("", record.schema)
    ]

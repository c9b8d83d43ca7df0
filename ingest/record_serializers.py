"""Records, what people said of them and what of them is to be checked, as plain JSON values."""

from __future__ import annotations

from dataclasses import asdict

from ingest.serializers import Json, moment
from pipeline.queries.doubts import DoubtfulValue
from stores.correction_marks import CorrectionMark
from stores.corrections import Correction
from stores.views import RecordView


def record(view: RecordView) -> Json:
    return {**asdict(view), "corrections": [correction_mark(mark) for mark in view.corrections]}


def correction_mark(mark: CorrectionMark) -> Json:
    return {**mark.as_json(), "created_at": moment(mark.created_at)}


def correction(view: Correction) -> Json:
    """Serialize a correction as it is kept; ``path`` counts the elements of lists as they were extracted."""
    return {
        "number": view.number,
        "document": view.document,
        "schema": view.schema,
        "path": view.path,
        "verdict": str(view.verdict),
        "value": view.value,
        "replaced": view.replaced,
        "author": view.author,
        "created_at": moment(view.created_at),
        "withdrawn_by": view.withdrawn_by or None,
        "withdrawn_at": moment(view.withdrawn_at),
    }


def doubtful_value(view: DoubtfulValue) -> Json:
    return asdict(view)

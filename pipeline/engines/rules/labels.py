"""Rules for any schema whose fields list the labels that documents print before their values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import page_lines
from pipeline.engines.evidence.record_builder import build_record
from pipeline.engines.rules.contacts import ContactMatch, find_emails, find_phones, find_urls
from pipeline.engines.rules.dates import find_dates, prefers_month_first
from pipeline.engines.rules.labelled import LabelIndex, ValueReader
from pipeline.engines.rules.money import Amount, find_amounts, read_chinese_amount
from pipeline.engines.rules.tables.cell_values import chosen, truth_of
from pipeline.engines.rules.tables.rows import read_table
from pipeline.engines.rules.tables.sums import sum_remarks
from stores.models import Field, FieldKind, Page, Record, Schema

_MOST_TEXT_CHARACTERS = 300
_SPLIT_TEXTS = re.compile(r"\s*[,;，；、|]\s*")
_FINDERS: Mapping[str, Callable[[str], list[ContactMatch]]] = {
    "email": find_emails,
    "uri": find_urls,
    "phone": find_phones,
}


class LabelsRules:
    """Finds fields by their ``labels``, and ``rows`` fields by the table whose header prints the columns' labels."""

    fingerprint = "rules-labels/11"

    def extract(self, schema: Schema, pages: Sequence[Page], source: str) -> Record:
        """Extract the record of ``schema``; ``source`` is not used."""
        index = LabelIndex(page_lines(pages))
        month_first = prefers_month_first(line.text for line in index.lines)
        every_label = [label for field in schema.fields for label in (*field.labels, *_column_labels(field))]
        values: dict[str, object] = {}
        remarks: list[str] = []
        for field in schema.fields:
            if field.kind is FieldKind.ROWS:
                table = read_table(field, index.rows, month_first)
                values[field.name] = table.rows
                remarks += sum_remarks(field, table)
            else:
                values[field.name] = _find(field, index, reader_of(field, month_first, every_label))
        return replace(build_record(schema, values), remarks=tuple(remarks))


def _column_labels(field: Field) -> list[str]:
    return [label for column in field.fields for label in column.labels]


def _find(field: Field, index: LabelIndex, read: ValueReader) -> LocatedValue | list[LocatedValue] | None:
    """The value of a field by its labels, else the only value of its form in the document."""
    value = index.first(field.labels, read)
    if value is None and field.form in _FINDERS and field.kind is FieldKind.TEXT:
        value = _only(index, _FINDERS[field.form])
    if field.kind is FieldKind.TEXTS:
        return _parts(value) if value else []
    return value


def _only(index: LabelIndex, find: Callable[[str], list[ContactMatch]]) -> LocatedValue | None:
    """The value of a form, where the document has exactly one."""
    located: dict[str, LocatedValue] = {}
    for line in index.lines:
        for match in find(line.text):
            located.setdefault(match.value, located_in(match.value, [line], line.text[match.start : match.end]))
    return next(iter(located.values())) if len(located) == 1 else None


def _parts(enumeration: LocatedValue) -> list[LocatedValue]:
    """Split an enumeration into its parts."""
    return [located_in(part, enumeration.lines, part) for part in _SPLIT_TEXTS.split(enumeration.quote) if part]


def reader_of(field: Field, month_first: bool, other_labels: Sequence[str]) -> ValueReader:
    """Return the reader of values of ``field``; a text ends where the next known label begins."""
    if field.kind is FieldKind.DATE:
        return lambda text: _read_date(text, month_first)
    if field.kind in (FieldKind.NUMBER, FieldKind.INTEGER):
        return lambda text: _read_number(text, field.kind is FieldKind.INTEGER)
    if field.form in _FINDERS:
        return lambda text: _read_form(text, _FINDERS[field.form])
    stops = [re.compile(rf"{re.escape(label)}\s*[:：]", re.IGNORECASE) for label in other_labels]
    bare = {label.casefold().strip(" :：") for label in other_labels}
    if field.kind is FieldKind.BOOLEAN or field.choices:
        return lambda text: _read_choice(field, _read_text(text, stops, bare))
    return lambda text: _read_text(text, stops, bare)


def _read_form(text: str, find: Callable[[str], list[ContactMatch]]) -> tuple[object, int, int] | None:
    matches = find(text)
    return (matches[0].value, matches[0].start, matches[0].end) if matches else None


def _read_choice(field: Field, read: tuple[object, int, int] | None) -> tuple[object, int, int] | None:
    """A value that the field may have; the first word counts where the whole text is none."""
    if read is None:
        return None
    text, start, _ = read
    for part in (str(text), re.split(r"[\s,;，；]", str(text), maxsplit=1)[0]):
        value = truth_of(part) if field.kind is FieldKind.BOOLEAN else chosen(field, part)
        if value is not None:
            return value, start, start + len(part)
    return None


def _read_date(text: str, month_first: bool) -> tuple[object, int, int] | None:
    dates = find_dates(text, month_first, years=True)
    return (dates[0].value, dates[0].start, dates[0].end) if dates else None


def _read_number(text: str, whole: bool) -> tuple[object, int, int] | None:
    dates = find_dates(text)
    amounts = [
        amount for amount in find_amounts(text) if all(amount.end <= d.start or d.end <= amount.start for d in dates)
    ]
    if not amounts and not dates:
        value = read_chinese_amount(text.strip())
        first = None if value is None else Amount(start=0, end=len(text), value=value, currency="", decimals=0)
    else:
        first = amounts[0] if amounts else None
    if first is None or (whole and not first.value.is_integer()):
        return None  # 9.45 is no whole number, and 9 is not what is printed
    return (int(first.value) if whole else first.value, first.start, first.end)


def _read_text(text: str, stops: Sequence[re.Pattern[str]], labels: set[str]) -> tuple[object, int, int] | None:
    end = min([match.start() for stop in stops if (match := stop.search(text))] + [len(text)])
    value = text[:end].strip()[:_MOST_TEXT_CHARACTERS]
    if not value or value.casefold().strip(" :：") in labels:
        return None
    return value, text.find(value), text.find(value) + len(value)

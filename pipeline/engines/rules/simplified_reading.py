"""Rules that know words in simplified Chinese, for documents in traditional Chinese.

The rules read the pages with simplified characters; what they take is put back into the characters that are printed.
Labels and choices of a schema may be written in either.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stores.models import Block, Field, Page, Record, Schema
from stores.simplified import simplified

if TYPE_CHECKING:
    from pipeline.contracts import Extractor

_PATH = re.compile(r"(?P<field>[^.\[\]]+)(?:\[(?P<at>\d+)\](?:\.(?P<column>.+))?)?")


class SimplifiedReading:
    """An extractor that lets another read all Chinese in simplified characters."""

    def __init__(self, rules: Extractor) -> None:
        self._rules = rules
        self.fingerprint = f"{rules.fingerprint}+simplified-1"

    def extract(self, schema: Schema, pages: Sequence[Page], source: str) -> Record:
        """Extract the record of ``schema`` as the other does; its values and quotes are as they are printed."""
        other = any(simplified(block.text) != block.text for page in pages for block in page.blocks)
        plain = [simplified_page(page) for page in pages] if other else pages
        record = self._rules.extract(_simplified_schema(schema), plain, source)
        if other:
            record = _as_printed(record, pages)
        return replace(record, fields=_with_own_choices(record.fields, schema.fields))


def simplified_page(page: Page) -> Page:
    if page.text is None:
        return page
    text = replace(
        page.text, markdown=simplified(page.text.markdown), blocks=tuple(map(_simplified_block, page.text.blocks))
    )
    return replace(page, text=text)


def _simplified_block(block: Block) -> Block:
    lines = tuple(replace(line, text=simplified(line.text)) for line in block.lines)
    return replace(block, text=simplified(block.text), lines=lines)


def _simplified_schema(schema: Schema) -> Schema:
    return replace(schema, fields=tuple(map(_simplified_field, schema.fields)))


def _simplified_field(field: Field) -> Field:
    labels, choices = tuple(map(simplified, field.labels)), tuple(map(simplified, field.choices))
    return replace(field, labels=labels, choices=choices, fields=tuple(map(_simplified_field, field.fields)))


def _with_own_choices(values: Mapping[str, Any], fields: Sequence[Field]) -> dict[str, Any]:
    """The values, those that are choices of their fields as the schema writes them."""
    own = dict(values)
    for field in fields:
        if field.fields:
            own[field.name] = [_with_own_choices(row, field.fields) for row in values.get(field.name) or ()]
        elif field.choices:
            choices = {simplified(choice): choice for choice in field.choices}
            own[field.name] = _chosen(values.get(field.name), choices)
    return own


def _chosen(value: Any, choices: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_chosen(each, choices) for each in value]
    return choices.get(simplified(value), value) if isinstance(value, str) else value


def _as_printed(record: Record, pages: Sequence[Page]) -> Record:
    """The record with the characters that the pages print."""
    printed = {page.number: _PrintedCharacters(page) for page in pages}
    fields, evidence = deepcopy(dict(record.fields)), []
    for one in record.evidence:
        characters = printed.get(one.page)
        evidence.append(replace(one, quote=characters.of(one.quote)) if characters else one)
        if characters and (path := _PATH.fullmatch(one.path)):
            _put_back(fields, path, characters)
    return replace(record, fields=fields, evidence=tuple(evidence))


def _put_back(fields: dict[str, Any], path: re.Match[str], characters: _PrintedCharacters) -> None:
    """Write the value at a path as it is printed, where it is a text."""
    holder: Any = fields
    key: Any = path["field"]
    for deeper in (int(path["at"]) if path["at"] else None, path["column"]):
        if deeper is not None:
            holder, key = holder[key], deeper
    if isinstance(holder[key], str):
        holder[key] = characters.of(holder[key])


class _PrintedCharacters:
    """What a page prints for texts that were taken from it in simplified characters."""

    def __init__(self, page: Page) -> None:
        self._texts = [text for block in page.blocks for text in (*(line.text for line in block.lines), block.text)]
        self._plain = [simplified(text) for text in self._texts]
        self._usual = self._usual_forms()

    def of(self, text: str) -> str:
        """A text as the line prints that holds it; where none does, each character as the page prints it mostly."""
        for printed, plain in zip(self._texts, self._plain, strict=True):
            start = plain.find(text)
            if start >= 0:
                return printed[start : start + len(text)]
        return text.translate(self._usual)

    def _usual_forms(self) -> dict[int, str]:
        forms: dict[str, Counter[str]] = {}
        for printed, plain in zip(self._texts, self._plain, strict=True):
            for before, after in zip(printed, plain, strict=True):
                if after > "\u2e80":
                    forms.setdefault(after, Counter())[before] += 1
        return {ord(plain): counts.most_common(1)[0][0] for plain, counts in forms.items()}

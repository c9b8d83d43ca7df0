"""What a model is asked for, as JSON Schema, and the check of what it answers.

Every field may be null: a model that has to give something invents it. What the schema does not name is dropped.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from pipeline.engines.rules.dates import find_dates
from pipeline.engines.rules.money import read_number
from stores.models import Field, FieldKind

_JSON_TYPES = {"number": "number", "integer": "integer", "boolean": "boolean"}  # the others are texts
_NUMERIC = ("number", "integer")
_ISO_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?|present")
_NOTHING = frozenset({"", "null", "none", "n/a", "na", "nil", "unknown", "not found", "not specified", "-", "—"})
_MOST_FAULTS = 8
_DATE_FORM = "ISO 8601, as exact as printed: 2018, 2018-09 or 2018-09-14"


class AnswerError(ValueError):
    """An answer that does not follow the schema. ``faults``: sentences that name field and rule."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults[:_MOST_FAULTS]))
        self.faults = tuple(faults[:_MOST_FAULTS])


def json_schema(fields: Sequence[Field]) -> dict[str, Any]:
    """Describe an object with these fields, in the subset that strict servers take."""
    return {
        "type": "object",
        "properties": {field.name: _property(field) for field in fields},
        "required": [field.name for field in fields],
        "additionalProperties": False,
    }


def _property(field: Field) -> dict[str, Any]:
    if field.kind is FieldKind.ROWS:
        described: dict[str, Any] = {"type": "array", "items": json_schema(field.fields)}
    elif field.kind is FieldKind.TEXTS:
        described = {"type": "array", "items": {"type": "string"}}
    else:
        described = {"type": [_JSON_TYPES.get(field.kind.value, "string"), "null"]}
    hints = [field.description, f"printed as: {', '.join(field.labels)}" if field.labels else ""]
    hints.append(f"for example: {', '.join(field.examples)}" if field.examples else "")
    hints.append(_DATE_FORM if field.kind is FieldKind.DATE else "")
    if field.choices:
        described["enum"] = [*field.choices, None]
    if any(hints):
        described["description"] = ". ".join(hint for hint in hints if hint)
    return described


def read_answer(text: str, fields: Sequence[Field]) -> dict[str, Any]:
    """Read an answer into values by field name. AnswerError where it is no JSON, or a value has the wrong type."""
    try:
        answer = json.loads(_object_in(text))
    except ValueError as error:
        raise AnswerError([f"the answer is not valid JSON ({error})"]) from error
    faults: list[str] = []
    values = _object(fields, answer, "", faults)
    if faults:
        raise AnswerError(faults)
    return values


def _object_in(text: str) -> str:
    """Cut off what some models put around the object: a code fence, a sentence before it."""
    return text[text.find("{") : text.rfind("}") + 1] or text


def _object(fields: Sequence[Field], given: Any, path: str, faults: list[str]) -> dict[str, Any]:
    if not isinstance(given, dict):
        faults.append(f"{path or 'the answer'} must be an object")
        return {}
    return {field.name: _value(field, given.get(field.name), _below(path, field.name), faults) for field in fields}


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _value(field: Field, given: Any, path: str, faults: list[str]) -> Any:
    if field.kind is FieldKind.ROWS:
        rows = [_object(field.fields, row, f"{path}[{at}]", faults) for at, row in _listed(given, path, faults)]
        return [row for row in rows if any(value is not None for value in row.values())]
    if field.kind is FieldKind.TEXTS:
        texts = [_text(text, f"{path}[{at}]", faults) for at, text in _listed(given, path, faults)]
        return [text for text in texts if text]
    value = _scalar(field.kind, given, path, faults)
    return _chosen(field.choices, value, path, faults) if field.choices and value is not None else value


def _listed(given: Any, path: str, faults: list[str]) -> Sequence[tuple[int, Any]]:
    if given is None:
        return ()
    if not isinstance(given, list):
        faults.append(f"{path} must be an array")
        return ()
    return list(enumerate(given))


def _scalar(kind: FieldKind, given: Any, path: str, faults: list[str]) -> Any:
    if given is None or (isinstance(given, str) and given.strip().casefold() in _NOTHING):
        return None
    json_type = _JSON_TYPES.get(kind.value, "string")
    if json_type == "boolean":
        return _boolean(given, path, faults)
    if json_type in _NUMERIC:
        return _number(given, path, faults, whole=json_type == "integer")
    if kind is FieldKind.DATE:
        return _date(given, path, faults)
    return _text(given, path, faults)


def _chosen(choices: Sequence[str], value: Any, path: str, faults: list[str]) -> str | None:
    """The choice that a value means, however it is written."""
    choice = next((one for one in choices if one.casefold() == str(value).casefold()), None)
    if choice is None:
        faults.append(f"{path} must be one of {', '.join(choices)}, or null")
    return choice


def _text(given: Any, path: str, faults: list[str]) -> str | None:
    if isinstance(given, bool | dict | list) or given is None:
        faults.append(f"{path} must be a string or null")
        return None
    return " ".join(str(given).split())


def _boolean(given: Any, path: str, faults: list[str]) -> bool | None:
    if isinstance(given, bool):
        return given
    faults.append(f"{path} must be true, false or null")
    return None


def _number(given: Any, path: str, faults: list[str], *, whole: bool) -> float | int | None:
    value = given
    if isinstance(given, str):
        digits = re.search(r"\d[\d.,'’\s]*", given)
        value = read_number(digits[0].strip().rstrip(".,"))[0] if digits else None
        value = -value if value and given.strip().startswith(("-", "−", "(")) else value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        faults.append(f"{path} must be a number or null")
        return None
    if whole and value != int(value):
        faults.append(f"{path} must be a whole number or null")
        return None
    return int(value) if whole else float(value)


def _date(given: Any, path: str, faults: list[str]) -> str | None:
    text = str(given).strip()[:80]
    if _ISO_DATE.fullmatch(text):
        return text
    dates = find_dates(text, years=True)
    if not dates:
        faults.append(f"{path} must be a date ({_DATE_FORM}) or null")
        return None
    return dates[0].value

"""Values as a person types them, read by the type of their field; what does not fit is refused in a sentence."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from pipeline.engines.rules.contacts import find_emails
from pipeline.engines.rules.dates import find_dates
from pipeline.engines.rules.money import find_amounts, read_number
from pipeline.engines.rules.tables.cell_values import chosen, truth_of
from stores.errors import InputError
from stores.models import Field, FieldKind

CODE = "bad_value"
_LONGEST = 20_000  # characters of a text
_SHOWN = 60
_ISO_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_PRESENT = "present"
_PLAIN_NUMBER = re.compile(r"[-+−]?\d+(\.\d+)?([eE][-+]?\d{1,3})?")
_DATE_HELP = "a date, such as 2018-09-14, 2018-09 or 2018"


def read_value(field: Field, given: Any) -> Any:
    """Read the value of a single field or of a column. InputError where it is not of the field's type."""
    if given is None or (isinstance(given, str) and not given.strip()):
        raise InputError(f"{field.name}: give a value, or reject it where the document has none", code=CODE)
    if isinstance(given, list | dict):
        raise InputError(f"{field.name} takes one value, not a list or an object", code=CODE)
    return _READERS[field.kind](field, given)


def _text(field: Field, given: Any) -> str:
    text = " ".join(str(given).split()) if not isinstance(given, bool) else str(given).lower()
    if len(text) > _LONGEST:
        raise InputError(f"{field.name}: a value has at most {_LONGEST} characters", code=CODE)
    if field.choices:
        choice = chosen(field, text)
        if choice is None:
            raise _refusal(field, given, f"one of {', '.join(field.choices)}")
        return str(choice)
    if field.form == "email" and [match.value for match in find_emails(text)] != [text]:
        raise _refusal(field, given, "an e-mail address")
    return text


def _date(field: Field, given: Any) -> str:
    text = str(given).strip()
    if text.casefold() == _PRESENT:
        return _PRESENT
    dates = find_dates(text, years=True)
    whole = len(dates) == 1 and not text[: dates[0].start].strip() and not text[dates[0].end :].strip(" .")
    if not whole or (_ISO_DATE.fullmatch(text) and dates[0].value != text):
        raise _refusal(field, given, _DATE_HELP)
    return dates[0].value


def _number(field: Field, given: Any) -> float:
    if isinstance(given, bool):
        raise _refusal(field, given, "a number")
    value = float(given) if isinstance(given, int | float) else _printed_number(str(given).strip())
    if value is None or not math.isfinite(value):
        raise _refusal(field, given, "a number, such as 1234.50")
    return value


def _printed_number(text: str) -> float | None:
    """A number as a program or a document writes it: ``1234.5``, ``1.234,50``, ``(12.00)``, ``£564.00``."""
    if _PLAIN_NUMBER.fullmatch(text):
        return float(text.replace("−", "-"))
    in_brackets = text.startswith("(") and text.endswith(")")
    amounts = find_amounts(text.strip("()"))
    if (
        len(amounts) != 1
        or text.strip("()")[: amounts[0].start].strip(" -−+")
        or text.strip("()")[amounts[0].end :].strip(" -")
    ):
        return read_number(text)[0] if text[:1].isdigit() else None
    return -abs(amounts[0].value) if in_brackets else amounts[0].value


def _integer(field: Field, given: Any) -> int:
    value = _number(field, given)
    if value != int(value) or abs(value) >= 1 << 53:
        raise _refusal(field, given, "a whole number")
    return int(value)


def _boolean(field: Field, given: Any) -> bool:
    if isinstance(given, bool):
        return given
    value = {"1": True, "0": False}.get(str(given).strip(), truth_of(str(given).strip()))
    if value is None:
        raise _refusal(field, given, "true or false")
    return bool(value)


def _no_single_value(field: Field, given: Any) -> Any:
    kind = "rows" if field.kind is FieldKind.ROWS else "texts"
    first = f"{field.name}[0]" + (f".{field.fields[0].name}" if field.fields else "")
    raise InputError(f"{field.name} is a list of {kind}: name one value of it, such as {first}", code=CODE)


def _refusal(field: Field, given: Any, wanted: str) -> InputError:
    shown = str(given)[:_SHOWN] + ("..." if len(str(given)) > _SHOWN else "")
    return InputError(f"{field.name}: {shown!r} is not {wanted}", code=CODE)


_READERS: dict[FieldKind, Callable[[Field, Any], Any]] = {
    FieldKind.TEXT: _text,
    FieldKind.DATE: _date,
    FieldKind.NUMBER: _number,
    FieldKind.INTEGER: _integer,
    FieldKind.BOOLEAN: _boolean,
    FieldKind.TEXTS: _no_single_value,
    FieldKind.ROWS: _no_single_value,
}

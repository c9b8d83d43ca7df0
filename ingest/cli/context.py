"""What one run of the command line shares: the options that may stand anywhere, the settings, the way to the use cases.

Only the standard library and typer are imported here, so that ``ingot --help`` stays quick.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stores.errors import InputError
from stores.source_names import asked_name

if TYPE_CHECKING:
    from pipeline.service import Service
    from pipeline.settings import Settings

log = logging.getLogger("ingot.cli")

_RANGE = re.compile(r"(\d+)(?:-(\d+))?")
_MOST_PAGES = 100_000
_SECRET = ("broker_url", "api_keys", "callback_secret")


@dataclass(slots=True)
class CliContext:
    """The common options of this run. ``verbose`` counts ``-v``."""

    home: Path | None = None
    debug: bool = False
    quiet: bool = False
    verbose: int = 0
    said: bool = False  # what there is to say of the environment and the home

    def begin(self) -> None:
        """Forget an earlier run in this process."""
        self.home, self.quiet, self.verbose, self.said = None, False, 0, False
        self.debug = os.environ.get("INGOT_DEBUG", "") not in ("", "0")


current = CliContext()

Knowledge = Annotated[
    str,
    typer.Option(
        "-k", "--knowledge", metavar="ID", envvar="INGOT_KNOWLEDGE", help="Knowledge base.", show_default=True
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
AsLines = Annotated[bool, typer.Option("--nl", help="Print one JSON object per line.")]
Pages = Annotated[str, typer.Option("--pages", metavar="1-5,9", help="Only these pages.")]


def load_settings() -> Settings:
    """The settings of this run; InputError with one sentence per wrong value."""
    import tomllib

    from pydantic import ValidationError

    from ingest.cli.home_notice import usable_home
    from pipeline.broker_address import check as check_broker_url
    from pipeline.settings import Settings

    given: dict[str, Any] = {"home": current.home} if current.home else {}
    try:
        found = Settings(**given)
    except ValidationError as error:
        raise InputError(_setting_sentence(error.errors()), code="bad_setting") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"ingot.toml is not valid TOML: {error}", code="bad_setting") from error
    if found.broker_url:
        check_broker_url(found.broker_url)
    found = found.model_copy(update={"home": usable_home(found.home)})
    _say_once(found)
    return found


def _setting_sentence(errors: Iterable[Any]) -> str:
    return "; ".join(_wrong_setting(error) for error in errors)


def _wrong_setting(error: Any) -> str:
    from pipeline.settings import Settings
    from stores.suggestions import unknown

    name = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"ingot.toml: {unknown('setting', name, Settings.model_fields, code='bad_setting').message}"
    value = "" if error["type"] == "empty" else f" {'not shown' if name in _SECRET else repr(error['input'])}:"
    return f"INGOT_{name.upper()} (or {name} in ingot.toml) is{value} {error['msg'].lower()}"


def _say_once(settings: Settings) -> None:
    """Tell the person, once a run, what of the environment means nothing, and which home it is that nobody used yet."""
    if current.said:
        return
    current.said = True
    from ingest.cli import console
    from ingest.cli.home_notice import unused_home
    from pipeline import log_format
    from pipeline.unknown_variables import stray_variables

    for sentence in (*stray_variables(os.environ), unused_home(settings.home, current.home)):
        if sentence and settings.log_format == log_format.JSON:  # a machine reads stderr: one object per line
            log_format.prepare(settings.log_format, settings.log_level)
            log.warning("%s", sentence)
        elif sentence:
            console.note(f"ingot: {sentence}")


def open_service(settings: Settings) -> Service:
    from pipeline.service import Service

    return Service(settings)


def page_numbers(text: str) -> tuple[int, ...]:
    """``"2-4,9"`` as (2, 3, 4, 9); empty for an empty text; InputError for anything else."""
    numbers: set[int] = set()
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        found = _RANGE.fullmatch(part)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 1 <= first <= last <= _MOST_PAGES:
            raise InputError(f"--pages {text!r} is not a list of pages: write it like 1-5,9", code="bad_pages")
        numbers.update(range(first, last + 1))
    return tuple(sorted(numbers))


def conditions(pairs: Iterable[str]) -> dict[str, str]:
    """``["language=en"]`` as a mapping."""
    found = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name.strip():
            raise InputError(f"--where {pair!r} is not a condition: write it like language=en", code="bad_where")
        found[name.strip()] = asked_name(value.strip())
    return found

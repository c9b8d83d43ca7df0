"""The file of schedules, INGOT_SCHEDULES_FILE: what is to be done when, read and checked; and the times that it names.

timezone = "Europe/Berlin"            # of all expressions; UTC without it

[[schedule]]
name = "contracts"
cron = "0 3 * * 1-5"
do = "ingest"                         # ingest, prune or check
knowledge_id = "contracts"
source = "s3://bucket/contracts"      # or a folder, file:///folder, imaps://user@host/INBOX, https://host/file.pdf
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.mailbox_address import address_of, is_mailbox
from pipeline.type_signals import TYPES
from stores.errors import IngotError, InputError
from stores.models import Options, check_knowledge_id
from stores.suggestions import unknown

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9](/[^?#\x00-\x1f]*)?")
ALL = ""
"""In the place of a knowledge base: each of the home."""


class Schedule(BaseModel):
    """One schedule. ``knowledge_id``: ALL only where it checks; ``keep``: documents whose files are gone stay."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str
    cron: str
    do: Literal["ingest", "prune", "check"]
    timezone: str = "UTC"
    knowledge_id: str = ALL
    source: str = ""
    schemas: tuple[str, ...] = ()
    globs: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    ocr: Literal["auto", "always", "never"] = "auto"
    pages: str = ""
    type: str = ""
    attachments: bool = False
    keep: bool = False
    repair: bool = False
    deep: bool = False
    priority: int = Field(0, ge=-100, le=100)

    @property
    def options(self) -> Options:
        """How its documents are processed."""
        return Options(ocr=self.ocr, schemas=self.schemas, pages=self.pages, type=self.type)

    @property
    def content(self) -> dict[str, Any]:
        """The schedule as it is stored, in JSON types."""
        return self.model_dump(mode="json", exclude={"name"})

    def next_after(self, at: float) -> float:
        """Return its next time after ``at``; both in seconds since the epoch."""
        from cronsim import CronSim

        return next(CronSim(self.cron, datetime.fromtimestamp(at, self._zone))).timestamp()

    def last_until(self, at: float) -> float:
        """Return its last time up to ``at``, that included."""
        from cronsim import CronSim

        return next(CronSim(self.cron, datetime.fromtimestamp(at + 1, self._zone), reverse=True)).timestamp()

    @property
    def _zone(self) -> tzinfo:
        return UTC if self.timezone == "UTC" else ZoneInfo(self.timezone)


def schedule_of(name: str, content: Mapping[str, Any]) -> Schedule:
    """Read a stored schedule; what this version does not know of it is left out."""
    return Schedule(name=name, **{key: value for key, value in content.items() if key in Schedule.model_fields})


def read_schedules(path: Path | None) -> tuple[Schedule, ...]:
    """Read the file of schedules; none where there is no file of that setting. InputError with one sentence."""
    if path is None:
        return ()
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise _bad(f"the file of schedules {path} cannot be read: {reason}") from error
    zone, listed = given.pop("timezone", "UTC"), given.pop("schedule", [])
    if given:
        raise _bad(f"{path} has the key {next(iter(given))!r}: it may have timezone and [[schedule]] tables")
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise _bad(f"the schedules of {path} stand in [[schedule]] tables, with two brackets")
    schedules = tuple(_read(path, number, {"timezone": zone, **one}) for number, one in enumerate(listed, 1))
    names = [one.name for one in schedules]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise _bad(f"{path} has two schedules called {twice!r}")
    return schedules


def _read(path: Path, number: int, given: Mapping[str, Any]) -> Schedule:
    what = f"schedule {given['name']!r}" if isinstance(given.get("name"), str) else f"schedule number {number}"
    try:
        schedule = Schedule(**given)
        _check(schedule)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _bad(f"{what} in {path}: {'.'.join(map(str, first['loc']))}: {_words(first)}") from error
    except IngotError as error:
        raise _bad(f"{what} in {path}: {error.message}") from error
    return schedule


def _words(error: Mapping[str, Any]) -> str:
    known = {"missing": "it is missing", "extra_forbidden": "no schedule has such a key"}
    return known.get(error["type"], str(error["msg"]))


def _check(schedule: Schedule) -> None:
    """Raise InputError for what no field alone shows to be wrong."""
    if not _NAME.fullmatch(schedule.name):
        raise _bad("its name must be 1 to 64 of letters, digits, '.', '_' and '-', the first a letter or a digit")
    _check_times(schedule)
    if schedule.knowledge_id or schedule.do != "check":
        check_knowledge_id(schedule.knowledge_id)
    foreign = _foreign_keys(schedule)
    if foreign:
        raise _bad(f"{foreign[0]} says nothing where it is to {schedule.do}: leave it out")
    if schedule.do != "check":
        check_source(schedule.source)
    if schedule.type and schedule.type not in TYPES:
        raise unknown("type", schedule.type, TYPES, code="bad_schedule")
    if schedule.attachments and schedule.source.startswith(("http://", "https://")):
        raise _bad("attachments says nothing where one file is fetched: leave it out")
    if schedule.do == "prune" and schedule.source.startswith(("http://", "https://")):
        raise _bad(f"there is nothing to prune at {schedule.source}: name a folder or a bucket")


def _foreign_keys(schedule: Schedule) -> Sequence[str]:
    """List the keys that were given and mean nothing for what is to be done."""
    of_files = ("source", "globs", "excludes")
    allowed = {
        "ingest": (*of_files, "schemas", "ocr", "pages", "type", "attachments", "keep", "priority"),
        "prune": of_files,
        "check": ("repair", "deep"),
    }[schedule.do]
    everywhere = ("name", "cron", "do", "timezone", "knowledge_id")
    return sorted(schedule.model_fields_set - {*allowed, *everywhere})


def _check_times(schedule: Schedule) -> None:
    from cronsim import CronSimError

    try:
        ZoneInfo(schedule.timezone)
    except (KeyError, ValueError, OSError) as error:
        raise _bad(f"there is no timezone {schedule.timezone!r}: write it like Europe/Berlin") from error
    try:
        schedule.next_after(datetime.now(UTC).timestamp())
    except (CronSimError, StopIteration) as error:
        reason = str(error) or "no day ever matches it"
        raise _bad(
            f"cron {schedule.cron!r} is none: {reason[:1].lower()}{reason[1:]}; write minute, hour, day of month, "
            "month and day of week, such as '30 3 * * 1-5'"
        ) from error


def check_source(source: str) -> str:
    """Return a source itself. Raises InputError for what is no absolute folder, bucket, mailbox or URL of a file."""
    if is_mailbox(source):
        return address_of(source).url
    if BUCKET.fullmatch(source) or source.startswith(("http://", "https://")):
        return source
    if "://" in source and not source.startswith("file:///"):
        raise _bad(
            f"the source {source} is none: name a folder, file:///folder, s3://bucket/prefix, "
            "imaps://user@host/INBOX or https://..."
        )
    if not source.removeprefix("file://").startswith("/"):
        raise _bad(f"the source {source!r} is no absolute path, and who reads it may run in another folder")
    return source


def _bad(sentence: str) -> InputError:
    return InputError(sentence, code="bad_schedule")

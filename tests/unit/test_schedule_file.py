"""The file of schedules: what it may say, how each mistake is named, and the times that its expressions mean."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.schedule_file import read_schedules, schedule_of
from stores.errors import InputError

NIGHTLY = """
timezone = "Europe/Berlin"
[[schedule]]
name = "contracts"
cron = "30 2 * * *"
do = "ingest"
knowledge_id = "contracts"
source = "s3://bucket/contracts"
schemas = ["contract"]
[[schedule]]
name = "health"
cron = "0 4 * * 0"
timezone = "UTC"
do = "check"
repair = true
"""
FOLDER = {"name": "x", "cron": "0 3 * * *", "do": "ingest", "knowledge_id": "kb", "source": "/data"}


def written(folder: Path, text: str) -> Path:
    path = folder / "schedules.toml"
    path.write_text(text)
    return path


def table(**changed: object) -> str:
    given = {**FOLDER, **changed}
    lines = [
        f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}" for key, value in given.items()
    ]
    return "\n".join(["[[schedule]]", *lines])


def at(text: str, zone: str = "Europe/Berlin") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def test_schedules_are_read_and_stored_as_they_were(tmp_path: Path) -> None:
    contracts, health = read_schedules(written(tmp_path, NIGHTLY))
    assert (contracts.source, contracts.options.schemas) == ("s3://bucket/contracts", ("contract",))
    assert (health.do, health.repair, health.knowledge_id) == ("check", True, "")
    assert schedule_of("contracts", contracts.content) == contracts
    assert schedule_of("contracts", {**contracts.content, "of_a_later_version": 1}) == contracts
    assert read_schedules(None) == ()


def test_times_are_those_of_the_timezone_also_where_clocks_change(tmp_path: Path) -> None:
    contracts, health = read_schedules(written(tmp_path, NIGHTLY))
    assert contracts.next_after(at("2026-03-28T03:00")) == at("2026-03-29T03:00"), "half past two is not there that day"
    assert contracts.next_after(at("2026-10-24T12:00")) == at("2026-10-25T02:30")
    second = contracts.next_after(contracts.next_after(at("2026-10-24T12:00")))
    assert second == at("2026-10-26T02:30"), "and the hour that comes twice counts once"
    assert contracts.last_until(at("2026-07-02T02:30")) == at("2026-07-02T02:30")
    assert contracts.last_until(at("2026-07-02T02:29")) == at("2026-07-01T02:30")
    assert health.next_after(at("2026-07-01T00:00", "UTC")) == at("2026-07-05T04:00", "UTC")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (table(cron="61 * * * *"), "schedule 'x' in .*cron '61 .*bad minute; write minute, hour"),
        (table(cron="0 3 * *"), "wrong number of fields"),
        (table(cron="0 3 31 2 *"), "cron '0 3 31 2 \\*' is none"),
        (table(timezone="Mars/Olympus"), "no timezone 'Mars/Olympus'"),
        (table(do="dance"), "do: Input should be 'ingest', 'prune' or 'check'"),
        (table(colour="red"), "colour: no schedule has such a key"),
        (table(source="imaps://me:secret@host/INBOX"), "the address of a mailbox holds no password"),
        (table(source="https://example.org/a.eml", attachments=True), "attachments says nothing"),
        (table(type="invoce"), "invoice"),
        (table(repair=True), "repair says nothing where it is to ingest"),
        (table(knowledge_id="../x"), "knowledge id '../x' is not allowed"),
        (table(source="data"), "no absolute path"),
        (table(source="ftp://host/x"), "ftp://host/x is none"),
        (table(do="prune", source="https://example.org/a.pdf"), "nothing to prune"),
        (table(name="a b"), "its name must be"),
        (table() + "\n" + table(), "two schedules called 'x'"),
        ("[schedule]\nname = 'x'", "two brackets"),
        ("[[schedules]]\nname = 'x'", "has the key 'schedules'"),
        ("name =", "cannot be read"),
        ("[[schedule]]\nname = 'x'", "schedule 'x' in .*: cron: it is missing"),
    ],
)
def test_a_mistake_is_refused_with_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        read_schedules(written(tmp_path, text))
    assert "\n" not in refused.value.message and str(tmp_path) in refused.value.message


def test_an_ingest_has_the_options_of_the_command_line(tmp_path: Path) -> None:
    text = table(source="imaps://me@Host/Bills", attachments=True, pages="1-5,9", type="invoice")
    (bills,) = read_schedules(written(tmp_path, text))
    assert (bills.attachments, bills.options.pages, bills.options.type) == (True, "1-5,9", "invoice")
    assert schedule_of("x", bills.content) == bills


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.toml cannot be read: No such file"):
        read_schedules(tmp_path / "none.toml")

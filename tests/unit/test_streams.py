"""Data goes to stdout, words for people to stderr: so that $(ingot ...) holds what was asked for, of every command."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
import typer.main

from ingest.api.keys import digest_of, entries_of
from ingest.cli import app
from ingest.cli.exit_codes import Exit
from pipeline.commands.submission import Submission
from pipeline.service import Service
from pipeline.settings import Settings
from stores.chroma.path import IndexLock
from stores.placement import StagedFile
from stores.views import CallbackFilter
from tests.in_process import KB, fake_document, fake_resources, ingest_now


class Template(NamedTuple):
    """A filled home, and what its commands may name."""

    home: Path
    words: dict[str, str]


ENGINES = {"text_engine": "fake", "ocr_engine": "fake", "embedder": "fake"}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """A home with a document that is done, a job that waits, and a callback: every command gets a copy of it."""
    folder = tmp_path_factory.mktemp("template")
    home, papers, exported, schema = (folder / name for name in ("home", "papers", "kb.tar", "order.yaml"))
    fake_document(papers / "a.pdf", "# Report\nAn otter in the meadow.\nOrder number: 7712")
    report = ingest_now(fake_resources(home), papers)
    service = Service(Settings(**ENGINES, home=home, allow_private_urls=True))  # type: ignore[arg-type]
    waits = service.ingestion.submit(
        "other", Submission(uploads=(_upload(service),), callback_url="http://127.0.0.1:9/")
    )
    service.jobs.cancel(waits.job)
    service.records.correct(KB, "a.pdf", "document", "title", "Reports", "ann")
    service.access_keys.create("script")
    (callback,) = service.callbacks.slice(CallbackFilter()).items
    exported.write_bytes(b"".join(service.knowledge_bases.export(KB, "0", lambda *_: None)))
    schema.write_text("type: object\nproperties: {number: {type: string}}\n")
    service.close()
    shutil.rmtree(home / "chroma")  # the correction has written there
    words = {"JOB": report.job or "", "CALLBACK": callback.id, "KB": KB, "PATH": str(papers)}
    return Template(home, {**words, "EXPORTED": str(exported), "SCHEMA": str(schema)})


@pytest.fixture
def made(template: Template, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A copy of the template, used by the commands; what to put into them."""
    shutil.copytree(template.home, home, dirs_exist_ok=True)
    schedules = tmp_path / "schedules.toml"
    schedules.write_text("[[schedule]]\nname = 'nightly'\ncron = '0 3 * * *'\ndo = 'check'\nknowledge_id = 'other'\n")
    settings = {"home": home, "broker_url": "memory://", "allow_private_urls": True, "schedules_file": schedules}
    for name, value in {**ENGINES, **settings}.items():
        monkeypatch.setenv(f"INGOT_{name.upper()}", str(value))
    monkeypatch.chdir(tmp_path)
    return {**template.words, "NEW_FILE": str(tmp_path / "new.tar")}


def _upload(service: Service) -> StagedFile:
    content = b"%FAKE\nAnother."
    path = service.ingestion.staging("other") / "b.part"
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    return StagedFile.upload(
        path=path, name="b.pdf", size_bytes=len(content), sha256=digest, media_type="text/x-fake-pages"
    )


#: command -> what its stdout is to hold without any further option; None: a deed, told of on stderr alone
DATA: dict[str, str | None] = {
    "--version": r"^ingot \S+\n$",
    "ingest --dry-run PATH -k KB": r"a\.pdf",
    "ingest --no-wait --force PATH -k KB": r"^test\.[0-9A-Z]{26}\n$",
    "search otter --mode keyword -k KB": "otter",
    "records -k KB": r"a\.pdf",
    "records correct a.pdf title Otters -k KB": None,
    "records confirm a.pdf title -k KB": None,
    "records reject a.pdf title -k KB": None,
    "records undo a.pdf 1 -k KB": None,
    "records history a.pdf -k KB": r"corrected",
    "records check -k KB": r"doubt",
    "docs list -k KB": r"a\.pdf",
    "docs show a.pdf -k KB": "An otter",
    "docs retry a.pdf --from embed --no-wait -k KB": r"^test\.[0-9A-Z]{26}\n$",
    "docs rename a.pdf Otters -k KB": None,
    "docs delete a.pdf -k KB": None,
    "jobs list": "JOB",
    "jobs show JOB": "JOB",
    "jobs watch JOB": None,
    "jobs cancel JOB": None,
    "jobs retry --no-wait JOB": r"^JOB\n$",
    "callbacks list": "CALLBACK",
    "callbacks show CALLBACK": "CALLBACK",
    "callbacks replay --dead": None,
    "callbacks secret": r"^whsec_\S+\n$",
    "schedules list": "nightly",
    "schedules run nightly": None,
    "kb list": "KB",
    "kb show KB": "KB",
    "kb rename KB NAME": None,
    "kb watched KB": "source",
    "kb delete KB --yes": None,
    "kb check KB": "vectors_missing",  # this process keeps them in memory
    "kb embed KB --no-wait": r"^(test\.[0-9A-Z]{26}\n)?$",
    "kb export KB NEW_FILE": None,
    "export NEW_FILE -k KB": None,
    "kb import EXPORTED --as other-name": None,
    "ask otter -k KB": "otter",
    "extract --schema invoice --force --no-wait -k KB": r"^test\.[0-9A-Z]{26}\n$",
    "schemas list": "invoice",
    "schemas show invoice": "issuer",
    "schemas check SCHEMA": "number",
    "schemas new order --from a.pdf -k KB": "properties",
    "sql select(1) -k KB": r"^\(1\)\n1\n$",
    "keys new": r"^key    ingot_\S+\nname   key-1\n$",
    "keys list": "script",
    "keys revoke script": None,
    "audit": "correct",
    "keys new --entry": r"^sha256:[0-9a-f]{64}\n$",
    "status": r"broker +memory://",
    "up": r"broker +memory://",
    "doctor": r"OK +python",
    "init": None,
}
#: these have no --json: there is nothing to be read, or --as chooses
NO_JSON = ("--version", "init", "kb rename", "kb delete", "docs show", "schemas check", "schemas new")
JSON = {name for name in DATA if not name.startswith(NO_JSON)}
#: They run, or need a runtime of their own: tested elsewhere.
ENDLESS = {"serve", "worker", "down", "mcp", "convert", "watch"}


def test_every_command_stands_in_the_table() -> None:
    listed = set(ENDLESS)
    for name in DATA:
        listed.add(" ".join(word for word in name.split()[:2] if re.fullmatch("[a-z]+", word)))
    commands_of = typer.main.get_command(app.app)
    commands = {
        f"{name} {inner}".strip()
        for name, command in commands_of.commands.items()  # type: ignore[attr-defined]
        for inner in (getattr(command, "commands", None) or [""])
    }
    single = {name for name in commands if " " not in name}
    assert commands - listed - {name for name in single if any(one.split()[0] == name for one in DATA)} == set()


@pytest.mark.parametrize("command", DATA)
def test_stdout_holds_data_alone(command: str, made: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    wanted = DATA[command]
    assert app.run(_filled(command, made)) in (Exit.WELL, Exit.SOME_FAILED)
    told = capfd.readouterr()
    if wanted is None:
        assert told.out == "" and told.err
    else:
        wanted = re.sub("|".join(made), lambda name: re.escape(made[name[0]]), wanted)
        assert re.search(wanted, told.out), told.out


@pytest.mark.parametrize("command", sorted(JSON))
def test_json_is_all_of_stdout(command: str, made: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    extra = ["--json"] if command != "callbacks show CALLBACK" else []
    assert app.run([*_filled(command, made), *extra]) in (Exit.WELL, Exit.SOME_FAILED)
    told = capfd.readouterr().out
    assert json.loads(told) is not None


def test_a_command_that_ended_holds_nothing(made: dict[str, str], home: Path) -> None:
    """Another process may open the vector index at once, and no folder is left of the files that arrived."""
    for command in ("docs delete a.pdf -k KB", "kb import EXPORTED --as other-name"):
        assert app.run(_filled(command, made)) == Exit.WELL
    lock = IndexLock(home / "chroma")
    lock.acquire()
    lock.release()
    assert not list((home / "run" / "uploads").glob("[0-9]*"))


def _filled(command: str, made: dict[str, str]) -> list[str]:
    return [made.get(word, word) for word in command.split()]


def test_a_key_and_its_entry_belong_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["keys", "new", "--entry", "--quiet", "-k", "mine"]) == Exit.WELL
    told = capsys.readouterr()
    (entry,) = entries_of(told.out.strip())
    key = told.err.split()[1]
    assert entry.digest == digest_of(key) and entry.knowledge == {"mine"}


@pytest.mark.parametrize(
    "name", ["HOME", "SCHEMA_DIR", "API_KEYS", "API_HOST", "INGEST_ROOT", "CALLBACK_SECRET", "OCR_ENGINE", "SOURCE_URL"]
)
@pytest.mark.parametrize("value", ["", "  "])
def test_what_is_set_and_empty_is_refused(
    name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"INGOT_{name}", value)
    for command in (["serve", "--port", "0"], ["kb", "list"]):
        assert app.run(command) == Exit.USAGE
        assert f"INGOT_{name} (or {name.lower()} in ingot.toml) is set, but empty" in capsys.readouterr().err
    assert not list(tmp_path.iterdir()), "nothing was made in the folder where the command ran"


def test_an_empty_address_of_broker_or_index_means_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGOT_BROKER_URL", "")
    monkeypatch.setenv("INGOT_CHROMA_URL", "")
    assert (Settings().broker_url, Settings().chroma_url) == ("", "")


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (",", "holds no key"),
        (" , ,", "holds no key"),
        ("key    ingot_0123456789abcdef\nentry  sha256:00", "keys new --entry"),
        ('{"key": "ingot_0123456789abcdef"}', "keys new --entry"),
        ("sha256:12", "64 hexadecimal digits"),
        ("short", "can be guessed"),
    ],
)
def test_keys_that_are_none_keep_the_server_from_starting(
    keys: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INGOT_API_KEYS", keys)
    assert app.run(["serve", "--port", "0"]) == Exit.USAGE
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir()), "no runtime was started"


def test_a_secret_is_not_repeated_where_it_is_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INGOT_CALLBACK_SECRET", "whsec_hunter2hunter2")
    monkeypatch.setenv("INGOT_HOME", str(tmp_path / "home"))
    for command in (["callbacks", "secret"], ["serve", "--port", "0"], ["kb", "list"]):
        assert app.run(command) == Exit.USAGE
        told = capsys.readouterr().err
        assert "hunter2" not in told and "INGOT_CALLBACK_SECRET" in told and "16 bytes or more in base64" in told
    assert not (tmp_path / "home").exists()
    assert app.run(["--home", "", "kb", "list"]) == Exit.USAGE
    assert "--home is empty" in capsys.readouterr().err

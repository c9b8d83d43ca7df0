"""Hosts that would not see each other's work are refused at once, with the settings that make them one."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.cli.doctor_database import examine_database
from ingest.cli.finding import Level
from pipeline import home_registry, hosts_apart
from pipeline.home_registry import Neighbour
from pipeline.outbound import signing
from pipeline.service import Service
from pipeline.settings import Settings
from stores import host_files, hosts
from stores.catalog import Catalog
from stores.errors import UnavailableError
from stores.hosts import HostUse
from stores.postgresql_catalog import PostgresCatalog
from tests import broker_servers
from tests.e2e.command import Home

FILES = "s3://bucket/ingot"
CHROMA = "http://chroma.example:8000"


@pytest.fixture
def other_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Let this process be on another machine, until the context ends."""
    with monkeypatch.context() as context:
        context.setattr(socket, "gethostname", lambda: "other")
        context.setattr(hosts_apart, "machine_id", lambda: "another-boot")
        yield context


def test_sqlite_files_belong_to_one_machine(home: Path, other_machine: pytest.MonkeyPatch) -> None:
    settings, catalog = Settings(home=home), Catalog(home)
    hosts_apart.announce(settings, catalog, "cpu@other")
    hosts_apart.refuse(settings, catalog)
    other_machine.undo()
    hosts_apart.announce(settings, catalog, "cpu@here")
    with pytest.raises(UnavailableError, match="in use by the host other, too") as caught:
        hosts_apart.refuse(settings, catalog)
    assert "INGOT_DATABASE_URL, INGOT_FILES_URL and INGOT_CHROMA_URL" in caught.value.message
    (finding,) = examine_database(settings)
    assert (finding.level, finding.what) == (Level.FAIL, "hosts")
    (check,) = [check for check in Service(settings).administration.readiness() if check.name == "hosts"]
    assert not check.ok and check.why == f"{finding.words}: {finding.remedy}" == caught.value.message
    for path in (home / "run" / "hosts").iterdir():
        os.utime(path, (0, path.stat().st_mtime - hosts.FRESH_S - 1))
    hosts_apart.refuse(settings, catalog)


def test_a_database_of_hosts_apart_needs_a_chroma_server(
    home: Path, tmp_path: Path, database_url: str, other_machine: pytest.MonkeyPatch
) -> None:
    here = Settings(home=home, database_url=database_url, files_url=FILES)
    there = here.model_copy(update={"home": tmp_path})
    hosts_apart.announce(there, PostgresCatalog.at(database_url, tmp_path, FILES), "gpu@other")
    other_machine.undo()
    catalog = PostgresCatalog.at(database_url, home, FILES)
    with pytest.raises(UnavailableError, match="this host keeps the vector index in a folder of its own"):
        hosts_apart.refuse(here, catalog)
    with pytest.raises(UnavailableError, match="the host other keeps the vector index in a folder of its own"):
        hosts_apart.refuse(here.model_copy(update={"chroma_url": CHROMA}), catalog)
    assert [finding.what for finding in examine_database(here) if finding.level is Level.FAIL] == ["hosts"]
    with pytest.raises(UnavailableError, match="INGOT_CHROMA_URL"):
        Service(here).administration.refuse_hosts_apart()
    hosts_apart.announce(there.model_copy(update={"chroma_url": CHROMA}), catalog, "gpu@other")
    with pytest.raises(UnavailableError, match="this host keeps"):
        hosts_apart.refuse(here, catalog)
    for use in catalog.hosts():
        catalog.withdraw(use)
    hosts_apart.refuse(here, catalog)


def test_processes_of_one_folder_may_keep_the_index_there(home: Path, database_url: str) -> None:
    settings = Settings(home=home, database_url=database_url, files_url=FILES)
    catalog = PostgresCatalog.at(database_url, home, FILES)
    hosts_apart.announce(settings, catalog, "cpu@here")
    embedded = settings.model_copy(update={"chroma_url": "http://127.0.0.1:4711"})
    hosts_apart.announce(embedded, catalog, "serve")
    assert {use.chroma_url for use in catalog.hosts()} == {""}
    hosts_apart.refuse(settings, catalog)
    hosts_apart.refuse(embedded, catalog)


def test_every_host_of_a_database_signs_with_one_secret(home: Path, tmp_path: Path, database_url: str) -> None:
    """At first the one that a host had in its home: receivers know it."""
    (known,) = signing.secrets_of("", Catalog(home))
    first, second = (PostgresCatalog.at(database_url, folder, FILES) for folder in (home, tmp_path))
    assert signing.secrets_of("", first) == signing.secrets_of("", second) == (known,)


def test_a_worker_with_an_empty_home_is_refused_on_the_broker_of_another_host(home: Path) -> None:
    with broker_servers.redis() as port:
        url = f"redis://127.0.0.1:{port}/0"
        asker = Settings(home=home / "a", broker_url=url)
        with pytest.MonkeyPatch.context() as elsewhere:
            elsewhere.setattr(socket, "gethostname", lambda: "api-host")
            home_registry.announce(asker, home_registry.SERVER)
        there = Home(home / "b", broker_url=url)
        done = there.run("worker", "gpu")
        assert done.returncode == 6
        assert "api-host" in done.stderr and "INGOT_DATABASE_URL" in done.stderr, done.stderr
        settings = Settings(home=home / "b", broker_url=url)
        (finding,) = examine_database(settings)
        assert finding.what == "hosts" and "api-host" in finding.words and "its own" not in finding.words
        (home / "b" / "kb").mkdir(parents=True)
        (home / "b" / "kb" / "kb.db").touch()
        hosts_apart.refuse_strange_broker(settings, [])  # it has documents of its own: another installation


def test_a_broker_without_a_list_tells_by_its_workers(home: Path) -> None:
    settings = Settings(home=home, broker_url="amqp://rabbit.example//")
    worker = Neighbour(role=home_registry.WORKER, home="another", path="/srv/ingot-data", host="api-host")
    with pytest.raises(UnavailableError, match="/srv/ingot-data on api-host"):
        hosts_apart.refuse_strange_broker(settings, [worker])
    hosts_apart.refuse_strange_broker(settings, [replace(worker, host=socket.gethostname())])
    hosts_apart.refuse_strange_broker(settings, [])


def test_what_an_older_version_wrote_is_left_out(home: Path) -> None:
    folder = home / "run" / "hosts"
    host_files.HostFiles(folder).announce(HostUse(process="p", name="n", machine="m", folder="f"))
    (folder / "broken.json").write_text('{"machine": 1')
    assert [use.machine for use in host_files.HostFiles(folder).seen()] == ["m"]

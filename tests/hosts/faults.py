"""What happens to the hosts while they work: each fault by its name."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.hosts.cluster import Cluster, Worker
from tests.hosts.servers import ROOT
from tests.waiting import eventually

Fault = Callable[[Cluster, str], None]


def nothing(cluster: Cluster, kb: str) -> None:
    """No fault: what the others are compared with."""


def reader_cut_off(cluster: Cluster, kb: str) -> None:
    """C is cut off while it reads pages, until its leases have ended and another host took over; then it is back."""
    cluster.wait_for(kb, "ocr", "c")
    cluster.network.cut("c")
    eventually(lambda: not cluster.working(kb, "ocr", "c"), every_s=0.5)
    helper = cluster.start_worker("b", "gpu")
    cluster.wait_for(kb, "ocr", "b")
    cluster.network.join("c")
    helper.drain()


def host_killed(host: str, stage: str) -> Fault:
    """All processes of a host end at once while it works, and are started again."""

    def fault(cluster: Cluster, kb: str) -> None:
        cluster.wait_for(kb, stage, host)
        worker = next(worker for worker in cluster.workers.values() if worker.host == host)
        worker.kill()
        cluster.start_worker(host, worker.role)

    return fault


def server_restarted(name: str, stage: str, host: str) -> Fault:
    """A server ends at once while a host works, and is started again."""

    def fault(cluster: Cluster, kb: str) -> None:
        (server,) = [server for server in cluster.servers if server.name == name]
        cluster.wait_for(kb, stage, host)
        server.fall()
        server.rise()

    return fault


def first_host_killed(cluster: Cluster, kb: str) -> None:
    """The API and all servers end at once while C reads pages, and are started again one after the other."""
    cluster.wait_for(kb, "ocr", "c")
    cluster.kill_api()
    for server in cluster.servers:
        server.fall()
    for server in cluster.servers:
        server.rise()
    cluster.start_api()


def disk_full(cluster: Cluster, kb: str) -> None:
    """The disk of B is full until some of its steps have said so."""
    cluster.wait_for(kb, "parse", "b")
    filler = cluster.folder / "b" / "filler"
    _fill(filler)
    waiting = "SELECT 1 FROM step WHERE state <> 'done' AND error LIKE '%disk of the host b is full%'"
    try:
        eventually(lambda: cluster.rows(kb, waiting), told=lambda: cluster.story(kb))
    finally:
        filler.unlink()


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise


def clocks_apart(cluster: Cluster, kb: str) -> None:
    """B is more than five minutes ahead and C as far behind, from before the first step to the last."""
    for name, ahead_s in (("cpu@b", 330), ("gpu@c", -330)):
        worker = cluster.workers[name]
        worker.drain()
        cluster.start_worker(worker.host, worker.role, _set_clock(ahead_s))
    cluster.wait_for(kb, "publish", "b")


def _set_clock(ahead_s: int) -> Mapping[str, str]:
    folder = Path(__file__).parent / "clock"
    return {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "HOST_CLOCK_AHEAD_S": str(ahead_s)}


def rolled(cluster: Cluster, kb: str) -> None:
    """Both workers are asked to end while they work, give back what they have, and are replaced."""
    for name, stage in (("cpu@b", "parse"), ("gpu@c", "ocr")):
        worker = cluster.workers[name]
        cluster.wait_for(kb, stage, worker.host)
        _replace(cluster, kb, worker, stage)


def _replace(cluster: Cluster, kb: str, worker: Worker, stage: str) -> None:
    status = worker.drain()
    assert status == 0, f"{worker.role}@{worker.host} ended with {status}: {worker.process.tail()}"
    left = cluster.working(kb, stage, worker.host)
    assert not left, f"{worker.role}@{worker.host} kept {left}"
    cluster.start_worker(worker.host, worker.role)


def versions_mixed(previous: Path) -> Fault:
    """Both workers are of an earlier version; C is replaced by one of this version, and B after it."""

    def fault(cluster: Cluster, kb: str) -> None:
        for name, source in (("cpu@b", previous), ("gpu@c", previous), ("gpu@c", ROOT), ("cpu@b", ROOT)):
            worker = cluster.workers[name]
            assert worker.drain() == 0, worker.process.tail()
            cluster.start_worker(worker.host, worker.role, source=source)
            if name == "gpu@c":
                cluster.wait_for(kb, "ocr", "c")

    return fault


FAULTS: Mapping[str, Fault] = {
    "C cut off": reader_cut_off,
    "A killed": first_host_killed,
    "B killed": host_killed("b", "parse"),
    "C killed": host_killed("c", "ocr"),
    "PostgreSQL restarted": server_restarted("postgres", "ocr", "c"),
    "broker restarted": server_restarted("broker", "ocr", "c"),
    "Chroma restarted": server_restarted("chroma", "publish", "b"),
    "S3 restarted": server_restarted("s3", "parse", "b"),
    "disk of B full": disk_full,
    "workers rolled": rolled,
    "clocks apart": clocks_apart,  # last: the workers go on with these clocks
}

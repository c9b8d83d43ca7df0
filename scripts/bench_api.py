"""``bench api``: a thousand submissions at once, as a user would test it: accepted, processed, called back.

Starts ``ingot serve`` with its embedded workers, a receiver of callbacks and clients that each send one small PDF after
another over a kept connection; a few come before the clock starts, so that all is warm and the workers have work.
``--kill`` ends the API with SIGKILL in the middle and starts it again; the clients
repeat what was not answered, with the same Idempotency-Key. All of it runs on this machine: the load costs time, too.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from ingest.runtime import embedded
from pipeline.settings import Settings
from scripts.bench_load import Load, Receiver, small_pdf, submit_all, upload_request
from scripts.bench_machine import machine
from scripts.bench_watchers import Watchers

KNOWLEDGE = "bench"
_WARM_S = 60.0


class Api:
    """An ``ingot serve`` in a process of its own, which may be killed and started again at the same port."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, 0
        self._log = (home.parent / "serve.log").open("ab")
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "INGOT_ALLOW_PRIVATE_URLS": "true", "INGOT_LOG_LEVEL": "WARNING"}
        command = [sys.executable, "-m", "ingest.cli", "--home", str(self.home), "serve", "--port", str(self.port)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log, env=environment)
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        port = re.search(r":(\d+) ", line)
        if not port:
            sys.exit(f"the API did not start: {line} {Path(self._log.name).read_text()[-2000:]}")
        self.port = int(port[1])
        return process

    def kill_and_start(self) -> float:
        """SIGKILL, and a new one; how many seconds nobody listened."""
        began = time.perf_counter()
        self.process.kill()
        self.process.wait()
        self.process = self._start()
        return time.perf_counter() - began

    def cpu_s(self) -> float:
        """CPU seconds that the API's process has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench api", description=__doc__)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--kill", action="store_true", help="SIGKILL the API after half of them, and start it again")
    parser.add_argument("--watchers", type=int, default=0, help="so many follow a job's events meanwhile")
    parser.add_argument("--accept-only", action="store_true", help="do not wait for the documents to be made")
    parser.add_argument("--timeout", type=float, default=3600.0, help="seconds to wait for the last callback")
    given = parser.parse_args(arguments)
    print(machine())
    folder = Path(tempfile.mkdtemp(prefix="ingot-bench-"))
    api, receiver = Api(folder / "home"), Receiver()
    try:
        _run(api, receiver, given)
    finally:
        api.stop()
        receiver.close()
        embedded.down(Settings(home=folder / "home"))
        shutil.rmtree(folder, ignore_errors=True)


def _run(api: Api, receiver: Receiver, given: argparse.Namespace) -> None:
    warm = _submit(api, receiver, range(2), clients=1)
    if _wait(receiver, set(warm.jobs.values()), _WARM_S) >= _WARM_S:
        sys.exit(f"the first two jobs were not called back within {_WARM_S:.0f} s")
    warmer = _submit(api, receiver, range(2, 2 + 2 * given.clients), given.clients)
    watchers = Watchers("127.0.0.1", api.port, warmer.jobs[max(warmer.jobs)], given.watchers)
    used_s, own_s = api.cpu_s(), time.process_time()
    load = _submit(api, receiver, range(1000, 1000 + given.requests), given.clients, kill=given.kill)
    _print_load(load, given)
    if not given.kill:
        each = (api.cpu_s() - used_s) / given.requests, (time.process_time() - own_s) / given.requests
        print(f"CPU         per answer {each[0] * 1000:.2f} ms of the API, {each[1] * 1000:.2f} ms of the clients")
        print(f"load        {os.getloadavg()[0]:.1f}")
    if given.watchers:
        connected, heard = watchers.standing()
        print(f"watchers    {given.watchers} of one job: {heard} heard of it, {connected} still connected")
    if not given.accept_only:
        _print_ends(api, receiver, load, set(warmer.jobs.values()), given.timeout)
    watchers.close()


def _submit(api: Api, receiver: Receiver, numbers: range, clients: int, *, kill: bool = False) -> Load:
    path = f"/api/v1/knowledge/{KNOWLEDGE}/ingest"
    fields = {"callback_url": receiver.url}
    requests = [
        upload_request(f"127.0.0.1:{api.port}", path, f"paper-{n}.pdf", small_pdf(n), fields, f"bench-{n}")
        for n in numbers
    ]
    killer: list[threading.Thread] = []

    def told(accepted: int) -> None:
        if kill and accepted >= len(requests) // 2 and not killer:
            killer.append(threading.Thread(target=lambda: print(f"killed      away for {api.kill_and_start():.1f} s")))
            killer[0].start()

    return submit_all(lambda: ("127.0.0.1", api.port), requests, clients, told)


def _print_load(load: Load, given: argparse.Namespace) -> None:
    ordered = sorted(load.latencies_s)
    p50, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000 for part in (0.5, 0.99))
    rate = len(load.jobs) / load.seconds
    print(f"\n{given.requests} submissions of one small PDF each, {given.clients} clients")
    print(f"accepted    {len(set(load.jobs.values()))} jobs in {load.seconds:.2f} s ({rate:.0f}/s)")
    print(f"answer      p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {ordered[-1] * 1000:.1f} ms")
    if load.broken or load.refused:
        print(f"trouble     {load.broken} connections broken, refused by status {load.refused}")


def _print_ends(api: Api, receiver: Receiver, load: Load, before: set[str], timeout_s: float) -> None:
    jobs = set(load.jobs.values())
    seconds = _wait(receiver, jobs | before, timeout_s)
    called = receiver.jobs()
    ended, documents = _ended(api.home, jobs)
    print(f"processed   {ended} jobs ended, documents: {documents}, {seconds:.0f} s after the last answer")
    repeats = sum(called[job] - 1 for job in jobs if job in called)
    print(f"called back {len(jobs & called.keys())} jobs, {repeats} of them more than once")
    if not len(jobs) == ended == len(jobs & called.keys()):
        sys.exit("NOT EQUAL: something was lost")


def _wait(receiver: Receiver, jobs: set[str], timeout_s: float) -> float:
    """Seconds until every job was called back, or the time is over."""
    began = time.monotonic()
    while not jobs <= receiver.jobs().keys() and time.monotonic() - began < timeout_s:
        time.sleep(1.0 if len(jobs) > 10 else 0.05)
    return time.monotonic() - began


def _ended(home: Path, jobs: set[str]) -> tuple[int, dict[str, int]]:
    """(jobs that ended, documents of them by state), as the knowledge base has it."""
    connection = sqlite3.connect(home / KNOWLEDGE / "kb.db")
    ended = {row[0] for row in connection.execute("SELECT id FROM job WHERE finished_at IS NOT NULL")}
    states: dict[str, int] = {}
    for job, state in connection.execute("SELECT job, state FROM job_document"):
        if job in jobs:
            states[state] = states.get(state, 0) + 1
    connection.close()
    return len(jobs & ended), states


if __name__ == "__main__":
    main()

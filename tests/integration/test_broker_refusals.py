"""Each way in which a broker can refuse has its own sentence, from servers that really do; and every door says it."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from ingest.api import server
from ingest.api.app import create_app
from ingest.cli import app
from ingest.cli.exit_codes import Exit
from ingest.runtime import processes, worker_spec
from pipeline import broker_probe, remote_control
from pipeline.broker_faults import BrokerError, explained
from pipeline.service import Service
from pipeline.settings import Settings
from tests import broker_servers
from tests.broker_servers import command, free_port, redis, talking
from tests.waiting import eventually

SECRET = "s3cr3tword"
pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def at() -> Iterator[SimpleNamespace]:
    """The ports of servers that refuse, by what is wrong with them."""
    with contextlib.ExitStack() as stack:
        plain = stack.enter_context(redis())
        for name, rights in {
            "poor": "~ingot:* +ping +select +client +hello",
            "mute": "~ingot:* resetchannels +@all",
            "off": "~* +@all off",
        }.items():
            told = command(plain, "ACL", "SETUSER", name, "on", f">{SECRET}", *rights.split())
            assert told.startswith("+OK"), told
        full = stack.enter_context(redis("--maxmemory-policy", "noeviction"))
        command(full, "CONFIG", "SET", "maxmemory", "1")
        yield SimpleNamespace(
            plain=plain,
            full=full,
            locked=stack.enter_context(redis("--requirepass", SECRET)),
            replica=stack.enter_context(redis("--replicaof", "127.0.0.1", str(free_port()))),
            web=stack.enter_context(talking(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
            ssh=stack.enter_context(talking(b"SSH-2.0-OpenSSH_9\r\n", first=True)),
            guarded=stack.enter_context(talking(b"-DENIED Redis is running in protected mode because ...\r\n")),
            loading=stack.enter_context(talking(b"-LOADING Redis is loading the dataset in memory\r\n")),
            cluster=stack.enter_context(talking(b"-MOVED 3999 127.0.0.1:6381\r\n")),
            nonsense=stack.enter_context(talking(b"\x00\x01what?\r\n")),
            shut=stack.enter_context(talking(b"")),
            dead=free_port(),
        )


REFUSALS = {
    "no password": ("redis://127.0.0.1:{locked}/0", "broker_no_password", "asks for a password"),
    "wrong password": ("redis://:{secret}x@127.0.0.1:{locked}/0", "broker_password", "refuses the password"),
    "wrong user": ("redis://me:{secret}@127.0.0.1:{plain}/0", "broker_password", "refuses the user name and password"),
    "disabled user": ("redis://off:{secret}@127.0.0.1:{plain}/0", "broker_password", "refuses the user name"),
    "few rights": ("redis://poor:{secret}@127.0.0.1:{plain}/0", "broker_permission", "ACL SETUSER"),
    "no channels": ("redis://mute:{secret}@127.0.0.1:{plain}/0", "broker_permission", "channels"),
    "no such database": ("redis://127.0.0.1:{plain}/99", "broker_database", "no database of that number"),
    "a full one": ("redis://127.0.0.1:{full}/0", "broker_full", "maxmemory"),
    "a replica": ("redis://127.0.0.1:{replica}/0", "broker_read_only", "primary"),
    "protected mode": ("redis://127.0.0.1:{guarded}/0", "broker_protected", "requirepass"),
    "loading": ("redis://127.0.0.1:{loading}/0", "broker_loading", "still loading"),
    "a cluster": ("redis://127.0.0.1:{cluster}/0", "broker_cluster", "Cluster"),
    "a dead port": ("redis://127.0.0.1:{dead}/0", "broker_refuses", "nothing listens at port {dead}"),
    "no such name": ("redis://broker.invalid:6379/0", "broker_unknown_host", "broker.invalid"),
    "no socket": ("redis+socket:///nowhere/redis.sock", "broker_no_socket", "/nowhere/redis.sock"),
    "TLS to a plain port": ("rediss://127.0.0.1:{plain}/0", "broker_other", "does not speak TLS"),
    "a web server": ("redis://127.0.0.1:{web}/0", "broker_other", "a web server answers"),
    "an SSH server": ("redis://127.0.0.1:{ssh}/0", "broker_other", "an SSH server answers"),
    "nonsense": ("redis://127.0.0.1:{nonsense}/0", "broker_other", "something else answers"),
    "hangs up": ("redis://127.0.0.1:{shut}/0", "broker_closes", "without an answer"),
    "amqp: a dead port": ("amqp://guest:{secret}@127.0.0.1:{dead}//", "broker_refuses", "nothing listens at port"),
    "amqp: a Redis": ("amqp://guest:{secret}@127.0.0.1:{plain}//", "broker_other", "redis://"),
    "amqp: a web server": ("amqp://guest:{secret}@127.0.0.1:{web}//", "broker_other", "a web server answers"),
}
WAITING_HELPS = {"broker_full", "broker_loading", "broker_refuses", "broker_unknown_host", "broker_no_socket"}
WAITING_HELPS |= {"broker_closes"}


@pytest.mark.parametrize("case", REFUSALS)
def test_each_cause_has_its_sentence(case: str, at: SimpleNamespace) -> None:
    url, code, words = (part.format(secret=SECRET, **vars(at)) for part in REFUSALS[case])
    with pytest.raises(BrokerError) as refused:
        broker_probe.round_trip(url)
    error = refused.value
    assert (error.code, error.lasting) == (code, code not in WAITING_HELPS)
    assert words in error.message
    assert error.message.startswith("the broker ") and error.remedy
    assert SECRET not in error.message + error.plain
    assert "127.0.0.1" not in error.plain.partition(": ")[0], "who asks over the network learns no address"


def test_a_good_one_takes_a_message_and_keeps_nothing(at: SimpleNamespace) -> None:
    broker_probe.round_trip(f"redis://127.0.0.1:{at.plain}/0")
    assert command(at.plain, "DBSIZE").startswith(":0")
    broker_probe.round_trip(f"redis://:{SECRET}@127.0.0.1:{at.locked}/0")


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """(port of a Redis that speaks TLS only, its certificate for localhost)."""
    cert, key = broker_servers.certificate(tmp_path_factory.mktemp("tls"))
    files = ("--tls-cert-file", str(cert), "--tls-key-file", str(key), "--tls-auth-clients", "no")
    with redis(*files, tls=True) as port:
        yield port, cert


def test_certificates(tls: tuple[int, Path], caplog: pytest.LogCaptureFixture) -> None:
    port, cert = tls
    for url, code, words in (
        (f"redis://localhost:{port}/0", "broker_other", "rediss://"),
        (f"rediss://localhost:{port}/0", "broker_certificate", "ssl_ca_certs"),
        (f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={cert}", "broker_certificate", "not for 127.0.0.1"),
        (f"amqps://localhost:{port}//", "broker_certificate", "ssl_ca_certs"),
    ):
        with pytest.raises(BrokerError) as refused:
            broker_probe.round_trip(url)
        assert (refused.value.code, words in refused.value.message) == (code, True), refused.value.message
    broker_probe.round_trip(f"rediss://localhost:{port}/0?ssl_ca_certs={cert}")
    broker_probe.round_trip(f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={cert}&ssl_check_hostname=false")
    broker_probe.round_trip(f"rediss://127.0.0.1:{port}/0?ssl_cert_reqs=none")
    told = remote_control.call_workers(Settings(broker_url=f"rediss://localhost:{port}/0?ssl_ca_certs={cert}"))
    assert told["workers"] == {} and told["messages"]["cpu"] == 0
    assert not [line for line in caplog.messages if "nsecure" in line], "no library complains in our place"


def test_a_certificate_that_is_not_verified_is_remarked_on(
    tls: tuple[int, Path], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], home: Path
) -> None:
    monkeypatch.setenv("INGOT_HOME", str(home))
    monkeypatch.setenv("INGOT_BROKER_URL", f"rediss://127.0.0.1:{tls[0]}/0?ssl_cert_reqs=none")
    app.run(["doctor", "--json"])
    told = capfd.readouterr()
    findings = [(one["level"], one["words"]) for one in json.loads(told.out) if one["what"] == "broker"]
    assert [level for level, _ in findings] == ["OK", "WARN"]
    assert "not verified" in findings[1][1]
    assert "nsecure" not in told.err


def takes_logins(url: str) -> bool:
    try:
        broker_probe.round_trip(url)
    except BrokerError:
        return False
    return True


def test_rabbitmq() -> None:
    with broker_servers.rabbitmq() as server:
        port = server.port
        good = f"amqp://guest:guest@127.0.0.1:{port}//"
        eventually(lambda: takes_logins(good))  # it listens before it does
        for url, code in (
            (f"amqp://guest:{SECRET}@127.0.0.1:{port}//", "broker_password"),
            (f"amqp://guest:guest@127.0.0.1:{port}/nowhere", "broker_vhost"),
            (f"amqps://guest:guest@127.0.0.1:{port}//", "broker_no_tls"),
        ):
            with pytest.raises(BrokerError) as refused:
                broker_probe.round_trip(url)
            assert refused.value.code == code, refused.value.message
            assert SECRET not in refused.value.message
        with pytest.raises(BrokerError, match="AMQP"):
            broker_probe.round_trip(f"redis://127.0.0.1:{port}/0")
        told = remote_control.call_workers(Settings(broker_url=good))
        assert set(told["messages"].values()) == {0}


@pytest.fixture
def refused(
    at: SimpleNamespace, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[dict[str, object]]:
    """The settings of a home whose broker wants another password."""
    (tmp_path / "a.pdf").write_bytes(b"%FAKE\nOne page.")
    chosen: dict[str, object] = {
        "home": home,
        "broker_url": f"redis://:{SECRET}x@127.0.0.1:{at.locked}/0",
        "text_engine": "fake",
        "embedder": "fake",
    }
    for name, value in chosen.items():
        monkeypatch.setenv(f"INGOT_{name.upper()}", str(value))
    broker_probe._complaint.clear()
    yield chosen


CAUSE = "refuses the password of INGOT_BROKER_URL"


def test_the_command_line_says_it(
    refused: dict[str, object], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["ingest", str(tmp_path / "a.pdf")]) == Exit.UNREACHABLE
    told = capfd.readouterr().err
    assert CAUSE in told and "ingot jobs watch" in told and "no worker answers" not in told
    assert app.run(["jobs", "list", "--json"]) == Exit.WELL
    (job,) = json.loads(capfd.readouterr().out)
    assert app.run(["jobs", "watch", job["job_id"]]) == Exit.UNREACHABLE
    assert CAUSE in capfd.readouterr().err
    assert app.run(["jobs", "show", job["job_id"]]) == Exit.WELL
    assert CAUSE in capfd.readouterr().out
    assert app.run(["up"]) == Exit.UNREACHABLE
    assert CAUSE in capfd.readouterr().err
    assert app.run(["status", "--json"]) == Exit.WELL
    status = json.loads(capfd.readouterr().out)
    assert CAUSE in status["trouble"] and not status["running"]
    assert app.run(["worker", "cpu", "--broker-wait", "60"]) == Exit.UNREACHABLE, "no waiting mends a password"
    told = capfd.readouterr().err
    assert CAUSE in told and SECRET not in told
    assert app.run(["doctor", "--json"]) == 1
    (broker,) = [one for one in json.loads(capfd.readouterr().out) if one["what"] == "broker"]
    assert broker["level"] == "FAIL" and CAUSE in broker["words"] and "correct it" in broker["remedy"]


def test_the_api_says_it(refused: dict[str, object], caplog: pytest.LogCaptureFixture) -> None:
    service = Service(Settings())
    client = TestClient(create_app(service), base_url="http://localhost")
    made = client.post("/api/v1/knowledge/kb/ingest", files={"files": ("a.pdf", b"%FAKE\nOne page.")})
    assert made.status_code == 202, made.text
    ready = client.get("/readyz")
    assert ready.status_code == 503
    why = {one["where"]: one["why"] for one in ready.json()["errors"]}
    assert CAUSE in why["broker"] and "127.0.0.1" not in why["broker"]
    assert CAUSE not in why["workers"] and "no worker answers" not in why["workers"]
    shown = client.get(f"/api/v1/jobs/{made.json()['job_id']}").json()
    assert CAUSE in shown["waiting"]["why"]
    assert SECRET not in ready.text + json.dumps(shown)


def test_the_log_of_the_server_says_it(refused: dict[str, object], caplog: pytest.LogCaptureFixture) -> None:
    server._check_broker(Settings())
    eventually(lambda: bool(caplog.messages))
    assert any(CAUSE in line for line in caplog.messages)


def test_a_wrong_address_is_wrong_use(
    monkeypatch: pytest.MonkeyPatch, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INGOT_HOME", str(home))
    for url in ("sqs://", "localhost:6379", f"redis://:{SECRET}/@host", "redis://host:port"):
        monkeypatch.setenv("INGOT_BROKER_URL", url)
        for words in (["ingest", "."], ["doctor"], ["serve"], ["worker"], ["up"], ["jobs", "watch", "kb.01"]):
            assert app.run(words) == Exit.USAGE, (url, words)
            told = capfd.readouterr().err
            assert "INGOT_BROKER_URL" in told and "bug" not in told and SECRET not in told


def test_waiting_says_once_for_what(home: Path) -> None:
    said: list[str] = []
    port = free_port()

    def start(text: str) -> None:
        said.append(text)
        stack.enter_context(redis_at(port))

    with contextlib.ExitStack() as stack:
        worker_spec.wait_for_broker(f"redis://127.0.0.1:{port}/0", 60.0, start)
    assert len(said) == 1 and "nothing listens at port" in said[0]


@contextlib.contextmanager
def redis_at(port: int) -> Iterator[None]:
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory(prefix="ingot-") as folder:
        line = [processes.redis_program(), "--port", str(port), "--save", "", "--dir", folder]
        process = subprocess.Popen(line, stdout=subprocess.DEVNULL)
        try:
            yield
        finally:
            process.kill()
            process.wait()


def test_what_is_not_known_is_quoted_without_the_password() -> None:
    error = explained(OSError(f"odd thing about {SECRET}"), f"redis://:{SECRET}@host/0")
    assert error.code == "broker_unreachable" and "odd thing about ***" in error.message
    assert explained(error, "redis://other") is error
    slow = explained(TimeoutError("timed out"), "redis://host/0")
    assert slow.code == "broker_silent" and not slow.lasting


def test_complaints_of_one_kind_are_not_repeated(caplog: pytest.LogCaptureFixture) -> None:
    broker_probe._complaint.clear()
    error = explained(ConnectionRefusedError(111, "Connection refused"), "redis://host:1/0")
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            broker_probe.complain(error)
        broker_probe.complain(explained(TimeoutError("timed out"), "redis://host/0"))
    assert len(caplog.messages) == 2

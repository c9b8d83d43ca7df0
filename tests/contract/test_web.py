"""The way out to the web, over real sockets: what is followed, what is not, and how long anybody may keep us."""

from __future__ import annotations

import gzip
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import addresses
from pipeline.contracts import Web
from pipeline.engines.web.client import GuardedWeb
from pipeline.engines.web.fake import FakeWeb
from stores.errors import CancelledError, InputError, UnavailableError
from tests.receiver import Receiver, drip, drip_body, file_of, held, redirect_to, reset, sized
from tests.waiting import GENEROUS_S

MEGABYTE = 1 << 20
FOREVER_S = 10 * GENEROUS_S


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver().start()
    yield server
    server.stop()


@pytest.fixture
def web() -> GuardedWeb:
    return GuardedWeb(allow_private=True)


def nobody_at() -> str:
    """A URL where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


def test_the_fake_and_the_real_one_answer_alike(receiver: Receiver, web: GuardedWeb, tmp_path: Path) -> None:
    ok, bad, gone = receiver.on("/ok", 204), receiver.on("/bad", 500, 200), receiver.on("/file", file_of(b"%PDF-"))
    fake = FakeWeb({ok: [204], bad: [500, 200]}, {gone: b"%PDF-"})
    for one in (web, fake):
        assert isinstance(one, Web)
        assert one.post(ok, {}, b"{}", GENEROUS_S).status == 204
        assert [one.post(bad, {}, b"{}", GENEROUS_S).status for _ in range(3)] == [500, 200, 200]
        assert one.fetch(gone, tmp_path / "x", MEGABYTE, GENEROUS_S).size_bytes == 5
        assert (tmp_path / "x").read_bytes() == b"%PDF-"
        with pytest.raises(UnavailableError):
            one.post(nobody_at(), {}, b"{}", 1.0)
        with pytest.raises(InputError):
            one.fetch(gone, tmp_path / "x", 4, GENEROUS_S)
        with pytest.raises(InputError) as caught:
            one.post("file:///etc/passwd", {}, b"{}", 1.0)
        assert caught.value.code == "url_refused"


def test_what_is_posted_arrives(receiver: Receiver, web: GuardedWeb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    web.post(
        receiver.on("/x?a=b", 200), {"webhook-id": "1", "Content-Type": "application/json"}, b'{"a":1}', GENEROUS_S
    )
    (call,) = receiver.calls
    assert (call.method, call.path, call.body, call.id) == ("POST", "/x?a=b", b'{"a":1}', "1")
    assert call.headers["host"] == f"127.0.0.1:{receiver.port}" and "cookie" not in call.headers


def test_a_redirect_of_a_callback_is_the_answer_and_not_followed(receiver: Receiver, web: GuardedWeb) -> None:
    for status in (301, 302, 303, 307, 308):
        url = receiver.on("/away", redirect_to(receiver.url("/inside"), status))
        assert web.post(url, {}, b"{}", GENEROUS_S).status == status
    assert not receiver.took("/inside")


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but the deadline of an exchange ends it."""
    monkeypatch.setattr("pipeline.engines.web.client._STALL_S", FOREVER_S)
    monkeypatch.setattr("pipeline.engines.web.streams._CONNECT_S", FOREVER_S)


@pytest.mark.usefixtures("patience")
@pytest.mark.parametrize("behaviour", [held(threading.Event()), drip], ids=["silent", "drip"])
def test_a_request_ends_at_its_deadline_whatever_the_server_does(
    receiver: Receiver, web: GuardedWeb, behaviour
) -> None:
    with pytest.raises(UnavailableError, match="in time"):
        web.post(receiver.on("/x", behaviour), {}, b"{}", 0.5)


@pytest.mark.usefixtures("patience")
def test_a_server_that_accepts_and_says_nothing(web: GuardedWeb) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        for url in (f"http://127.0.0.1:{silent.getsockname()[1]}/", f"https://127.0.0.1:{silent.getsockname()[1]}/"):
            with pytest.raises(UnavailableError):
                web.post(url, {}, b"{}", 0.3)


@pytest.mark.parametrize("behaviour", [sized(10 * MEGABYTE), drip_body], ids=["10 MB", "drip"])
def test_the_status_is_the_answer_however_much_follows(receiver: Receiver, web: GuardedWeb, behaviour) -> None:
    assert web.post(receiver.on("/x", behaviour), {}, b"{}", FOREVER_S).status == 200


def test_a_connection_that_is_reset(receiver: Receiver, web: GuardedWeb) -> None:
    with pytest.raises(UnavailableError):
        web.post(receiver.on("/x", reset), {}, b"{}", GENEROUS_S)


def test_retry_after_in_seconds_and_as_a_date(receiver: Receiver, web: GuardedWeb) -> None:
    def ask(words: str) -> float | None:
        url = receiver.on("/x", lambda handler: handler.say(429, Retry_After=words))
        return web.post(url, {}, b"{}", GENEROUS_S).retry_after_s

    assert ask("17") == 17
    assert (ask("Fri, 31 Dec 2100 23:59:59 GMT") or 0) > 1e9
    assert ask("Fri, 31 Dec 1999 23:59:59 GMT") == 0
    assert ask("soon") is None


def test_private_addresses_are_never_connected_to(tmp_path: Path) -> None:
    """Asserted by a socket that listens: nobody comes."""
    with socket.socket() as inside:
        inside.bind(("127.0.0.1", 0))
        inside.listen()
        inside.settimeout(0.2)
        guarded = GuardedWeb(allow_private=False)
        for host in ("127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"):
            url = f"http://{host}:{inside.getsockname()[1]}/"
            with pytest.raises(InputError, match="INGOT_ALLOW_PRIVATE_URLS"):
                guarded.post(url, {}, b"{}", GENEROUS_S)
            with pytest.raises(InputError, match="INGOT_ALLOW_PRIVATE_URLS"):
                guarded.fetch(url, tmp_path / "x", MEGABYTE, GENEROUS_S)
        with pytest.raises(TimeoutError):
            inside.accept()


def test_a_host_name_is_connected_to_the_address_that_was_checked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Public at the first question, loopback at the second: only one question is asked."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def ask(host: str, port: int, *rest: object, **more: object):
        if host != "rebinding.example":
            return real(host, port, *rest, **more)
        asked.append(host)
        address = "192.0.2.1" if len(asked) > 1 else "8.8.8.8"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    connected: list[str] = []

    def connect(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        connected.append(address[0])
        raise ConnectionRefusedError(111, "refused")

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(UnavailableError):
        GuardedWeb(allow_private=False).post("http://rebinding.example/", {}, b"{}", GENEROUS_S)
    assert asked == ["rebinding.example"] and connected == ["8.8.8.8"]


@pytest.mark.parametrize("where", ["http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "//127.0.0.2/"])
def test_the_address_of_every_redirect_is_checked(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """The receiver's own address is taken for public, the one that it redirects to is not."""
    judged = addresses.is_public
    monkeypatch.setattr(addresses, "is_public", lambda one: str(one) == "127.0.0.1" or judged(one))
    guarded = GuardedWeb(allow_private=False)
    assert guarded.fetch(receiver.on("/ok", file_of(b"%PDF-")), tmp_path / "x", MEGABYTE, GENEROUS_S).size_bytes == 5
    with pytest.raises(InputError) as caught:
        guarded.fetch(receiver.on("/start", redirect_to(where)), tmp_path / "x", MEGABYTE, GENEROUS_S)
    assert caught.value.code == "url_refused"


def test_redirects_of_a_fetch_are_followed_a_few_times(receiver: Receiver, web: GuardedWeb, tmp_path: Path) -> None:
    receiver.on("/a", redirect_to("/b"))
    receiver.on("/b", redirect_to(receiver.url("/c"), 307))
    receiver.on("/c", file_of(b"%PDF-1.7"))
    fetched = web.fetch(receiver.url("/a"), tmp_path / "x", MEGABYTE, GENEROUS_S)
    assert fetched.url == receiver.url("/c") and fetched.media_type == "application/pdf" and fetched.size_bytes == 8
    with pytest.raises(InputError, match="redirects more than"):
        web.fetch(receiver.on("/loop", redirect_to("/loop")), tmp_path / "x", MEGABYTE, GENEROUS_S)
    for where in ("file:///etc/passwd", "http://user:pw@127.0.0.1/", "http://127.0.0.1:25/"):
        with pytest.raises(InputError) as caught:
            web.fetch(receiver.on("/bad", redirect_to(where)), tmp_path / "x", MEGABYTE, GENEROUS_S)
        assert caught.value.code == "url_refused"


def test_what_is_too_large_is_refused_by_its_length_and_by_its_bytes(
    receiver: Receiver, web: GuardedWeb, tmp_path: Path
) -> None:
    def endless(handler) -> None:
        handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
        while True:
            handler.wfile.write(b"x" * 65536)

    bomb = gzip.compress(b"0" * (50 * MEGABYTE))
    for behaviour in (sized(2 * MEGABYTE), endless, file_of(bomb, Content_Encoding="gzip")):
        with pytest.raises(InputError) as caught:
            web.fetch(receiver.on("/x", behaviour), tmp_path / "x", MEGABYTE, GENEROUS_S)
        assert caught.value.code == "too_large"
        assert not (tmp_path / "x").exists() or (tmp_path / "x").stat().st_size <= MEGABYTE


def test_gzip_that_nobody_asked_for_is_unpacked(receiver: Receiver, web: GuardedWeb, tmp_path: Path) -> None:
    content = b"%PDF-1.7" + bytes(3 * MEGABYTE)
    url = receiver.on("/x", file_of(gzip.compress(content), Content_Encoding="gzip"))
    web.fetch(url, tmp_path / "x", 4 * MEGABYTE, GENEROUS_S)
    assert (tmp_path / "x").read_bytes() == content


def test_a_body_that_ends_early_is_no_file(receiver: Receiver, web: GuardedWeb, tmp_path: Path) -> None:
    def cut(handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n%PDF-")
        handler.close_connection = True

    with pytest.raises(UnavailableError):
        web.fetch(receiver.on("/x", cut), tmp_path / "x", MEGABYTE, GENEROUS_S)


@pytest.mark.parametrize(("status", "error"), [(404, InputError), (403, InputError), (500, UnavailableError),
                                               (429, UnavailableError), (204, InputError)])  # fmt: skip
def test_statuses_of_a_fetch(
    receiver: Receiver, web: GuardedWeb, tmp_path: Path, status: int, error: type[Exception]
) -> None:
    with pytest.raises(error, match=str(status)):
        web.fetch(receiver.on("/x", status), tmp_path / "x", MEGABYTE, GENEROUS_S)


def test_a_fetch_stops_when_nobody_waits_for_it(receiver: Receiver, web: GuardedWeb, tmp_path: Path) -> None:
    with pytest.raises(CancelledError):
        web.fetch(receiver.on("/x", sized(MEGABYTE)), tmp_path / "x", 2 * MEGABYTE, GENEROUS_S, beat=lambda: False)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for receiver.test, signed by itself."""
    made = tmp_path / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=receiver.test"]
    command += ["-addext", "subjectAltName=DNS:receiver.test", "-keyout", str(made), "-out", str(tmp_path / "crt")]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not here")
    made.write_text(made.read_text() + (tmp_path / "crt").read_text())
    return made


def test_the_certificate_is_checked_for_the_name_though_an_address_is_connected(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate)
    names: list[str | None] = []
    served.sni_callback = lambda _socket, name, _context: names.append(name)
    server = Receiver().start()
    assert server._server
    server._server.socket = served.wrap_socket(server._server.socket, server_side=True, do_handshake_on_connect=False)
    trusted = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr("pipeline.engines.web.client._trust", lambda: trusted)
    real = socket.getaddrinfo

    def ask(host: str, port: int, *rest: object, **more: object):
        return real("127.0.0.1" if host.endswith(".test") else host, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    try:
        web = GuardedWeb(allow_private=True)
        assert web.post(f"https://receiver.test:{server.port}/x", {}, b"{}", GENEROUS_S).status == 200
        assert names == ["receiver.test"] and server.calls[0].headers["host"] == f"receiver.test:{server.port}"
        with pytest.raises(UnavailableError, match=r"(?i)certificate"):
            web.post(f"https://another.test:{server.port}/x", {}, b"{}", GENEROUS_S)
        assert len(server.calls) == 1
    finally:
        threading.Thread(target=server.stop).start()

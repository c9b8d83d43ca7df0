"""Which URLs are called: addresses are judged, whatever the string says."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import pytest

from pipeline.addresses import LONGEST_URL, check_url, is_public, parse_address, resolved
from stores.errors import InputError, UnavailableError

PRIVATE = [
    "0.0.0.0", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.0.170", "192.0.2.1", "192.88.99.1",
    "192.168.0.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::a00:1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2001:10::1",
    "2002:7f00:1::", "2002:a00:1::", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1",
    "ff02::1", "ff0e::1",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "8.8.8.8", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", PRIVATE)
def test_no_private_address_is_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://2130706433/", "http://0177.0.0.1/", "http://0x7f.1/", "http://127.1/", "http://0/",
        "http://localhost/", "http://LOCALHOST:8080/x", "http://[::1]/", "http://[::ffff:127.0.0.1]/",
        "http://[fe80::1%25eth0]/", "http://169.254.169.254/latest/meta-data/", "https://10.1.2.3/", "http://127.0.0.1./",
    ],
)  # fmt: skip
def test_however_loopback_is_written_it_is_refused(url: str) -> None:
    with pytest.raises(InputError) as caught:
        check_url(url, allow_private=False)
    assert caught.value.code == "url_refused"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "javascript:alert(1)", "//example.com/",
        "x", "", "http://", "http:///path", "http://user@example.com/", "http://user:secret@example.com/",
        "http://:secret@example.com/", "http://example.com:22/", "http://example.com:25/", "http://example.com:0/",
        "http://example.com:99999/", "http://example.com:x/", "http://exa mple.com/", "http://-example.com/",
        "http://example..com/", "http://ex\x00ample.com/", "http://[::1", "http://" + "a" * 64 + ".com/",
        "http://example.com/" + "a" * LONGEST_URL, "http://example.com\\@127.0.0.1/",
    ],
)  # fmt: skip
def test_what_is_no_good_url_is_refused_even_where_private_ones_are_allowed(url: str) -> None:
    with pytest.raises(InputError) as caught:
        check_url(url, allow_private=True)
    assert caught.value.code == "url_refused"
    assert "secret" not in caught.value.message


def test_a_url_keeps_its_meaning() -> None:
    address = parse_address(" HTTPS://Example.COM./a b/ü?q=1&x=%20#part")
    assert address.url == "https://example.com/a%20b/%C3%BC?q=1&x=%20"
    assert address.shown == "https://example.com/a%20b/%C3%BC"
    assert parse_address("http://example.com:80").netloc == "example.com"
    assert parse_address("http://[2606:4700::1]:8080/").netloc == "[2606:4700::1]:8080"
    assert parse_address("http://bücher.example/").host == "xn--bcher-kva.example"


def answers(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def ask(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", ask)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    answers(monkeypatch, address)
    with pytest.raises(InputError) as caught:
        check_url("https://innocent.example/", allow_private=False)
    assert caught.value.code == "url_refused"


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "8.8.8.8", "10.0.0.1")
    with pytest.raises(InputError):
        resolved(parse_address("https://innocent.example/"), allow_private=False)


def test_public_names_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "8.8.8.8", "2606:4700::1111")
    assert check_url("https://innocent.example/x", allow_private=False) == "https://innocent.example/x"
    assert resolved(parse_address("https://innocent.example/"), allow_private=False) == ["8.8.8.8", "2606:4700::1111"]


def test_a_name_that_does_not_resolve_is_taken_and_said_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(*_: object, **__: object) -> list[tuple[object, ...]]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    assert check_url("https://not-yet.example/", allow_private=False)
    with pytest.raises(UnavailableError):
        resolved(parse_address("https://not-yet.example/"), allow_private=False)


def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait())
    with pytest.raises(UnavailableError, match="did not resolve within"):
        resolved(parse_address("https://slow.example/"), allow_private=False, timeout_s=0.05)
    over.set()

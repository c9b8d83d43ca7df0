"""The broker's URL, ``INGOT_BROKER_URL``: its syntax, what of it may be printed, and its TLS options."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from stores.errors import InputError

PORTS = {"redis": 6379, "rediss": 6379, "amqp": 5672, "pyamqp": 5672, "amqps": 5671}
SOCKET = "redis+socket"
MEMORY = "memory"
"""A broker inside one process, for tests."""
_TLS = ("rediss", "amqps")
_TLS_OPTIONS = ("ssl_cert_reqs", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_check_hostname")
_TLS_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
_VERIFY = {"required": ssl.CERT_REQUIRED, "optional": ssl.CERT_OPTIONAL, "none": ssl.CERT_NONE}
_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_SAMPLE = "write it like redis://:PASSWORD@host:6379/0, rediss://... for TLS, or amqp://user:PASSWORD@host:5672/vhost"
_ESCAPES = "in a user name or password write / as %2F, # as %23, ? as %3F, @ as %40, : as %3A, ; as %3B and % as %25"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAddress:
    """One broker that an address names. ``path`` is that of a Unix socket, else empty."""

    scheme: str
    host: str = ""
    port: int = 0
    path: str = ""
    user: str = ""
    password: str = ""

    @property
    def tls(self) -> bool:
        return self.scheme in _TLS

    @property
    def redis(self) -> bool:
        return self.scheme.startswith("redis")


def check(url: str) -> None:
    """Raise InputError where this is no URL of a supported broker. The message contains no password."""
    for part in url.split(";"):
        _check_one(part)


def without_password(url: str) -> str:
    """The URL without password and options, for messages."""
    return ";".join(_shown(part) for part in url.split(";"))


def addresses_of(url: str) -> list[BrokerAddress]:
    """The brokers of a checked URL; several are alternatives."""
    return [_address_of(urlsplit(part)) for part in url.split(";")]


def bare(url: str) -> str:
    """The URL without its TLS options, which Celery gets from ``tls``."""
    return ";".join(_without_tls_options(part) for part in url.split(";"))


def tls(url: str) -> dict[str, Any] | None:
    """What Celery's ``broker_use_ssl`` is to be: certificates are verified unless the URL says otherwise.

    InputError where a file that the URL names cannot be read. None without TLS.
    """
    parts = urlsplit(url.split(";")[0])
    if parts.scheme not in _TLS:
        return None
    options = dict(parse_qsl(parts.query))
    for name in _TLS_FILES:
        if name in options and not Path(options[name]).is_file():
            raise _wrong(f"names the file {options[name]} ({name}), which is not there")
    chosen: dict[str, Any] = {name: options[name] for name in _TLS_FILES if name in options}
    chosen["ssl_cert_reqs"] = _VERIFY[_verify_word(options.get("ssl_cert_reqs", "required"))]
    named = _TRUTH[options.get("ssl_check_hostname", "true").lower()] and chosen["ssl_cert_reqs"] != ssl.CERT_NONE
    if parts.scheme == "rediss":
        return {**chosen, "ssl_check_hostname": named}
    chosen = {name.removeprefix("ssl_"): value for name, value in chosen.items()}
    return {**chosen, "server_hostname": None} if named else chosen  # None: the host of the URL


def remark(url: str) -> str:
    """A warning where the connection is allowed but not secure, else ""."""
    chosen = tls(url)
    if chosen and ssl.CERT_NONE in (chosen.get("ssl_cert_reqs"), chosen.get("cert_reqs")):
        return (
            f"the certificate of the broker {without_password(url)} is not verified (ssl_cert_reqs=none): "
            "whoever answers at its address is trusted; name its authority with ?ssl_ca_certs=FILE instead"
        )
    return ""


def _check_one(url: str) -> None:
    if url != url.strip() or any(sign.isspace() for sign in url):
        raise _wrong("holds a blank or a line break: remove it")
    scheme, sign, _ = url.partition("://")
    if not sign:
        raise _wrong(f"does not begin with a scheme: {_SAMPLE}")
    if scheme == MEMORY:
        return
    if scheme != SOCKET and scheme not in PORTS:
        known = ", ".join((*PORTS, SOCKET))
        raise _wrong(f"begins with {scheme[:20]}://, which is no broker that Ingot can use ({known}): {_SAMPLE}")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _wrong(f"cannot be taken apart: {_ESCAPES}") from None
    if parts.fragment or "@" in parts.path + parts.query:
        raise _wrong(f"cannot be taken apart: {_ESCAPES}")
    _check_port(parts)
    _check_end(parts)
    _check_options(parts)


def _check_port(parts: SplitResult) -> None:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise _wrong(f"has a port that is no number from 1 to 65535; {_ESCAPES}")
    if parts.netloc and not parts.hostname and (port or "[" in parts.netloc):
        raise _wrong(f"has no host: {_SAMPLE}")


def _check_end(parts: SplitResult) -> None:
    """Check what follows the host: a database number for Redis, a path for a socket, any name for AMQP."""
    end = parts.path.removeprefix("/")
    if parts.scheme == SOCKET:
        if not end:
            raise _wrong(f"names no socket: write it like {SOCKET}:///run/redis/redis.sock")
    elif parts.scheme.startswith("redis") and end and not end.isdecimal():
        raise _wrong(f"ends with {end[:40]!r}, where Redis wants the number of a database: write /0")


def _check_options(parts: SplitResult) -> None:
    known = _TLS_OPTIONS if parts.scheme in _TLS else ("virtual_host",) if parts.scheme == SOCKET else ()
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name in _TLS_OPTIONS and name not in known:
            raise _wrong(f"has the TLS option {name} without TLS: begin it with rediss:// or amqps://")
        if name not in known:
            raise _wrong(f"has an unknown option {name[:40]!r}: {_known_options(known)}")
        if name == "ssl_cert_reqs" and _verify_word(value) not in _VERIFY:
            raise _wrong(f"has ssl_cert_reqs={value[:40]}: it is one of {', '.join(_VERIFY)}")
        if name == "ssl_check_hostname" and value.lower() not in _TRUTH:
            raise _wrong(f"has ssl_check_hostname={value[:40]}: it is true or false")
        if name == "virtual_host" and not value.isdecimal():
            raise _wrong(f"has virtual_host={value[:40]}, where Redis wants the number of a database: write 0")


def _known_options(known: tuple[str, ...]) -> str:
    return f"it may have {', '.join(known)}" if known else "this kind of address has none"


def _verify_word(value: str) -> str:
    """``CERT_NONE`` and ``none`` mean the same."""
    return value.lower().removeprefix("cert_")


def _address_of(parts: SplitResult) -> BrokerAddress:
    on_disk = parts.scheme == SOCKET
    return BrokerAddress(
        scheme=parts.scheme,
        host="" if on_disk else parts.hostname or "127.0.0.1",
        port=0 if on_disk else parts.port or PORTS.get(parts.scheme, 0),
        path=unquote(parts.path) if on_disk else "",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _shown(url: str) -> str:
    """The printable part of a URL, cut without parsing: a malformed URL must not show its password either."""
    scheme, sign, rest = url.partition("://")
    rest = rest.rpartition("@")[2] if sign else ""
    return f"{scheme}{sign}{rest.partition('?')[0].partition('#')[0]}" if sign else "(no address)"


def _without_tls_options(url: str) -> str:
    start, _, query = url.partition("?")
    kept = urlencode([(name, value) for name, value in parse_qsl(query) if name not in _TLS_OPTIONS])
    return f"{start}?{kept}" if kept else start


def _wrong(what: str) -> InputError:
    return InputError(f"INGOT_BROKER_URL {what}", code="bad_broker_url")

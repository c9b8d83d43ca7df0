"""Which URLs may be called: http and https to public addresses only, unless private ones are allowed.

Resolved addresses are checked, never strings: the resolver takes ``2130706433`` and ``0x7f.1`` for loopback. A client
must connect to the address that was checked here and not resolve the name again.
"""

from __future__ import annotations

import queue
import re
import socket
import threading
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import quote, urlsplit

from stores.errors import InputError, UnavailableError

REFUSED = "url_refused"
LONGEST_URL = 2048
_PORTS = {"http": 80, "https": 443}
_FIRST_FREE_PORT = 1024  # below are mail, remote shells and the like
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*\.?")
_KEPT = "/%:@!$&'()*+,;=~-._?[]"
_RESOLVE_S = 5.0
RESOLVE_ON_REQUEST_S = 2.0
_RESOLVING = threading.BoundedSemaphore(64)  # a thread that asks a dead name server blocks for half a minute

Address = IPv4Address | IPv6Address

#: Global according to ``ipaddress``, but tunnels, relays, translations and documentation.
_NOT_PUBLIC: tuple[IPv4Network | IPv6Network, ...] = tuple(
    ip_network(text)
    for text in ("100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20")
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAddress:
    """A parsed URL: ``host`` in ASCII and lower case, ``target`` path and query, percent-encoded."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def netloc(self) -> str:
        """Host and port as the Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.target}"

    @property
    def shown(self) -> str:
        """The URL for logs and messages: without the query, which may contain a secret."""
        return self.url.partition("?")[0]


def is_url(text: str) -> bool:
    """Tell a URL from a path."""
    return text.lower().startswith(tuple(f"{scheme}://" for scheme in _PORTS))


def check_url(url: str, allow_private: bool, timeout_s: float = RESOLVE_ON_REQUEST_S) -> str:
    """The URL in the form that is kept. InputError ``url_refused`` where it may not be called.

    A name that does not resolve within ``timeout_s`` is accepted: its addresses are checked again at every call.
    """
    address = parse_address(url)
    if not allow_private:
        try:
            resolved(address, allow_private=False, timeout_s=timeout_s)
        except UnavailableError:
            return address.url
    return address.url


def parse_address(url: str) -> WebAddress:
    """Parse a URL. InputError ``url_refused`` with the reason where it may not be called."""
    if len(url) > LONGEST_URL:
        raise _refused(f"it is longer than {LONGEST_URL} characters")
    try:
        parts = urlsplit(url.strip())
        scheme, port = parts.scheme.lower(), parts.port
    except ValueError as error:
        raise _refused("it is no URL") from error
    if scheme not in _PORTS or not parts.hostname:
        raise _refused("only http:// and https:// URLs with a host are called")
    if "@" in parts.netloc:
        raise _refused("it holds a user name or a password: leave them out")
    port = _PORTS[scheme] if port is None else port
    if port not in _PORTS.values() and port < _FIRST_FREE_PORT:
        raise _refused(f"port {port} is not allowed: only 80, 443 and those from {_FIRST_FREE_PORT} on")
    return WebAddress(scheme=scheme, host=_host(parts.hostname), port=port, target=_target(parts.path, parts.query))


def _refused(why: str) -> InputError:
    return InputError(f"the URL is refused: {why}", code=REFUSED)


def _host(name: str) -> str:
    """The host as a literal address, or as a name in ASCII."""
    try:
        return str(ip_address(name))
    except ValueError:
        pass
    try:
        ascii_name = name if name.isascii() else _idna(name)
    except ValueError as error:
        raise _refused(f"{name!r} is no host name") from error
    if not _NAME.fullmatch(ascii_name) or len(ascii_name) > 253:
        raise _refused(f"{name!r} is no host name")
    return ascii_name.rstrip(".")


def _idna(name: str) -> str:
    import idna

    return idna.encode(name, uts46=True).decode("ascii")


def _target(path: str, query: str) -> str:
    whole = f"{path or '/'}{'?' + query if query else ''}"
    if not whole.startswith("/"):
        raise _refused("its path does not begin with a slash")
    return quote(whole, safe=_KEPT)


def resolved(address: WebAddress, *, allow_private: bool, timeout_s: float = _RESOLVE_S) -> list[str]:
    """The addresses of a host. InputError ``url_refused`` where one of them is not public.

    UnavailableError where the name does not resolve in time.
    """
    addresses = [ip_address(text) for text in _resolve(address.host, address.port, timeout_s)]
    if not allow_private and not all(map(is_public, addresses)):
        raise _refused(
            f"{address.host} leads to a private, link-local or otherwise not public address; "
            "INGOT_ALLOW_PRIVATE_URLS=true allows that"
        )
    return list(map(str, addresses))


def _resolve(host: str, port: int, timeout_s: float) -> list[str]:
    """Resolve a host in a thread, as the resolver has no time limit."""
    try:
        return [str(ip_address(host))]
    except ValueError:
        pass
    answers: queue.SimpleQueue[list[Any] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error)
        finally:
            _RESOLVING.release()

    if timeout_s <= 0 or not _RESOLVING.acquire(timeout=timeout_s):
        raise UnavailableError(f"the name {host} was not resolved: too many names are being asked for")
    threading.Thread(target=ask, name="resolver", daemon=True).start()
    try:
        answer = answers.get(timeout=timeout_s)
    except queue.Empty as error:
        raise UnavailableError(f"the name {host} did not resolve within {timeout_s:g} s") from error
    if isinstance(answer, Exception):
        raise UnavailableError(f"the name {host} does not resolve") from answer
    return list(dict.fromkeys(str(one[4][0]) for one in answer))


def is_public(address: Address) -> bool:
    """Whether requests of untrusted users may lead to this address."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if address.scope_id or address not in _GLOBAL_UNICAST:
            return False
    strange = any(address in network for network in _NOT_PUBLIC if network.version == address.version)
    return address.is_global and not address.is_multicast and not strange

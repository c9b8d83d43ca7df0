"""Explains why a broker cannot be used: one sentence per cause, with what to do.

Libraries wrap their errors, so the whole chain of causes is inspected, by class name and text; none is imported.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.broker_address import BrokerAddress, addresses_of, without_password
from stores.errors import UnavailableError

_MOST_CAUSES = 10
_LONGEST = 160


class BrokerError(UnavailableError):
    """The broker cannot be used: ``why``, and the ``remedy``.

    ``lasting``: waiting does not help, something must be changed. ``plain`` is the message without the address, for
    clients of the API.
    """

    def __init__(self, url: str, why: str, remedy: str, *, code: str, lasting: bool) -> None:
        super().__init__(f"the broker {without_password(url)} {why}: {remedy}", code=code)
        self.why, self.remedy, self.lasting = f"the broker {without_password(url)} {why}", remedy, lasting
        self.plain = f"the broker {why}: {remedy}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """An error with its causes: ``names`` of the classes, ``text`` of the messages in lower case, the errors."""

    errors: tuple[BaseException, ...]
    names: frozenset[str]
    text: str
    address: BrokerAddress

    def is_a(self, *names: str) -> bool:
        return bool(self.names & set(names))

    def says(self, *texts: str) -> bool:
        return any(text in self.text for text in texts)

    def number(self) -> int | None:
        """The first ``errno`` among the causes."""
        numbers = (error.errno for error in self.errors if isinstance(error, OSError) and error.errno)
        return next(numbers, None)


Words = tuple[str, str]
"""(what is wrong, said of the broker; what to do)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of cause: how it is recognised, what to say, and whether waiting does not help."""

    code: str
    fits: Callable[[Cause], bool]
    words: Callable[[Cause], Words]
    lasting: bool = True


def explained(error: BaseException, url: str) -> BrokerError:
    """The BrokerError for an error that occurred while using the broker at ``url``."""
    if isinstance(error, BrokerError):
        return error
    causes = tuple(_causes(error))
    cause = Cause(
        errors=causes,
        names=frozenset(kind.__name__ for one in causes for kind in type(one).__mro__),
        text=" / ".join(str(one).lower() for one in causes),
        address=addresses_of(url)[0],
    )
    kind = next(kind for kind in _KINDS if kind.fits(cause))
    why, remedy = kind.words(cause)
    return BrokerError(url, _discreet(why, cause.address), remedy, code=kind.code, lasting=kind.lasting)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(_MOST_CAUSES):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _discreet(words: str, address: BrokerAddress) -> str:
    return words.replace(address.password, "***") if len(address.password) > 2 else words


def _certificate(cause: Cause) -> Words:
    if cause.says("mismatch", "not valid for"):
        return (
            f"shows a certificate that is not for {cause.address.host}",
            "name the host in INGOT_BROKER_URL as its certificate does, or add ssl_check_hostname=false",
        )
    if cause.says("has expired", "not yet valid"):
        return "shows a certificate that is not valid now", "renew it, or set this machine's clock"
    return (
        "shows a certificate that nobody vouches for here",
        "name the file of its authority with ?ssl_ca_certs=/path/ca.pem in INGOT_BROKER_URL",
    )


def _password(cause: Cause) -> Words:
    what = "user name and password" if cause.address.user else "password"
    return f"refuses the {what} of INGOT_BROKER_URL", "correct it there, or at the broker"


def _no_password(cause: Cause) -> Words:
    scheme = cause.address.scheme
    return "asks for a password", f"write it into INGOT_BROKER_URL, {scheme}://:PASSWORD@{cause.address.host or '/'}..."


def _permission(cause: Cause) -> Words:
    return (
        f"lets this user in, but not do what a queue needs ({_first_line(cause)})",
        "allow it all keys, channels and commands of Ingot (Redis: ACL SETUSER name ~ingot:* &* +@all)",
    )


def _first_line(cause: Cause) -> str:
    first = cause.errors[0]
    lines = str(first).strip().splitlines() or [""]
    return f"{type(first).__name__}: {lines[0][:_LONGEST]}".rstrip(": ")


def _connecting(cause: Cause) -> Words:
    where = f"the socket {cause.address.path}" if cause.address.path else f"port {cause.address.port}"
    return f"refuses connections: nothing listens at {where}", _START


def _silent_close(cause: Cause) -> Words:
    return f"ends the connection without an answer: is it {_product(cause.address)}?", _START


def no_tls() -> Words:
    """The words for a broker without TLS."""
    return "does not speak TLS", "write redis:// for rediss://, or amqp:// for amqps://, in INGOT_BROKER_URL"


def speaks_tls() -> Words:
    """The words for a broker that requires TLS."""
    return "speaks TLS only", "write rediss:// for redis://, or amqps:// for amqp://, in INGOT_BROKER_URL"


def other(server: str, address: BrokerAddress) -> Words:
    """The words for another server at the address."""
    why = f"is not {_product(address)}: {server} answers at that port"
    return why, "correct scheme, host and port in INGOT_BROKER_URL"


def _product(address: BrokerAddress) -> str:
    return "a Redis" if address.redis else "an AMQP broker"


_START = "start it, or correct INGOT_BROKER_URL"
_LATER = False  # waiting may help
_KINDS = (
    Kind(
        "broker_unknown_host",
        lambda cause: any(isinstance(error, socket.gaierror) for error in cause.errors),
        lambda cause: (f"has a host name that does not resolve ({cause.address.host})", "correct it, or mend DNS"),
        _LATER,
    ),
    Kind(
        "broker_certificate",
        lambda cause: any(isinstance(error, ssl.SSLCertVerificationError) for error in cause.errors),
        _certificate,
    ),
    Kind(
        "broker_wants_certificate",
        lambda cause: cause.says("certificate required", "handshake failure", "handshake_failure"),
        lambda _: (
            "wants a certificate of its client",
            "name one with ?ssl_certfile=FILE&ssl_keyfile=FILE in INGOT_BROKER_URL",
        ),
    ),
    Kind("broker_no_tls", lambda cause: cause.says("wrong version number", "record layer"), lambda _: no_tls()),
    Kind(
        "broker_needless_password",
        lambda cause: cause.says("without any password configured", "no password is set"),
        lambda _: (
            "has no password, but INGOT_BROKER_URL names one",
            "remove it there, or set it at the broker",
        ),
    ),
    Kind(
        "broker_no_password",
        lambda cause: cause.says("authentication required", "noauth") and not cause.address.password,
        _no_password,
    ),
    Kind(
        "broker_vhost",
        lambda cause: cause.is_a("NotAllowed") or cause.says("access to vhost"),
        lambda _: (
            "has no such virtual host, or does not let this user into it",
            "correct the end of INGOT_BROKER_URL, or use rabbitmqctl add_vhost and set_permissions",
        ),
    ),
    Kind(
        "broker_queue",
        lambda cause: cause.is_a("PreconditionFailed") and cause.says("inequivalent"),
        lambda cause: (
            f"has a queue of another kind under this name ({_first_line(cause)})",
            "remove it (rabbitmqctl delete_queue), or name another virtual host in INGOT_BROKER_URL",
        ),
    ),
    Kind(
        "broker_permission",
        lambda cause: cause.is_a("NoPermissionError") or (cause.is_a("AccessRefused") and not cause.says("login")),
        _permission,
    ),
    Kind(
        "broker_password",
        lambda cause: (
            cause.is_a("AuthenticationError", "AccessRefused")
            or cause.says("wrongpass", "authentication required", "noauth", "invalid password")
        ),
        _password,
    ),
    Kind(
        "broker_read_only",
        lambda cause: cause.is_a("ReadOnlyError"),
        lambda _: ("is a replica that takes no messages", "name its primary in INGOT_BROKER_URL"),
    ),
    Kind(
        "broker_full",
        lambda cause: cause.is_a("OutOfMemoryError") or cause.says("oom command"),
        lambda _: ("has no memory left for messages", "raise its maxmemory, or free what else it keeps"),
        _LATER,
    ),
    Kind(
        "broker_disk",
        lambda cause: cause.says("misconf"),
        lambda _: ("cannot write to its disk and so takes no messages", "free space where it keeps its files"),
        _LATER,
    ),
    Kind(
        "broker_loading",
        lambda cause: cause.is_a("BusyLoadingError", "MasterDownError", "TryAgainError"),
        lambda _: ("is still loading its data", "it answers when that is over"),
        _LATER,
    ),
    Kind(
        "broker_clients",
        lambda cause: cause.is_a("MaxClientsError") or cause.says("max number of clients"),
        lambda _: ("has as many clients as it takes", "raise its maxclients, or stop some"),
        _LATER,
    ),
    Kind(
        "broker_protected",
        lambda cause: cause.says("protected mode"),
        lambda _: (
            "runs in protected mode and answers its own machine only",
            "give it a password (requirepass), and write that into INGOT_BROKER_URL",
        ),
    ),
    Kind(
        "broker_database",
        lambda cause: cause.says("db index", "database is int", "select is not allowed"),
        lambda _: ("has no database of that number", "write a smaller one, /0, or raise `databases` in its settings"),
    ),
    Kind(
        "broker_cluster",
        lambda cause: cause.is_a("ClusterError", "MovedError", "AskError", "ClusterDownError", "ClusterCrossSlotError"),
        lambda _: ("is a Redis Cluster, which cannot hold queues", "name a single Redis in INGOT_BROKER_URL"),
    ),
    Kind(
        "broker_other",
        lambda cause: cause.is_a("InvalidResponse", "UnexpectedFrame", "FrameSyntaxError"),
        lambda cause: other("something else", cause.address),
    ),
    Kind(
        "broker_no_socket",
        lambda cause: bool(cause.address.path) and cause.number() == errno.ENOENT,
        lambda cause: (f"is not there: there is no socket {cause.address.path}", _START),
        _LATER,
    ),
    Kind(
        "broker_socket_denied",
        lambda cause: cause.number() in (errno.EACCES, errno.EPERM),
        lambda _: ("may not be opened by this user", "change the permissions of its socket, or the user"),
    ),
    Kind("broker_refuses", lambda cause: cause.number() == errno.ECONNREFUSED, _connecting, _LATER),
    Kind(
        "broker_no_route",
        lambda cause: cause.number() in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL),
        lambda _: ("cannot be reached from this machine: there is no route to its host", _START),
        _LATER,
    ),
    Kind(
        "broker_silent",
        lambda cause: cause.is_a("TimeoutError") or cause.says("timed out", "timeout"),
        lambda _: ("does not answer in time", "look whether it hangs or is overloaded, or a firewall is in between"),
        _LATER,
    ),
    Kind(
        "broker_closes",
        lambda cause: (
            cause.number() in (errno.ECONNRESET, errno.EPIPE)
            or cause.says("closed by server", "closed connection", "connection closed", "eof occurred")
        ),
        _silent_close,
        _LATER,
    ),
    Kind(
        "broker_unreachable",
        lambda _: True,
        lambda cause: (f"cannot be used ({_first_line(cause)})", _START),
        _LATER,
    ),
)

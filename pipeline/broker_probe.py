"""Checks whether a broker can be used: connects, sends a message to a temporary queue and receives it."""

from __future__ import annotations

import logging
import socket
import ssl
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from amqp.exceptions import AMQPError
from kombu import Connection, Queue
from kombu.exceptions import KombuError
from redis import utils as redis_utils
from redis.exceptions import RedisError

from pipeline import broker_address
from pipeline.broker_address import BrokerAddress
from pipeline.broker_faults import BrokerError, Words, explained, no_tls, other, speaks_tls

log = logging.getLogger("ingot.broker")

COMPLAIN_AGAIN_S = 60.0
_complaint: dict[str, float] = {}  # code of the last complaint -> when it may be logged again
FAULTS: tuple[type[BaseException], ...] = (KombuError, AMQPError, RedisError, OSError)
"""What the libraries raise where a broker cannot be used."""
_CONNECT_S, _ANSWER_S = 3.0, 6.0
_PEEK_S = 1.5
_GREETING = b"PING\r\n\r\n"  # eight bytes, so that an AMQP broker answers with its protocol header
_OTHER_SERVERS = (
    (b"AMQP", "an AMQP broker (write amqp://)"),
    (b"HTTP/", "a web server"),
    (b"SSH-", "an SSH server"),
    (b"220", "a mail or file server"),
)
redis_utils.get_lib_version = cache(redis_utils.get_lib_version)  # else read from its files at each connection
_REDIS = (b"+PONG", b"-NOAUTH", b"-DENIED", b"-ERR", b"-LOADING")


def round_trip(url: str) -> None:
    """Send and receive a message. Raises BrokerError, or InputError for a malformed URL."""
    broker_address.check(url)
    with translated(url, closer=True), _connected(url) as connection:
        _message_there_and_back(connection)


@contextmanager
def translated(url: str, *, closer: bool = False) -> Iterator[None]:
    """Raise what a broker's library raises as BrokerError; ``closer`` takes some seconds to find the cause."""
    try:
        yield
    except FAULTS as error:
        fault = explained(error, url)
        raise (_with_protocol(fault, url) if closer else fault) from error


def complain(error: BrokerError) -> None:
    """Log why nothing can be sent; the same cause at most once a minute."""
    if _complaint.get(error.code, 0.0) < time.monotonic():
        _complaint.clear()
        _complaint[error.code] = time.monotonic() + COMPLAIN_AGAIN_S
        log.warning("%s; the relay sends what is due later", error.message)


@contextmanager
def _connected(url: str) -> Iterator[Any]:
    options: dict[str, Any] = {"read_timeout": _ANSWER_S, "write_timeout": _ANSWER_S}
    if broker_address.addresses_of(url)[0].redis:
        options = {"socket_timeout": _ANSWER_S, "socket_connect_timeout": _CONNECT_S, "global_keyprefix": "ingot:"}
    with Connection(
        broker_address.bare(url),
        ssl=broker_address.tls(url) or False,
        connect_timeout=_CONNECT_S,
        transport_options=options,
    ) as connection:
        connection.ensure_connection(max_retries=0)
        yield connection


def _message_there_and_back(connection: Any) -> None:
    """Use the broker as senders and workers do: a queue, a message, a broadcast."""
    channel = connection.default_channel
    name = f"probe.{uuid.uuid4().hex[:12]}"
    queue = Queue(name, routing_key=name, durable=False, auto_delete=True, exclusive=True, max_priority=None)(channel)
    queue.queue_declare()
    try:
        connection.Producer(channel=channel).publish(b"?", routing_key=name, delivery_mode=1)
        queue.get(no_ack=True)
    finally:
        queue.delete()
    if connection.transport.driver_type == "redis":
        channel.client.publish(f"{channel.keyprefix_fanout}probe", "")


def _with_protocol(fault: BrokerError, url: str) -> BrokerError:
    """Where a server closes the connection or is silent, find out which protocol it speaks."""
    address = broker_address.addresses_of(url)[0]
    if address.path or fault.code not in ("broker_closes", "broker_silent", "broker_other"):
        return fault
    words = _protocol_fault(address)
    return BrokerError(url, *words, code="broker_other", lasting=True) if words else fault


def _protocol_fault(address: BrokerAddress) -> Words | None:
    """What to say of a port at which another protocol answers, None where that is not known."""
    answer = _first_bytes(address)
    is_redis = answer.startswith(_REDIS)
    right = is_redis if address.redis else answer.startswith(b"AMQP")
    if answer and right:
        return no_tls() if address.tls else None
    if is_redis:
        return other("a Redis (write redis://)", address)
    for start, who in _OTHER_SERVERS:
        if answer.startswith(start):
            return other(who, address)
    if not address.tls and _greets_with_tls(address):
        return speaks_tls()
    return other("something else", address) if answer else None


def _first_bytes(address: BrokerAddress) -> bytes:
    try:
        with socket.create_connection((address.host, address.port), timeout=_PEEK_S) as connection:
            connection.sendall(_GREETING)
            return connection.recv(64)
    except OSError:
        return b""


def _greets_with_tls(address: BrokerAddress) -> bool:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((address.host, address.port), timeout=_PEEK_S) as connection,
            context.wrap_socket(connection),
        ):
            return True
    except OSError:
        return False

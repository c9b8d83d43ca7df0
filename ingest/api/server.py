"""Runs the API and the pages: one uvicorn process over a home, with the embedded runtime where no broker is set."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import logging
import signal
import socket
import sys
import threading
from collections.abc import Iterator

import uvicorn

from ingest.api.app import Application, create_app
from ingest.api.connections import Guarded, places
from ingest.api.request_ids import WithRequestId
from ingest.api.security import entries_of, is_loopback
from ingest.runtime import embedded, worker_spec
from pipeline import log_format
from pipeline.service import Service
from pipeline.settings import Settings
from stores.errors import IngotError, InputError, UnavailableError

log = logging.getLogger("ingot.serving")

_BACKLOG = 2048
_GRACE_S = 5
_KEEP_ALIVE_S = 30
_LOOK_S = 2.0
_TURN_S = 0.0005
_YOUNG = 10_000  # new objects between two looks of the garbage collector


def serve(settings: Settings) -> None:
    """Answer until SIGTERM or Ctrl-C. InputError where it would listen to others without a key."""
    refuse_open_door(settings)
    log_with_request_ids(settings)
    for remark in embedded.prepare(settings):
        log.warning("%s", remark)
    with _listening(settings) as listener, embedded.session(settings) as connected:
        service = Service(connected)
        service.ingestion.prepare()
        app = create_app(service)
        server = _Server(
            uvicorn.Config(
                app,
                http=Guarded,
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=_KEEP_ALIVE_S,
                timeout_graceful_shutdown=_GRACE_S,
            ),
            settings.log_format,
        )
        Guarded.most = places()
        _look_at_broker(settings)
        with _runtime_kept(settings, app), _signals_end_only(server):
            _answer_evenly()
            with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
                runner.run(server.serve(sockets=[listener]))


def refuse_open_door(settings: Settings) -> None:
    """Without keys only this machine may ask. InputError, too, where a key is none."""
    if not entries_of(settings.api_keys) and not is_loopback(settings.api_host):
        raise InputError(
            f"without INGOT_API_KEYS the API listens on loopback only, not on {settings.api_host}: "
            "make a key with `ingot keys new`",
            code="no_keys",
        )


def log_with_request_ids(settings: Settings) -> None:
    """Every line of the server's log names the request that it is about."""
    log_format.prepare(settings.log_format, settings.log_level, role="serve").addFilter(WithRequestId())
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)


def _look_at_broker(settings: Settings) -> None:
    """Say in the log where the broker cannot be used; nobody waits for that, as uploads are taken all the same."""

    def look() -> None:
        try:
            worker_spec.wait_for_broker(settings.broker_url, 0.0)
        except UnavailableError as error:
            log.warning("%s; what is uploaded is kept until then", error.message)

    if settings.broker_url:
        threading.Thread(target=look, name="broker-look", daemon=True).start()


def _answer_evenly() -> None:
    """No request waits long for what others do.

    What is loaded by now stays: looking through it for garbage stopped every request for a tenth of a second. And a
    thread that comes back from the disk waits one turn of Python's lock: a commit has a dozen of those.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 50)
    sys.setswitchinterval(_TURN_S)


@contextlib.contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """The socket, bound before anything is started; one sentence where it cannot be had."""
    host, port = settings.api_host, settings.api_port
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.create_server(found[4][:2], family=found[0], backlog=_BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise InputError(
                f"port {port} of {host} is taken, perhaps by another `ingot serve`: choose another with --port",
                code="port_taken",
            ) from error
        raise UnavailableError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    with listener:
        yield listener


def address_of(listener: socket.socket) -> str:
    """As a browser takes it."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def say_listening(url: str, style: str) -> None:
    """On stdout for whoever started it; among the log's lines where those are read by a machine."""
    if style == log_format.JSON:
        log.info("Ingot listens on %s", url, extra=log_format.facts(url=url))
    else:
        print(f"Ingot listens on {url} (Ctrl-C ends it)", flush=True)


class _Server(uvicorn.Server):
    """Says where it listens when it does."""

    def __init__(self, config: uvicorn.Config, log_format: str) -> None:
        super().__init__(config)
        self._log_format = log_format

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            say_listening(address_of(listener), self._log_format)


@contextlib.contextmanager
def _signals_end_only(server: uvicorn.Server) -> Iterator[None]:
    """uvicorn repeats the signal that ended it; what is left to do here is done all the same."""

    def end(*_: object) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _runtime_kept(settings: Settings, app: Application) -> Iterator[None]:
    """Look after the embedded runtime as long as this lasts."""
    ended = threading.Event()
    keeper = threading.Thread(target=_keep, args=(settings, app, ended), name="ingot-keeper", daemon=True)
    if not settings.broker_url:
        keeper.start()
    try:
        yield
    finally:
        ended.set()
        if keeper.is_alive():
            keeper.join(_LOOK_S)


def _keep(settings: Settings, app: Application, ended: threading.Event) -> None:
    """Start the runtime again where it died; use the new addresses where it came up at others."""
    told = ""
    while not ended.wait(_LOOK_S):
        try:
            embedded.revive(settings)
            _follow(settings, app)
            told = ""
        except IngotError as error:
            if error.message != told:
                told = error.message
                log.warning("nothing is worked on now: %s", error.message)


def _follow(settings: Settings, app: Application) -> None:
    now, used = embedded.status(settings), app.state.service.settings
    if now.running and (now.broker_url, settings.chroma_url or now.chroma_url) != (used.broker_url, used.chroma_url):
        urls = {"broker_url": now.broker_url, "chroma_url": settings.chroma_url or now.chroma_url}
        app.state.service = Service(settings.model_copy(update=urls))

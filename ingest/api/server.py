"""The server of the API and the pages: one uvicorn process, with the embedded runtime where no broker is set."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator

import uvicorn

from ingest.api.app import Application, create_app
from ingest.api.connections import Guarded, connection_limit
from ingest.api.keys import entries_of
from ingest.api.request_ids import WithRequestId
from ingest.api.security import is_loopback
from ingest.runtime import embedded, worker_spec
from ingest.runtime.own_beat import beating
from ingest.version import version
from pipeline import error_reports, home_registry, hosts_apart, log_format, tracing
from pipeline.schedule_file import read_schedules
from pipeline.service import Service
from pipeline.settings import Settings
from stores.errors import IngotError, InputError, UnavailableError

log = logging.getLogger("ingot.serving")

_BACKLOG = 2048
_GRACE_S = 5
_KEEP_ALIVE_S = 30
_LOOK_S = 2.0
_TROUBLES_S = 60.0  # between two looks for what needs a person
_SWITCH_S = 0.0005
_YOUNG = 10_000  # new objects between two runs of the garbage collector


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C. InputError where it would accept other machines without a key."""
    refuse_open_door(settings)
    read_schedules(settings.schedules_file)
    log_with_request_ids(settings)
    for remark in embedded.prepare(settings):
        log.warning("%s", remark)
    with _listening(settings) as listener, embedded.session(settings) as connected:
        error_reports.start("serve", version())
        tracing.start("ingot-api")
        service = Service(connected)
        _refuse_hosts_apart(service)
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
        Guarded.most = connection_limit()
        _check_broker(settings)
        with (
            _announced(service),
            _overseen(service),
            _runtime_kept(settings, app),
            beating(settings),
            _signals_only_end(server),
        ):
            _reduce_pauses()
            with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
                runner.run(server.serve(sockets=[listener]))
        tracing.flush()


def refuse_open_door(settings: Settings) -> None:
    """Raise InputError where the API would accept other machines without a key, or where a key is malformed."""
    keyed = entries_of(settings.api_keys) or is_loopback(settings.api_host) or Service(settings).access_keys.all()
    if not keyed:
        raise InputError(
            f"without a key the API listens on loopback only, not on {settings.api_host}: "
            "make a key with `ingot keys new`",
            code="no_keys",
        )


def log_with_request_ids(settings: Settings) -> None:
    """Set up logging with the request id in every line."""
    log_format.prepare(settings.log_format, settings.log_level, role="serve").addFilter(WithRequestId())
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)


def _check_broker(settings: Settings) -> None:
    """Log a warning where the broker cannot be used; in a thread, as uploads are accepted without it."""

    def check() -> None:
        try:
            worker_spec.wait_for_broker(settings.broker_url, 0.0)
        except UnavailableError as error:
            log.warning("%s; uploads are kept until then", error.message)

    if settings.broker_url:
        threading.Thread(target=check, name="broker-check", daemon=True).start()


def _refuse_hosts_apart(service: Service) -> None:
    """Raise UnavailableError where other hosts would not see what is asked for here; a server that is away may wait."""
    try:
        service.administration.refuse_hosts_apart()
    except UnavailableError as error:
        if error.code in hosts_apart.LASTING:
            raise
        log.warning("%s", error.message)


@contextlib.contextmanager
def _announced(service: Service) -> Iterator[None]:
    """Tell the other hosts, as long as the block lasts, that this one serves the home; sweep what killed ones left."""
    ended = threading.Event()

    def announce() -> None:
        while True:
            with contextlib.suppress(IngotError):  # said by those who need the database or the broker
                service.administration.announce_host("serve")
                home_registry.announce(service.settings, home_registry.SERVER)
                service.conversions.sweep()
            if ended.wait(hosts_apart.ANNOUNCE_S):
                return

    threading.Thread(target=announce, name="ingot-announcer", daemon=True).start()
    try:
        yield
    finally:
        ended.set()
        with contextlib.suppress(IngotError):
            service.administration.withdraw_host("serve")


@contextlib.contextmanager
def _overseen(service: Service) -> Iterator[None]:
    """Tell a person of what needs one, as long as the block lasts: no worker may be there to do it."""
    ended, owner = threading.Event(), f"serve@{socket.gethostname()}/{os.getpid()}"

    def look() -> None:
        while not ended.wait(_TROUBLES_S):
            try:
                service.administration.tell_troubles(owner, ended.is_set)
            except IngotError as error:
                log.warning("nobody is told what needs a person: %s", error.message)

    if service.settings.notify_url or service.settings.notify_mail:
        threading.Thread(target=look, name="ingot-overseer", daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def _reduce_pauses() -> None:
    """Tune Python for even response times.

    Objects loaded so far are exempt from garbage collection, which stopped all requests for a tenth of a second. A
    thread that returns from the disk waits one switch interval for Python's lock, and a commit does that a dozen times.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 50)
    sys.setswitchinterval(_SWITCH_S)


@contextlib.contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """Bind the listening socket before anything else is started. InputError or UnavailableError where that fails."""
    host, port = settings.api_host, settings.api_port
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.create_server(address[:2], family=family, backlog=_BACKLOG)
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
    """Return the URL of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def say_listening(url: str, style: str) -> None:
    """Print the address on stdout, or log it where the log is JSON."""
    if style == log_format.JSON:
        log.info("Ingot listens on %s", url, extra=log_format.facts(url=url))
    else:
        print(f"Ingot listens on {url} (Ctrl-C ends it)", flush=True)


class _Server(uvicorn.Server):
    """A uvicorn server that prints its address once it listens."""

    def __init__(self, config: uvicorn.Config, log_format: str) -> None:
        super().__init__(config)
        self._log_format = log_format

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            say_listening(address_of(listener), self._log_format)


@contextlib.contextmanager
def _signals_only_end(server: uvicorn.Server) -> Iterator[None]:
    """Let signals only end the server: uvicorn raises them again at its end, which would skip our own cleanup."""

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
    """Keep the embedded runtime alive as long as the block lasts."""
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
    """Restart the runtime where it died, and adopt the new addresses where they changed."""
    told = ""
    while not ended.wait(_LOOK_S):
        try:
            embedded.revive(settings)
            _adopt_addresses(settings, app)
            told = ""
        except IngotError as error:
            if error.message != told:
                told = error.message
                log.warning("nothing is processed now: %s", error.message)


def _adopt_addresses(settings: Settings, app: Application) -> None:
    now, used = embedded.status(settings), app.state.service.settings
    if now.running and (now.broker_url, settings.chroma_url or now.chroma_url) != (used.broker_url, used.chroma_url):
        urls = {"broker_url": now.broker_url, "chroma_url": settings.chroma_url or now.chroma_url}
        app.state.service = Service(settings.model_copy(update=urls))

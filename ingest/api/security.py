"""Authentication and authorization: bearer keys with a scope; without keys, requests from this machine only.

The caller of a request is known by the header ``Authorization: Bearer KEY`` or by the cookie of the pages' login.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache
from ipaddress import ip_address
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from ingest.api import problems
from ingest.api.keyring import Caller, Keyring
from ingest.system_user import system_user
from pipeline.audit_trail import Actor, acting
from stores.errors import InputError, NotFoundError
from stores.ids import is_temporary

COOKIE = "ingot_key"
_SAFE = ("GET", "HEAD", "OPTIONS")
KEY_NEEDED = "a key is needed: send `Authorization: Bearer KEY`"
_KEYLESS = ("/livez", "/readyz", "/version", "/static/")
Handler = Callable[[Request, Exception], Any]


def caller_or_none(connection: HTTPConnection) -> Caller | None:
    """Return the caller of a request; None where keys are set and the request has none of them."""
    keyring: Keyring = connection.app.state.keyring
    if not keyring.needed:
        return Caller()
    key = _bearer(connection) or connection.cookies.get(COOKIE, "")
    return keyring.caller(key) if key else None


def actor_of(connection: HTTPConnection, sender: Caller) -> Actor:
    """Name who acts, for the audit trail: the key, or without keys the user whom the server runs as."""
    is_page = not _bearer(connection) and "sec-fetch-site" in connection.headers  # only browsers send that
    return Actor(sender.name or system_user(), "page" if is_page else "api")


def _bearer(connection: HTTPConnection) -> str:
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


async def caller(request: Request) -> Caller:
    """Require a caller who may use the knowledge base in the path; a dependency of all routes below ``/api/v1``."""
    sender = caller_or_none(request)
    if sender is None:
        raise InputError(KEY_NEEDED, code="unauthorized")
    knowledge_id = knowledge_named(request.path_params)
    if knowledge_id is not None:
        sender.may(knowledge_id)
        if is_temporary(knowledge_id):  # of a conversion: its own request alone sees it
            raise NotFoundError(f"there is no knowledge base {knowledge_id!r}")
    request.state.caller = sender
    acting.set(actor_of(request, sender))
    return sender


def unauthorized_first(plain: Handler) -> Handler:
    """Answer 401 before any other problem: FastAPI validates a body before it runs the dependency on the key."""

    def answered(request: Request, error: Exception) -> Any:
        if request.url.path.startswith("/api/") and caller_or_none(request) is None:
            return problems.answer(request, 401, "unauthorized", KEY_NEEDED)
        return plain(request, error)

    return answered


def knowledge_named(path: dict[str, str]) -> str | None:
    """Return the knowledge base that path parameters name, directly or as part of a job's or callback's id."""
    if "knowledge_id" in path:
        return path["knowledge_id"]
    for name in ("job_id", "callback_id"):
        if name in path:
            return path[name].rpartition(".")[0]
    return None


CallerDep = Annotated[Caller, Depends(caller)]
"""The caller, for path functions that filter lists or find the knowledge base in the body."""


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Tell whether an address or host name refers to this machine only."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


class Gate:
    """Middleware against cross-site requests; it runs before anything else reads the request.

    Without keys, the ``Host`` header must name this machine, which stops DNS rebinding. A request that changes
    something must come from these pages or from no browser page; ``origins`` may use the API too, without the cookie.
    """

    def __init__(self, app: ASGIApp, keyring: Keyring, origins: Collection[str] = ()) -> None:
        self._app, self._keyring, self._origins = app, keyring, origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if not scope["path"].startswith(_KEYLESS):
            await self._keyring.refresh_if_changed()
        reason = self._reason(request)
        if reason:
            await problems.answer(request, 403, "forbidden", reason)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _reason(self, request: Request) -> str:
        """Return why a request is refused; empty where it is not."""
        host, *others = request.headers.getlist("host") or [""]
        if others:
            return "the request names two hosts"
        if not self._keyring.needed and not is_loopback(_name_of(host)):
            return "without keys this server answers to localhost only: ask it by that name, or run `ingot keys new`"
        if request.method in _SAFE or _bearer(request):  # no browser adds a bearer key by itself
            return ""
        if self._shares(request):
            return ""
        site, origin = request.headers.get("sec-fetch-site", ""), request.headers.get("origin", "")
        foreign = site not in ("", "same-origin", "none") or (origin != "" and origin.partition("://")[2] != host)
        nameless = COOKIE in request.cookies and not site and not origin
        return "this was sent from another site; open the page here and try again" if foreign or nameless else ""

    def _shares(self, request: Request) -> bool:
        """Tell whether a request comes from a page of one of the allowed origins."""
        named = request.headers.get("origin", "").lower() in self._origins
        return named and request.url.path.startswith("/api/") and COOKIE not in request.cookies


def _name_of(host: str) -> str:
    """Return a host without its port: ``[::1]`` for ``[::1]:8000``, ``localhost`` for ``localhost:8000``."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host

"""Authentication and authorization: bearer keys with a scope; without keys, requests from this machine only.

The caller of a request is known by the header ``Authorization: Bearer KEY`` or by the cookie of the pages' login.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from ingest.api import problems
from ingest.api.keys import HASHED, digest_of
from stores.errors import InputError
from stores.models import check_knowledge_id

COOKIE = "ingot_key"
_SAFE = ("GET", "HEAD", "OPTIONS")
_DIGEST_BYTES = 32
_SHORTEST_KEY = 12
_KEY_NEEDED = "a key is needed: send `Authorization: Bearer KEY`"
Handler = Callable[[Request, Exception], Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """Sender of a request. ``knowledge``: the knowledge bases of its key, None for all; ``name`` identifies the key."""

    knowledge: frozenset[str] | None = None
    name: str = ""

    def sees(self, knowledge_id: str) -> bool:
        """Tell whether lists for this caller include a knowledge base."""
        return self.knowledge is None or knowledge_id in self.knowledge

    def visible(self, knowledge_ids: Iterable[str]) -> tuple[str, ...] | None:
        """Return those of these knowledge bases that the key is for; None for a key that is for all."""
        return None if self.knowledge is None else tuple(name for name in knowledge_ids if self.sees(name))

    def may(self, knowledge_id: str) -> None:
        """Raise InputError (403) unless the key is for this knowledge base, whether or not that exists."""
        if not self.sees(knowledge_id):
            raise InputError(f"this key is not for the knowledge base {knowledge_id!r}", code="forbidden")

    def may_all(self) -> None:
        """Raise InputError (403) unless the key is for all knowledge bases, as requests about the whole home need."""
        if self.knowledge is not None:
            raise InputError("this key is for some knowledge bases only, and this concerns them all", code="forbidden")


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of ``INGOT_API_KEYS``; only the SHA-256 of the key is kept."""

    digest: bytes
    knowledge: frozenset[str] | None


def entries_of(text: str) -> tuple[Entry, ...]:
    """Parse ``INGOT_API_KEYS``: ``sha256:<hex>[@kb1+kb2]`` or plain keys, separated by commas.

    Raises InputError for an entry that cannot be parsed.
    """
    entries = tuple(_entry(part.strip()) for part in text.split(",") if part.strip())
    if text and not entries:
        raise InputError("INGOT_API_KEYS is set, but holds no key: make one with `ingot keys new`", code="bad_setting")
    return entries


def _entry(text: str) -> Entry:
    if not text.isprintable() or " " in text:
        raise InputError(
            "an entry of INGOT_API_KEYS holds a blank or a line break: `ingot keys new --entry` prints one entry alone",
            code="bad_setting",
        )
    key, at, scope = text.rpartition("@") if "@" in text else (text, "", "")
    knowledge = frozenset(check_knowledge_id(one) for one in scope.split("+")) if at else None
    if not key.startswith(HASHED):
        if len(key) < _SHORTEST_KEY:
            raise InputError(
                f"a key of INGOT_API_KEYS is shorter than {_SHORTEST_KEY} characters and so can be guessed: "
                "make one with `ingot keys new`",
                code="bad_setting",
            )
        return Entry(digest_of(key), knowledge)
    try:
        digest = bytes.fromhex(key.removeprefix(HASHED))
    except ValueError:
        digest = b""
    if len(digest) != _DIGEST_BYTES:
        raise InputError(
            "an entry of INGOT_API_KEYS that begins with sha256: needs 64 hexadecimal digits after it: "
            "make one with `ingot keys new`",
            code="bad_setting",
        )
    return Entry(digest, knowledge)


def caller_of_key(entries: Iterable[Entry], key: str) -> Caller | None:
    """Return the caller with this key; every entry is compared, so that the time taken reveals nothing."""
    digest = digest_of(key)
    match: Caller | None = None
    for entry in entries:
        if hmac.compare_digest(entry.digest, digest):
            match = Caller(entry.knowledge, entry.digest.hex()[:12])
    return match


def caller_or_none(connection: HTTPConnection) -> Caller | None:
    """Return the caller of a request; None where keys are set and the request has none of them."""
    entries: tuple[Entry, ...] = connection.app.state.keys
    if not entries:
        return Caller()
    key = _bearer(connection) or connection.cookies.get(COOKIE, "")
    return caller_of_key(entries, key) if key else None


def _bearer(connection: HTTPConnection) -> str:
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


async def caller(request: Request) -> Caller:
    """Require a caller who may use the knowledge base in the path; a dependency of all routes below ``/api/v1``."""
    sender = caller_or_none(request)
    if sender is None:
        raise InputError(_KEY_NEEDED, code="unauthorized")
    knowledge_id = knowledge_named(request.path_params)
    if knowledge_id is not None:
        sender.may(knowledge_id)
    request.state.caller = sender
    return sender


def unauthorized_first(plain: Handler) -> Handler:
    """Answer 401 before any other problem: FastAPI validates a body before it runs the dependency on the key."""

    def answered(request: Request, error: Exception) -> Any:
        if request.url.path.startswith("/api/") and caller_or_none(request) is None:
            return problems.answer(request, 401, "unauthorized", _KEY_NEEDED)
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

    def __init__(self, app: ASGIApp, *, loopback_only: bool, origins: Collection[str] = ()) -> None:
        self._app, self._loopback_only, self._origins = app, loopback_only, origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
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
        if self._loopback_only and not is_loopback(_name_of(host)):
            return "without INGOT_API_KEYS this server answers to localhost only: ask it by that name"
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

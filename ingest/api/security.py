"""Who asks, and what may they see: bearer keys with a scope, compared in constant time; only this machine without.

A caller is found once per request, by the header ``Authorization: Bearer KEY`` or the cookie of the pages' login.
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
    """Who asks. ``knowledge``: the ids that the key is for, None where it is for all. ``name`` tells two keys apart."""

    knowledge: frozenset[str] | None = None
    name: str = ""

    def sees(self, knowledge_id: str) -> bool:
        """For lists: does this knowledge base stand in them?"""
        return self.knowledge is None or knowledge_id in self.knowledge

    def may(self, knowledge_id: str) -> None:
        """InputError (403) where the key is for others; whether the knowledge base exists is not told."""
        if not self.sees(knowledge_id):
            raise InputError(f"this key is not for the knowledge base {knowledge_id!r}", code="forbidden")

    def may_all(self) -> None:
        """InputError (403) where the key is for some knowledge bases only: for what concerns the whole home."""
        if self.knowledge is not None:
            raise InputError("this key is for some knowledge bases only, and this concerns them all", code="forbidden")


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of ``INGOT_API_KEYS``: its SHA-256, never itself."""

    digest: bytes
    knowledge: frozenset[str] | None


def entries_of(text: str) -> tuple[Entry, ...]:
    """``sha256:<hex>[@kb1+kb2]`` or a plain key, by commas. InputError where an entry cannot be understood."""
    found = tuple(_entry(part.strip()) for part in text.split(",") if part.strip())
    if text and not found:
        raise InputError("INGOT_API_KEYS is set, but holds no key: make one with `ingot keys new`", code="bad_setting")
    return found


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
    """The caller whose key this is; every entry is compared, so that time tells nothing."""
    digest = digest_of(key)
    found: Caller | None = None
    for entry in entries:
        if hmac.compare_digest(entry.digest, digest):
            found = Caller(entry.knowledge, entry.digest.hex()[:12])
    return found


def caller_or_none(connection: HTTPConnection) -> Caller | None:
    """Who asks; None where keys are set and no right one was given. For pages, which lead to the login then."""
    entries: tuple[Entry, ...] = connection.app.state.keys
    if not entries:
        return Caller()
    key = _bearer(connection) or connection.cookies.get(COOKIE, "")
    return caller_of_key(entries, key) if key else None


def _bearer(connection: HTTPConnection) -> str:
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


async def caller(request: Request) -> Caller:
    """The dependency of everything below ``/api/v1``: who asks, and that they may ask for what the path names."""
    found = caller_or_none(request)
    if found is None:
        raise InputError(_KEY_NEEDED, code="unauthorized")
    named = knowledge_named(request.path_params)
    if named is not None:
        found.may(named)
    request.state.caller = found
    return found


def strangers_first(plain: Handler) -> Handler:
    """Who has no key is told that, and not what is wrong with the body, which is read before anybody is asked."""

    def answered(request: Request, error: Exception) -> Any:
        if request.url.path.startswith("/api/") and caller_or_none(request) is None:
            return problems.answer(request, 401, "unauthorized", _KEY_NEEDED)
        return plain(request, error)

    return answered


def knowledge_named(path: dict[str, str]) -> str | None:
    """The knowledge base that the parameters of a path name: itself, or by a job or callback of it."""
    if "knowledge_id" in path:
        return path["knowledge_id"]
    for name in ("job_id", "callback_id"):
        if name in path:
            return path[name].rpartition(".")[0]
    return None


Who = Annotated[Caller, Depends(caller)]
"""For path functions that list: ``who.sees(knowledge_id)``; where the id stands in a body: ``who.may(it)``."""


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Does this address or name lead to this machine only?"""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


class Gate:
    """Refuses what a strange web page makes a browser send, before anything else looks at it.

    Without keys only this machine may ask, and only by a name of it: a page whose own name was made to lead here
    (DNS rebinding) is told apart by the ``Host`` header. What changes something must come from our own pages or from
    no page at all; ``origins`` may use the resources too, but never by the cookie of the pages.
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
        """Why a request is refused; "" where it is not."""
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
        """Does it come from a page of an origin that may use the resources?"""
        named = request.headers.get("origin", "").lower() in self._origins
        return named and request.url.path.startswith("/api/") and COOKIE not in request.cookies


def _name_of(host: str) -> str:
    """``[::1]:8000`` -> ``[::1]``, ``localhost:8000`` -> ``localhost``."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host

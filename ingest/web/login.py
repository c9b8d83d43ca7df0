"""The login of the pages: a key becomes a cookie that no script can read and no other site can send."""

from __future__ import annotations

import threading
import time
from ipaddress import ip_address
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ingest.api.security import COOKIE, caller_of_key, caller_or_none
from ingest.web.rendering import SEE_OTHER, page
from stores.errors import UnavailableError

router = APIRouter()
_KEPT_S = 30 * 24 * 3600
MOST_WRONG = 10
"""Wrong keys from one address within a minute, after which none is looked at."""
_REMEMBERED_S = 60.0
_MOST_HOMES = 10_000


@router.get("/login")
def show_login(request: Request, next: str = "/") -> Response:
    """The form; who is in already goes on."""
    if caller_or_none(request) is not None:
        return RedirectResponse(_inside(next), SEE_OTHER)
    return page(request, "login.html", following=_inside(next), wrong=False)


@router.post("/login")
def log_in(request: Request, key: Annotated[str, Form(max_length=500)], next: Annotated[str, Form()] = "/") -> Response:
    """A right key becomes the cookie; a wrong one shows the form again."""
    key, tries = key.strip(), _tries_of(request)
    tries.refuse_when_many(_home_of(request))
    if caller_of_key(request.app.state.keys, key) is None:
        tries.note(_home_of(request))
        return _refused(request, next)
    answer = RedirectResponse(_inside(next), SEE_OTHER)
    answer.set_cookie(
        COOKIE, key, max_age=_KEPT_S, httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )
    return answer


def _refused(request: Request, following: str) -> HTMLResponse:
    return page(request, "login.html", 401, following=_inside(following), wrong=True)


@router.post("/logout")
def log_out() -> RedirectResponse:
    """Take the cookie back."""
    answer = RedirectResponse("/login", SEE_OTHER)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


class WrongKeys:
    """Wrong keys by where they came from: guessing at the form is slow. A key in a header is not asked here."""

    def __init__(self) -> None:
        self._moments: dict[str, list[float]] = {}
        self._lock = threading.Lock()

    def refuse_when_many(self, home: str) -> None:
        """UnavailableError (429) where so many came from there within a minute."""
        with self._lock:
            recent = self._recent(home)
        if len(recent) >= MOST_WRONG:
            raise UnavailableError("too many wrong keys came from your address: wait a minute", code="busy")

    def note(self, home: str) -> None:
        with self._lock:
            if len(self._moments) >= _MOST_HOMES:
                self._moments.clear()
            self._moments[home] = [*self._recent(home), time.monotonic()]

    def _recent(self, home: str) -> list[float]:
        since = time.monotonic() - _REMEMBERED_S
        return [moment for moment in self._moments.get(home, ()) if moment > since]


def _tries_of(request: Request) -> WrongKeys:
    state = request.app.state
    if not hasattr(state, "wrong_keys"):
        state.wrong_keys = WrongKeys()
    found: WrongKeys = state.wrong_keys
    return found


def _home_of(request: Request) -> str:
    """The address of who asks; of IPv6 the half that one household has."""
    host = request.client.host if request.client else ""
    return ":".join(ip_address(host).exploded.split(":")[:4]) if ":" in host else host


def _inside(path: str) -> str:
    """The path itself where it leads into this site, else the first page: nobody is sent elsewhere."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\", "/login"))
    return path if plain and path.isprintable() and "\\" not in path else "/"

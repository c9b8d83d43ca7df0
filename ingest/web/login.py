"""The login of the pages: the key is stored in a cookie that no script can read and no other site can send."""

from __future__ import annotations

import threading
import time
from ipaddress import ip_address
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ingest.api.security import COOKIE, caller_or_none
from ingest.web.rendering import SEE_OTHER, page
from stores.errors import UnavailableError

router = APIRouter()
_KEPT_S = 30 * 24 * 3600
MOST_WRONG = 10
"""Wrong keys from one network within a minute, after which further attempts are refused."""
_REMEMBERED_S = 60.0
_MOST_NETWORKS = 10_000


@router.get("/login")
def show_login(request: Request, next: str = "/") -> Response:
    """Show the form; redirect a caller who is logged in already."""
    if caller_or_none(request) is not None:
        return RedirectResponse(_inside(next), SEE_OTHER)
    return page(request, "login.html", next_path=_inside(next), wrong=False)


@router.post("/login")
def log_in(request: Request, key: Annotated[str, Form(max_length=500)], next: Annotated[str, Form()] = "/") -> Response:
    """Set the cookie for a valid key; show the form again for a wrong one."""
    key, wrong_keys = key.strip(), _wrong_keys_of(request)
    wrong_keys.refuse_when_many(_network_of(request))
    if request.app.state.keyring.caller(key) is None:
        wrong_keys.note(_network_of(request))
        return _refused(request, next)
    answer = RedirectResponse(_inside(next), SEE_OTHER)
    keep_key(request, answer, key)
    return answer


def keep_key(request: Request, answer: Response, key: str) -> None:
    """Set the cookie, with which a browser is logged in."""
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, key, max_age=_KEPT_S, httponly=True, samesite="strict", secure=secure)


def _refused(request: Request, next_path: str) -> HTMLResponse:
    return page(request, "login.html", 401, next_path=_inside(next_path), wrong=True)


@router.post("/logout")
def log_out() -> RedirectResponse:
    """Delete the cookie."""
    answer = RedirectResponse("/login", SEE_OTHER)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


class WrongKeys:
    """Times of wrong keys per network, to slow down guessing at the form; keys in headers do not count."""

    def __init__(self) -> None:
        self._moments: dict[str, list[float]] = {}
        self._lock = threading.Lock()

    def refuse_when_many(self, network: str) -> None:
        """Raise UnavailableError (429) after too many wrong keys from a network within a minute."""
        with self._lock:
            recent = self._recent(network)
        if len(recent) >= MOST_WRONG:
            raise UnavailableError("too many wrong keys came from your address: wait a minute", code="busy")

    def note(self, network: str) -> None:
        """Record a wrong key."""
        with self._lock:
            if len(self._moments) >= _MOST_NETWORKS:
                self._moments.clear()
            self._moments[network] = [*self._recent(network), time.monotonic()]

    def _recent(self, network: str) -> list[float]:
        since = time.monotonic() - _REMEMBERED_S
        return [moment for moment in self._moments.get(network, ()) if moment > since]


def _wrong_keys_of(request: Request) -> WrongKeys:
    state = request.app.state
    if not hasattr(state, "wrong_keys"):
        state.wrong_keys = WrongKeys()
    wrong_keys: WrongKeys = state.wrong_keys
    return wrong_keys


def _network_of(request: Request) -> str:
    """Return the client's address; for IPv6 its first half, the network of one household."""
    host = request.client.host if request.client else ""
    return ":".join(ip_address(host).exploded.split(":")[:4]) if ":" in host else host


def _inside(path: str) -> str:
    """Return the path if it leads into this site, else the first page, so that the login redirects nowhere else."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\", "/login"))
    return path if plain and path.isprintable() and "\\" not in path else "/"

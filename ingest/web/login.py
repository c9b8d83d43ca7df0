"""The login of the pages: a key becomes a cookie that no script can read and no other site can send."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ingest.api.security import COOKIE, caller_of_key, caller_or_none
from ingest.web.rendering import SEE_OTHER, page

router = APIRouter()
_KEPT_S = 30 * 24 * 3600


@router.get("/login")
def show_login(request: Request, next: str = "/") -> Response:
    """The form; who is in already goes on."""
    if caller_or_none(request) is not None:
        return RedirectResponse(_inside(next), SEE_OTHER)
    return page(request, "login.html", following=_inside(next), wrong=False)


@router.post("/login")
def log_in(request: Request, key: Annotated[str, Form(max_length=500)], next: Annotated[str, Form()] = "/") -> Response:
    """A right key becomes the cookie; a wrong one shows the form again."""
    key = key.strip()
    if caller_of_key(request.app.state.keys, key) is None:
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


def _inside(path: str) -> str:
    """The path itself where it leads into this site, else the first page: nobody is sent elsewhere."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\", "/login"))
    return path if plain and path.isprintable() and "\\" not in path else "/"

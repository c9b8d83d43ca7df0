"""Pages out of templates: what every page knows, and the headers that keep a document's content from running in it."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ingest.api.security import COOKIE
from ingest.version import version
from ingest.web import formats
from ingest.web.assets import asset_url

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Vary": "Accept-Encoding",
}
SEE_OTHER = 303
"""How a form is answered: the browser goes to the page that shows what it did."""
_SHORT_BYTES = 16_000
_TEMPLATES = Path(__file__).resolve().parent / "templates"


@cache
def environment() -> Environment:
    """Everything is escaped, whatever a template is called; a name that nobody gave is an error."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (
        formats.size,
        formats.duration,
        formats.roughly,
        formats.number,
        formats.plural,
        formats.moment,
        formats.iso,
        formats.path_segment,
        formats.language,
        formats.kind,
    )
    made.filters.update({given.__name__: given for given in filters})
    made.globals.update(asset_url=asset_url, version=version())
    return made


def page(
    request: Request, template: str, status: int = 200, headers: Mapping[str, str] | None = None, **context: Any
) -> HTMLResponse:
    """One page. ``context`` is what its template names; ``request``, ``source_url``, ``logged_in`` are always there."""
    source_url = request.app.state.service.settings.source_url
    known = {"request": request, "source_url": source_url, "logged_in": COOKIE in request.cookies}
    text = environment().get_template(template).render(**known, **context)
    return _packed(request, HTMLResponse(text, status, {**HEADERS, **(headers or {})}))


def _packed(request: Request, answer: HTMLResponse) -> HTMLResponse:
    """A long page under gzip: a job of a thousand documents is a megabyte, and nearly the same in every row."""
    if len(answer.body) > _SHORT_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        answer.body = gzip.compress(bytes(answer.body), 3)
        answer.headers["Content-Length"] = str(len(answer.body))
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def error_page(request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None) -> HTMLResponse:
    """An error in the frame of the pages: what happened, and the id under which the log has it."""
    return page(
        request,
        "error.html",
        status,
        headers,
        number=status,
        phrase=HTTPStatus(status).phrase,
        detail=detail,
        request_id=getattr(request.state, "request_id", ""),
    )

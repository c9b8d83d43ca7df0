"""Rendering of templates, with the security headers that keep scripts in a document's content from running."""

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

from ingest import quantities
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
"""Status that answers a form: the browser loads the page that shows the result."""
_SHORT_BYTES = 16_000
_TEMPLATES = Path(__file__).resolve().parent / "templates"


@cache
def environment() -> Environment:
    """Return the template environment: everything is escaped, and an undefined name is an error."""
    templates = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (
        quantities.size,
        quantities.duration,
        formats.roughly,
        formats.number,
        formats.plural,
        formats.moment,
        formats.iso,
        formats.path_segment,
        formats.language,
        formats.kind,
    )
    templates.filters.update({function.__name__: function for function in filters})
    templates.globals.update(asset_url=asset_url, version=version())
    return templates


def page(
    request: Request, template: str, status: int = 200, headers: Mapping[str, str] | None = None, **context: Any
) -> HTMLResponse:
    """Render a page. Templates get ``context``, and always ``request``, ``source_url`` and ``logged_in``.

    Where ``context`` has a ``knowledge_id``, its name is ``base_name``.
    """
    service = request.app.state.service
    known = {"request": request, "source_url": service.settings.source_url, "logged_in": COOKIE in request.cookies}
    if "knowledge_id" in context:
        known["base_name"] = service.knowledge_bases.name(context["knowledge_id"])
    text = environment().get_template(template).render(**known, **context)
    return _packed(request, HTMLResponse(text, status, {**HEADERS, **(headers or {})}))


def _packed(request: Request, answer: HTMLResponse) -> HTMLResponse:
    """Compress a long page: one of a thousand documents is a megabyte, and its rows are nearly equal."""
    if len(answer.body) > _SHORT_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        answer.body = gzip.compress(bytes(answer.body), 3)
        answer.headers["Content-Length"] = str(len(answer.body))
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def error_page(request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None) -> HTMLResponse:
    """Render an error page with the request id under which the log has details."""
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

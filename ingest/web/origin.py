"""Forms are taken from our own pages only: no other site may post with a reader's cookie, or to a reader's machine."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request

from stores.errors import InputError

SEE_OTHER = 303
"""How a form is answered: the browser gets the page that shows what it did."""


def same_origin(request: Request) -> None:
    """InputError (403) where the browser says that the form came from elsewhere, or a strange origin is named."""
    site = request.headers.get("sec-fetch-site", "")
    origin = request.headers.get("origin", "")
    foreign_site = site not in ("", "same-origin", "none")
    foreign_origin = bool(origin) and urlsplit(origin).netloc != request.headers.get("host", "")
    if foreign_site or foreign_origin:
        raise InputError("this form was sent from another site; open the page here and try again", code="forbidden")

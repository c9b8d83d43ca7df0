"""Unknown query parameters are refused, with the nearest names that the route declares."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from stores.errors import InputError
from stores.suggestions import unknown

UNKNOWN_PARAMETER = "unknown_parameter"
_OF_OTHERS = re.compile(r"utm_\w{1,30}|[a-z]{1,4}clid|mc_[ce]id")
"""Tracking parameters that mail programs and social networks add to links."""


async def known_query(request: Request) -> None:
    """Raise InputError (422) for an unknown parameter; ignoring a misspelt filter would return everything."""
    refuse_unknown(request)


async def known_query_of_page(request: Request) -> None:
    """Do the same for a page, except that tracking parameters are ignored."""
    refuse_unknown(request, passed_over=_OF_OTHERS)


def refuse_unknown(request: Request, passed_over: re.Pattern[str] | None = None) -> None:
    """Raise InputError for the first query parameter that the route does not declare, unless it is ``passed_over``."""
    route = request.scope.get("route")
    if not request.scope["query_string"] or not isinstance(route, APIRoute):
        return
    known = tuple(_declared(route.dependant))
    for name in request.query_params:
        if name not in known and not (passed_over and passed_over.fullmatch(name)):
            raise _refusal(route, name, known)


def _refusal(route: APIRoute, name: str, known: tuple[str, ...]) -> InputError:
    refusal = unknown("query parameter", name, known, code=UNKNOWN_PARAMETER)
    if refusal.nearest or not _takes_body(route):
        return refusal
    return InputError(f"{refusal.message}; this request takes its parameters in the body", code=UNKNOWN_PARAMETER)


def _takes_body(route: APIRoute) -> bool:
    return route.body_field is not None or "requestBody" in (route.openapi_extra or {})


def _declared(dependant: Dependant) -> Iterator[str]:
    """Yield the query parameters of a route, including those of its dependencies and of parameter models."""
    for field in dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (one.alias or name for name, one in kind.model_fields.items())
        else:
            yield field.alias
    for other in dependant.dependencies:
        yield from _declared(other)

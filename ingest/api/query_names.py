"""Names in the query of a URL: what a route does not declare is refused, with the nearest names that it does."""

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
"""What mail programs and social networks hang on links of pages that they have nothing to do with."""


async def known_query(request: Request) -> None:
    """InputError (422) for a parameter that the route does not know: ignored, it would find everything or nothing."""
    refuse_unknown(request)


async def known_query_of_page(request: Request) -> None:
    """As ``known_query``; what others hang on links is passed over."""
    refuse_unknown(request, passed_over=_OF_OTHERS)


def refuse_unknown(request: Request, passed_over: re.Pattern[str] | None = None) -> None:
    """Compare the names of the query with those that the route declares."""
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
    return InputError(f"{refusal.message}; what is asked here goes into the body", code=UNKNOWN_PARAMETER)


def _takes_body(route: APIRoute) -> bool:
    return route.body_field is not None or "requestBody" in (route.openapi_extra or {})


def _declared(dependant: Dependant) -> Iterator[str]:
    """The query parameters of a route, those of its dependencies and of a model of parameters too."""
    for field in dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (one.alias or name for name, one in kind.model_fields.items())
        else:
            yield field.alias
    for other in dependant.dependencies:
        yield from _declared(other)

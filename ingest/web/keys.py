"""The page of keys: list, make and revoke the keys of the API, for those whose key is for all knowledge bases."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from ingest.api import problems
from ingest.api.administration import administrators
from ingest.api.dependencies import ServiceDep
from ingest.api.keyring import Keyring
from ingest.api.security import CallerDep
from ingest.web.login import keep_key
from ingest.web.rendering import SEE_OTHER, page
from stores.access_keys import NAME_RULE
from stores.errors import InputError

router = APIRouter(dependencies=[Depends(administrators)])
_MOST_BOXES = 200


class WantedKey(BaseModel, frozen=True):
    """What the form sends. ``others``: further ids of knowledge bases, separated by blanks or commas."""

    name: str = Field("", max_length=64)
    scope: Literal["all", "some"] = "all"
    knowledge: list[str] = Field([], max_length=1000)
    others: str = Field("", max_length=30_000)

    def knowledge_ids(self) -> tuple[str, ...]:
        """Return the knowledge bases that the key is for, none for all. InputError where it would be for nothing."""
        if self.scope == "all":
            return ()
        chosen = (*self.knowledge, *self.others.replace(",", " ").split())
        if not chosen:
            raise InputError("no knowledge base is chosen: check some, write ids, or make a key for all of them")
        return chosen


@router.get("/keys")
def show_keys(request: Request, service: ServiceDep, caller: CallerDep) -> HTMLResponse:
    """List the keys of this home and those of the server's environment, beside the form for another."""
    return _page(request, WantedKey(), caller.name)


@router.post("/keys")
def create_key(
    request: Request, service: ServiceDep, caller: CallerDep, wanted: Annotated[WantedKey, Form()]
) -> HTMLResponse:
    """Make a key and show it this once; where it is the first, this browser goes on with it."""
    keyring: Keyring = request.app.state.keyring
    is_first = not keyring.any
    try:
        if is_first and wanted.scope == "some":
            raise InputError("the first key is for all knowledge bases: without one these pages could make no other")
        key, kept = service.access_keys.create(wanted.name.strip(), wanted.knowledge_ids())
    except InputError as error:
        return _page(request, wanted, caller.name, status=problems.status_of(error), refusal=error.message)
    answer = _page(request, WantedKey(), caller.name or kept.name, new_key=key, new_name=kept.name, is_first=is_first)
    if is_first:
        keep_key(request, answer, key)
    return answer


@router.post("/keys/{name}/revoke")
def revoke_key(request: Request, service: ServiceDep, name: str) -> RedirectResponse:
    """Revoke a key, at once on all servers of the home, and return to the list."""
    keyring: Keyring = request.app.state.keyring
    keyring.refuse_given(name)
    service.access_keys.revoke(name)
    return RedirectResponse("/keys", SEE_OTHER)


def _page(request: Request, wanted: WantedKey, own: str, status: int = 200, **shown: object) -> HTMLResponse:
    service, keyring = request.app.state.service, request.app.state.keyring
    keys = service.access_keys.all()
    counting = [key for key in keys if key.revoked_at is None]
    context: dict[str, Any] = {"refusal": "", "new_key": "", "new_name": "", "is_first": False, **shown}
    return page(
        request,
        "keys.html",
        status,
        keys=[*counting, *(key for key in keys if key.revoked_at is not None)],
        given=keyring.entries,
        any_key=bool(keys or keyring.entries),
        last=counting[0].name if len(counting) == 1 and not keyring.entries else "",
        own=own,
        wanted=wanted,
        name_rule=NAME_RULE,
        bases=service.knowledge_bases.all()[:_MOST_BOXES],
        **context,
    )

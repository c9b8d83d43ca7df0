"""The pages of callbacks: which events were sent to which receivers, and which failed."""

from __future__ import annotations

import json
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from ingest.api.dependencies import ServiceDep
from ingest.api.keyring import Caller
from ingest.api.security import CallerDep
from ingest.web.formats import path_segment
from ingest.web.rendering import SEE_OTHER, page
from pipeline.service import Service
from stores.suggestions import check
from stores.views import CallbackFilter

router = APIRouter()
_ROWS = 100
_STATES = ("pending", "delivered", "dead")


@router.get("/callbacks")
def show_callbacks(
    request: Request,
    service: ServiceDep,
    caller: CallerDep,
    state: Annotated[str, Query(max_length=20)] = "",
    job: Annotated[str, Query(max_length=200)] = "",
    cursor: Annotated[str, Query(max_length=4096)] = "",
) -> HTMLResponse:
    """List the callbacks of the knowledge bases that the key is for, newest first."""
    visible = _visible(service, caller)
    if state:
        check("state", state, _STATES, code="unknown_state")
    filters = CallbackFilter(knowledge_ids=visible, state=state, job=job)
    callbacks = service.callbacks.slice(filters, cursor or None, _ROWS)
    dead = service.callbacks.slice(CallbackFilter(knowledge_ids=visible, state="dead"), None, 1)
    return page(
        request,
        "callbacks.html",
        callbacks=callbacks,
        filters=filters,
        states=_STATES,
        any_dead=bool(dead.items),
        first_url=_url(filters) if cursor else "",
        next_url=_url(filters, callbacks.next_cursor) if callbacks.next_cursor else "",
    )


def _visible(service: Service, caller: Caller) -> tuple[str, ...] | None:
    return caller.visible(service.knowledge_bases.ids())


def _url(filters: CallbackFilter, cursor: str | None = None) -> str:
    given = {"state": filters.state, "job": filters.job, "cursor": cursor}
    return "/callbacks?" + urlencode({name: value for name, value in given.items() if value})


@router.get("/callbacks/{callback_id}")
def show_callback(request: Request, service: ServiceDep, callback_id: str) -> HTMLResponse:
    """Show a callback with the body that is sent."""
    callback = service.callbacks.get(callback_id)
    body = json.dumps(callback.body, ensure_ascii=False, indent=2)
    return page(request, "callback.html", callback=callback, body=body)


@router.post("/callbacks/{callback_id}/replay")
def replay_callback(service: ServiceDep, callback_id: str) -> RedirectResponse:
    """Send a callback again, in whatever state it is."""
    service.callbacks.replay(callback_id)
    return RedirectResponse(f"/callbacks/{path_segment(callback_id)}", SEE_OTHER)

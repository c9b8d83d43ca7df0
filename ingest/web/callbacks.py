"""The pages of callbacks: what was sent to whom, what is tried again, and what was given up."""

from __future__ import annotations

import json
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from ingest.api.dependencies import ServiceDep
from ingest.api.security import Caller, CallerDep
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
    """Callbacks of the knowledge bases that the caller may see, the newest first."""
    seen = _seen(service, caller)
    if state:
        check("state", state, _STATES, code="unknown_state")
    wanted = CallbackFilter(knowledge_ids=seen, state=state, job=job)
    found = service.callbacks_page(wanted, cursor or None, _ROWS)
    dead = service.callbacks_page(CallbackFilter(knowledge_ids=seen, state="dead"), None, 1)
    return page(
        request,
        "callbacks.html",
        callbacks=found,
        wanted=wanted,
        states=_STATES,
        any_dead=bool(dead.items),
        first=_url(wanted) if cursor else "",
        following=_url(wanted, found.next_cursor) if found.next_cursor else "",
    )


def _seen(service: Service, caller: Caller) -> tuple[str, ...] | None:
    """The knowledge bases of a key that is not for all; those that do not exist yet are left out."""
    return None if caller.knowledge is None else tuple(name for name in service.knowledge_ids() if caller.sees(name))


def _url(wanted: CallbackFilter, cursor: str | None = None) -> str:
    given = {"state": wanted.state, "job": wanted.job, "cursor": cursor}
    return "/callbacks?" + urlencode({name: value for name, value in given.items() if value})


@router.get("/callbacks/{callback_id}")
def show_callback(request: Request, service: ServiceDep, callback_id: str) -> HTMLResponse:
    """One callback with the body that is sent."""
    found = service.callback(callback_id)
    body = json.dumps(found.body, ensure_ascii=False, indent=2)
    return page(request, "callback.html", callback=found, body=body)


@router.post("/callbacks/{callback_id}/replay")
def replay_callback(service: ServiceDep, callback_id: str) -> RedirectResponse:
    """Send one again, whatever became of it."""
    service.replay_callback(callback_id)
    return RedirectResponse(f"/callbacks/{path_segment(callback_id)}", SEE_OTHER)

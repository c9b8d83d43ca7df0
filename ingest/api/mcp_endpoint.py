"""``/mcp``: the tools of ``ingot mcp`` for assistants over HTTP, with the keys and limits of the API."""

from __future__ import annotations

from contextvars import ContextVar

from fastapi import FastAPI, Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from ingest.api import problems
from ingest.api.keyring import Caller
from ingest.api.security import KEY_NEEDED, actor_of, caller_or_none
from ingest.mcp.http import HttpTools
from ingest.mcp.tools import AssistantTools
from pipeline.audit_trail import Actor, acting
from stores.errors import InputError

PATH = "/mcp"
_caller: ContextVar[Caller] = ContextVar("mcp_caller")


class McpEndpoint:
    """An ASGI application: it finds the caller of a request, and has the tools answer for that one."""

    def __init__(self, app: FastAPI) -> None:
        self._tools = HttpTools(lambda: _tools_of(app))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        sender = caller_or_none(request)
        if sender is None:
            await problems.answer(request, 401, "unauthorized", KEY_NEEDED)(scope, receive, send)
            return
        _caller.set(sender)
        acting.set(Actor(actor_of(request, sender).name, "mcp"))
        try:
            await self._tools.answer(scope, receive, send)
        except InputError as error:  # the package is not installed
            await problems.answer(request, 501, "not_installed", error.message)(scope, receive, send)


def _tools_of(app: FastAPI) -> AssistantTools:
    """Return tools that see what the caller of each request may see; files are ingested as the API does by path."""
    return AssistantTools(
        lambda: app.state.service, lambda: _caller.get().knowledge, app.state.service.settings.ingest_root
    )


def install(app: FastAPI) -> None:
    """Add the endpoint to an application."""
    app.router.routes.append(Route(PATH, McpEndpoint(app), include_in_schema=False))

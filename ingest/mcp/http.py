"""The tools over HTTP (streamable HTTP, without sessions): for an endpoint of the server of the API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from ingest.mcp.server import create_server
from ingest.mcp.tools import AssistantTools

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    from starlette.types import Receive, Scope, Send


class HttpTools:
    """Answers MCP requests; the SDK is imported, and its manager started, with the first of them.

    Requests run in the context of their caller. The manager has a task of its own, which ends with the event loop.
    """

    def __init__(self, tools: Callable[[], AssistantTools]) -> None:
        self._tools = tools
        self._manager: StreamableHTTPSessionManager | None = None
        self._starting = asyncio.Lock()
        self._runner: asyncio.Task[None] | None = None

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. InputError where the package ``mcp`` is not installed."""
        async with self._starting:
            if self._manager is None:
                self._manager = await self._started()
        await self._manager.handle_request(scope, receive, send)

    async def _started(self) -> StreamableHTTPSessionManager:
        manager, started = await asyncio.to_thread(self._built), asyncio.Event()
        self._runner = asyncio.create_task(_run(manager, started), name="mcp")
        await started.wait()
        return manager

    def _built(self) -> StreamableHTTPSessionManager:
        server = create_server(self._tools())
        from mcp.server.transport_security import TransportSecuritySettings

        # The host and the origin of each request were checked before: see ingest/api/security.py.
        checked_before = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        server.streamable_http_app(json_response=True, stateless_http=True, transport_security=checked_before)
        return server.session_manager


async def _run(manager: StreamableHTTPSessionManager, started: asyncio.Event) -> None:
    async with manager.run():
        started.set()
        await asyncio.Event().wait()

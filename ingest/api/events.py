"""``/jobs/{job_id}/events``: the progress of a job as server-sent events that a client can resume."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

import anyio
from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from ingest.api.description import EVENTS, content, problems
from ingest.api.job_watch import Watch, Watches
from ingest.api.parameters import JobId

router = APIRouter(tags=["jobs"])
_EVENTS = """`document` for each document that has ended, `progress` when something changed, `job` at the job's end.
`Last-Event-ID` brings what was missed; when that was the end, the answer is 204."""


def watches_of(request: Request) -> Watches:
    """Return the watched jobs of this server."""
    state = request.app.state
    if not hasattr(state, "watches"):
        state.watches = Watches(state.service)
    watches: Watches = state.watches
    return watches


Watching = Annotated[Watches, Depends(watches_of)]


class EventStream(StreamingResponse):
    """A stream that ends when its client disconnects, even while nothing is sent."""

    media_type = EVENTS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with anyio.create_task_group() as group:

            async def until_gone() -> None:
                await self.listen_for_disconnect(receive)
                group.cancel_scope.cancel()

            group.start_soon(until_gone)
            await partial(self.stream_response, send)()
            group.cancel_scope.cancel()


@router.get(
    "/jobs/{job_id}/events",
    response_class=StreamingResponse,
    responses={
        **content(EVENTS, text=_EVENTS),
        204: {"description": "The client has seen the end of the job: do not reconnect."},
        **problems(404),
    },
)
async def stream_job_events(job_id: JobId, watches: Watching, last_event_id: Annotated[str, Header()] = "") -> Response:
    """Watch a job: an event for each document that ends, for its progress, and for its end."""
    watch = await watches.of(job_id)
    begin = watch.begin_at(last_event_id)
    if last_event_id.endswith("-over") and watch.over and begin == len(watch.ends):
        return Response(status_code=204)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return EventStream(_frames(watch, begin), headers=headers, media_type=EVENTS)


async def _frames(watch: Watch, begin: int) -> AsyncIterator[bytes]:
    with watch.watched():
        async for frame in watch.frames(begin):
            yield frame

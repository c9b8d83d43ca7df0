"""``/knowledge``: create, list, get and delete knowledge bases."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field, StringConstraints

from ingest import serializers
from ingest.api.bodies import Body
from ingest.api.dependencies import ServiceDep
from ingest.api.description import content, problems
from ingest.api.models import CheckReportOut, KnowledgeBaseOut
from ingest.api.parameters import Cursor, Items, KnowledgeId
from ingest.api.security import CallerDep
from ingest.document_zip import zip_documents
from ingest.serializers import Json
from ingest.version import version
from ingest.watched_sources import watched_source
from pipeline.still_there import of_each
from stores.cursors import cursor_of, key_of
from stores.models import KNOWLEDGE_ID_RULE

router = APIRouter(tags=["knowledge bases"])
TAR, ZIP = "application/x-tar", "application/zip"


class NewKnowledgeBase(Body):
    knowledge_id: str | None = Field(
        default=None,
        description=f"{KNOWLEDGE_ID_RULE[0].upper()}{KNOWLEDGE_ID_RULE[1:]}. Without it, it is made from the name.",
    )
    name: str = Field(default="", max_length=1000, description="A name for people, in any script.")


class Renaming(Body):
    name: str = Field(max_length=1000, description="The new name, in any script; empty: the id is shown. The id stays.")


class CheckOptions(Body):
    repair: bool = Field(default=False, description="Repair what can be made again from the rest.")
    deep: bool = Field(default=False, description="Read every file, and compare its content.")


class WatchedSourceOut(BaseModel):
    """A watched source. ``silent``: nothing was heard of its watcher for long; files are counted since it began."""

    source: str
    state: Literal["in step", "waiting", "silent", "ended"]
    obstacle: str | None = Field(description="why it waits or ended")
    host: str
    every_s: float
    prunes: bool
    submitted: int
    gone: int
    started_at: datetime
    looked_at: datetime | None
    heard_at: datetime
    ended_at: datetime | None


@router.post("/knowledge", status_code=201, response_model=KnowledgeBaseOut)
def create_knowledge_base(body: NewKnowledgeBase, service: ServiceDep, caller: CallerDep, response: Response) -> Json:
    """Create a knowledge base; an existing one of the same id is returned, under the name if one is given."""
    named, knowledge_id = body.knowledge_id is None, body.knowledge_id or ""
    if named:
        knowledge_id = service.knowledge_bases.id_for(body.name)
    caller.may(knowledge_id)
    if named:
        view = service.knowledge_bases.get(service.knowledge_bases.open_named(body.name))
    else:
        view = service.knowledge_bases.create(knowledge_id)
        view = service.knowledge_bases.rename(knowledge_id, body.name) if body.name else view
    response.headers["Location"] = f"/api/v1/knowledge/{knowledge_id}"
    return serializers.knowledge_base(view)


@router.get("/knowledge", response_model=Items[KnowledgeBaseOut])
def list_knowledge_bases(
    service: ServiceDep, caller: CallerDep, limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: Cursor = None
) -> Json:
    """List the knowledge bases of the key by id, with their counts."""
    after = key_of(cursor, str)
    names = [name for name in service.knowledge_bases.ids() if caller.sees(name) and (not after or name > after[0])]
    items = [serializers.knowledge_base(view) for view in of_each(names[:limit], service.knowledge_bases.get)]
    more = cursor_of(names[limit - 1]) if len(names) > limit else None
    return {"items": items, "next_cursor": more}


@router.get("/knowledge/{knowledge_id}", response_model=KnowledgeBaseOut, responses=problems(404))
def get_knowledge_base(knowledge_id: KnowledgeId, service: ServiceDep) -> Json:
    """Get the counts of one knowledge base."""
    return serializers.knowledge_base(service.knowledge_bases.get(knowledge_id))


@router.get("/knowledge/{knowledge_id}/watched", response_model=list[WatchedSourceOut], responses=problems(404))
def list_watched_sources(knowledge_id: KnowledgeId, service: ServiceDep) -> list[Json]:
    """List the folders, buckets and mailboxes that `ingot watch` keeps it in step with, that last heard of first."""
    return [watched_source(one, state) for one, state in service.knowledge_bases.watched_sources(knowledge_id)]


@router.patch("/knowledge/{knowledge_id}", response_model=KnowledgeBaseOut, responses=problems(404))
def rename_knowledge_base(knowledge_id: KnowledgeId, body: Renaming, service: ServiceDep) -> Json:
    """Give a knowledge base another name, which is shown in place of its id."""
    return serializers.knowledge_base(service.knowledge_bases.rename(knowledge_id, body.name))


@router.delete("/knowledge/{knowledge_id}", status_code=204, responses=problems(404))
def delete_knowledge_base(knowledge_id: KnowledgeId, service: ServiceDep) -> None:
    """Delete a knowledge base with everything in it; jobs that run for it stop."""
    service.knowledge_bases.delete(knowledge_id)


@router.post("/knowledge/{knowledge_id}/check", response_model=CheckReportOut, responses=problems(404))
def check_knowledge_base(knowledge_id: KnowledgeId, service: ServiceDep, options: CheckOptions | None = None) -> Json:
    """Compare rows, files, keywords and vectors, and repair them if asked to; searches and jobs go on meanwhile."""
    asked = options or CheckOptions()
    report = service.knowledge_bases.check(knowledge_id, repair=asked.repair, deep=asked.deep)
    return serializers.check_report(report)


@router.get("/knowledge/{knowledge_id}/export", response_class=Response, responses=content(TAR) | problems(404))
def export_knowledge_base(knowledge_id: KnowledgeId, service: ServiceDep) -> Response:
    """Download all of a knowledge base as one file, for `ingot kb import`; passwords of documents are in it."""
    blocks = service.knowledge_bases.export(knowledge_id, version())
    name = {"Content-Disposition": f'attachment; filename="{knowledge_id}.tar"'}
    return StreamingResponse(blocks, media_type=TAR, headers=name)


@router.get("/knowledge/{knowledge_id}/zip", response_class=Response, responses=content(ZIP) | problems(404, 431))
def download_documents(
    knowledge_id: KnowledgeId,
    service: ServiceDep,
    document: Annotated[
        list[Annotated[str, StringConstraints(max_length=4096)]] | None,
        Query(max_length=1000, description="Only these documents (repeatable); all without it."),
    ] = None,
    originals: Annotated[bool, Query(description="With the files themselves.")] = False,
) -> Response:
    """Download documents as a ZIP: Markdown, JSON, and records as CSV, with an index."""
    blocks = zip_documents(service, knowledge_id, document or (), originals=originals)
    name = {"Content-Disposition": f'attachment; filename="{knowledge_id}.zip"'}
    return StreamingResponse(blocks, media_type=ZIP, headers=name)

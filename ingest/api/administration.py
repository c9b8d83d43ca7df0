"""``/keys``: the keys of the API; ``/audit``: who changed what. Both need a key for all knowledge bases."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, Field

from ingest import administration_serializers as serializers
from ingest.api.bodies import Body
from ingest.api.dependencies import ServiceDep
from ingest.api.description import problems
from ingest.api.keyring import Keyring
from ingest.api.parameters import Cursor, Items
from ingest.api.security import CallerDep
from ingest.moments import moment_of
from ingest.serializers import Json
from stores.access_keys import NAME_RULE
from stores.audit import Action, AuditFilter
from stores.models import KNOWLEDGE_ID_RULE


def administrators(caller: CallerDep) -> None:
    """Refuse a key that is for some knowledge bases only."""
    caller.may_all()


router = APIRouter(tags=["administration"], dependencies=[Depends(administrators)])


class NewKey(Body):
    """A key to be made. Without ``knowledge`` it is for all knowledge bases, and an administrator's."""

    name: str = Field("", max_length=64, description=f"{NAME_RULE}; empty: key-1, key-2 ...")
    knowledge: list[str] = Field([], max_length=200, description=f"ids of knowledge bases: {KNOWLEDGE_ID_RULE}")


class KeyOut(BaseModel):
    """What is known of a key; the key itself is kept nowhere. ``knowledge`` is null for one that is for all.

    A key of the environment can only be taken out there; its name is the beginning of its hash.
    """

    name: str
    source: Literal["home", "INGOT_API_KEYS"]
    knowledge: list[str] | None
    created_at: datetime | None
    created_by: str | None
    last_used_day: date | None
    revoked_at: datetime | None


class NewKeyOut(KeyOut):
    """A key that was made: ``key`` is shown this once."""

    key: str


class AuditEntryOut(BaseModel):
    """One change. ``actor``: the name of a key, or a user of the system; ``door``: api, page, cli, mcp or python."""

    at: datetime
    actor: str
    door: str
    action: Action
    knowledge_id: str
    subject: str
    detail: str


@router.get("/keys", response_model=list[KeyOut])
def list_keys(request: Request, service: ServiceDep) -> list[Json]:
    """List the keys of this home, revoked ones included, and those of the server's environment."""
    keyring: Keyring = request.app.state.keyring
    kept = [serializers.access_key(key) for key in service.access_keys.all()]
    return kept + [serializers.environment_key(entry.name, entry.knowledge) for entry in keyring.entries]


@router.post("/keys", status_code=201, response_model=NewKeyOut, responses=problems(409))
def create_key(body: NewKey, service: ServiceDep, response: Response) -> Json:
    """Make a key, in force at once on all servers of the home. Once there is one, every request needs a key."""
    key, kept = service.access_keys.create(body.name, body.knowledge)
    response.headers["Location"] = f"/api/v1/keys/{kept.name}"
    response.headers["Cache-Control"] = "no-store"
    return {"key": key, **serializers.access_key(kept)}


@router.delete("/keys/{name}", response_model=KeyOut, responses=problems(404, 409))
def revoke_key(
    request: Request, service: ServiceDep, name: Annotated[str, Path(max_length=64, description="Name of a key.")]
) -> Json:
    """Revoke a key, at once on all servers of the home; its name stays in the list."""
    keyring: Keyring = request.app.state.keyring
    keyring.refuse_given(name)
    return serializers.access_key(service.access_keys.revoke(name))


@router.get("/audit", response_model=Items[AuditEntryOut])
def list_audit_entries(
    service: ServiceDep,
    knowledge_id: Annotated[str, Query(max_length=128, description="Only what concerns this knowledge base.")] = "",
    since: Annotated[str, Query(max_length=40, description="Only since then: `2026-11-20`, `12h`, `7d`.")] = "",
    actor: Annotated[str, Query(max_length=200, description="Only of this key or user.")] = "",
    action: Action | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    cursor: Cursor = None,
) -> Json:
    """List who changed what, and when; the newest first."""
    wanted = AuditFilter(
        knowledge_id=knowledge_id, since=moment_of(since) if since else None, actor=actor, action=action
    )
    listed = service.audit_trail.page(wanted, cursor, limit)
    return {"items": [serializers.audit_entry(entry) for entry in listed.items], "next_cursor": listed.next_cursor}

"""The page of the audit trail: who changed what, for those whose key is for all knowledge bases."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from ingest.api.administration import administrators
from ingest.api.dependencies import ServiceDep
from ingest.moments import moment_of
from ingest.web.rendering import page
from stores.audit import Action, AuditFilter
from stores.suggestions import check

router = APIRouter(dependencies=[Depends(administrators)])
_ROWS = 100


class Filters(BaseModel, frozen=True):
    """The query parameters of the page."""

    knowledge_id: str = Field("", max_length=128)
    actor: str = Field("", max_length=200)
    action: str = Field("", max_length=40)
    since: str = Field("", max_length=40)
    cursor: str = Field("", max_length=4096)

    def audit_filter(self) -> AuditFilter:
        """Return the filter for the use case. InputError for an unknown action or a malformed moment."""
        return AuditFilter(
            knowledge_id=self.knowledge_id.strip(),
            since=moment_of(self.since) if self.since.strip() else None,
            actor=self.actor.strip(),
            action=Action(check("action", self.action, list(Action), code="unknown_action")) if self.action else None,
        )

    def url(self, cursor: str = "") -> str:
        """Return the address of the same list, from a cursor or from its beginning."""
        given = {**self.model_dump(exclude={"cursor"}), "cursor": cursor}
        query = urlencode({name: value for name, value in given.items() if value})
        return f"/audit?{query}" if query else "/audit"

    @property
    def narrowed(self) -> bool:
        return bool(self.knowledge_id or self.actor or self.action or self.since)


@router.get("/audit")
def show_audit(request: Request, service: ServiceDep, filters: Annotated[Filters, Query()]) -> HTMLResponse:
    """List the changes that the filters select, the newest first."""
    entries = service.audit_trail.page(filters.audit_filter(), filters.cursor or None, _ROWS)
    names = {base.knowledge_id: base.title for base in service.knowledge_bases.all()}
    return page(
        request,
        "audit.html",
        entries=entries,
        filters=filters,
        actions=[action.value for action in Action],
        names=names,
        actors=sorted({key.name for key in service.access_keys.all()}),
        days=service.settings.audit_days,
        first_url=filters.url() if filters.cursor else "",
        next_url=filters.url(entries.next_cursor) if entries.next_cursor else "",
    )

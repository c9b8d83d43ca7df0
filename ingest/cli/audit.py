"""``ingot audit``: who changed what, and when."""

from __future__ import annotations

from typing import Annotated

import typer

from ingest.cli.context import AsJson, AsLines, load_settings, open_service

_MOST = 10_000
_COLUMNS = {
    "at": "when",
    "actor": "who",
    "door": "from",
    "action": "what",
    "knowledge_id": "knowledge base",
    "subject": "on",
    "detail": "detail",
}


def audit(
    knowledge: Annotated[
        str, typer.Option("-k", "--knowledge", metavar="ID", help="Only what concerns this knowledge base.")
    ] = "",
    since: Annotated[
        str, typer.Option("--since", metavar="WHEN", help="Only since then: 2026-11-20, or how long ago: 12h, 7d.")
    ] = "",
    actor: Annotated[str, typer.Option("--by", metavar="NAME", help="Only of this key or user.")] = "",
    action: Annotated[str, typer.Option("--action", metavar="WHAT", help="Only this, such as ingest or delete.")] = "",
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=_MOST, help="At most so many.")] = 100,
    as_json: AsJson = False,
    as_lines: AsLines = False,
) -> None:
    """List who changed what, and when; the newest first. INGOT_AUDIT_DAYS says how far back it goes."""
    from ingest import administration_serializers as serializers
    from ingest.cli import console
    from ingest.moments import moment_of
    from stores.audit import Action, AuditFilter
    from stores.models import check_knowledge_id
    from stores.suggestions import check

    wanted = AuditFilter(
        knowledge_id=check_knowledge_id(knowledge) if knowledge else "",
        since=moment_of(since) if since else None,
        actor=actor,
        action=Action(check("action", action, list(Action), code="unknown_action")) if action else None,
    )
    listed = open_service(load_settings()).audit_trail.page(wanted, limit=limit)
    rows = [serializers.audit_entry(entry) for entry in listed.items]
    console.print_rows(rows, _COLUMNS, as_json=as_json, as_lines=as_lines)
    if listed.next_cursor:
        console.note(f"there are more than these {limit}: see --limit")

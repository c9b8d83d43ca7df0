"""Entries of the audit trail: who changed what, and when."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What was done."""

    INGEST = "ingest"
    EXTRACT = "extract"
    RETRY = "retry"
    EMBED = "embed"
    CANCEL = "cancel"
    CORRECT = "correct"
    CONFIRM = "confirm"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    DELETE_DOCUMENT = "delete_document"
    RENAME_DOCUMENT = "rename_document"
    CREATE_KNOWLEDGE_BASE = "create_knowledge_base"
    IMPORT_KNOWLEDGE_BASE = "import_knowledge_base"
    RENAME_KNOWLEDGE_BASE = "rename_knowledge_base"
    REPAIR_KNOWLEDGE_BASE = "repair_knowledge_base"
    DELETE_KNOWLEDGE_BASE = "delete_knowledge_base"
    REPLAY_CALLBACK = "replay_callback"
    CREATE_KEY = "create_key"
    REVOKE_KEY = "revoke_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One change. ``at``: seconds since the epoch. ``door``: api, page, cli, mcp or python; "" for the program itself.

    ``actor``: the name of a key, or the user of the system. ``subject``: what was changed: a document, a job, a key.
    ``detail``: what else is worth knowing, never a secret. ``number``: its place in the trail, 0 before it is kept.
    """

    at: float
    actor: str
    door: str
    action: Action
    knowledge_id: str = ""
    subject: str = ""
    detail: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries are listed. Empty: all. ``since``: seconds since the epoch."""

    knowledge_id: str = ""
    since: float | None = None
    actor: str = ""
    action: Action | None = None

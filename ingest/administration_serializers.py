"""Keys of the API and entries of the audit trail, as plain JSON values."""

from __future__ import annotations

from ingest.serializers import Json, moment
from stores.access_keys import AccessKey
from stores.audit import AuditEntry


def access_key(key: AccessKey) -> Json:
    """Return what is known of a key that the home keeps; never the key itself, nor its hash."""
    return {
        "name": key.name,
        "source": "home",
        "knowledge": None if key.knowledge is None else list(key.knowledge),
        "created_at": moment(key.created_at),
        "created_by": key.created_by,
        "last_used_day": key.last_used_day or None,
        "revoked_at": moment(key.revoked_at),
    }


def environment_key(name: str, knowledge: frozenset[str] | None) -> Json:
    """Return what is known of a key of ``INGOT_API_KEYS``: its name is the beginning of its hash."""
    unknown = dict.fromkeys(("created_at", "created_by", "last_used_day", "revoked_at"))
    scope = None if knowledge is None else sorted(knowledge)
    return {"name": name, "source": "INGOT_API_KEYS", "knowledge": scope, **unknown}


def audit_entry(entry: AuditEntry) -> Json:
    """Return an entry of the audit trail."""
    return {
        "at": moment(entry.at),
        "actor": entry.actor,
        "door": entry.door,
        "action": entry.action,
        "knowledge_id": entry.knowledge_id,
        "subject": entry.subject,
        "detail": entry.detail,
    }

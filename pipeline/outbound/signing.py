"""Signs callbacks as specified by Standard Webhooks, with a configured secret or one made once per home."""

from __future__ import annotations

import base64
import binascii
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from stores.errors import InputError

if TYPE_CHECKING:
    from stores.contracts import KnowledgeCatalog

_PREFIX = "whsec_"
_NAME = "callback.secret"
_BYTES = 32
_LEAST_BYTES = 16


def secrets_of(given: str, catalog: KnowledgeCatalog) -> tuple[str, ...]:
    """The secrets that sign callbacks, the newest first: those in ``given``, separated by commas, or the home's own.

    InputError ``bad_setting`` where one is malformed.
    """
    configured = [part.strip() for part in given.split(",") if part.strip()]
    if given and not configured:
        raise InputError("INGOT_CALLBACK_SECRET is set, but holds no secret: unset it", code="bad_setting")
    return tuple(_checked(secret) for secret in configured) or (_of_home(catalog),)


def headers(secrets_: tuple[str, ...], event_id: str, body: str, now: float) -> dict[str, str]:
    """The headers of one attempt: the id of the event, the time and the signatures of the attempt."""
    from standardwebhooks import Webhook

    moment = datetime.fromtimestamp(int(now), UTC)
    return {
        "Content-Type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now)),
        "webhook-signature": " ".join(Webhook(one).sign(event_id, moment, body) for one in secrets_),
    }


def _checked(secret: str) -> str:
    try:
        size = len(base64.b64decode(secret.removeprefix(_PREFIX), validate=True))
    except binascii.Error:
        size = 0
    if not secret.startswith(_PREFIX) or size < _LEAST_BYTES:
        raise InputError(
            f"INGOT_CALLBACK_SECRET must be {_PREFIX} and at least {_LEAST_BYTES} bytes in base64: "
            "`ingot callbacks secret` shows one",
            code="bad_setting",
        )
    return secret


def _of_home(catalog: KnowledgeCatalog) -> str:
    """The secret that all hosts of the home share; created by the first caller."""
    new = _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()
    return _checked(catalog.shared_secret(_NAME, new))

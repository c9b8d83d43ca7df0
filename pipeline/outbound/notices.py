"""Notices: what needs a person, told by webhook or mail through the outbox of the home, once per cause and hour."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pipeline.mail_address import address_of
from pipeline.outbound import mail
from pipeline.settings import Settings
from pipeline.step_context import Resources
from stores.errors import IngotError
from stores.models import HOME

log = logging.getLogger("ingot.notices")

EVERY_S = 3600.0
"""Seconds between two notices of one cause."""
_LONGEST_WORDS = 2000


def receivers(settings: Settings) -> tuple[str, ...]:
    """Who is told: a URL, a mail address as mailto:..., both or none."""
    to_mail = [f"{mail.SCHEME}{','.join(address_of(settings.notify_mail).to)}"] if settings.notify_mail else []
    return tuple([*([settings.notify_url] if settings.notify_url else []), *to_mail])


def tell(resources: Resources, cause: str, sentence: str, facts: Mapping[str, Any]) -> bool:
    """Tell a person of a cause, unless that was done within the hour. Returns whether it is told.

    ``cause``: its short name, such as ``schedule:nightly``; ``facts``: ids for programs. An error is logged only:
    what is told of goes on.
    """
    try:
        urls = receivers(resources.settings)
        if not urls:
            return False
        moment = datetime.fromtimestamp(resources.catalog.now(), UTC).isoformat(timespec="milliseconds")
        data = {"cause": cause, "message": sentence[:_LONGEST_WORDS], **facts}
        body = {"type": "notice", "timestamp": moment.replace("+00:00", "Z"), "data": data}
        if not resources.catalog.home_store().notices.tell(cause, urls, body, EVERY_S):
            return False
        resources.catalog.mark_outbound(HOME)
    except IngotError as error:
        log.warning("nobody is told that %s: %s", sentence, error.message)
        return False
    return True

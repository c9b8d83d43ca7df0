"""Sends one callback to its receiver: a signed POST to a URL, or a notice by mail."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.addresses import parse_address
from pipeline.contracts import Answer
from pipeline.mail_address import address_of
from pipeline.outbound import mail, signing
from pipeline.step_context import Resources

if TYPE_CHECKING:
    from stores.contracts.outbox import Delivery

GONE = 410
"""The status by which a receiver says that it wants no more."""
_secrets: dict[tuple[str, Path, str], tuple[str, ...]] = {}  # by what decides on them: they never change


def _secrets_of(resources: Resources) -> tuple[str, ...]:
    settings = resources.settings
    key = (settings.callback_secret, settings.home.absolute(), settings.database_url)
    if key not in _secrets:
        _secrets[key] = signing.secrets_of(settings.callback_secret, resources.catalog)
    return _secrets[key]


def host_of(url: str) -> str:
    """Whose turn it is when something goes to ``url``: a host with its port, or the mail server. InputError."""
    return mail.SCHEME if url.startswith(mail.SCHEME) else parse_address(url).netloc


def send(resources: Resources, claim: Delivery) -> Answer:
    """Send a callback once. IngotError with the reason where nobody answers, or the mail server refuses."""
    if claim.url.startswith(mail.SCHEME):
        return Answer(status=_mail(resources, claim))
    headers, body = _signed(resources, claim)
    return resources.web().post(claim.url, headers, body, resources.settings.callback_timeout_s)


def meaning(status: int) -> str:
    """What a status other than 2xx says, for people."""
    if status == GONE:
        return "the receiver answered 410: it wants no more of these"
    if 300 <= status < 400:
        return f"the receiver answered {status}: redirects are not followed, give the URL that it ends at"
    return f"the receiver answered {status}"


def _mail(resources: Resources, claim: Delivery) -> int:
    facts = claim.body["data"]
    lines = [facts["message"], "", *(f"{key}: {value}" for key, value in facts.items() if key != "message")]
    address = address_of(resources.settings.notify_mail)
    return mail.send(address, f"Ingot: {facts['message']}", "\n".join(lines), claim.id)


def _signed(resources: Resources, claim: Delivery) -> tuple[dict[str, str], bytes]:
    """Headers and body of one attempt. Its time is that of all hosts: receivers refuse what is minutes old or ahead."""
    text = json.dumps(claim.body, ensure_ascii=False, separators=(",", ":"))
    body = text.encode("utf-8", "replace")  # a file name may contain bytes that are no characters
    secrets, now = _secrets_of(resources), resources.catalog.now()
    return signing.headers(secrets, claim.id, body.decode(), now), body

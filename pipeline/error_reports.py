"""Reports unexpected errors to Sentry, where ``SENTRY_DSN`` is set. They carry ids and places in the code, no text.

What is logged as an error with a traceback is reported: a bug in a stage, in a request, in a task. A report is made
anew of what is known to be harmless, so neither the message of an exception nor a local variable, which may quote a
document, leaves this machine. A document that fails for a reason of its own is no error of the program.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.log_format import subject
from stores.errors import InputError

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

DSN = "SENTRY_DSN"
_ABOUT = ("job", "knowledge_id", "document", "generation", "stage", "batch", "page", "trace_id")
_KEPT = ("event_id", "timestamp", "platform", "level", "logger", "release", "environment", "server_name")
_KEPT_OF_FRAMES = ("filename", "abs_path", "function", "module", "lineno", "in_app")
_LEFT_OUT = "left out, as it may quote a document: see the log"


def start(role: str, version: str) -> None:
    """Report the errors of this process, tagged with its ``role``. InputError where that cannot be done."""
    dsn = os.environ.get(DSN, "")
    if not dsn:
        return
    try:
        import sentry_sdk
        from sentry_sdk.integrations.atexit import AtexitIntegration
        from sentry_sdk.integrations.dedupe import DedupeIntegration
        from sentry_sdk.integrations.excepthook import ExcepthookIntegration
        from sentry_sdk.integrations.logging import LoggingIntegration
        from sentry_sdk.integrations.threading import ThreadingIntegration
        from sentry_sdk.utils import BadDsn
    except ImportError as error:
        words = f"{DSN} is set, but the package is not there: pip install 'ingot[sentry]', or unset {DSN}"
        raise InputError(words, code="no_sentry") from error
    kinds = (AtexitIntegration, DedupeIntegration, ExcepthookIntegration, ThreadingIntegration)
    try:
        sentry_sdk.init(
            dsn,
            release=f"ingot@{version}",
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=[*(kind() for kind in kinds), LoggingIntegration(level=None, event_level=logging.ERROR)],
            auto_session_tracking=False,
            send_client_reports=False,
            include_local_variables=False,
            max_breadcrumbs=0,
            before_send=_without_text,
        )
    except BadDsn as error:
        raise InputError(f"{DSN} is not the DSN of a Sentry project: {error}", code="bad_setting") from None
    sentry_sdk.set_tag("role", role)


def _without_text(event: Event, hint: Hint) -> Event | None:
    """Make a report of what is known to be harmless; None for an error without a traceback."""
    given: Mapping[str, Any] = event
    exceptions = (given.get("exception") or {}).get("values") or []
    if not exceptions:
        return None
    report: dict[str, Any] = {name: given[name] for name in _KEPT if name in given}
    if template := (given.get("logentry") or {}).get("message"):
        report["logentry"] = {"message": template}
    report["exception"] = {"values": [_without_message(one) for one in exceptions]}
    about = {name: str(value) for name, value in subject().items() if name in _ABOUT and value not in (None, "")}
    report["tags"] = {**dict(given.get("tags") or {}), **about}
    return report  # type: ignore[return-value]


def _without_message(exception: Mapping[str, Any]) -> dict[str, Any]:
    frames = (exception.get("stacktrace") or {}).get("frames") or []
    kept = [{name: frame[name] for name in _KEPT_OF_FRAMES if name in frame} for frame in frames]
    return {
        "type": exception.get("type"),
        "module": exception.get("module"),
        "value": _LEFT_OUT,
        "mechanism": {"type": "logging", "handled": True},
        "stacktrace": {"frames": kept},
    }

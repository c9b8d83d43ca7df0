"""The workers of other homes, where none on the broker works for this one: asked from a process that is no worker."""

from __future__ import annotations

from kombu.exceptions import ConnectionError as BrokerConnectionError
from kombu.exceptions import OperationalError

from pipeline.broker import configuration
from pipeline.neighbours import TELL_HOME, WORKER, Neighbour, others, present, shares_keys
from pipeline.settings import Settings
from pipeline.tasks import app


def strangers(settings: Settings) -> list[Neighbour]:
    """Who else works on the broker; nobody where somebody works for this home, or the broker cannot tell."""
    if not shares_keys(settings):
        return others(settings, [one for one in present(settings) if one.role == WORKER])
    app.conf.update(configuration(settings))
    try:
        with app.connection_for_read(settings.broker_url or None) as connection:
            told = app.control.broadcast(TELL_HOME, reply=True, timeout=1.0, connection=connection) or []
    except (OperationalError, BrokerConnectionError, OSError):
        return []
    answers = [facts for answer in told for facts in answer.values() if "home" in facts]
    return others(settings, [Neighbour(**facts) for facts in answers])

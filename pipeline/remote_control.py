"""Asks the workers over the broker for their queues, pools and homes."""

from __future__ import annotations

from typing import Any

from pipeline.broker_address import bare
from pipeline.broker_faults import BrokerError
from pipeline.broker_probe import translated
from pipeline.broker_queues import NAMES, plain_name, queue_length
from pipeline.home_registry import TELL_HOME, WORKER, Neighbour, others, present, shares_keys
from pipeline.settings import Settings
from pipeline.tasks import app, configure

SLOW_ANSWER_S = 8.0  # for a worker that has a fiftieth of a core


def workers(settings: Settings) -> list[str]:
    """Names of the workers that answer, busy ones too. Not for workers themselves. Raises BrokerError."""
    configure(settings)
    with translated(settings.broker_url), app.connection_for_read(bare(settings.broker_url) or None) as connection:
        answers = app.control.ping(timeout=2.0, connection=connection)
        answers = answers or app.control.ping(timeout=SLOW_ANSWER_S, limit=1, connection=connection) or []
        names = {name for answer in answers for name in answer}
        return sorted(names - _of_other_homes(settings, len(names), connection))


def call_workers(settings: Settings, *, patient: bool = False) -> dict[str, Any]:
    """What the workers report about themselves, and how many messages wait in each queue. Raises BrokerError.

    Returns ``{"workers": {name: {queues, pool, concurrency}}, "messages": {queue: count}}``. ``patient``: wait
    longer, but only for the first answer.
    """
    timeout_s = SLOW_ANSWER_S if patient else 1.0
    configure(settings)
    url = settings.broker_url
    with translated(url, closer=True), app.connection_for_read(bare(url) or None) as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=3)
        messages = {queue: queue_length(connection, queue) for queue in NAMES}
        asking = app.control.inspect(timeout=timeout_s, limit=1 if patient else None, connection=connection)
        queues = asking.active_queues() or {}
        for stranger in _of_other_homes(settings, len(queues), connection):
            queues.pop(stranger, None)
        stats = asking.stats() or {} if queues else {}
    workers = {
        name: {
            "queues": [plain_name(queue["name"]) for queue in served],
            "pool": str(stats.get(name, {}).get("pool", {}).get("implementation", ""))
            .partition(":")[0]
            .rpartition(".")[2],
            "concurrency": stats.get(name, {}).get("pool", {}).get("max-concurrency"),
        }
        for name, served in queues.items()
    }
    return {"workers": workers, "messages": messages}


def _of_other_homes(settings: Settings, count: int, connection: Any) -> set[str]:
    """Names of the workers of other homes, where all homes share the queues; ``count`` workers are there."""
    if not count or not shares_keys(settings):
        return set()
    told = app.control.broadcast(TELL_HOME, reply=True, timeout=1.0, limit=count, connection=connection) or []
    mine = Neighbour.here(settings, WORKER).home
    return {name for answer in told for name, facts in answer.items() if facts.get("home", mine) != mine}


def workers_of_other_homes(settings: Settings) -> list[Neighbour]:
    """The workers of other homes; none where this home has a worker, or the broker cannot be asked."""
    if not shares_keys(settings):
        return others(settings, [one for one in present(settings) if one.role == WORKER])
    configure(settings)
    url = settings.broker_url
    try:
        with translated(url), app.connection_for_read(bare(url) or None) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=3)
            told = app.control.broadcast(TELL_HOME, reply=True, timeout=1.0, connection=connection) or []
    except BrokerError:
        return []
    answers = [facts for answer in told for facts in answer.values() if "home" in facts]
    return others(settings, [Neighbour(**facts) for facts in answers])

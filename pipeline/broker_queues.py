"""The queues as each kind of broker has them: their names, their type, and how priorities are written.

On RabbitMQ they are quorum queues, which a cluster keeps on several nodes. They have names of their own there: a
virtual host may be shared, and earlier versions declared classic queues, whose type cannot be changed. A message that
was delivered ``DELIVERIES`` times is dropped; its step stays due in SQL, where attempts are counted, too.
"""

from __future__ import annotations

from typing import Any

from kombu import Exchange, Queue

from pipeline.priorities import NOTIFY, OUTBOUND_PRIORITIES, PRIORITIES, QUEUES

DELIVERIES = 20
CONFIRM_S = 10.0
"""A message that RabbitMQ has not taken within so many seconds counts as not sent."""
HEARTBEAT_S = 30
"""A connection on which nothing came for twice as long is lost, and what was delivered over it is delivered again."""
_PREFIX = "ingot."
_LAST = 9
NAMES = tuple(dict.fromkeys((*QUEUES.values(), NOTIFY)))
"""The queues as settings, logs and answers name them."""


def is_amqp(url: str) -> bool:
    """Whether this is the address of a RabbitMQ."""
    return url.startswith(("amqp", "pyamqp"))


def declared(url: str) -> list[Queue]:
    """The queues for Celery. It knows each by its plain name on every broker."""
    if not is_amqp(url):
        return [Queue(name, routing_key=name) for name in NAMES]
    arguments = {"x-queue-type": "quorum", "x-delivery-limit": DELIVERIES}
    exchange = Exchange("ingot", type="direct")
    return [Queue(_PREFIX + name, exchange, name, alias=name, queue_arguments=arguments) for name in NAMES]


def plain_name(queue: str) -> str:
    """The name of a queue without what the broker has in front of it."""
    return queue.removeprefix(_PREFIX)


def priority_at(url: str, priority: int) -> int:
    """A priority of ours, 0 first, as the broker has it: in RabbitMQ 9 comes first.

    Its quorum queues know two, 5 to 9 before the rest, from version 4 on, and none before.
    """
    return _LAST - priority if is_amqp(url) else priority


def routes(url: str) -> dict[str, dict[str, Any]]:
    """Queue and priority of each task, by its name."""
    stages: dict[str, tuple[str, int]] = {stage: (queue, PRIORITIES[stage]) for stage, queue in QUEUES.items()}
    tasks = stages | {name: (NOTIFY, priority) for name, priority in OUTBOUND_PRIORITIES.items()}
    return {
        f"ingot.{name}": {"queue": queue, "priority": priority_at(url, priority)}
        for name, (queue, priority) in tasks.items()
    }


def settings_at(url: str) -> dict[str, Any]:
    """Celery's settings for a RabbitMQ; none for other brokers.

    A host that was cut off comes back while its old connection still counts there: the queue of a worker's remote
    control must not belong to that alone, and is removed when nobody has used it for some seconds.
    """
    if not is_amqp(url):
        return {"control_queue_exclusive": True, "control_queue_durable": False, "broker_heartbeat": 120}
    return {
        "control_queue_exclusive": False,
        "control_queue_durable": True,
        "broker_heartbeat": HEARTBEAT_S,
    }


def transport_options(url: str) -> dict[str, Any]:
    """What the connections to a RabbitMQ need beside the options of all; empty for other brokers."""
    return {"confirm_publish": True, "read_timeout": CONFIRM_S, "write_timeout": CONFIRM_S} if is_amqp(url) else {}


def queue_length(connection: Any, queue: str) -> int:
    """The number of messages that wait in a queue, given its plain name; 0 where it does not exist yet.

    Those that a worker has in hand are not counted. On Redis a passive declaration asks for the key without
    ``global_keyprefix`` and never finds it; an active one makes nothing there. On RabbitMQ a passive one of a queue
    that does not exist ends the channel, so each has its own.
    """
    broker = connection.transport.driver_type
    if broker == "redis":
        return int(connection.default_channel.queue_declare(queue=queue).message_count)
    try:
        with connection.channel() as channel:
            name = _PREFIX + queue if broker == "amqp" else queue
            return int(channel.queue_declare(queue=name, passive=True).message_count)
    except connection.channel_errors:
        return 0

"""Sources that a knowledge base is kept in step with, as plain JSON values, for the command line and the API."""

from __future__ import annotations

from ingest.serializers import Json, moment
from pipeline.commands.watched_sources import WatchedSource


def watched_source(watched: WatchedSource, state: str) -> Json:
    """Serialize a source with the state of its watcher: in step, waiting, silent or ended."""
    return {
        "source": watched.source,
        "state": state,
        "obstacle": watched.obstacle or None,
        "host": watched.host,
        "every_s": watched.every_s,
        "prunes": watched.prunes,
        "submitted": watched.submitted,
        "gone": watched.gone,
        "started_at": moment(watched.started_at),
        "looked_at": moment(watched.looked_at),
        "heard_at": moment(watched.heard_at),
        "ended_at": moment(watched.ended_at),
    }

"""Schedules as plain JSON values, for the command line and the API."""

from __future__ import annotations

from ingest.serializers import Json, moment
from pipeline.service.schedules import ScheduleStatus


def schedule(status: ScheduleStatus) -> Json:
    """Serialize a schedule with its last run."""
    wanted, view = status.schedule, status.view
    return {
        "name": wanted.name,
        "do": wanted.do,
        "knowledge_id": wanted.knowledge_id or None,
        "source": wanted.source or None,
        "cron": wanted.cron,
        "timezone": wanted.timezone,
        "state": str(view.state),
        "next_at": moment(status.next_at) if status.in_file else None,
        "started_at": moment(view.started_at),
        "finished_at": moment(view.finished_at),
        "error": view.error or None,
        "result": view.result,
        "skipped": view.skipped,
    }

"""Prometheus metrics of the work that this process does: steps, pages and callbacks.

They are kept only where ``PROMETHEUS_MULTIPROC_DIR`` names a folder, as the variable of the Prometheus client does;
elsewhere nothing is imported and nothing is counted. Every process writes its own files there, so that counts outlive
a child that is killed. ``ingest.runtime.metrics_server`` adds them up and serves them.
"""

from __future__ import annotations

import os
import re
import time
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import Counter, Gauge, Histogram

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable with the folder of the files; the Prometheus client reads it when it is imported."""
_STEP_BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
_PAGE_BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_BEHIND_NAME = re.compile(r"[:\s]")


class WorkerMetrics:
    """The metrics of a worker's processes. Names of knowledge bases and documents are no labels: they have no bound."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        mine = CollectorRegistry()  # nobody collects it: the files are read

        def counter(name: str, words: str, *labels: str) -> Counter:
            return Counter(name, words, labels, registry=mine)

        def gauge(name: str, words: str, label: str, mode: str) -> Gauge:
            return Gauge(name, words, [label], registry=mine, multiprocess_mode=mode)  # type: ignore[arg-type]

        def histogram(name: str, words: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(name, words, ["stage"], registry=mine, buckets=buckets)

        self.steps = counter("ingot_steps_ended_total", "Runs of steps, by how they ended.", "stage", "outcome")
        self.step_cpu = counter("ingot_step_cpu_seconds_total", "CPU seconds of done steps.", "stage")
        self.step_time = histogram("ingot_step_duration_seconds", "Seconds that a done step took.", _STEP_BUCKETS_S)
        self.pages = counter(
            "ingot_pages_read_total", "Pages that were read, or given up (failed).", "stage", "engine", "outcome"
        )
        self.page_time = histogram("ingot_page_duration_seconds", "Seconds that a page took.", _PAGE_BUCKETS_S)
        self.callbacks = counter("ingot_callback_attempts_total", "Tries to deliver a callback.", "outcome")
        self.in_hand = gauge("ingot_worker_steps_in_hand", "Steps that are being worked on.", "stage", "livesum")
        self.slots = gauge("ingot_worker_slots", "Steps that a worker can work on at once.", "worker", "livemax")
        self.alive_at = gauge(
            "ingot_worker_heartbeat_timestamp_seconds", "When the worker's main loop last ran.", "worker", "livemax"
        )


@cache
def _metrics() -> WorkerMetrics | None:
    """The metrics of this process; None where they are not kept, or where their folder is gone."""
    return WorkerMetrics() if os.access(os.environ.get(FOLDER) or "-", os.W_OK) else None


def step_begins(stage: str) -> None:
    """Count a step that begins."""
    if metrics := _metrics():
        metrics.in_hand.labels(stage).inc()


def step_ended(stage: str, outcome: str, seconds: float, cpu_s: float) -> None:
    """Count a step that began in this process and ended; ``outcome`` as the log has it."""
    if metrics := _metrics():
        metrics.in_hand.labels(stage).dec()
        metrics.steps.labels(stage, _label(outcome)).inc()
        if outcome == "done":
            metrics.step_time.labels(stage).observe(seconds)
            metrics.step_cpu.labels(stage).inc(cpu_s)


def step_lost(stage: str) -> None:
    """Count a step whose process died; what that process had in hand ends with it."""
    if metrics := _metrics():
        metrics.steps.labels(stage, "lost").inc()


def page_ended(stage: str, seconds: float) -> None:
    """Count the time of a page, whatever became of it."""
    if metrics := _metrics():
        metrics.page_time.labels(stage).observe(seconds)


def page_read(stage: str, engine: str) -> None:
    """Count a page whose text was saved."""
    if metrics := _metrics():
        metrics.pages.labels(stage, _name_of(engine), "read").inc()


def page_failed(stage: str, engine: str) -> None:
    """Count a page that was given up."""
    if metrics := _metrics():
        metrics.pages.labels(stage, _name_of(engine), "failed").inc()


def callback_tried(outcome: str) -> None:
    """Count one try of a callback: ``delivered``, ``failed`` (it is tried again) or ``dead``."""
    if metrics := _metrics():
        metrics.callbacks.labels(outcome).inc()


def worker_lives(name: str, slots: int) -> None:
    """Note that the main loop of a worker runs, and how many steps it can work on at once."""
    if metrics := _metrics():
        metrics.slots.labels(name).set(slots)
        metrics.alive_at.labels(name).set(time.time())


def _name_of(engine: str) -> str:
    """An engine without its version, and without why it wrote a page that was meant for another."""
    return _BEHIND_NAME.split(engine, maxsplit=1)[0]


def _label(outcome: str) -> str:
    return outcome.replace(" ", "_")

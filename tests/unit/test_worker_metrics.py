"""Metrics of several processes: added up, and kept when the processes that counted are gone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.runtime import metrics_folder
from pipeline import worker_metrics
from tests.conftest import ROOT
from tests.waiting import GENEROUS_S

CHILD = """
import os, sys
from pipeline import worker_metrics as m
for _ in range(int(sys.argv[1])):
    if not os.fork():
        m.step_begins("ocr"); m.step_ended("ocr", "tried again", 1.0, 0.5)
        m.step_begins("ocr"); m.step_ended("ocr", "done", 2.0, 0.5)
        m.step_begins("ocr")
        m.page_read("ocr", "rapidocr (got: it repeats itself)"); m.page_failed("ocr", "pymupdf-layout:4")
        m.worker_lives("gpu@here", 8)
        os._exit(0)
    os.wait()
"""


def samples_of(folder: Path) -> dict[tuple[str, str], float]:
    """(name, values of its labels) -> value, without the buckets of histograms."""
    metrics = metrics_folder.collect(folder)
    samples = [sample for metric in metrics for sample in metric.samples if "bucket" not in sample.name]
    return {(one.name, " ".join(one.labels.values())): one.value for one in samples}


def count_in_children(folder: Path, children: int) -> None:
    environment = {**os.environ, worker_metrics.FOLDER: str(folder), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", CHILD, str(children)]
    subprocess.run(command, env=environment, check=True, timeout=GENEROUS_S, stdout=subprocess.DEVNULL)


def test_what_children_counted_outlives_them_and_what_they_had_in_hand_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics_folder, "_MOST_FILES", 2)
    for round_of_children in (1, 2):
        count_in_children(tmp_path, 3)
        samples = samples_of(tmp_path)
        counted = 3 * round_of_children
        assert samples["ingot_steps_ended_total", "done ocr"] == counted
        assert samples["ingot_steps_ended_total", "tried_again ocr"] == counted
        assert samples["ingot_step_duration_seconds_sum", "ocr"] == 2.0 * counted
        assert samples["ingot_pages_read_total", "rapidocr read ocr"] == counted
        assert samples["ingot_pages_read_total", "pymupdf-layout failed ocr"] == counted
        assert not any(name.startswith("ingot_worker_") for name, _ in samples), "gauges of the dead"
        assert len(list(tmp_path.glob("*.db"))) == 2, "one file of counters and one of histograms are left"


def test_where_no_folder_is_named_nothing_is_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(worker_metrics.FOLDER, str(tmp_path / "gone"))
    worker_metrics._metrics.cache_clear()
    worker_metrics.page_read("ocr", "rapidocr")
    assert worker_metrics._metrics() is None
    assert samples_of(tmp_path / "gone") == {}

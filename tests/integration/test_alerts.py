"""Alert rules and dashboard: they name metrics and labels that Ingot has, and an alert fires on what it really says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from ingest.runtime import metrics_server
from pipeline import worker_metrics
from tests.api_server import FAKE, Server, serving
from tests.broker_servers import redis
from tests.conftest import ROOT
from tests.in_process import fake_document
from tests.waiting import GENEROUS_S, eventually

DEPLOY = ROOT / "scripts" / "deploy"
OF_PROMETHEUS = {"ALERTS": {"alertname", "alertstate"}}
ADDED = {"instance", "job", "le"}  # labels that Prometheus and histograms add


@pytest.fixture(scope="module")
def promtool() -> str:
    beside = Path(sys.executable).with_name("promtool")
    program = shutil.which("promtool") or (str(beside) if beside.exists() else "")
    return program or pytest.skip("no promtool: it is in Debian's package prometheus")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """The server of a home in which a document waits, with a broker and without a worker."""
    with redis() as port, serving(**FAKE, broker_url=f"redis://127.0.0.1:{port}/0") as running:
        running.upload("demo", fake_document(running.folder / "waits.pdf", "# Waits"))
        yield running


def metrics_of(server: Server) -> str:
    return httpx2.get(f"{server.address}/metrics", timeout=GENEROUS_S).text


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((DEPLOY / "alerts.yaml").read_text())["groups"]
    return list(group["rules"])


def expressions() -> dict[str, str]:
    """Name -> PromQL, of every rule and every curve of the dashboard."""
    panels = json.loads((DEPLOY / "dashboard.json").read_text())["panels"]
    curves = {f"{one['title']} {target['refId']}": target["expr"] for one in panels for target in one["targets"]}
    return {**{rule["alert"]: rule["expr"] for rule in rules()}, **curves}


def labels_of_metrics(text: str) -> dict[str, set[str]]:
    """Name of each sample in this exposition, and of each of the worker's metrics -> its labels."""
    known: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            known.setdefault(sample.name, set()).update(sample.labels)
        known.setdefault(family.name, set())
    for metric in vars(worker_metrics.WorkerMetrics()).values():
        for end in {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}.get(metric._type, ("",)):
            known[metric._name + end] = set(metric._labelnames)
    return known


def test_rules_and_dashboard_name_only_metrics_and_labels_that_are_there(server: Server) -> None:
    labels = {**labels_of_metrics(metrics_of(server)), **OF_PROMETHEUS}
    labels["ingot_callbacks"] = {"knowledge_id", "state"}  # of which there are none yet
    for name, query in expressions().items():
        bare = re.sub(r'"[^"]*"', '""', query)
        used = set(re.findall(r"\b(ingot_\w+|ALERTS)\b", bare))
        assert used and used <= set(labels), f"{name}: {used - set(labels)}"
        chosen = {label for metric in used for label in labels[metric]} | ADDED
        asked = {word for part in re.findall(r"(?:by|ignoring) \(([^)]*)\)", bare) for word in part.split(", ")}
        asked |= set(re.findall(r"(\w+)!?=~?\"", bare))
        assert asked <= chosen, f"{name}: {asked - chosen}"


def test_every_rule_says_what_to_do_and_has_a_test_in_which_it_fires() -> None:
    tests = yaml.safe_load((DEPLOY / "alerts_test.yaml").read_text())["tests"]
    fired = {case["alertname"] for test in tests for case in test["alert_rule_test"] if case["exp_alerts"]}
    assert fired == {rule["alert"] for rule in rules()}
    assert all(rule["annotations"].keys() == {"summary", "action"} for rule in rules())
    assert metrics_server.HEARTBEAT in "".join(rule["expr"] for rule in rules())


def run(promtool: str, *words: str) -> str:
    done = subprocess.run(
        [promtool, *words], cwd=DEPLOY, capture_output=True, text=True, timeout=GENEROUS_S, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_promtool_accepts_configuration_and_rules_and_each_fires_when_it_should(promtool: str) -> None:
    assert f"{len(rules())} rules found" in run(promtool, "check", "rules", "alerts.yaml")
    run(promtool, "check", "config", "--syntax-only", "prometheus.yaml")
    assert "SUCCESS" in run(promtool, "test", "rules", "alerts_test.yaml")


def test_an_alert_fires_on_what_a_server_without_workers_says(promtool: str, server: Server, tmp_path: Path) -> None:
    """The server's own samples, held for ten minutes, are what Prometheus would have scraped."""

    def unserved() -> str:
        text = metrics_of(server)
        return text if 'ingot_queue_workers{queue="cpu"} 0.0' in text else ""

    text = eventually(unserved, told=lambda: metrics_of(server))
    assert text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    series = [{"series": _written(one), "values": f"{one.value:.17g}x10"} for one in samples if "http" not in one.name]
    rule = next(one for one in rules() if one["alert"] == "IngotQueueHasNoWorker")
    words = dict(rule["annotations"])
    words["summary"] = "1 steps wait in the queue cpu, which no worker serves"
    expected = {"exp_labels": {"severity": "critical", "queue": "cpu"}, "exp_annotations": words}
    case = {"eval_time": "5m", "alertname": rule["alert"], "exp_alerts": [expected]}
    (tmp_path / "test.yaml").write_text(
        yaml.safe_dump(
            {
                "rule_files": [str(DEPLOY / "alerts.yaml")],
                "tests": [{"interval": "1m", "input_series": series, "alert_rule_test": [case]}],
            }
        )
    )
    run(promtool, "test", "rules", str(tmp_path / "test.yaml"))


def _written(sample: Any) -> str:
    labels = ",".join(f"{name}={json.dumps(value)}" for name, value in sample.labels.items())
    return f"{sample.name}{{{labels}}}"

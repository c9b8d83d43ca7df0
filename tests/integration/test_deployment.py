"""compose.yaml, the Dockerfile and the manifests: valid by the rules of their tools, and true to the program."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import compose_spec
import httpx2
import kubernetes_validate
import pytest
import typer
import yaml

from ingest.api.models import QueueOut
from ingest.cli.app import app
from ingest.runtime import worker_spec
from pipeline.priorities import NOTIFY, QUEUES
from pipeline.settings import Settings
from tests.broker_servers import free_port, redis
from tests.conftest import ROOT
from tests.e2e.command import COMMAND, Home
from tests.waiting import GENEROUS_S, eventually

DEPLOY = ROOT / "scripts" / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
OURS = {"ingot", "ingot-gpu"}
ALL_QUEUES = {*QUEUES.values(), NOTIFY}
NOT_OURS = re.compile(r"AWS_\w+|HF_HOME|OTEL_\w+|SENTRY_\w+")
_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}")


def compose() -> dict[str, Any]:
    """The file as Docker reads it, with every variable that .env must hold set to a word."""
    filled = _VARIABLE.sub(lambda variable: variable[2] or "word", (ROOT / "compose.yaml").read_text())
    read: dict[str, Any] = yaml.safe_load(filled)
    return read


def manifests() -> list[dict[str, Any]]:
    """What the folders of manifests hold, without what only Kustomize reads."""
    read = [one for path in KUBERNETES.rglob("*.yaml") for one in yaml.safe_load_all(path.read_text())]
    return [one for one in read if one["kind"] not in ("Kustomization", "Component")]


def containers() -> Iterator[tuple[str, dict[str, Any]]]:
    for one in manifests():
        if one["kind"] == "Deployment":
            for container in one["spec"]["template"]["spec"]["containers"]:
                yield one["metadata"]["name"], container


def commands() -> dict[str, list[str]]:
    """Where a command of ours stands -> its arguments."""
    services = compose()["services"].items()
    of_compose = {f"compose {name}": service["command"] for name, service in services if service["image"] in OURS}
    return of_compose | {f"{name} with {container['image']}": container["args"] for name, container in containers()}


def test_compose_is_what_the_specification_allows_and_names_nothing_that_is_not_there() -> None:
    read = compose()
    compose_spec.PyCompose.from_json(json.dumps(read)).validate()
    for name, service in read["services"].items():
        assert set(service.get("depends_on", {})) <= set(read["services"]), name
        assert set(service.get("secrets", [])) <= set(read["secrets"]), name
        for source in (volume.split(":")[0] for volume in service.get("volumes", [])):
            assert (ROOT / source).exists() if source.startswith(".") else source in read["volumes"], name
        build = service.get("build", {})
        assert not build or (ROOT / build["dockerfile"]).exists()


@pytest.mark.parametrize("profile", ["cpu", "gpu"])
def test_each_profile_serves_every_queue(profile: str) -> None:
    started = [one for one in compose()["services"].values() if profile in one.get("profiles", [profile])]
    roles = [one["command"][1] for one in started if one["image"] in OURS and one["command"][0] == "worker"]
    assert {queue for role in roles for kind in worker_spec.ROLES[role] for queue in worker_spec.KINDS[kind][1]} == (
        ALL_QUEUES
    )


@pytest.mark.parametrize("place", commands())
def test_every_command_parses(place: str) -> None:
    arguments = commands()[place]
    program: Any = typer.main.get_command(app)
    context = program.make_context("ingot", list(arguments))
    name, command, rest = program.resolve_command(context, [*context._protected_args, *context.args])
    parsed = command.make_context(name, rest, parent=context).params
    if name == "worker":
        assert parsed["role"] in worker_spec.ROLES
        assert worker_spec.chosen_queues(parsed["role"], parsed["queues"])


def test_every_variable_is_a_setting() -> None:
    given = {name for one in compose()["services"].values() if one["image"] in OURS for name in one["environment"]}
    given |= {name for one in manifests() if one["kind"] == "ConfigMap" for name in one["data"]}
    given |= {one["name"] for _, container in containers() for one in container.get("env", [])}
    given |= {line.split("=")[0] for line in (KUBERNETES / "base" / "secret.env.example").read_text().splitlines()}
    settings = {f"INGOT_{name.upper()}" for name in Settings.model_fields}
    assert {name for name in given - settings if not NOT_OURS.fullmatch(name)} == set()
    patched = re.findall(r"/data/(INGOT_\w+)", (KUBERNETES / "gpu" / "kustomization.yaml").read_text())
    assert set(patched) <= settings


def test_the_image_is_made_of_what_is_there() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    copied = [word for line in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE) for word in line.split()]
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(copied) == allowed and all((ROOT / name).exists() for name in copied)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = {extra for group in re.findall(r'"\.\[([\w,]+)\]"', text) for extra in group.split(",")}
    assert extras <= set(project["optional-dependencies"])
    stages = set(re.findall(r"^FROM \S+ AS (\w+)", text, re.MULTILINE))
    targets = {one["build"]["target"] for one in compose()["services"].values() if "build" in one}
    assert targets <= stages and '"ingot"' in text and "ingot" in project["scripts"]


def test_manifests_are_what_kubernetes_allows() -> None:
    read = [one for one in manifests() if not one["apiVersion"].startswith("keda.sh/") and "selector" in str(one)]
    assert len(read) >= 8
    for one in read:
        kubernetes_validate.validate(one, "1.37", strict=True)


@pytest.mark.skipif(not shutil.which("kubectl"), reason="no kubectl")
@pytest.mark.parametrize("folder", ["base", "gpu"])
def test_kustomize_makes_valid_manifests(folder: str) -> None:
    done = subprocess.run(
        ["kubectl", "kustomize", str(KUBERNETES / folder)], capture_output=True, text=True, timeout=GENEROUS_S
    )
    assert done.returncode == 0, done.stderr
    made = list(yaml.safe_load_all(done.stdout))
    for one in made:
        if not one["apiVersion"].startswith("keda.sh/"):
            kubernetes_validate.validate(one, "1.37", strict=True)
    deployments = {one["metadata"]["name"]: one["spec"] for one in made if one["kind"] == "Deployment"}
    assert set(deployments) == {"ingot-api", *(f"ingot-{queue}" for queue in ALL_QUEUES)}
    ocr = deployments["ingot-ocr"]["template"]["spec"]["containers"][0]
    assert ocr["args"][:2] == (["worker", "gpu"] if folder == "gpu" else ["worker", "all"])
    scaled = folder == "gpu"  # KEDA decides on the number then
    assert all(("replicas" in deployments[f"ingot-{queue}"]) is not scaled for queue in ALL_QUEUES)


def test_each_queue_has_workers_that_drain_and_are_probed_and_a_scaler() -> None:
    deployments = {one["metadata"]["name"]: one["spec"] for one in manifests() if one["kind"] == "Deployment"}
    scalers = {one["metadata"]["name"]: one["spec"] for one in manifests() if one["kind"] == "ScaledObject"}
    assert set(scalers) == {f"ingot-{queue}" for queue in ALL_QUEUES} < set(deployments)
    for queue in ALL_QUEUES:
        for trigger in scalers[f"ingot-{queue}"]["triggers"]:
            asked = re.fullmatch(r'#\(queue=="(\w+)"\)\.(\w+)', trigger["metadata"]["valueLocation"])
            assert asked and asked[1] == queue and asked[2] in QueueOut.model_fields
    for one in yaml.safe_load_all((KUBERNETES / "base" / "workers.yaml").read_text()):
        pod = one["spec"]["template"]["spec"]
        (worker,) = pod["containers"]
        assert one["metadata"]["name"] == f"ingot-{worker['args'][-1]}"
        assert pod["terminationGracePeriodSeconds"] >= 60 and worker["resources"]["limits"]["memory"]
        paths = {worker[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")}
        assert paths == {"/livez", "/readyz"}
    config = next(one["data"] for one in manifests() if one["kind"] == "ConfigMap")
    ports = {port["containerPort"] for _, container in containers() for port in container.get("ports", [])}
    assert ports == {8000, int(config["INGOT_METRICS_PORT"])}


def test_a_worker_of_the_manifests_answers_its_probes_counts_and_ends_on_a_signal(home: Path) -> None:
    """With the arguments and the variables that stand there."""
    container = next(container for name, container in containers() if name == "ingot-ocr")
    config = next(one["data"] for one in manifests() if one["kind"] == "ConfigMap")
    given = {
        name: value
        for name, value in config.items()
        if name not in ("INGOT_HOME", "INGOT_CHROMA_URL", "INGOT_FILES_URL")
    }
    given |= {one["name"]: one["value"] for one in container["env"]}
    port = free_port()
    with redis() as broker:
        environment = {**Home(home).environment, **given, "INGOT_BROKER_URL": f"redis://127.0.0.1:{broker}/0"}
        environment |= {"INGOT_METRICS_HOST": "127.0.0.1", "INGOT_METRICS_PORT": str(port), "INGOT_OCR_ENGINE": "fake"}
        with (home / "log").open("wb") as log:
            worker = subprocess.Popen([*COMMAND, *container["args"]], cwd=ROOT, env=environment, stdout=log, stderr=log)

        def answer(path: str) -> int:
            with contextlib.suppress(httpx2.HTTPError):
                return client.get(path).status_code
            return 0

        def slots() -> str:
            return client.get("/metrics").text

        client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=GENEROUS_S)
        try:
            ready = container["readinessProbe"]["httpGet"]["path"]
            assert eventually(lambda: answer(ready) == 200, every_s=0.3, told=(home / "log").read_text)
            assert (answer(container["livenessProbe"]["httpGet"]["path"]), answer("/elsewhere")) == (200, 404)
            two = re.compile(r"^ingot_worker_slots\{worker=\"all@.*\"\} 2.0$", re.MULTILINE)
            assert eventually(lambda: two.search(slots()), every_s=0.3, told=slots)
        finally:
            worker.terminate()
            assert worker.wait(GENEROUS_S) == 0, (home / "log").read_text()

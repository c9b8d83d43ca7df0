"""The base install knows nothing of PyTorch; the extra ``gpu`` alone brings it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

HEAVY = {"torch", "transformers", "sentence-transformers"}
_TELLS = "import os\nopen(os.environ['IMPORTED'], 'a').write(__name__ + '\\n')\n"
_USES = """
import celery_app, ingest.cli, ingest.cli.doctor_checks, pipeline.service
from pipeline import wiring
from pipeline.settings import Settings
resources = wiring.build(Settings())
for name in wiring.PAGE_READERS:
    wiring.PAGE_READERS[name](Settings()).batch_pages
for name in wiring.EMBEDDERS:
    wiring.EMBEDDERS[name](Settings())
resources.embedder().embed_query("a question")
"""


def declared(lines: Iterable[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in lines}


def installed_with(lines: Iterable[str]) -> set[str]:
    """Names of all packages that these bring along, as far as they are installed here."""
    installed: set[str] = set()
    todo = [Requirement(line) for line in lines]
    while todo:
        wanted = todo.pop()
        name = canonicalize_name(wanted.name)
        if name in installed or not _applies(wanted, extra=""):
            continue
        installed.add(name)
        try:
            needs = [Requirement(line) for line in requires(name) or ()]
        except PackageNotFoundError:
            continue
        todo += [need for need in needs if any(_applies(need, extra) for extra in ("", *wanted.extras))]
    return installed


def _applies(wanted: Requirement, extra: str) -> bool:
    return wanted.marker is None or wanted.marker.evaluate({"extra": extra})


def test_gpu_is_the_only_extra_that_names_torch() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = {name: declared(lines) for name, lines in project["optional-dependencies"].items()}
    assert not declared(project["dependencies"]) & HEAVY
    assert [name for name, packages in extras.items() if packages & HEAVY] == ["gpu"] and extras["gpu"] >= HEAVY


def test_no_package_of_the_base_install_brings_torch() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    installed = installed_with([*project["dependencies"], *project["optional-dependencies"]["dev"]])
    assert {"celery", "chromadb", "onnxruntime", "kombu"} <= installed
    assert not installed & HEAVY


def test_nothing_asks_for_torch_before_an_engine_that_needs_it_works(tmp_path: Path) -> None:
    """Packages of these names tell of being imported, so that this holds where torch is installed, too."""
    told = tmp_path / "told"
    told.touch()
    for name in HEAVY:
        (tmp_path / f"{name.replace('-', '_')}.py").write_text(_TELLS)
    path = os.pathsep.join((str(tmp_path), str(ROOT)))
    run = subprocess.run(
        [sys.executable, "-c", _USES],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path, "IMPORTED": str(told)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert told.read_text() == ""


def test_tests_that_import_torch_are_marked() -> None:
    """The base environment must not try them, and the other one must not forget them."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text()
        if 'importorskip("torch")' in text:
            assert "pytest.mark.torch" in text, f"{path.name} needs: pytestmark = pytest.mark.torch"


def test_the_notice_names_every_package_that_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = (rows for extra, rows in project["optional-dependencies"].items() if extra != "dev")
    needed = {Requirement(row).name.lower() for rows in (project["dependencies"], *extras) for row in rows}
    named = set(re.findall(r"[a-z0-9][a-z0-9.-]*[a-z0-9]", (ROOT / "NOTICE").read_text().lower()))
    assert not needed - named

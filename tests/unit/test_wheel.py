"""What ``pip install`` without ``-e`` brings is all that the folders hold, and it runs: containers live on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

FOLDERS = ("ingest", "pipeline", "stores")
FILES = ("celery_app.py", "pyproject.toml", "README.md", "LICENSE", "NOTICE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    source = tmp_path_factory.mktemp("source")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", "built", "."]
    ran = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return zipfile.ZipFile(next((source / "built").glob("*.whl")))


def test_every_file_is_in_it(wheel: zipfile.ZipFile) -> None:
    held = {path for path in wheel.namelist() if path.partition("/")[0] in FOLDERS}
    files = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file())
    assert held == {path.relative_to(ROOT).as_posix() for path in files if "__pycache__" not in path.parts}


def test_a_document_is_read_with_nothing_but_it(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path / "site")
    sample = tmp_path / "site" / "ingest" / "samples" / "resume_en.pdf"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "INGOT_HOME": str(tmp_path / "home")}
    ran = subprocess.run(
        [sys.executable, "-m", "ingest.cli", "convert", str(sample), "--schema", "resume", "--as", "json"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert '"experience"' in ran.stdout

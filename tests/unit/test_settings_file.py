"""``ingot init``: the file that it writes names every setting, and can be read as it is and with its defaults."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from ingest.cli import app
from ingest.cli.exit_codes import Exit
from ingest.settings_file import settings_file
from pipeline.settings import Settings


def test_every_setting_stands_there_with_its_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    defaults = Settings()
    text = settings_file({})
    assert tomllib.loads(text) == {}
    named = re.findall(r"^# (\w+) = ", text, re.MULTILINE)
    assert named == list(Settings.model_fields)
    taken = re.sub(r'^# (\w+ = (?!"\.\.\.").*)$', r"\1", text, flags=re.MULTILINE)
    (tmp_path / "ingot.toml").write_text(taken)
    assert Settings() == defaults


def test_it_is_read_between_default_and_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert app.run(["--home", "papers", "init"]) == Exit.WELL
    assert Settings().home == Path("papers")
    monkeypatch.setenv("INGOT_HOME", "others")
    assert Settings().home == Path("others")
    before = (tmp_path / "ingot.toml").read_text()
    assert app.run(["init"]) == Exit.USAGE
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "ingot.toml").read_text() == before
    (tmp_path / "ingot.toml").write_text("wrokers = 3\n")
    assert app.run(["kb", "list"]) == Exit.USAGE
    assert "ingot.toml: there is no setting 'wrokers': did you mean 'workers'?" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["init", str(tmp_path / "none")]) == Exit.USAGE
    assert "none/ingot.toml cannot be written" in capsys.readouterr().err

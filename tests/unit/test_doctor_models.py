"""What ``ingot doctor`` says of torch, cards and weights; nothing is loaded for settings that need none of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ingest.cli import doctor_models
from ingest.cli.doctor_models import examine_models
from ingest.cli.finding import Level
from pipeline.settings import Settings
from tests.conftest import ROOT

TINY = str(ROOT / "tests" / "data" / "tiny_got")
H200 = ["NVIDIA H200", 141 << 30, True]
T4 = ["Tesla T4", 15 << 30, False]


def report(**settings: Any) -> dict[str, tuple[Level, str, str]]:
    """What -> (level, words, remedy); of two cards the second stays."""
    return {
        finding.what: (finding.level, finding.words, finding.remedy) for finding in examine_models(Settings(**settings))
    }


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has the extra, and a card that tests do not have."""
    monkeypatch.setattr(doctor_models, "_version", lambda name: "9.9")
    show(monkeypatch, H200)


def show(monkeypatch: pytest.MonkeyPatch, *cards: Any) -> None:
    monkeypatch.setattr(doctor_models, "_ask_torch", lambda: {"version": "9.9", "cuda": "13.0", "cards": list(cards)})


def test_what_is_not_asked_for_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_models, "_version", lambda name: "")
    findings = report()
    assert {level for level, _, _ in findings.values()} == {Level.OK}
    assert "not needed" in findings["extra gpu"][1]


def test_missing_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_models, "_version", lambda name: "" if name == "transformers" else "9.9")
    level, words, remedy = report(ocr_engine="got", ocr_model=TINY)["extra gpu"]
    assert (level, words) == (Level.FAIL, "transformers not installed")
    assert "ingot[gpu]" in remedy and "INGOT_OCR_ENGINE=rapidocr" in remedy


def test_cards_are_named_with_what_they_lack(packages: None, monkeypatch: pytest.MonkeyPatch) -> None:
    level, words, _ = report(ocr_engine="got", ocr_model=TINY)["gpu"]
    assert level is Level.OK
    assert words == "NVIDIA H200, 141 GiB, CUDA 13.0, bfloat16"
    show(monkeypatch, T4)
    level, words, remedy = report(ocr_engine="got", ocr_model=TINY)["gpu"]
    assert level is Level.WARN
    assert "no bfloat16" in words and remedy
    show(monkeypatch)
    level, words, remedy = report(ocr_engine="got", ocr_model=TINY)["gpu"]
    assert level is Level.WARN
    assert "no GPU" in words and "CUDA_VISIBLE_DEVICES" in remedy


def test_a_torch_that_does_not_run(packages: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise subprocess.CalledProcessError(1, "python", stderr="Traceback\nOSError: libcudart.so.13: cannot open")

    monkeypatch.setattr(doctor_models, "_ask_torch", broken)
    level, words, _ = report(ocr_engine="got", ocr_model=TINY)["gpu"]
    assert level is Level.FAIL
    assert "libcudart.so.13" in words


def test_weights(packages: None, tmp_path: Path) -> None:
    assert report(ocr_engine="got", ocr_model=TINY)["ocr weights"][:2] == (Level.OK, f"{TINY}, got")
    level, words, _ = report(ocr_engine="got", ocr_model=str(tmp_path / "no" / "such" / "folder"))["ocr weights"]
    assert level is Level.FAIL and "neither here" in words
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "got_ocr2"}))
    level, words, _ = report(ocr_engine="got", ocr_model=str(tmp_path))["ocr weights"]
    assert level is Level.FAIL and "holds no weights" in words
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    level, words, _ = report(ocr_engine="got", ocr_model=str(tmp_path))["ocr weights"]
    assert level is Level.FAIL and "'bert'" in words and "got_ocr2" in words


def test_a_model_of_the_hub_that_is_not_here_is_no_failure(packages: None) -> None:
    level, words, remedy = report(ocr_engine="got", ocr_model="nobody/has-this-model")["ocr weights"]
    assert level is Level.WARN
    assert "not on this machine" in words and "hf download nobody/has-this-model" in remedy


@pytest.mark.torch
def test_torch_is_asked_in_a_process_of_its_own() -> None:
    pytest.importorskip("torch")
    ask = "from ingest.cli.doctor_models import _ask_torch as ask"
    code = f"import sys; {ask}; print(ask()['version'], 'torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    version, imported = run.stdout.split()
    assert version[0].isdigit() and imported == "False"

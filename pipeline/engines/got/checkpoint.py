"""Checkpoints on disk or on the Hugging Face hub: identify one without loading it, and load it."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stores.errors import InputError, UnavailableError

log = logging.getLogger("ingot.got")

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?")
_TELLING = (
    "config.json",
    "generation_config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "tokenizer_config.json",
)
_INSTALL = "run: pip install 'ingot[gpu]', or set INGOT_OCR_ENGINE=rapidocr"


@dataclass(frozen=True, slots=True)
class Device:
    """Where a model runs: ``name`` is "cuda" or "cpu", ``precision`` names a torch dtype."""

    name: str
    precision: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model and its processor (torch and transformers are untyped here), and where they run."""

    model: Any
    processor: Any
    device: Device


def is_hub_id(model: str) -> bool:
    """Whether ``model`` names a repository of the hub (owner/name, owner/name@revision) and no folder."""
    return not Path(model).is_dir() and bool(_HUB_ID.fullmatch(model))


def fingerprint_of(model: str) -> str:
    """The model's name and revision, or a hash of a folder's configuration and sizes of weights; loads nothing."""
    folder = Path(model)
    if is_hub_id(model):
        return model if "@" in model else f"{model}@main"
    if not (folder / "config.json").is_file():
        return f"{folder.name}/missing"
    digest = hashlib.sha256()
    for name in _TELLING:
        if (folder / name).is_file():
            digest.update(name.encode() + (folder / name).read_bytes())
    for file in sorted(folder.glob("*.safetensors")):
        digest.update(f"{file.name}:{file.stat().st_size}".encode())
    return f"{folder.name}/{digest.hexdigest()[:16]}"


def is_here(model: str) -> bool:
    """Tell whether the weights are in the folder or the hub's cache, without asking the network."""
    folder = Path(model)
    if is_hub_id(model):
        from huggingface_hub import try_to_load_from_cache

        name, _, revision = model.partition("@")
        config = try_to_load_from_cache(name, "config.json", revision=revision or None)
        if not isinstance(config, str):
            return False
        folder = Path(config).parent
    return any(folder.glob("*.safetensors")) or any(folder.glob("*.bin"))


def model_type_of(model: str) -> str:
    """The architecture that a checkpoint names: ``model_type`` of its config.json. Raises as ``load`` does."""
    if is_hub_id(model):
        return _hub_config(model)
    path = Path(model) / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _missing(model) from error
    except ValueError as error:
        raise InputError(f"{path} is damaged ({error}): download the model again", code="bad_model") from error
    return str(config.get("model_type", "")) if isinstance(config, dict) else ""


def _hub_config(model: str) -> str:
    from transformers import PretrainedConfig

    try:
        config, _ = PretrainedConfig.get_config_dict(**_source(model))
    except (OSError, ValueError) as error:
        raise _missing(model) from error
    return str(config.get("model_type", ""))


def require_packages() -> None:
    """Raises UnavailableError where torch or transformers is missing."""
    try:
        import torch
        import transformers
    except ImportError as error:
        raise UnavailableError(
            f"the page reader 'got' needs torch and transformers, which are not installed; {_INSTALL}", code="no_engine"
        ) from error
    del torch, transformers


def choose_device() -> Device:
    """The GPU in bfloat16 where it can, else in float16; the CPU in float32 where there is none."""
    import torch

    if not torch.cuda.is_available():
        remark = "no GPU was found: pages are read on the CPU, which takes minutes for each with a full-size model"
        return Device("cpu", "float32", remark)
    if torch.cuda.is_bf16_supported(including_emulation=False):
        return Device("cuda", "bfloat16")
    name = torch.cuda.get_device_name()
    return Device("cuda", "float16", f"{name} has no bfloat16: the model runs in float16, which may read a page worse")


def load(model: str, device: Device) -> Loaded:
    """Weights on their device. Raises UnavailableError (not there, no memory), InputError (not a model of its kind)."""
    import torch
    from transformers import AutoModelForImageTextToText, AutoProcessor
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    if device.remark:
        log.warning("%s", device.remark)
    try:
        processor = AutoProcessor.from_pretrained(**_source(model))
        weights = AutoModelForImageTextToText.from_pretrained(**_source(model), dtype=getattr(torch, device.precision))
        return Loaded(weights.eval().to(device.name), processor, device)
    except OSError as error:
        raise _missing(model) from error
    except torch.OutOfMemoryError as error:
        raise UnavailableError(
            f"the model {model} does not fit into the memory of the GPU: free some, or choose another with "
            "CUDA_VISIBLE_DEVICES",
            code="out_of_gpu_memory",
        ) from error
    except (ValueError, KeyError, RuntimeError) as error:
        raise InputError(
            f"the model {model} cannot be loaded ({_first_line(error)}): its files do not fit together",
            code="bad_model",
        ) from error


def _source(model: str) -> dict[str, str]:
    name, _, revision = model.partition("@") if is_hub_id(model) else (model, "", "")
    return {"pretrained_model_name_or_path": name, **({"revision": revision} if revision else {})}


def _missing(model: str) -> UnavailableError:
    return UnavailableError(
        f"the weights of {model} are neither here nor can they be downloaded: check INGOT_OCR_MODEL (a folder, or "
        "owner/name of the Hugging Face hub) and the network, or set INGOT_OCR_ENGINE=rapidocr",
        code="no_weights",
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]

"""Resolve the name of an embedding model: a folder or a repository of the Hugging Face hub, and its identity.

Neither torch nor the model is loaded, so that a host without a GPU knows the fingerprint as well.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stores.errors import InputError, UnavailableError

SETTING = "INGOT_EMBEDDER_MODEL"
_HUB_ID = re.compile(r"([\w.-]+/)?[\w.-]+(@[\w./-]+)?")
_TOLD_WHOLE = {".json", ".txt", ".model"}
_WEIGHTS = {".safetensors", ".bin"}
_OTHER_RUNTIMES = {"onnx", "openvino"}  # copies of the same weights, which are not used
_SAMPLES, _SAMPLE_BYTES = 256, 4096


@dataclass(frozen=True, slots=True)
class ModelSource:
    """``place`` is a folder, or owner/name on the hub at ``commit``; ``cached``: its files are on this machine."""

    place: str
    commit: str | None
    identity: str
    cached: bool = True


def find_model(model: str) -> ModelSource:
    """Find a model. UnavailableError where it is not here and the hub cannot be asked, InputError for a bad name."""
    if Path(model).is_dir():
        return ModelSource(model, None, f"{Path(model).resolve().name}@{_hash_of(Path(model))}")
    if not _HUB_ID.fullmatch(model):
        raise InputError(
            f"{SETTING} is {model!r}: there is no such folder, and a model of the Hugging Face hub is named owner/name "
            "or owner/name@revision",
            code="no_weights",
        )
    name, _, revision = model.partition("@")
    name = name if "/" in name else f"sentence-transformers/{name}"
    commit = _commit(name, revision or None)
    return ModelSource(name, commit, f"{name}@{commit[:12]}", _is_cached(name, commit))


def only_english(source: ModelSource) -> bool:
    """Tell whether the model's card names English as its only language; False where it says nothing or is missing."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.repocard import RepoCard

    card: object = Path(source.place) / "README.md"
    if source.commit:
        card = try_to_load_from_cache(source.place, "README.md", cache_dir=_cache(), revision=source.commit)
    if not isinstance(card, str | Path) or not Path(card).is_file():
        return False
    text = Path(card).read_text(encoding="utf-8", errors="replace")
    try:
        language = RepoCard(text, ignore_metadata_errors=True).data.get("language")
    except Exception:  # a card that cannot be parsed says nothing, whichever parser failed
        return False
    return language in ("en", "eng", ["en"], ["eng"])


def missing(model: str) -> UnavailableError:
    """The error of a model that is not on this machine and cannot be downloaded."""
    return UnavailableError(
        f"The embedding model {model} is neither here nor can it be downloaded: give {SETTING} the folder of a "
        "sentence-transformers model or owner/name of the Hugging Face hub, and check the network",
        code="no_weights",
    )


def _commit(name: str, revision: str | None) -> str:
    """The commit of the copy on this machine, else the hub's newest, so that a model does not change by itself."""
    from huggingface_hub import resolve_revision
    from huggingface_hub.errors import HfHubHTTPError, RevisionResolutionError

    try:
        return resolve_revision(name, revision=revision, cache_dir=_cache(), local_files_only=True).resolved
    except (RevisionResolutionError, OSError, ValueError):
        pass  # not here: the hub knows
    try:
        return resolve_revision(name, revision=revision, cache_dir=_cache()).resolved
    except (RevisionResolutionError, HfHubHTTPError, OSError, ValueError) as error:
        raise missing(name) from error


def _is_cached(name: str, commit: str) -> bool:
    """Tell whether the cache holds the model's list of modules: without it the model loads with the wrong pooling."""
    from huggingface_hub import try_to_load_from_cache

    return try_to_load_from_cache(name, "modules.json", cache_dir=_cache(), revision=commit) is not None


def _cache() -> str | None:
    return os.environ.get("SENTENCE_TRANSFORMERS_HOME")


def _hash_of(folder: Path) -> str:
    """Hash what the vectors depend on: configuration and vocabulary whole, weights by size and 256 samples of 4 KiB."""
    digest = hashlib.sha256()
    for path in _telling_files(folder):
        digest.update(f"{path.relative_to(folder).as_posix()}:{path.stat().st_size}\n".encode())
        for part in _samples(path) if path.suffix in _WEIGHTS else (path.read_bytes(),):
            digest.update(part)
    return digest.hexdigest()[:12]


def _telling_files(folder: Path) -> Iterator[Path]:
    files = [path for path in sorted(folder.rglob("*")) if path.suffix in _TOLD_WHOLE | _WEIGHTS and path.is_file()]
    safe = {path.parent for path in files if path.suffix == ".safetensors"}
    for path in files:
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part in _OTHER_RUNTIMES for part in parts)
        if not hidden and not (path.suffix == ".bin" and path.parent in safe):
            yield path


def _samples(path: Path) -> Iterator[bytes]:
    """Yield samples evenly spread over the file: another training of the same model changes weights everywhere."""
    last = max(path.stat().st_size - _SAMPLE_BYTES, 0)
    with path.open("rb") as file:
        for number in range(_SAMPLES):
            file.seek(last * number // (_SAMPLES - 1))
            yield file.read(_SAMPLE_BYTES)

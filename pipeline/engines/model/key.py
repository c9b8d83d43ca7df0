"""The key of a model server or rerank API, from a setting or from a file."""

from __future__ import annotations

from pathlib import Path

from stores.errors import InputError


def api_key(given: str, file: Path | None, setting: str = "llm_api_key_file") -> str:
    """Return the key that is given, or the first line of a file; empty where there is neither."""
    if given or file is None:
        return given
    try:
        return file.read_text(encoding="utf-8").strip().splitlines()[0]
    except (OSError, UnicodeDecodeError, IndexError) as error:
        raise InputError(
            f"INGOT_{setting.upper()}: {file} holds no key that can be read", code="bad_setting"
        ) from error

"""Finds environment variables with our prefix that no setting reads: most likely mistyped."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.settings import Settings
from stores.suggestions import nearest

_PREFIX = "INGOT_"
BESIDE_SETTINGS = frozenset(
    f"{_PREFIX}{name}"
    for name in (
        "KNOWLEDGE",
        "DEBUG",
        "WORKER_NAME",
        "WORKER_SAYS",
        "PYTHON",
        "TEST_TORCH",
        "TEST_COVERAGE",
        "TEST_PROCESSES",
        "CONSTRAINTS",
    )
)
"""Variables that are no settings, but are read by the command line, workers or scripts."""


def stray_variables(names: Iterable[str]) -> list[str]:
    """One sentence for each unknown name, with the one that may be meant."""
    known = {f"{_PREFIX}{name.upper()}" for name in Settings.model_fields} | BESIDE_SETTINGS
    return [
        _sentence(name, known)
        for name in sorted(names)
        if name.upper().startswith(_PREFIX) and name.upper() not in known
    ]


def _sentence(name: str, known: Iterable[str]) -> str:
    near = nearest(name, sorted(known))
    return (
        f"{name} is set and means nothing: {f'did you mean {near[0]}?' if near else 'ingot init writes all settings'}"
    )

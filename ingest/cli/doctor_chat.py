"""The check of ``ingot doctor`` on the server of a language model: one short request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.cli.finding import Finding, Level
from stores.errors import IngotError

if TYPE_CHECKING:
    from pipeline.settings import Settings

_FEW_TOKENS = 64


def examine_chat(settings: Settings) -> Iterator[Finding]:
    """Ask the model that is set for one word; nothing where none is set."""
    from pipeline import wiring

    if not settings.llm_url and not settings.llm_model and settings.extractor == "rules":
        return
    try:
        reply = wiring.build(settings).chat().reply([{"role": "user", "content": "Say: ready"}], None, _FEW_TOKENS)
    except IngotError as error:
        yield Finding(Level.FAIL, "model", error.message, "check INGOT_LLM_URL, INGOT_LLM_MODEL and the key")
        return
    words = f"{settings.llm_model} at {settings.llm_url} answers ({reply.tokens.read} tokens read)"
    yield Finding(Level.OK, "model", words)

"""The documents of the quickstart, made by ``scripts/make_samples``; ``truth.json`` says what is in them."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent

"""Corrections: what people say of extracted values."""

from __future__ import annotations

from typing import Protocol

from stores.corrections import Correction, CorrectionRequest


class CorrectionStore(Protocol):
    """The corrections of one knowledge base.

    They belong to a document, not to a generation of it: whatever is extracted later is stored under them.
    """

    def add(self, document: str, number: int, schema: str, wanted: CorrectionRequest) -> Correction:
        """Keep a correction of the record that generation ``number`` shows, and show it in all generations.

        Raises NotFoundError where there is no such record or value, InputError where its schema does not apply.
        """

    def withdraw(self, document: str, number: int, author: str) -> Correction:
        """Let correction ``number`` of a document count no more. Raises NotFoundError where there is none."""

    def of_document(self, document: str) -> list[Correction]:
        """Return all corrections of a document, the oldest first, withdrawn ones included."""

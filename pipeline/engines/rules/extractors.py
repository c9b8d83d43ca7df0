"""The extractors by rules, by the name that a schema gives its engine; each is imported when it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pipeline.engines.rules.simplified_reading import SimplifiedReading

if TYPE_CHECKING:
    from pipeline.contracts import Extractor


def _document_rules() -> Extractor:
    from pipeline.engines.rules.document import DocumentRules

    return DocumentRules()


def _resume_rules() -> Extractor:
    from pipeline.engines.rules.resume.extractor import ResumeRules

    return SimplifiedReading(ResumeRules())


def _invoice_rules() -> Extractor:
    from pipeline.engines.rules.invoice.extractor import InvoiceRules

    return SimplifiedReading(InvoiceRules())


def _receipt_rules() -> Extractor:
    from pipeline.engines.rules.receipt.extractor import ReceiptRules

    return SimplifiedReading(ReceiptRules())


def _statement_rules() -> Extractor:
    from pipeline.engines.rules.statement.extractor import StatementRules

    return SimplifiedReading(StatementRules())


def _paper_rules() -> Extractor:
    from pipeline.engines.rules.paper.extractor import PaperRules

    return SimplifiedReading(PaperRules())


def _contract_rules() -> Extractor:
    from pipeline.engines.rules.contract.extractor import ContractRules

    return SimplifiedReading(ContractRules())


def _label_rules() -> Extractor:
    from pipeline.engines.rules.labels import LabelsRules

    return SimplifiedReading(LabelsRules())


EXTRACTORS: Mapping[str, Callable[[], Extractor]] = {
    "document": _document_rules,
    "resume": _resume_rules,
    "invoice": _invoice_rules,
    "receipt": _receipt_rules,
    "statement": _statement_rules,
    "paper": _paper_rules,
    "contract": _contract_rules,
    "labels": _label_rules,
}
"""What ``engine`` of a schema may name."""

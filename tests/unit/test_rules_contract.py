"""The term, title, date and parties of contracts as people write them; nothing where a period is of something else."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.engines.rules.contract.extractor import ContractRules
from pipeline.schemas.loader import load_schemas
from tests.printed_pages import printed_page

SCHEMA = load_schemas(None)["contract"]
PARTIES = 'This Agreement is made by and between Harbour Ltd ("Client") and Mill Inc. ("Vendor").'


def extract(drawing: str) -> dict[str, Any]:
    record = ContractRules().extract(SCHEMA, [printed_page(drawing)], "a.pdf")
    assert all(evidence.found for evidence in record.evidence)
    return dict(record.fields)


def parties(drawing: str) -> list[tuple[str, str | None]]:
    return [(party["name"], party["role"]) for party in extract(drawing)["parties"]]


@pytest.mark.parametrize(
    ("sentence", "term"),
    [
        ("Term: 36 months (auto-renewing)", "36 months"),
        ("6.1 Term - Initial term: 10 years from the Effective Date.", "10 years"),
        ("The term of this Agreement shall be 12 months.", "12 months"),
        ("2. TERM: The lease shall be for a term of 11 (eleven) months, commencing on 1 May.", "11 (eleven) months"),
        ("It shall commence on 1 May and continue for an initial period of twelve (12) months.", "twelve (12) months"),
        ("This agreement is effective for 24 months from the execution date.", "24 months"),
        ("This agreement remains in effect for two years from the signing date.", "two years"),
        ("The loan is for a term of twenty-four months.", "twenty-four months"),
    ],
)
def test_the_term_is_how_long_a_contract_holds(sentence: str, term: str) -> None:
    assert extract(f"# SERVICE AGREEMENT\n\n{PARTIES}\n\n{sentence}\n")["term"] == term


@pytest.mark.parametrize(
    "sentence",
    [
        "Secrecy shall survive termination and continue for a period of five (5) years.",
        "Each party shall keep it confidential for a period of five (5) years following termination.",
        "The duty shall continue for a period of three (3) years from the date of disclosure.",
        "If the tenant defaults in the rent for a period of three months, it ends.",
        "Insurance shall be maintained for a period of three (3) years after its expiration.",
        "Either party may terminate for a period of 30 days after written notice.",
        "For a period of 12 months after leaving, the employee shall not compete.",
        "Rights granted before remain in effect for 5 years post-termination.",
        "Where the performance is greater than a period of 120 days, a fee is due.",
    ],
)
def test_a_period_of_something_else_is_no_term(sentence: str) -> None:
    assert extract(f"# SERVICE AGREEMENT\n\n{PARTIES}\n\n{sentence}\n")["term"] is None


def test_a_line_that_calls_it_a_contract_is_its_title() -> None:
    fields = extract(f"# Legal Document\n\nEMPLOYMENT AGREEMENT\n\n{PARTIES}\n")
    assert fields["title"] == "EMPLOYMENT AGREEMENT"
    assert extract(f"# Care for the House\n\n{PARTIES}\n")["title"] == "Care for the House"


@pytest.mark.parametrize(
    ("sentence", "date"),
    [
        ("THIS DEED is executed at Rye, on this 1st day of April 2024 between them.", "2024-04-01"),
        ("THIS AGREEMENT is made on this\n17th day of January, 2026, by and between them.", "2026-01-17"),
        ("It is required where it is entered into on March 1, 2021 or later.", None),
    ],
)
def test_the_date_of_a_contract(sentence: str, date: str | None) -> None:
    assert extract(f"# LEASE\n\n{sentence}\n")["date"] == date


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Between Harbour Inc. and Mill Works\n1. SCOPE\nThe vendor works.",
            [("Harbour Inc.", None), ("Mill Works", None)],
        ),
        ("Between Harbour Inc. and Mill B.V. (a company)", [("Harbour Inc.", None), ("Mill B.V.", None)]),
        (
            "made between Mrs. Ann Roe, aged about 40 years, residing at Rye, and Mr. Sam Doe, son of A. Doe, of Rye.",
            [("Mrs. Ann Roe", None), ("Mr. Sam Doe", None)],
        ),
        (
            'LANDLORD: Mr. Sam Doe, residing at 12 Mill Road ("Lessor"). TENANT: Ms. Ann Roe',
            [("Mr. Sam Doe", "LANDLORD"), ("Ms. Ann Roe", "TENANT")],
        ),
        ("Party A: Sam Doe\nParty B: Ann Roe", [("Sam Doe", "Party A"), ("Ann Roe", "Party B")]),
        (
            "Service Provider(s): Harbour LLC [Name], located at 1 Quay\nBuyer(s): Sam Doe [Name], located at 2 Quay",
            [("Harbour LLC", "Service Provider"), ("Sam Doe", "Buyer")],
        ),
        (
            "Service Provider(s):      Harbour LLC\n\nBuyer(s):      Mill Inc. [Name], located at",
            [("Harbour LLC", "Service Provider"), ("Mill Inc.", "Buyer")],
        ),
        ("甲方：海港管理有限公司（以下简称海港）\n乙方：", [("海港管理有限公司", "甲方")]),
        ("Landlord: Phone Number\nTenant: E-mail", []),
        ("Employee: Signature: ______ Date:", []),
    ],
)
def test_the_parties_are_named_whole_and_nothing_else_is(text: str, expected: list[tuple[str, str | None]]) -> None:
    assert parties(f"# LEASE AGREEMENT\n\n{text}\n") == expected


def test_the_law_of_a_state_with_a_second_name() -> None:
    text = "It is governed by the laws of the Republic of Freedonia (Northern), without regard to conflicts."
    assert extract(f"# LEASE\n\n{text}\n")["governing_law"] == "Republic of Freedonia (Northern)"

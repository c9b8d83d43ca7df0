"""Business papers as programs print them: letterheads, due dates in sentences, parties, periods, printed totals."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.engines.rules.contract.extractor import ContractRules
from pipeline.engines.rules.dates import find_dates, find_periods, prefers_month_first
from pipeline.engines.rules.document import DocumentRules
from pipeline.engines.rules.invoice.extractor import InvoiceRules
from pipeline.engines.rules.money import find_amounts, find_currencies
from pipeline.engines.rules.paper.extractor import PaperRules
from pipeline.engines.rules.statement.extractor import StatementRules
from pipeline.schemas.loader import load_schemas
from stores.models import Record
from tests.printed_pages import printed_page

SCHEMAS = load_schemas(None)
RULES: dict[str, Any] = {
    "contract": ContractRules, "document": DocumentRules, "invoice": InvoiceRules, "paper": PaperRules,
    "statement": StatementRules,
}  # fmt: skip


def extract(name: str, drawing: str) -> Record:
    record: Record = RULES[name]().extract(SCHEMAS[name], [printed_page(drawing)], "a.pdf")
    return record


@pytest.mark.parametrize(
    ("texts", "month_first"),
    [
        (("Period 1 July 2024 - 28 July 2024", "02/07/2024", "03/07/2024"), False),
        (("1 July 2024 - 28 July 2024", "07/02/2024", "07/03/2024"), True),
        (("03/01/2024", "04/01/2024", "05/01/2024", "06/01/2024", "03/02/2024"), False),
        (("01/03/2024", "01/04/2024", "01/05/2024", "02/03/2024", "02/04/2024"), True),
        (("Portland, OR 97205", "03/04/2024"), True),
        (("Leeds LS2 8QT", "03/04/2024"), False),
    ],
)
def test_dates_that_can_be_read_both_ways_are_read_as_their_neighbours(
    texts: tuple[str, ...], month_first: bool
) -> None:
    assert prefers_month_first(texts) is month_first


def test_points_and_french_periods() -> None:
    assert find_dates("07.06.2024", month_first=True)[0].value == "2024-06-07"
    period = find_periods("Période du 01/04/2021 au 28/04/2021")[0]
    assert (period.first, period.last) == ("2021-04-01", "2021-04-28")


def test_a_date_is_no_amount_and_a_legal_form_no_currency() -> None:
    assert [amount.value for amount in find_amounts("Zahlbar bis 08.12.2024, 25,50 netto")] == [25.5]
    assert find_currencies("Menuiserie Vasseur SARL") == []
    assert find_currencies("Montants en euros") == ["EUR"]


@pytest.mark.parametrize(
    ("sentence", "day"),
    [
        ("Zahlbar ohne Abzug bis 08.09.2024.", "2024-09-08"),
        ("Bitte überweisen Sie den Betrag bis zum 9. Januar 2024.", "2024-01-09"),
        ("Prélèvement le 15 octobre 2023", "2023-10-15"),
        ("À régler avant le 18/12/2023", "2023-12-18"),
    ],
)
def test_an_invoice_is_due_by_a_sentence(sentence: str, day: str) -> None:
    assert extract("invoice", f"Rechnung 2024-113\nTotal 25.00\n{sentence}").fields["due_date"] == day


def test_lines_of_an_invoice_are_compared_with_its_sums() -> None:
    drawing = """
# Invoice 2024-17
Description          Qty      Unit price      Amount
Copper pipe            2           10.00       20.00
Delivery               1            5.00        5.00
Subtotal                                       {net}
VAT                                             5.00
Total                                          {total}
"""
    assert extract("invoice", drawing.format(net="25.00", total="30.00")).remarks == ()
    remark = extract("invoice", drawing.format(net="28.00", total="33.00")).remarks[0]
    assert "2 rows add up to 25.00" in remark and "is 28.00 (difference 3.00)" in remark


def test_a_paper_is_called_by_its_name_and_not_by_its_letterhead() -> None:
    document = extract(
        "document", "# Kessler Metallbau\nIndustriestr. 12, 70565 Stuttgart\n\n# Rechnung Nr. 2024-113\n\nBetrag"
    )
    assert document.fields["title"] == "Rechnung Nr. 2024-113"


def test_a_statement_without_labels_of_period_and_closing_balance() -> None:
    record = extract(
        "statement",
        """
# Kontoauszug vom 01.11.2024 bis 28.11.2024
Alter Saldo 01.11.2024    100,00 € H

Datum        Buchungstext          Soll      Haben
03.11.2024   Miete               150,00
05.11.2024   Gutschrift                      20,00
Neuer Saldo 28.11.2024    30,00 € S
""",
    )
    fields = record.fields
    assert (fields["period_start"], fields["period_end"]) == ("2024-11-01", "2024-11-28")
    assert (fields["opening_balance"], fields["closing_balance"], record.remarks) == (100.0, -30.0, ())


@pytest.mark.parametrize(
    ("drawing", "parties"),
    [
        (
            """
zwischen
Kessler Metallbau GmbH
Industriestr. 12, 70565 Stuttgart
- nachfolgend Auftraggeber genannt -
und
Gartenbau Hollerbach
Feldweg 8, 79112 Freiburg
- nachfolgend Auftragnehmer genannt -

§ 1 Gegenstand
""",
            [("Kessler Metallbau GmbH", "Auftraggeber"), ("Gartenbau Hollerbach", "Auftragnehmer")],
        ),
        (
            """
PARTIES
(1) Oakhill Garden Centre, whose registered office is at Station Lane (the Employer); and
(2) Joan Petrakis of 3 Castle Square (the Employee).
""",
            [("Oakhill Garden Centre", "Employer"), ("Joan Petrakis", "Employee")],
        ),
        (
            "出租方（以下简称甲方）：王志强\n承租方（以下简称乙方）：周文静",
            [("王志强", "甲方"), ("周文静", "乙方")],
        ),
        (
            "ENTRE LES SOUSSIGNÉS :\nVasseur SARL, dont le siège est à Nantes, ci-après dénommée « le Client »,\n"
            "d'une part, et\nDurand SAS, dont le siège est à Paris, ci-après dénommée « le Prestataire »,\n\n"
            "Article 1 - Objet",
            [("Vasseur SARL", "Client"), ("Durand SAS", "Prestataire")],
        ),
        (
            "Client: NovaTech Mills LLC, 128 Riverside Drive, Boston\nService Provider: Horizon Weirs Inc., 22 Weir St",
            [("NovaTech Mills LLC", "Client"), ("Horizon Weirs Inc.", "Service Provider")],
        ),
        ("Fees\nBuyer: Seller\nSeller: Equally split between Buyer and Seller.\nBUYER   WILL\nSELLER   Buyer", []),
    ],
)
def test_parties_of_contracts(drawing: str, parties: list[tuple[str, str]]) -> None:
    fields: dict[str, Any] = dict(extract("contract", drawing).fields)
    assert [(party["name"], party["role"]) for party in fields["parties"]] == parties


def test_keywords_over_two_lines_and_degrees_behind_authors() -> None:
    fields = extract(
        "paper",
        """
# Sleep and recall in shift workers

Yuki Tanabe, MD; Anna K. Rowley, PhD

# Abstract
We follow 14 stations over six years and show that most of the drift happens in two short
windows. A simple model with three parameters explains the observed variance of it all.

Key words: sediment transport, river regulation, long records of rivers, time
series, robust matching
doi: 10.7503/jr.2024.86150
""",
    ).fields
    assert fields["authors"] == ["Yuki Tanabe", "Anna K. Rowley"]
    assert fields["keywords"][-2:] == ["time series", "robust matching"]


def test_an_invoice_with_several_taxes_and_its_seller_below_a_label() -> None:
    record = extract(
        "invoice",
        """
Verkäufer:
Globale Nummer: 4000001123452 (GTIN)
Lieferant GmbH
Lieferantenstraße 20

Rechnung Nr. 471102 vom 05.03.2018

Menge     Produkt              Preis        Gesamtbetrag
20        Trennblätter A4      9,90 €       198,00 €
50        Joghurt Banane       5,50 €       275,00 €
abzgl.    Nachlass                          0,00 €
Nettobetrag                                 473,00 €
USt. 7 %                                    19,25 €
USt. 19 %                                   37,62 €
USt. Gesamt                                 56,87 €
Zahlbetrag                                  529,87 €
Kontoinhaber: Max Mustermann
""",
    )
    fields = record.fields
    assert (fields["issuer"], fields["invoice_number"], fields["date"]) == ("Lieferant GmbH", "471102", "2018-03-05")
    assert (fields["amount"], fields["amount_untaxed"], fields["amount_tax"]) == (529.87, 473.0, 56.87)
    assert [line["amount"] for line in fields["lines"]][:2] == [198.0, 275.0]

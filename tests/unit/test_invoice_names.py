"""What names the issuer of an invoice and what it sells: no labels, codes, addressees, and nothing of other columns."""

from __future__ import annotations

import pytest

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import page_lines
from pipeline.engines.rules.invoice.extractor import InvoiceRules
from pipeline.engines.rules.invoice.lines import in_full
from pipeline.schemas.loader import load_schemas
from tests.printed_pages import printed_page

Line = dict[str, LocatedValue | None]


@pytest.mark.parametrize(
    "line", ["Company Name", "MRVGLI84R67G273M", "DESCRIZIONE DEI SERVIZI", "Spett.le In Medias Res"]
)
def test_labels_codes_and_addressees_are_no_issuers(line: str) -> None:
    drawing = f"{line}\n\nINVOICE 4711\nDate: 2024-05-01\nTotal: 50.00 EUR\n"
    record = InvoiceRules().extract(load_schemas(None)["invoice"], [printed_page(drawing)], "a.pdf")
    assert record.fields["issuer"] is None


def test_a_description_that_goes_on_takes_nothing_from_other_columns() -> None:
    page = printed_page("Boots 2\n2\n90.00\n")
    boots, two, price = page_lines([page])
    whole: Line = {"description": located_in("Boots 2", [boots, two]), "quantity": None, "unit_price": None}
    line: Line = {"description": located_in("Boots", [boots]), "quantity": located_in(2.0, [two]), "unit_price": None}
    amount: Line = {"amount": located_in(90.0, [price])}
    assert in_full([line | amount], [whole | amount])[0]["description"] == line["description"]


def test_a_column_of_names_is_what_is_sold() -> None:
    drawing = """
        TAX INVOICE                      Invoice: 17
        Resource Name     PO No.      Bill Rate      Total INR
        Anita Desai       800011      51980.00       61336.40
        Total Invoice                                61336.40
    """
    record = InvoiceRules().extract(load_schemas(None)["invoice"], [printed_page(drawing)], "a.pdf")
    assert [row["description"] for row in record.fields["lines"]] == ["Anita Desai"]

"""Statements of account: balances, period and every transaction, in several countries' layouts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipeline.document_types import type_of
from pipeline.engines.rules.statement.extractor import StatementRules
from pipeline.schemas.loader import load_schemas
from stores.models import Label, Page, Record
from tests.printed_pages import printed_page

SCHEMA = load_schemas(None)["statement"]


def extract(*drawings: str) -> Record:
    pages = [printed_page(drawing, number) for number, drawing in enumerate(drawings, 1)]
    assert type_of(pages).name == "statement"
    return StatementRules().extract(SCHEMA, pages, "statement.pdf")


def transactions(record: Record) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in record.fields["transactions"]]


AMERICAN = """
# MONTHLY STATEMENT
Account Name: J Smith       Account number 9988
Statement period 12/15/2023 - 01/14/2024

Date      Description                 Withdrawals    Deposits      Balance
          Beginning balance                                     $1,000.00
Dec 16    Check 101                        50.00                   950.00
Dec 20    Payroll                                   1,000.00     1,950.00
Jan 3     Rent                            900.00                 1,050.00
          Transfer out                     10.00                 1,040.00
Totals                                    960.00    1,000.00
Ending balance   $1,040.00
"""


def test_two_columns_of_amounts_become_one_and_dates_get_their_year() -> None:
    record = extract(AMERICAN)
    assert transactions(record) == [
        ("2023-12-16", "Check 101", -50.0, 950.0),
        ("2023-12-20", "Payroll", 1000.0, 1950.0),
        ("2024-01-03", "Rent", -900.0, 1050.0),
        ("2024-01-03", "Transfer out", -10.0, 1040.0),
    ]
    fields = record.fields
    assert (fields["opening_balance"], fields["closing_balance"], fields["currency"]) == (1000.0, 1040.0, "USD")
    assert (fields["period_start"], fields["period_end"]) == ("2023-12-15", "2024-01-14")
    assert (fields["account"], fields["holder"]) == ("9988", "J Smith")
    assert record.remarks == ()


def test_a_german_statement_over_two_pages() -> None:
    record = extract(
        """
# Kontoauszug Nr. 3/2024
Kontonummer: 1234567
Kontoinhaber: Erika Muster
Zeitraum: 01.03.2024 bis 31.03.2024

Buchung    Wert      Verwendungszweck              Soll          Haben

                     Alter Kontostand                        1.234,50
01.03.     01.03.    Miete                        800,00
02.03.     03.03.    Gehalt                                  2.500,00
                     Arbeitgeber GmbH
                     Übertrag                              2.934,50
""",
        """
Buchung    Wert      Verwendungszweck              Soll          Haben

                     Übertrag                              2.934,50
28.03.     28.03.    Strom                         60,00
                     Neuer Kontostand                      2.874,50
""",
    )
    assert transactions(record) == [
        ("2024-03-01", "Miete", -800.0, None),
        ("2024-03-02", "Gehalt Arbeitgeber GmbH", 2500.0, None),
        ("2024-03-28", "Strom", -60.0, None),
    ]
    assert (record.fields["opening_balance"], record.fields["closing_balance"]) == (1234.5, 2874.5)
    assert record.remarks == ()


def test_a_chinese_statement() -> None:
    record = extract("""
# 中国银行对账单
账号：6222 0200 1234          户名：王芳
起止日期：2024-01-01 至 2024-01-31
期初余额：1,000.00

交易日期      摘要                 收入          支出          余额
2024-01-05    工资               500.00                    1,500.00
2024-01-09    转账                            200.00       1,300.00
              合计               500.00       200.00
期末余额：1,300.00
""")
    assert [row[2] for row in transactions(record)] == [500.0, -200.0]
    assert (record.fields["account"], record.fields["holder"]) == ("6222 0200 1234", "王芳")


def test_signs_follow_from_the_balances_and_the_closing_balance_is_checked() -> None:
    record = extract("""
# Statement of account
Opening balance   100.00

Date          Reference       Amount     Balance
2024-01-05    PAY-1            60.00      40.00
2024-01-06    INV-2            20.00      60.00
2024-01-09    PAY-2             5.00      55.00
Closing balance   56.00
""")
    assert [row[2] for row in transactions(record)] == [-60.0, 20.0, -5.0]
    assert record.remarks == (
        "transactions.amount: printed without signs; they follow from the balances",
        "closing_balance: the opening balance and 3 transactions give 55.00, 56.00 is printed (difference 1.00)",
    )


GROUPED = """
# Your account statement
Statement period 19 Dec 2023 - 18 Jan 2024
Account no. 93986756
Start balance   £8,009.60
End balance     £7,922.42

Date      Description                 Money out      Money in      Balance
19 Dec    Start balance                                           8,009.60
19 Dec    Card payment at the mill         7.99
          Card payment at the weir        12.68
          Cash machine                    30.00                   7,958.93
20 Dec    Card payment at the mill        36.51                   7,922.42
18 Jan    End balance                                             7,922.42
"""


def as_tables(page: Page) -> Page:
    """The page with its paragraph of transactions as a table."""
    assert page.text is not None
    blocks = [replace(b, label=Label.TABLE) if b.text.startswith("Date") else b for b in page.text.blocks]
    return replace(page, text=replace(page.text, blocks=tuple(blocks)))


def test_rows_of_a_table_without_a_date_and_a_balance_are_transactions() -> None:
    record = StatementRules().extract(SCHEMA, [as_tables(printed_page(GROUPED))], "statement.pdf")
    assert transactions(record) == [
        ("2023-12-19", "Card payment at the mill", -7.99, None),
        ("2023-12-19", "Card payment at the weir", -12.68, None),
        ("2023-12-19", "Cash machine", -30.0, 7958.93),
        ("2023-12-20", "Card payment at the mill", -36.51, 7922.42),
    ]
    fields = record.fields
    assert (fields["opening_balance"], fields["closing_balance"], fields["currency"]) == (8009.6, 7922.42, "GBP")
    assert record.remarks == ()


NARROW = """
# STATEMENT OF ACCOUNT FOR THE PERIOD OF 1-Apr-2023 TO 30-Apr-2023
Account No.   CCY
Account No.   2912667227

Date      Narration                     Withdraw       Deposit       Balance
01-Apr-23 OPENING BALANCE                                           10,105.68
01-Apr-23 Payment to the mill             27.00                     10,078.68
03-Apr-23 Rent of the weir                            5,000.00      15,078.68
05-Apr-23 Payment to the smith            78.68                     15,000.00
"""


def test_a_date_is_parted_from_the_text_a_blank_behind_it() -> None:
    record = extract(NARROW)
    assert transactions(record) == [
        ("2023-04-01", "Payment to the mill", -27.0, 10078.68),
        ("2023-04-03", "Rent of the weir", 5000.0, 15078.68),
        ("2023-04-05", "Payment to the smith", -78.68, 15000.0),
    ]
    assert record.fields["account"] == "2912667227"

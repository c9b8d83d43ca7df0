"""Statements as banks of several countries print them: what stands in one cell, without a year, sign or label."""

from __future__ import annotations

from typing import Any

from pipeline.document_types import type_of
from pipeline.engines.rules.statement.extractor import StatementRules
from pipeline.schemas.loader import load_schemas
from stores.models import Record
from tests.printed_pages import printed_page

SCHEMA = load_schemas(None)["statement"]


def extract(*drawings: str) -> Record:
    pages = [printed_page(drawing, number) for number, drawing in enumerate(drawings, 1)]
    assert type_of(pages).name == "statement"
    return StatementRules().extract(SCHEMA, pages, "statement.pdf")


def rows(record: Record) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in record.fields["transactions"]]


def balances(record: Record) -> tuple[Any, Any]:
    return record.fields["opening_balance"], record.fields["closing_balance"]


def test_days_that_share_a_cell_with_the_text_and_balances_called_by_their_days() -> None:
    record = extract(
        """
# Statement of Account
Business Checking 123456789
Statement Period February 1 - April 30, 2022
Beginning balance on February 1          $2.01
Ending balance on April 30             $186.51

Date     Description                        Withdrawals      Deposits       Balance
02-13 POS DB FUEL DAYTON                           12.50                     -10.49
02-15 DEPOSIT                                                  200.00        189.51
04-30 MAINTENANCE FEE                               3.00                     186.51
"""
    )
    assert rows(record) == [
        ("2022-02-13", "POS DB FUEL DAYTON", -12.5, -10.49),
        ("2022-02-15", "DEPOSIT", 200.0, 189.51),
        ("2022-04-30", "MAINTENANCE FEE", -3.0, 186.51),
    ]
    assert balances(record) == (2.01, 186.51)
    assert (record.fields["period_start"], record.fields["period_end"]) == ("2022-02-01", "2022-04-30")
    assert record.fields["account"] == "123456789"
    assert record.remarks == ()


def test_a_day_whose_year_nobody_prints_is_no_date_and_no_part_of_the_text() -> None:
    record = extract(
        """
# Statement of Account
Account number 12345678
Beginning balance on October 10        $69.96
Ending balance on November 9           $65.73

Date     Description            Debit     Credit     Balance
10/22    POS PURCHASE            4.23                  65.73
"""
    )
    assert rows(record) == [(None, "POS PURCHASE", -4.23, 65.73)]
    assert balances(record) == (69.96, 65.73)


def test_german_columns_of_debit_and_credit_whose_headers_share_a_cell() -> None:
    record = extract(
        """
# Kontoauszug 4/2024
Privatgirokonto 1234567

Datum         Wert          Erläuterung                Betrag Soll EUR Betrag Haben EUR
                            Kontostand am 28.03.2024, Auszug Nr. 3           1.204,33+
02.04.2024    02.04.2024    GUTSCHRIFT                                          850,00+
                            Miete April
03.04.2024    03.04.2024    KARTENZAHLUNG                      43,17-
                            Kontostand am 30.04.2024 um 20:05 Uhr            2.011,16+
Entgelte vom 30.03.2024 bis 30.04.2024
"""
    )
    assert [row[:3] for row in rows(record)] == [
        ("2024-04-02", "GUTSCHRIFT Miete April", 850.0),
        ("2024-04-03", "KARTENZAHLUNG", -43.17),
    ]
    assert balances(record) == (1204.33, 2011.16)
    assert record.fields["account"] == "1234567"
    assert record.fields["period_start"] is None  # the period below the transactions is that of the fees


def test_amounts_that_stand_in_the_cell_of_a_text() -> None:
    record = extract(
        """
# Account statement
Account number 99
Opening balance $2.00
Closing balance $42.52
From 1 February 2023 to 29 March 2023

Date         Credits      Debits      Balance Description
3 Feb 2023     50.00                    52.00 Top-up by card
4 Feb 2023                  9.48        42.52 To Lina Miller
"""
    )
    assert rows(record) == [
        ("2023-02-03", "Top-up by card", 50.0, 52.0),
        ("2023-02-04", "To Lina Miller", -9.48, 42.52),
    ]


def test_sections_tell_the_signs_and_other_tables_are_left_out() -> None:
    record = extract(
        """
# Checking summary
July 1, 2022 through July 31, 2022
Primary Account: 00000988081483
                             INSTANCES            AMOUNT
Beginning Balance                               $100.00
Ending Balance                       3          $165.00

# DEPOSITS AND ADDITIONS
DATE     DESCRIPTION                             AMOUNT
07/02    Deposit                                 $70.00
07/09    Deposit                                  25.00
Total Deposits and Additions                     $95.00

# OTHER WITHDRAWALS, FEES & CHARGES
DATE     DESCRIPTION                             AMOUNT
07/11    Online Payment                          $30.00
Total Other Withdrawals, Fees & Charges          $30.00

# DAILY ENDING BALANCE
DATE     AMOUNT                                  AMOUNT
07/02    day                                     170.00
07/11    day                                     165.00
"""
    )
    assert [row[:3] for row in rows(record)] == [
        ("2022-07-02", "Deposit", 70.0),
        ("2022-07-09", "Deposit", 25.0),
        ("2022-07-11", "Online Payment", -30.0),
    ]
    assert balances(record) == (100.0, 165.0)
    assert record.fields["account"] == "00000988081483"
    assert record.remarks == ("transactions.amount: printed without signs; they follow from the sections",)


def test_a_card_statement_with_words_between_its_columns() -> None:
    record = extract(
        """
STATEMENT DATE     PAYMENT DUE DATE     TOTAL CREDIT LIMIT     TOTAL MINIMUM DUE
01-08-2023         24-08-2023           S$22,800               S$50.00

TRANSACTION DATE     DESCRIPTION                                     AMOUNT (SGD)
J MUSTER             5488-2926-6730-9473
                     LAST MONTH'S BALANCE                                412.16
13/07                PAYMENT BY INTERNET                                (412.16)
24/07                SAVORY MORNING          SINGAPORE      SG             2.90
31/07                BUS RIDE                SINGAPORE      SG            11.90
TOTAL AMOUNT DUE                                                          14.80
"""
    )
    assert [(row[0], row[2]) for row in rows(record)] == [
        ("2023-07-13", -412.16),
        ("2023-07-24", 2.9),
        ("2023-07-31", 11.9),
    ]
    assert rows(record)[1][1].startswith("SAVORY MORNING")
    assert balances(record) == (412.16, 14.8)
    assert record.fields["account"] == "5488-2926-6730-9473"


def test_what_stands_in_the_margin_of_a_table_is_no_amount_of_it() -> None:
    record = extract(
        """
# Card statement
Account number 4711
Previous Balance $10.00
New Balance: -$450.03
Open to close date: 09/14/2023 - 10/13/2023

DATE      PAYMENTS AND CREDITS             AMOUNT
09/20     INTERNET PAYMENT              -$1,200.00      1% Cashback Bonus      -$1.48
10/05     AN ADJUSTMENT                      -$3.18

DATE      PURCHASES             MERCHANT CATEGORY             AMOUNT
10/11     AMAZON BILLS          Merchandise                   $17.00
"""
    )
    assert rows(record) == [
        ("2023-09-20", "INTERNET PAYMENT", -1200.0, None),
        ("2023-10-05", "AN ADJUSTMENT", -3.18, None),
        ("2023-10-11", "AMAZON BILLS", 17.0, None),
    ]
    assert record.fields["closing_balance"] == -450.03


def test_an_iban_is_known_by_its_check_digits_where_nothing_calls_it_so() -> None:
    drawing = """
# Kontoauszug Nr. 7
Girokonto, {iban}
Alter Kontostand      - 318,72
Neuer Kontostand      + 1.910,50

Datum         Verwendungszweck         Belastung in EUR     Gutschrift in EUR
07.06.2023    Netz                                39,99
12.06.2023    Amt                                                    2.269,21
"""
    record = extract(drawing.format(iban="DE41 1203 0000 1051 2345 67"))
    assert record.fields["account"] == "DE41 1203 0000 1051 2345 67"
    assert balances(record) == (-318.72, 1910.5)
    assert record.remarks == ()
    assert extract(drawing.format(iban="DE42 1203 0000 1051 2345 67")).fields["account"] is None


def test_a_number_with_a_blank_before_its_cents_is_none() -> None:
    record = extract(
        """
# Bank statement
Account number 4711
Opening balance 200.00

Date          Description        Money out      Money in      Balance
12/03/2024    Faster payment        120 00                      80.00
13/03/2024    Salary                                50.00      130.00
"""
    )
    assert [row[2] for row in rows(record)] == [None, 50.0]


def test_two_languages_of_a_header_are_one_header() -> None:
    record = extract(
        """
# 招商银行交易流水
2024-01-01 -- 2024-02-29
户 名：张三          账号：6214850212345678

记账日期        货币        交易金额          联机余额        交易摘要        对手信息
Date            Currency    Transaction Amount    Balance    Transaction Type    Counter Party
2024-01-03      CNY            -35.50        5,194.68        快捷支付        某某便利店
2024-01-05      CNY          8,800.00       13,994.68        代发工资        某某公司
"""
    )
    assert [(row[0], row[2], row[3]) for row in rows(record)] == [
        ("2024-01-03", -35.5, 5194.68),
        ("2024-01-05", 8800.0, 13994.68),
    ]
    assert record.fields["account"] == "6214850212345678"


def in_columns(*rows: str) -> str:
    """Rows whose cells, parted by bars, stand below one another."""
    texts = [[cell.strip() for cell in row.split("|")] for row in rows]
    return "\n".join(
        "".join(cell + " " * (26 - sum(1 + (c > "\u2000") for c in cell)) for cell in row) for row in texts
    )


def test_what_a_bank_writes_with_many_columns_of_its_own_is_a_statement() -> None:
    table = in_columns(
        "凭证号|本方账号|对方账号|交易时间|借/贷|借方发生额|贷方发生额|对方行号|摘要|用途|对方单位名称|余额|附言|流水号",
        "00001|13020129|02302100|2018-06-26 11:22:03|借|31.25||31352100|货款||青石器械公司|16,142.50|转汉口|G30",
        "00002|13020129|32108800|2018-06-26 10:19:46|贷||357.50|31431250|货款||远山器械公司|16,500.00|无|G31",
    )
    head = (
        "# 对帐单\n银行帐号    551905208610901\n查询开始日期    20180601    查询结束日期    20180630\n"
        "对帐单期初余额    16,173.75\n对帐单余额    16,500.00\n\n"
    )
    record = extract(head + table)
    assert rows(record) == [
        ("2018-06-26", "货款", -31.25, 16142.5),
        ("2018-06-26", "货款", 357.5, 16500.0),
    ]
    assert record.fields["account"] == "551905208610901"
    assert (record.fields["period_start"], record.fields["period_end"]) == ("2018-06-01", "2018-06-30")
    assert balances(record) == (16173.75, 16500.0)

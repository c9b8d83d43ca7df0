"""Layouts of generated statements of account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from scripts.layouts.business_world import Printer
from scripts.layouts.invoices import block, pairs
from scripts.layouts.printed_sheet import Flow, Sheet


class Move(NamedTuple):
    """One transaction and the balance after it."""

    day: date
    text: str
    amount: float
    balance: float


class Account:
    """An account in a month with its transactions; ``say`` prints it."""

    def __init__(self, say: Printer, number: str, *, balances: bool = True) -> None:
        self.say, self.bank, self.holder, self.number = say, say.firms[0], say.people[0], number
        self.start = say.day.replace(day=1)
        self.opening = say.draw.randint(20000, 900000) / 100
        balance, day, self.moves = self.opening, self.start, []
        for _ in range(say.draw.randint(6, 24)):
            day = date.fromordinal(
                min(day.toordinal() + say.draw.randint(0, 2), self.start.replace(day=28).toordinal())
            )
            amount = say.draw.choice((-1, -1, -1, 1)) * say.draw.randint(350, 95000) / 100
            balance = round(balance + amount, 2)
            self.moves.append(Move(day, say.draw.choice(say.world["moves"]), amount, balance))
        self.closing, self.end = balance, self.start.replace(day=28)
        say.truth.fields |= {
            "account": number, "holder": self.holder, "period_start": self.start.isoformat(),
            "period_end": self.end.isoformat(), "opening_balance": self.opening, "closing_balance": self.closing,
            "transactions": [
                {"date": move.day.isoformat(), "description": move.text, "amount": move.amount}
                | ({"balance": move.balance} if balances else {})
                for move in self.moves
            ],
        }  # fmt: skip

    def in_currency(self) -> None:
        self.say.truth.fields["currency"] = self.say.code


def rows(
    flow: Flow, widths: Sequence[float], texts: Sequence[Sequence[str]], left: int = 2, *, bold: bool = False
) -> None:
    """Write rows whose columns from ``left`` on are set flush right."""
    for row in texts:
        if flow.y + 30 > 790:
            flow._turn()
        flow._advance(flow.size)
        x = flow.x
        for at, (text, width) in enumerate(zip(row, widths, strict=True)):
            start = x if at < left else x + width - flow.sheet.width(text, flow.size, bold)
            if text:
                flow.sheet.put(flow.number, (start, flow.y), text, flow.size, bold=bold)
            x += width
        flow.gap(2)


def high_street(say: Printer) -> Sheet:
    """Money out and money in in two columns, a balance in each row, a summary at the right."""
    account, sheet = Account(say, f"{say.draw.randint(10000000, 99999999)}"), Sheet()
    block(sheet, (45, 55), [account.bank.name, account.bank.address], lead=True)
    sheet.put(0, (45, 100), "Statement of account", 15, bold=True)
    say.truth.titles.append("Statement of account")
    period = f"{say.date(account.start)} to {say.date(account.end)}"
    pairs(
        sheet,
        (45, 125),
        (
            ("Account name", account.holder),
            ("Account number", account.number),
            ("Sort code", "20-45-77"),
            ("Statement period", period),
        ),
        100,
    )
    pairs(
        sheet,
        (350, 125),
        (("Opening balance", say.money(account.opening)), ("Closing balance", say.money(account.closing))),
        110,
    )
    flow, widths = Flow(sheet, 45, 505, 195, 9), (75, 200, 75, 75, 80)
    rows(flow, widths, [("Date", "Description", "Money out", "Money in", "Balance")], bold=True)
    rows(flow, widths, [
        (say.date(m.day, "short"), m.text, say.number(-m.amount) if m.amount < 0 else "", say.number(m.amount) if m.amount > 0 else "", say.number(m.balance))
        for m in account.moves
    ])  # fmt: skip
    account.in_currency()
    return sheet


def kontoauszug(say: Printer) -> Sheet:
    """A German bank: booking and value date, a signed amount, old and new balance as rows."""
    number = _iban("DE", "".join(str(say.draw.randint(0, 9)) for _ in range(18)))
    account, sheet = Account(say, number, balances=False), Sheet()
    sheet.put(0, (50, 55), account.bank.name, 13, bold=True)
    sheet.put(0, (50, 90), "Kontoauszug Nr. 4", 14, bold=True)
    say.truth.titles.append("Kontoauszug Nr. 4")
    grouped = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
    period = f"{say.date(account.start, 'dots')} - {say.date(account.end, 'dots')}"
    pairs(
        sheet,
        (50, 112),
        (("Kontoinhaber:", account.holder), ("IBAN:", grouped), ("Zeitraum:", period), ("Währung:", "EUR")),
        95,
    )
    flow, widths = Flow(sheet, 50, 495, 180, 9), (70, 70, 255, 100)
    rows(flow, widths, [("Buchung", "Wertstellung", "Verwendungszweck", "Betrag in EUR")], 3, bold=True)
    rows(flow, widths, [("", "", "Alter Kontostand", say.number(account.opening))], 3)
    rows(
        flow,
        widths,
        [(say.date(m.day, "dots"), say.date(m.day, "dots"), m.text, say.number(m.amount)) for m in account.moves],
        3,
    )
    rows(flow, widths, [("", "", "Neuer Kontostand", say.number(account.closing))], 3, bold=True)
    account.in_currency()
    return sheet


def releve(say: Printer) -> Sheet:
    """A French bank: Débit and Crédit, ancien solde and nouveau solde."""
    account, sheet = Account(say, f"{say.draw.randint(10**10, 10**11 - 1)}", balances=False), Sheet(serif=True)
    block(sheet, (50, 55), [account.bank.name, account.bank.address], lead=True)
    sheet.put(0, (50, 105), "Relevé de compte", 15, bold=True)
    say.truth.titles.append("Relevé de compte")
    period = f"{say.date(account.start, 'slashes')} au {say.date(account.end, 'slashes')}"
    pairs(
        sheet,
        (50, 130),
        (("Titulaire :", account.holder), ("N° de compte :", account.number), ("Période du", period)),
        90,
    )
    flow, widths = Flow(sheet, 50, 495, 190, 9), (75, 240, 90, 90)
    rows(flow, widths, [("Date", "Libellé", "Débit", "Crédit")], bold=True)
    rows(flow, widths, [("", "Ancien solde", "", say.money(account.opening))])
    rows(flow, widths, [
        (say.date(m.day, "slashes"), m.text, say.number(-m.amount) if m.amount < 0 else "", say.number(m.amount) if m.amount > 0 else "")
        for m in account.moves
    ])  # fmt: skip
    rows(flow, widths, [("", "Nouveau solde", "", say.money(account.closing))], bold=True)
    account.in_currency()
    return sheet


def chinese_flow(say: Printer) -> Sheet:
    """A Chinese bank's list of transactions: signed amounts with balances."""
    account, sheet = Account(say, "6222" + str(say.draw.randint(10**14, 10**15 - 1))), Sheet()
    sheet.put(0, (210, 50), "银行账户交易明细", 16)
    say.truth.titles.append("银行账户交易明细")
    period = f"{say.date(account.start, 'iso')} 至 {say.date(account.end, 'iso')}"
    pairs(sheet, (45, 80), (("户名：", account.holder), ("账号：", account.number)), 45)
    pairs(sheet, (330, 80), (("币种：", "人民币"), ("起止日期：", period)), 65)
    sheet.put(0, (45, 112), f"期初余额：{say.number(account.opening)}", 9.5)
    sheet.put(0, (330, 112), f"期末余额：{say.number(account.closing)}", 9.5)
    flow, widths = Flow(sheet, 45, 505, 125, 9), (95, 210, 100, 100)
    flow.cells(("交易日期", "摘要", "交易金额", "余额"), widths, ruled=True)
    for m in account.moves:
        flow.cells((say.date(m.day, "iso"), m.text, say.number(m.amount), say.number(m.balance)), widths, ruled=True)
    account.in_currency()
    return sheet


def card_account(say: Printer) -> Sheet:
    """A credit card in the US: previous and new balance, payments negative, no running balance."""
    say.from_america()
    account, sheet = Account(say, f"XXXX XXXX XXXX {say.draw.randint(1000, 9999)}", balances=False), Sheet()
    sheet.put(0, (45, 55), f"{account.bank.name}  Rewards Card", 14, bold=True)
    sheet.put(0, (45, 80), "Credit Card Statement", 13, bold=True)
    say.truth.titles.append("Credit Card Statement")
    period = f"{say.date(account.start, 'us')} - {say.date(account.end, 'us')}"
    pairs(
        sheet,
        (45, 105),
        (("Customer name:", account.holder), ("Card number:", account.number), ("Billing period:", period)),
        100,
    )
    due = say.later(40)
    side = (
        ("Previous balance", say.money(account.opening)),
        ("New balance", say.money(account.closing)),
        ("Payment due date", say.date(due, "us")),
    )
    pairs(sheet, (330, 105), side, 110)
    flow, widths = Flow(sheet, 45, 505, 170, 9), (85, 85, 235, 100)
    flow.line("Transactions", 11, bold=True)
    rows(flow, widths, [("Trans. date", "Post date", "Description", "Amount")], 3, bold=True)
    rows(
        flow,
        widths,
        [
            (
                say.date(m.day, "us"),
                say.date(m.day, "us"),
                m.text,
                f"{'-' if m.amount < 0 else ''}{say.money(abs(m.amount))}",
            )
            for m in account.moves
        ],
        3,
    )
    account.in_currency()
    return sheet


def brought_forward(say: Printer) -> Sheet:
    """A British bank: balance brought and carried forward as rows, details first, dates without a year in rows."""
    account, sheet = Account(say, f"{say.draw.randint(10000000, 99999999)}"), Sheet(serif=True)
    block(sheet, (45, 55), [account.holder, *say.firms[1].address.split(", ")])
    block(sheet, (350, 55), [account.bank.name, account.bank.address.split(", ")[0]], lead=True)
    sheet.put(0, (45, 130), "Your current account statement", 14, bold=True)
    say.truth.titles.append("Your current account statement")
    sheet.put(0, (45, 150), f"{say.date(account.start)} - {say.date(account.end)}", 10)
    pairs(sheet, (350, 130), (("Account No:", account.number), ("Sort Code:", "60-83-71")), 80)
    flow, widths = Flow(sheet, 45, 505, 170, 9), (80, 185, 75, 75, 90)
    rows(flow, widths, [("Date", "Details", "Paid out", "Paid in", "Balance")], bold=True)
    rows(flow, widths, [("", "Balance brought forward", "", "", say.number(account.opening))])
    rows(flow, widths, [
        (say.date(m.day, "slashes"), m.text, say.number(-m.amount) if m.amount < 0 else "", say.number(m.amount) if m.amount > 0 else "", say.number(m.balance))
        for m in account.moves
    ])  # fmt: skip
    rows(flow, widths, [("", "Balance carried forward", "", "", say.number(account.closing))], bold=True)
    return sheet


def soll_haben(say: Printer) -> Sheet:
    """A German bank with Soll and Haben behind the amounts, the period in the title."""
    number = _iban("DE", "".join(str(say.draw.randint(0, 9)) for _ in range(18)))
    account, sheet = Account(say, number, balances=False), Sheet()
    sheet.put(0, (50, 50), account.bank.name, 12, bold=True)
    title = f"Kontoauszug vom {say.date(account.start, 'dots')} bis {say.date(account.end, 'dots')}"
    sheet.put(0, (50, 80), title, 12, bold=True)
    say.truth.titles.append(title)
    block(
        sheet,
        (50, 105),
        [
            account.holder,
            f"Konto IBAN {number}",
            f"Alter Saldo {say.date(account.start, 'dots')}    {say.money(account.opening)} H",
        ],
        9.5,
    )
    flow, widths = Flow(sheet, 50, 495, 150, 9), (70, 255, 85, 85)
    rows(flow, widths, [("Datum", "Buchungstext", "Soll", "Haben")], bold=True)
    rows(flow, widths, [
        (say.date(m.day, "dots"), m.text, say.number(-m.amount) if m.amount < 0 else "", say.number(m.amount) if m.amount > 0 else "")
        for m in account.moves
    ])  # fmt: skip
    sign = "H" if account.closing >= 0 else "S"
    flow.line(
        f"Neuer Saldo {say.date(account.end, 'dots')}", bold=True, right=f"{say.money(abs(account.closing))} {sign}"
    )
    account.in_currency()
    return sheet


def chinese_credit_debit(say: Printer) -> Sheet:
    """A Chinese bank: 支出 and 收入 in two columns, account data in one ruled head."""
    account, sheet = Account(say, str(say.draw.randint(10**17, 10**18 - 1))), Sheet()
    flow = Flow(sheet, 45, 505, 40, 9)
    flow.line(f"{account.bank.name}对账单", 14, centred=True)
    say.truth.titles.append(f"{account.bank.name}对账单")
    flow.gap()
    period = f"{say.date(account.start)}至{say.date(account.end)}"
    flow.cells(("账户名称", account.holder, "账号", account.number), (90, 130, 90, 195), ruled=True)
    flow.cells(("账单周期", period, "币种", "CNY"), (90, 220, 60, 135), ruled=True)
    flow.gap()
    widths = (85, 160, 85, 85, 90)
    flow.cells(("日期", "摘要", "支出", "收入", "余额"), widths, ruled=True)
    flow.cells(("", "上期余额", "", "", say.number(account.opening)), widths, ruled=True)
    for m in account.moves:
        row = (
            say.number(-m.amount) if m.amount < 0 else "",
            say.number(m.amount) if m.amount > 0 else "",
            say.number(m.balance),
        )
        flow.cells((say.date(m.day, "iso"), m.text, *row), widths, ruled=True)
    flow.cells(("", "本期余额", "", "", say.number(account.closing)), widths, ruled=True)
    account.in_currency()
    return sheet


def _iban(country: str, body: str) -> str:
    """An IBAN with its check digits."""
    digits = "".join(str(int(c, 36)) for c in f"{body}{country}00")
    return f"{country}{98 - int(digits) % 97:02d}{body}"

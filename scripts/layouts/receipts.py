"""Layouts of generated till receipts."""

from __future__ import annotations

from scripts.layouts.business_world import Printer
from scripts.layouts.printed_sheet import Flow, Sheet

Item = tuple[str, float]


class Till:
    """What one purchase costs; ``say`` prints it."""

    def __init__(self, say: Printer) -> None:
        self.say, self.shop = say, say.firms[0]
        names = say.draw.sample(say.world["shop"], say.draw.randint(2, 6))
        self.items: list[Item] = [(name, say.draw.randint(89, 2599) / 100) for name in names]
        self.total = round(sum(price for _, price in self.items), 2)
        rate = say.world["tax"] / 100
        self.net = round(self.total / (1 + rate), 2)
        self.tax = round(self.total - self.net, 2)
        say.truth.fields |= {
            "company": self.shop.name, "address": self.shop.address, "date": say.day.isoformat(), "total": self.total,
        }  # fmt: skip
        say.truth.titles.append(self.shop.name)

    def in_currency(self) -> None:
        self.say.truth.fields["currency"] = self.say.code


def roll(size: float = 9.0) -> Flow:
    return Flow(Sheet(), 190, 215, 40, size)


def grocer(say: Printer) -> Sheet:
    """Shop and address centred, items with prices at the right, cash and change below the total."""
    till, flow = Till(say), roll()
    flow.line(till.shop.name, 12, bold=True, centred=True)
    for text in till.shop.address.split(", ", 1):
        flow.line(text, centred=True)
    flow.line(f"Tel {till.shop.phone}", centred=True)
    say.truth.phones.append(till.shop.phone)
    flow.line("-" * 44)
    for name, price in till.items:
        flow.line(name, right=say.number(price))
    flow.line("-" * 44)
    flow.line("TOTAL", 11, bold=True, right=say.money(till.total))
    paid = float(int(till.total / 10 + 1) * 10)
    flow.line("CASH", right=say.money(paid))
    flow.line("CHANGE", right=say.money(round(paid - till.total, 2)))
    flow.line(f"{say.date(say.day, 'slashes')} 14:32   Till 3   Served by Joan", 8)
    flow.line("THANK YOU FOR SHOPPING WITH US", centred=True)
    till.in_currency()
    return flow.sheet


def kassenbon(say: Printer) -> Sheet:
    """A German receipt: SUMME EUR, card payment, taxes by letter."""
    till, flow = Till(say), roll()
    flow.line(till.shop.name, 11, bold=True, centred=True)
    for text in till.shop.address.split(", ", 1):
        flow.line(text, centred=True)
    flow.line("UID Nr. DE812345678", centred=True)
    flow.line("", right="EUR")
    for name, price in till.items:
        flow.line(name, right=f"{say.number(price)} A")
    flow.rule()
    flow.line("SUMME   EUR", 11, bold=True, right=say.number(till.total))
    flow.line("Geg. EC-Karte EUR", right=say.number(till.total))
    flow.gap()
    flow.line("Steuer %    Netto    Steuer    Brutto")
    flow.line(f"A = 19,0%   {say.number(till.net)}   {say.number(till.tax)}   {say.number(till.total)}")
    flow.gap()
    flow.line(f"Datum: {say.date(say.day, 'dots')}", right="Uhrzeit: 17:05:12")
    flow.line("Beleg-Nr. 8834   Kasse 2", 8)
    flow.line("Vielen Dank für Ihren Einkauf", centred=True)
    till.in_currency()
    return flow.sheet


def ticket_caisse(say: Printer) -> Sheet:
    """A French receipt: date first, TOTAL TTC, CB, the taxes."""
    till, flow = Till(say), roll()
    flow.line(till.shop.name, 12, bold=True)
    flow.line(till.shop.address)
    flow.line(f"Tél : {till.shop.phone}")
    say.truth.phones.append(till.shop.phone)
    flow.line(f"Le {say.date(say.day, 'slashes')} à 10:47    Ticket n° 004512")
    flow.gap()
    for name, price in till.items:
        flow.line(f"1 x {name}", right=say.money(price))
    flow.gap()
    flow.line("TOTAL TTC", 11, bold=True, right=say.money(till.total))
    flow.line("dont TVA 20%", right=say.money(till.tax))
    flow.line("CB SANS CONTACT", right=say.money(till.total))
    flow.line("Merci de votre visite et à bientôt", centred=True)
    till.in_currency()
    return flow.sheet


def chinese_slip(say: Printer) -> Sheet:
    """A Chinese receipt: 购物小票, 合计, 实收, 找零."""
    till, flow = Till(say), roll()
    flow.line(till.shop.name, 11, centred=True)
    flow.line("购物小票", centred=True)
    say.truth.titles.append("购物小票")
    flow.line(f"单号：{say.code_of('', 10)}")
    flow.line(f"日期：{say.date(say.day, 'iso')} 18:21:40")
    flow.line("品名                        金额")
    for name, price in till.items:
        flow.line(name, right=say.number(price))
    flow.rule()
    flow.line(f"合计：{say.money(till.total)}", 11)
    paid = float(int(till.total / 50 + 1) * 50)
    flow.line(f"实收：{say.money(paid)}   找零：{say.money(round(paid - till.total, 2))}")
    flow.line(f"地址：{till.shop.address}")
    flow.line(f"电话：{till.shop.phone}")
    say.truth.phones.append(till.shop.phone)
    flow.line("谢谢惠顾，欢迎再次光临", centred=True)
    till.in_currency()
    return flow.sheet


def diner(say: Printer) -> Sheet:
    """A restaurant's check: table and server, subtotal, tax, tip line, total; date at the top."""
    say.from_america()
    till, flow = Till(say), roll(9.5)
    flow.line(till.shop.name, 13, bold=True, centred=True)
    flow.line(till.shop.address, 8.5, centred=True)
    flow.gap()
    flow.line("Server: Marcus", right="Table 12")
    flow.line("Check #: 4471   Guests: 2")
    flow.line(f"{say.date(say.day, 'us')} 7:58 PM")
    flow.rule()
    for name, price in till.items:
        flow.line(f"1 {name}", right=say.number(price))
    flow.rule()
    tax = round(till.total * 0.08, 2)
    due = round(till.total + tax, 2)
    flow.line("Subtotal", right=say.number(till.total))
    flow.line("Tax", right=say.number(tax))
    say.truth.fields["total"] = due
    flow.line("Balance Due", 11, bold=True, right=say.money(due))
    till.in_currency()
    flow.line("VISA ************1234   AUTH 004412", 8)
    flow.line("Suggested tip 18% - 20% - 22%", 8, centred=True)
    return flow.sheet


def card_slip(say: Printer) -> Sheet:
    """A shop's receipt with a customer copy of the card slip, sums with the code of the currency."""
    till, flow = Till(say), roll()
    flow.line("RECEIPT", bold=True, centred=True)
    say.truth.titles.append("RECEIPT")
    flow.line(till.shop.name, 11, centred=True)
    flow.line(till.shop.address, centred=True)
    flow.line(f"Date {say.date(say.day, 'short')}", right="Time 09:14")
    for name, price in till.items:
        flow.line(name)
        flow.line(f"  1 @ {say.number(price)}", right=say.number(price))
    flow.rule()
    flow.line(f"{len(till.items)} items   Total to pay", bold=True, right=say.money(till.total, code=True))
    flow.line("Debit Mastercard", right=say.money(till.total, code=True))
    flow.line("VAT no GB 987 6543 21", 8)
    flow.line(f"VAT @ 20% included {say.number(till.tax)}", 8)
    flow.line("Please retain for your records", 8, centred=True)
    till.in_currency()
    return flow.sheet


def petrol(say: Printer) -> Sheet:
    """A German petrol station: litres and price, Gesamtbetrag, card data below."""
    till, flow = Till(say), roll()
    flow.line(till.shop.name, 11, bold=True)
    for text in till.shop.address.split(", ", 1):
        flow.line(text)
    flow.line(f"Telefon {till.shop.phone}")
    say.truth.phones.append(till.shop.phone)
    flow.gap()
    flow.line(f"Quittung 55120   {say.date(say.day, 'dots')}  08:33")
    for name, price in till.items:
        flow.line(f"* {name}", right=say.money(price))
    flow.line("Gesamtbetrag", 11, bold=True, right=say.money(till.total))
    flow.line(f"MwSt. 19,00 %: {say.money(till.tax)}   Netto: {say.money(till.net)}", 8)
    flow.line("Girocard kontaktlos   Terminal-ID 65012345", 8)
    flow.line("Gute Fahrt!", centred=True)
    till.in_currency()
    return flow.sheet


def chinese_restaurant(say: Printer) -> Sheet:
    """A Chinese restaurant: 桌号, 消费金额 before 应付金额, WeChat payment, shop's name and place at the end."""
    till, flow = Till(say), roll()
    flow.line("结账单", 12, centred=True)
    say.truth.titles.append("结账单")
    flow.line(till.shop.name, centred=True)
    flow.line("桌号：A08      人数：3")
    flow.line(f"结账时间：{say.date(say.day)} 12:40")
    for name, price in till.items:
        flow.line(f"{name} x1", right=say.number(price))
    flow.rule()
    flow.line("消费金额", right=say.number(till.total))
    flow.line("应付金额", 11, right=say.money(till.total))
    flow.line("微信支付", right=say.money(till.total))
    flow.line(till.shop.address, 8)
    till.in_currency()
    return flow.sheet

"""Layouts of generated invoices, as accounting programs, shops, freelancers and tax offices print them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scripts.layouts.business_world import Printer
from scripts.layouts.printed_sheet import Flow, Sheet

Rows = Sequence[tuple[str, int, float, float]]


class Bill:
    """The numbers, days, goods and sums of one invoice; ``say`` prints them."""

    def __init__(self, say: Printer, *, due: int = 30, digits: int = 5) -> None:
        self.say, self.issuer, self.buyer = say, say.firms[0], say.firms[1]
        self.rows = say.goods()
        self.net = round(sum(row[3] for row in self.rows), 2)
        self.tax = round(self.net * say.world["tax"] / 100, 2)
        self.total = round(self.net + self.tax, 2)
        self.day, self.due, self.ordered = say.day, say.later(due), say.later(-12)
        self.number = say.code_of(f"{say.day.year}-", digits)
        self.order, self.customer = say.code_of("PO", 6), say.code_of("K", 6)
        say.truth.fields |= {
            "issuer": self.issuer.name, "invoice_number": self.number, "date": self.day.isoformat(),
            "amount": self.total, "currency": say.code,
            "lines": [
                {"description": name, "quantity": count, "unit_price": price, "amount": amount}
                for name, count, price, amount in self.rows
            ],
        }  # fmt: skip

    def taxed(self) -> None:
        self.say.truth.fields |= {"amount_untaxed": self.net, "amount_tax": self.tax}

    def falls_due(self) -> None:
        self.say.truth.fields["due_date"] = self.due.isoformat()


def pairs(sheet: Sheet, at: tuple[float, float], rows: Sequence[tuple[str, str]], gap: float, **how: Any) -> float:
    """Write labels with their values beside them; returns where the next row would stand."""
    x, y = at
    for label, value in rows:
        sheet.put(0, (x, y), label, 9.5, bold=how.get("bold", False))
        sheet.put(0, (x + gap, y), value, 9.5)
        y += 14
    return y


def block(sheet: Sheet, at: tuple[float, float], lines: Sequence[str], size: float = 10.0, lead: bool = False) -> None:
    for row, text in enumerate(lines):
        sheet.put(0, (at[0], at[1] + 13.5 * row), text, size, bold=lead and not row)


def totals(flow: Flow, rows: Sequence[tuple[str, str]], width: float = 190.0) -> None:
    """Write sums flush right under a table."""
    for at, (label, value) in enumerate(rows):
        flow._advance(flow.size)
        left = flow.x + flow.width - width
        flow.sheet.put(flow.number, (left, flow.y), label, flow.size, bold=at == len(rows) - 1)
        end = flow.x + flow.width - flow.sheet.width(value, flow.size)
        flow.sheet.put(flow.number, (end, flow.y), value, flow.size)
        flow.gap(3)


def table(
    flow: Flow, header: Sequence[str], widths: Sequence[float], rows: Sequence[Sequence[str]], **how: Any
) -> None:
    flow.cells(header, widths, bold=True, ruled=how.get("ruled", False))
    for row in rows:
        flow.cells(row, widths, ruled=how.get("ruled", False))
    flow.gap(8)


def goods(say: Printer, rows: Rows, *, signs: bool = False) -> list[tuple[str, str, str, str]]:
    text = say.money if signs else say.number
    return [(name, str(count), text(price), text(amount)) for name, count, price, amount in rows]


def letterhead_right(say: Printer) -> Sheet:
    """The issuer at the top right, labels beside values below it, a ruled table, bank details in the foot."""
    bill, sheet = Bill(say), Sheet()
    sheet.put(0, (45, 70), "INVOICE", 22, bold=True)
    say.truth.titles.append("INVOICE")
    block(sheet, (380, 60), [*bill.issuer.lines(), *say.contact(bill.issuer)], 9.5, lead=True)
    block(sheet, (45, 150), ["Bill to", *bill.buyer.lines()])
    labels = ("Invoice no.", "Invoice date", "Payment due", "Your PO no.", "Customer no.")
    values = (bill.number, say.date(bill.day), say.date(bill.due), bill.order, bill.customer)
    pairs(sheet, (380, 150), list(zip(labels, values, strict=True)), 85)
    flow = Flow(sheet, 45, 505, 260)
    table(flow, ("Description", "Qty", "Unit price", "Amount"), (265, 60, 90, 90), goods(say, bill.rows), ruled=True)
    sums = (("Subtotal", say.money(bill.net)), (f"VAT {say.world['tax']}%", say.money(bill.tax)))
    totals(flow, (*sums, ("Total due", say.money(bill.total))))
    bill.taxed(), bill.falls_due()
    sheet.put(
        0,
        (45, 800),
        "Bank: Northern Counties  IBAN GB29 NWBK 6016 1331 9268 19  BIC NWBKGB2L  VAT reg. GB 123 4567 82",
        8,
    )
    return sheet


def din_letter(say: Printer) -> Sheet:
    """A German business letter: sender above the address, a block of references, three columns in the foot."""
    bill, sheet = Bill(say, due=14), Sheet()
    sheet.put(0, (330, 50), bill.issuer.name, 15, bold=True)
    sheet.put(0, (60, 130), " · ".join(bill.issuer.lines()), 7)
    block(sheet, (60, 148), bill.buyer.lines())
    labels = ("Rechnungsnr.:", "Kundennr.:", "Bestellung vom:", "Lieferdatum:", "Datum:")
    values = (
        bill.number, bill.customer, say.date(bill.ordered, "dots"), say.date(say.later(-3), "dots"), say.date(bill.day, "dots")
    )  # fmt: skip
    pairs(sheet, (365, 148), list(zip(labels, values, strict=True)), 95)
    flow = Flow(sheet, 60, 480, 255)
    flow.line(f"Rechnung {bill.number}", 13, bold=True)
    say.truth.titles.append(f"Rechnung {bill.number}")
    flow.line("Sehr geehrte Damen und Herren, für unsere Leistungen erlauben wir uns zu berechnen:")
    flow.gap()
    rows = [
        (str(at), count, name, price, amount)
        for at, (name, count, price, amount) in enumerate(goods(say, bill.rows), 1)
    ]
    table(flow, ("Pos.", "Menge", "Bezeichnung", "Einzelpreis", "Gesamt"), (35, 50, 215, 90, 90), rows)
    totals(
        flow,
        (
            ("Nettobetrag", say.money(bill.net)),
            ("zzgl. 19 % MwSt.", say.money(bill.tax)),
            ("Rechnungsbetrag", say.money(bill.total)),
        ),
    )
    flow.line(f"Zahlbar ohne Abzug bis {say.date(bill.due, 'dots')}.")
    bill.taxed(), bill.falls_due()
    block(sheet, (60, 780), [bill.issuer.name, bill.issuer.address, *say.contact(bill.issuer)], 7)
    block(sheet, (240, 780), ["Sparkasse Mittelland", "IBAN DE89 3704 0044 0532 0130 00", "BIC COBADEFFXXX"], 7)
    block(
        sheet,
        (420, 780),
        ["Amtsgericht Stuttgart HRB 4711", "USt-IdNr. DE123456789", f"Geschäftsführer: {say.people[0]}"],
        7,
    )
    return sheet


def facture_artisan(say: Printer) -> Sheet:
    """A French invoice: the issuer left, the client boxed at the right, HT, TVA and TTC in the totals."""
    bill, sheet = Bill(say), Sheet(serif=True)
    block(sheet, (50, 60), [*bill.issuer.lines(), *say.contact(bill.issuer), "SIRET 512 345 678 00017"], lead=True)
    sheet.page(0).draw_rect((330, 130, 550, 195), width=0.6)
    block(sheet, (338, 148), ["Client :", *bill.buyer.lines()])
    flow = Flow(sheet, 50, 495, 215)
    flow.line(f"FACTURE N° {bill.number}", 14, bold=True)
    say.truth.titles.append(f"FACTURE N° {bill.number}")
    flow.line(f"Date de facturation : {say.date(bill.day, 'slashes')}")
    flow.line(f"Date d'échéance : {say.date(bill.due, 'slashes')}")
    flow.line(f"Bon de commande : {bill.order}    Code client : {bill.customer}")
    flow.gap(8)
    table(flow, ("Désignation", "Qté", "PU HT", "Total HT"), (265, 50, 90, 90), goods(say, bill.rows), ruled=True)
    totals(
        flow,
        (("Total HT", say.money(bill.net)), ("TVA 20 %", say.money(bill.tax)), ("Total TTC", say.money(bill.total))),
    )
    flow.line("En cas de retard de paiement, une indemnité forfaitaire de 40 € est due.", 8)
    say.truth.must.add(40.0), say.truth.amounts.add(40.0)
    bill.taxed(), bill.falls_due()
    return sheet


def fapiao(say: Printer) -> Sheet:
    """A Chinese tax invoice: buyer and seller in boxes, amounts with tax by line, the total in words and digits."""
    bill, sheet = Bill(say), Sheet()
    bill.number = say.code_of("2431", 16)
    say.truth.fields["invoice_number"] = bill.number
    sheet.put(0, (200, 50), "电子发票（普通发票）", 16)
    say.truth.titles.append("电子发票（普通发票）")
    sheet.put(0, (370, 75), f"发票号码：{bill.number}", 9)
    sheet.put(0, (370, 90), f"开票日期：{say.date(bill.day)}", 9)
    for x, who, firm, tax in (
        (40, "购买方信息", bill.buyer, "91310104MA1FR"),
        (300, "销售方信息", bill.issuer, "91440101MA5CX"),
    ):
        sheet.page(0).draw_rect((x, 105, x + 255, 165), width=0.6)
        block(
            sheet,
            (x + 8, 122),
            [who, f"名称：{firm.name}", f"统一社会信用代码/纳税人识别号：{tax}{say.draw.randint(10000, 99999)}"],
            8.5,
        )
    flow = Flow(sheet, 40, 515, 175, 9)
    widths, rate = (150, 50, 80, 90, 50, 95), say.world["tax"]
    header = ("项目名称", "数量", "单价", "金额", "税率", "税额")
    rows = [
        (n, str(c), say.number(p), say.number(a), f"{rate}%", say.number(round(a * rate / 100, 2)))
        for n, c, p, a in bill.rows
    ]
    bill.tax = round(sum(round(row[3] * rate / 100, 2) for row in bill.rows), 2)
    bill.total = round(bill.net + bill.tax, 2)
    say.truth.fields["amount"] = bill.total
    table(flow, header, widths, rows, ruled=True)
    flow.cells(("合计", "", "", say.money(bill.net), "", say.money(bill.tax)), widths, ruled=True)
    flow.line(f"价税合计（大写）  壹仟贰佰元整      （小写）{say.money(bill.total)}", 10)
    bill.taxed()
    flow.gap(20)
    flow.line(f"开票人：{say.people[0]}")
    return sheet


def stripe_like(say: Printer) -> Sheet:
    """A subscription service: few lines, the amount due as a headline, no tax."""
    bill, sheet = Bill(say, due=10), Sheet()
    bill.total = bill.net
    say.truth.fields |= {"amount": bill.net, "amount_untaxed": bill.net}
    sheet.put(0, (50, 60), "Invoice", 20, bold=True)
    say.truth.titles.append("Invoice")
    sheet.put(0, (430, 60), bill.issuer.name.split()[0], 16, bold=True, grey=0.5)
    rows = (
        ("Invoice number", bill.number),
        ("Date of issue", say.date(bill.day, "english")),
        ("Date due", say.date(bill.due, "english")),
    )
    pairs(sheet, (50, 90), rows, 90, bold=True)
    block(sheet, (50, 155), [*bill.issuer.lines(), *say.contact(bill.issuer, phone=False)], 9.5, lead=True)
    block(sheet, (300, 155), ["Bill to", *bill.buyer.lines()], 9.5, lead=True)
    flow = Flow(sheet, 50, 495, 235)
    flow.line(f"{say.money(bill.total)} due {say.date(bill.due, 'english')}", 15, bold=True)
    flow.line("Pay online", grey=0.3)
    flow.gap(10)
    table(flow, ("Description", "Qty", "Unit price", "Amount"), (265, 50, 90, 90), goods(say, bill.rows, signs=True))
    totals(
        flow,
        (("Subtotal", say.money(bill.net)), ("Total", say.money(bill.total)), ("Amount due", say.money(bill.total))),
        250,
    )
    bill.falls_due()
    return sheet


def shop_order(say: Printer) -> Sheet:
    """An online shop's tax invoice: sold by, billing and shipping address, order number before invoice number."""
    bill, sheet = Bill(say), Sheet()
    sheet.put(0, (200, 50), "Tax Invoice / Bill of Supply", 14, bold=True)
    say.truth.titles.append("Tax Invoice / Bill of Supply")
    block(sheet, (45, 85), ["Sold By :", bill.issuer.name, f"* {bill.issuer.address}"], 9)
    block(sheet, (330, 85), ["Billing Address :", say.people[0], say.firms[2].address], 9)
    block(sheet, (330, 140), ["Shipping Address :", say.people[0], say.firms[2].address], 9)
    block(sheet, (45, 190), [f"Order Number: {bill.order}", f"Order Date: {say.date(bill.ordered, 'short')}"], 9)
    block(sheet, (330, 190), [f"Invoice Number : {bill.number}", f"Invoice Date : {say.date(bill.day, 'short')}"], 9)
    flow = Flow(sheet, 45, 505, 220, 9)
    rows = [
        (str(at), name, price, count, amount)
        for at, (name, count, price, amount) in enumerate(goods(say, bill.rows, signs=True), 1)
    ]
    table(flow, ("Sl. No", "Description", "Unit Price", "Qty", "Net Amount"), (40, 235, 85, 45, 100), rows, ruled=True)
    totals(
        flow,
        (("Net total:", say.money(bill.net)), ("Tax amount:", say.money(bill.tax)), ("TOTAL:", say.money(bill.total))),
    )
    bill.taxed()
    flow.line(f"For {bill.issuer.name}: Authorized Signatory")
    return sheet


def freelancer(say: Printer) -> Sheet:
    """A German freelancer: a person bills; number and date in one row; the sum in a sentence."""
    bill, sheet = Bill(say, due=21, digits=3), Sheet(serif=True)
    name = say.people[0]
    say.truth.fields["issuer"] = name
    flow = Flow(sheet, 70, 455, 50, 11)
    flow.line(name, 18, centred=True)
    phone, mail = say.contact(bill.issuer)
    flow.line(f"Grafik und Text · {bill.issuer.address} · Tel. {phone} · {mail}", 8.5, centred=True)
    flow.gap(40)
    for text in bill.buyer.lines():
        flow.line(text)
    flow.gap(20)
    flow.line("Rechnung", 15, bold=True)
    say.truth.titles.append("Rechnung")
    flow.line(f"Rechnungsnummer {bill.number}", right=f"Datum {say.date(bill.day)}")
    flow.gap(12)
    table(flow, ("Leistung", "Anzahl", "Preis", "Summe"), (225, 60, 85, 85), goods(say, bill.rows))
    flow.rule()
    totals(
        flow,
        (
            ("Summe netto", say.money(bill.net)),
            ("Umsatzsteuer 19 %", say.money(bill.tax)),
            ("Gesamtbetrag brutto", say.money(bill.total)),
        ),
        210,
    )
    flow.line(
        f"Bitte überweisen Sie den Betrag bis zum {say.date(bill.due)} auf das Konto DE12 5001 0517 0648 4898 90."
    )
    flow.line("Steuernummer 12/345/67890")
    bill.taxed(), bill.falls_due()
    return sheet


def telecom(say: Printer) -> Sheet:
    """A French telephone bill: references in a tinted box, the amount large, details below."""
    bill, sheet = Bill(say, due=18), Sheet()
    sheet.put(0, (45, 55), bill.issuer.name, 16, bold=True)
    sheet.shade(0, (45, 75, 250, 160))
    rows = (("N° client", bill.customer), ("N° de facture", bill.number), ("Date de facture", say.date(bill.day)))
    pairs(sheet, (55, 95), rows, 90)
    block(sheet, (330, 95), [say.people[0], *say.firms[2].address.split(", ")])
    flow = Flow(sheet, 45, 505, 175)
    flow.line("Votre facture", 16, bold=True)
    say.truth.titles.append("Votre facture")
    flow.line("Montant à payer TTC", 12, bold=True, right=say.money(bill.total))
    flow.line(f"Prélèvement le {say.date(bill.due)}")
    say.truth.fields["due_date"] = bill.due.isoformat()
    flow.gap(10)
    table(flow, ("Détail", "Quantité", "Prix unitaire HT", "Montant HT"), (235, 70, 100, 100), goods(say, bill.rows))
    totals(
        flow,
        (
            ("Total HT", say.money(bill.net)),
            ("Montant TVA (20 %)", say.money(bill.tax)),
            ("Total TTC", say.money(bill.total)),
        ),
        220,
    )
    bill.taxed()
    phone, mail = say.contact(bill.issuer)
    flow.line(f"Une question ? Service client : {phone} ou {mail}", 8.5)
    flow.line(f"{bill.issuer.name}, {bill.issuer.address}, RCS Nantes 412 345 678", 7.5)
    return sheet


def chinese_commercial(say: Printer) -> Sheet:
    """A Chinese sales invoice: the firm's name above the title, labels in two columns, 小计, 税额, 总计."""
    bill, sheet = Bill(say), Sheet()
    flow = Flow(sheet, 50, 495, 40)
    flow.line(bill.issuer.name, 16, centred=True)
    flow.line("销售发票", 14, centred=True)
    say.truth.titles += ["销售发票", bill.issuer.name]
    left = (("客户名称：", bill.buyer.name), ("客户编号：", bill.customer), ("订单编号：", bill.order))
    right = (
        ("发票编号：", bill.number),
        ("开票日期：", say.date(bill.day, "iso")),
        ("付款期限：", say.date(bill.due, "iso")),
    )
    pairs(sheet, (50, 110), left, 65), pairs(sheet, (340, 110), right, 65)
    flow.y = 165
    table(flow, ("品名", "数量", "单价", "金额"), (235, 70, 90, 100), goods(say, bill.rows), ruled=True)
    totals(
        flow,
        (("小计", say.money(bill.net)), ("增值税（13%）", say.money(bill.tax)), ("总计", say.money(bill.total))),
        180,
    )
    bill.taxed(), bill.falls_due()
    phone, mail = say.contact(bill.issuer)
    flow.line(f"地址：{bill.issuer.address}  电话：{phone}  邮箱：{mail}", 9)
    flow.line("开户行：招商银行  账号：6225 8801 2345 6789", 9)
    return sheet


def labels_above(say: Printer) -> Sheet:
    """A grid of labels above their values under the letterhead of a firm in the middle."""
    bill, sheet = Bill(say), Sheet()
    flow = Flow(sheet, 45, 505, 40)
    flow.line(bill.issuer.name, 17, bold=True, centred=True)
    flow.line(" | ".join([bill.issuer.address, *say.contact(bill.issuer)]), 8.5, centred=True)
    flow.gap(10)
    flow.line("Sales Invoice", 13, bold=True)
    say.truth.titles += ["Sales Invoice", bill.issuer.name]
    flow.gap()
    flow.cells(("Account", "Order ref.", "Invoice", "Tax date", "Payment due"), (101,) * 5, bold=True, ruled=True)
    values = (bill.customer, bill.order, bill.number, say.date(bill.day, "slashes"), say.date(bill.due, "slashes"))
    flow.cells(values, (101,) * 5, ruled=True)
    flow.gap(12)
    flow.line("Invoice to:", bold=True)
    for text in bill.buyer.lines():
        flow.line(text)
    flow.gap(8)
    rows = [(count, name, price, amount) for name, count, price, amount in goods(say, bill.rows)]
    table(flow, ("Quantity", "Details", "Price", "Net"), (60, 265, 90, 90), rows)
    sums = (
        ("Goods total", say.money(bill.net)),
        ("VAT @ 20.00%", say.money(bill.tax)),
        ("Invoice total", say.money(bill.total)),
    )
    totals(flow, sums)
    bill.taxed(), bill.falls_due()
    return sheet

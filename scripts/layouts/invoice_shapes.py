"""Invoices as businesses send them: several days, sums and firms, rare names of the number, totals as a table."""

from __future__ import annotations

from datetime import date

from scripts.layouts.business_world import Printer
from scripts.layouts.invoices import Bill, block, goods, pairs, table, totals
from scripts.layouts.printed_sheet import Flow, Sheet


def paid_in_part(say: Printer) -> Sheet:
    """The seller in the foot alone, the buyer in a window, part of the gross sum paid already."""
    bill, sheet = Bill(say), Sheet()
    paid = round(bill.total * 0.3, 2)
    block(sheet, (60, 130), [say.people[0], *bill.buyer.lines()])
    labels = ("Document no.", "Document date", "Delivery date", "Payment due date", "Your reference")
    days = (bill.day, say.later(-3), bill.due)
    values = (bill.number, *(say.date(day, "short") for day in days), bill.order)
    pairs(sheet, (350, 130), list(zip(labels, values, strict=True)), 100)
    flow = Flow(sheet, 60, 480, 225)
    flow.line("Invoice", 16, bold=True)
    say.truth.titles.append("Invoice")
    flow.gap()
    table(flow, ("Item", "Quantity", "Price", "Total"), (240, 60, 90, 90), goods(say, bill.rows))
    sums = [("Net amount", say.money(bill.net)), (f"VAT {say.world['tax']}%", say.money(bill.tax))]
    sums += [("Gross amount", say.money(bill.total)), ("Already paid", say.money(-paid))]
    totals(flow, (*sums, ("Balance", say.money(round(bill.total - paid, 2)))))
    bill.taxed(), bill.falls_due()
    foot = " · ".join([bill.issuer.name, bill.issuer.address, *say.contact(bill.issuer)])
    sheet.put(0, (60, 790), foot, 7.5)
    sheet.put(0, (60, 802), "Registered in England no. 04711229 · VAT GB 221 4455 66 · Sort code 20-11-43", 7.5)
    return sheet


def belegnummer(say: Printer) -> Sheet:
    """A German trade invoice: numbers named Beleg, a delivery address, a deposit that leaves a rest, codes first."""
    bill, sheet = Bill(say, due=14), Sheet()
    paid = round(bill.total * 0.4, 2)
    block(sheet, (60, 120), [bill.buyer.name, *bill.buyer.address.split(", ")])
    block(sheet, (60, 200), ["Lieferanschrift:", say.firms[2].name, *say.firms[2].address.split(", ")], 9)
    labels = ("Belegnummer", "Belegdatum", "Liefertermin", "Fällig am", "Auftrag", "Kunde")
    days = (bill.day, say.later(-5), bill.due)
    values = (bill.number, *(say.date(day, "dots") for day in days), bill.order, bill.customer)
    pairs(sheet, (360, 120), list(zip(labels, values, strict=True)), 90)
    flow = Flow(sheet, 60, 480, 275)
    flow.line("RECHNUNG", 15, bold=True)
    say.truth.titles.append("RECHNUNG")
    rows = [
        (str(10 * at), name, f"{count} Stk", price, amount)
        for at, (name, count, price, amount) in enumerate(goods(say, bill.rows), 1)
    ]
    table(flow, ("Pos", "Artikel", "Menge", "E-Preis", "G-Preis"), (35, 215, 60, 85, 85), rows)
    sums = [("Warenwert netto", bill.net), ("MwSt 19,00 %", bill.tax), ("Endsumme", bill.total)]
    sums += [("abzgl. Anzahlung", -paid), ("Restbetrag", round(bill.total - paid, 2))]
    totals(flow, [(label, _code_first(say, value)) for label, value in sums], 230)
    bill.taxed(), bill.falls_due()
    block(sheet, (60, 775), [bill.issuer.name, *bill.issuer.address.split(", ")], 7)
    block(sheet, (230, 775), [*say.contact(bill.issuer), "St.-Nr. 99/123/45678"], 7)
    block(sheet, (400, 775), ["IBAN DE02 1203 0000 0000 2020 51", "BIC BYLADEM1001", "HRB 99887 B"], 7)
    return sheet


def _code_first(say: Printer, value: float) -> str:
    say.truth.must.add(round(abs(value), 2))
    return f"{say.code} {say.number(value)}"


def reference_emise(say: Printer) -> Sheet:
    """A French invoice whose number is a reference; delivery and payment days; a deposit paid."""
    bill, sheet = Bill(say), Sheet(serif=True)
    paid = round(bill.total * 0.25, 2)
    sheet.put(0, (50, 60), "FACTURE", 20, bold=True)
    say.truth.titles.append("FACTURE")
    rows = [("Réf. :", bill.number), ("Émise le :", say.date(bill.day)), ("Livrée le :", say.date(say.later(-4)))]
    pairs(sheet, (50, 85), [*rows, ("À payer avant le :", say.date(bill.due))], 95)
    block(sheet, (330, 85), ["À l'attention de", *bill.buyer.lines()])
    flow = Flow(sheet, 50, 495, 175)
    table(flow, ("Prestation", "Qté", "P.U. HT", "Montant HT"), (245, 50, 100, 100), goods(say, bill.rows), ruled=True)
    sums = [("Total net HT", say.money(bill.net)), ("TVA (20,00 %)", say.money(bill.tax))]
    sums += [("Total TTC", say.money(bill.total)), ("Acompte versé", say.money(-paid))]
    totals(flow, [*sums, ("Reste à payer", say.money(round(bill.total - paid, 2)))], 210)
    bill.taxed(), bill.falls_due()
    flow.y = 770
    flow.line(f"{bill.issuer.name} - {bill.issuer.address}", 7.5, centred=True)
    flow.line(f"{' - '.join(say.contact(bill.issuer))} - RCS Lyon B 412 998 776", 7.5, centred=True)
    return sheet


def digital_fapiao(say: Printer) -> Sheet:
    """The fully digital Chinese invoice: parties beside each other under upright letters, codes of goods, a seal."""
    bill, sheet = Bill(say), Sheet()
    bill.number = say.code_of("2531", 16)
    say.truth.fields["invoice_number"] = bill.number
    sheet.put(0, (205, 45), "电子发票（增值税专用发票）", 15)
    say.truth.titles.append("电子发票（增值税专用发票）")
    sheet.put(0, (400, 50), f"发票号码：{bill.number}", 9)
    sheet.put(0, (400, 66), f"开票日期：{say.date(bill.day)}", 9)
    for x, who, firm in ((40, "购买方信息", bill.buyer), (298, "销售方信息", bill.issuer)):
        sheet.page(0).draw_rect((x, 80, x + 257, 145), width=0.6)
        sheet.page(0).draw_line((x + 18, 80), (x + 18, 145), width=0.6)
        for at, letter in enumerate(who):
            sheet.put(0, (x + 5, 92 + 12 * at), letter, 8.5)
        sheet.put(0, (x + 24, 98), f"名称：{firm.name}", 9)
        code = f"91310{say.draw.randint(10**8, 10**9 - 1)}MA1K"
        sheet.put(0, (x + 24, 130), f"统一社会信用代码/纳税人识别号：{code}", 8)
    flow = Flow(sheet, 40, 515, 150, 8.5)
    widths = (130, 55, 35, 45, 75, 70, 50, 55)
    header = ("项目名称", "规格型号", "单位", "数量", "单价", "金额", "税率/征收率", "税额")
    bill.tax = round(sum(round(row[3] * 0.13, 2) for row in bill.rows), 2)
    bill.total = round(bill.net + bill.tax, 2)
    cells = [(f"*办公用品*{n}", "A-1", "件", str(c), f"{p:.8f}", *_taxed(say, a)) for n, c, p, a in bill.rows]
    say.truth.fields["amount"] = bill.total
    for line in say.truth.fields["lines"]:
        line["description"] = f"*办公用品*{line['description']}"
    table(flow, header, widths, cells)
    flow.cells(("合    计", "", "", "", "", say.money(bill.net), "", say.money(bill.tax)), widths)
    flow.cells(("价税合计（大写）", "ⓧ 壹仟贰佰圆整", f"（小写） {say.money(bill.total)}"), (130, 205, 180), ruled=True)
    bill.taxed()
    flow.cells(("备注", f"合同编号：HT{bill.order}；收货日期：{say.date(say.later(-6), 'iso')}"), (30, 485), ruled=True)
    flow.line(f"开票人：{say.people[1]}")
    return sheet


def _taxed(say: Printer, amount: float) -> tuple[str, str, str]:
    return say.number(amount), "13%", say.number(round(amount * 0.13, 2))


def sums_in_columns(say: Printer) -> Sheet:
    """Days and sums as small tables: a row of labels, and the values in the row below."""
    bill, sheet = Bill(say), Sheet()
    paid = round(bill.total / 2, 2)
    flow = Flow(sheet, 45, 505, 45)
    flow.line(bill.issuer.name, 14, bold=True, right="INVOICE")
    say.truth.titles += [bill.issuer.name, "INVOICE"]
    flow.line(", ".join([bill.issuer.address, *say.contact(bill.issuer)]), 8)
    flow.gap(14)
    flow.line(f"Customer: {bill.buyer.name}, {bill.buyer.address}")
    flow.gap(8)
    flow.cells(("Ref", "Issued", "Supplied", "Pay by", "Order"), (101,) * 5, bold=True, ruled=True)
    days = (bill.day, say.later(-2), bill.due)
    flow.cells((bill.number, *(say.date(d, "short") for d in days), bill.order), (101,) * 5, ruled=True)
    flow.gap(12)
    table(flow, ("Details", "Units", "Rate", "Amount"), (265, 60, 90, 90), goods(say, bill.rows), ruled=True)
    labels = ("Net", "VAT", "Gross total", "Received", "Balance")
    sums = (bill.net, bill.tax, bill.total, paid, round(bill.total - paid, 2))
    flow.cells(labels, (101,) * 5, bold=True, ruled=True)
    flow.cells([say.money(value) for value in sums], (101,) * 5, ruled=True)
    bill.taxed(), bill.falls_due()
    return sheet


def contractor(say: Printer) -> Sheet:
    """An American contractor: capitals in the middle, Inv #, terms, payments and credits, where to remit to."""
    say.from_america()
    bill, sheet = Bill(say), Sheet()
    paid = round(bill.total * 0.2, 2)
    bill.issuer = say.firms[0]
    say.truth.fields |= {"issuer": bill.issuer.name, "currency": say.code}
    flow = Flow(sheet, 50, 495, 40)
    flow.line(bill.issuer.name.upper(), 16, bold=True, centred=True)
    flow.line(bill.issuer.address, 9, centred=True)
    flow.gap(14)
    say.truth.titles += [bill.issuer.name.upper(), "Invoice"]
    sheet.put(0, (440, 110), "Invoice", 18, bold=True)
    block(sheet, (50, 125), ["BILL TO", *say.firms[1].lines()], 9.5)
    block(sheet, (230, 125), ["JOB SITE", say.people[0], "77 Mill Race, Salem, OR 97301"], 9.5)
    days = (say.date(bill.day, "us"), say.date(bill.due, "us"))
    rows = (("Date", days[0]), ("Inv #", bill.number), ("Terms", "Net 30"), ("Due", days[1]), ("P.O. #", bill.order))
    pairs(sheet, (430, 130), rows, 50)
    flow.y = 215
    lines = [(count, name, price, amount) for name, count, price, amount in goods(say, bill.rows)]
    table(flow, ("Qty", "Description", "Rate", "Amount"), (50, 265, 90, 90), lines, ruled=True)
    sums = [("Subtotal", say.money(bill.net)), (f"Sales Tax ({say.world['tax']}.0%)", say.money(bill.tax))]
    sums += [("Total", say.money(bill.total)), ("Payments/Credits", say.money(-paid))]
    totals(flow, [*sums, ("Balance Due", say.money(round(bill.total - paid, 2)))])
    flow.line(f"Please remit to: {bill.issuer.name}, PO Box 221, Portland")
    flow.line(" / ".join(say.contact(bill.issuer)), 9)
    bill.taxed(), bill.falls_due()
    return sheet


def tax_included(say: Printer) -> Sheet:
    """A German web shop: prices with tax, shipping, the sum of tax in brackets below the total, town and day."""
    bill, sheet = Bill(say, due=10), Sheet()
    gross = round(sum(row[3] for row in bill.rows) + 4.9, 2)
    bill.total, bill.tax = gross, round(gross * 19 / 119, 2)
    bill.net = round(gross - bill.tax, 2)
    say.truth.fields |= {"amount": bill.total, "amount_tax": bill.tax}
    flow = Flow(sheet, 55, 485, 40)
    flow.line(bill.issuer.name, 15, bold=True)
    flow.line(", ".join([bill.issuer.address, *say.contact(bill.issuer)]), 8)
    flow.gap(40)
    for text in (say.people[2], *say.firms[2].address.split(", ")):
        flow.line(text)
    flow.gap(16)
    town = bill.issuer.address.split()[-1]
    flow.line(f"Rechnung Nr. {bill.number}", 13, bold=True, right=f"{town}, den {say.date(bill.day)}")
    say.truth.titles.append(f"Rechnung Nr. {bill.number}")
    flow.line(f"Ihre Bestellung {bill.order} vom {say.date(bill.ordered, 'dots')}, Versand am {say.date(say.later(2))}")
    flow.gap()
    table(flow, ("Artikel", "Anzahl", "Einzelpreis", "Preis"), (245, 60, 90, 90), goods(say, bill.rows, signs=True))
    totals(flow, (("Versandkosten", say.money(4.9)), ("Gesamtsumme", say.money(bill.total))))
    flow.line(f"(enthaltene MwSt. 19 %: {say.money(bill.tax)})", 8.5)
    flow.line(f"Der Betrag wird am {say.date(bill.due, 'dots')} von Ihrem Konto eingezogen.", 9)
    return sheet


def grid_of_france(say: Printer) -> Sheet:
    """A French invoice with a grid of labels, a table of taxes beside the totals, and the seller in the foot."""
    bill, sheet = Bill(say), Sheet()
    paid = round(bill.total * 0.5, 2)
    block(sheet, (330, 60), [*bill.buyer.lines()], 10)
    flow = Flow(sheet, 45, 505, 120)
    flow.cells(("Facture n°", "Date", "Code client", "Échéance", "Commande"), (101,) * 5, bold=True, ruled=True)
    days = (say.date(bill.day, "slashes"), say.date(bill.due, "slashes"))
    flow.cells((bill.number, days[0], bill.customer, days[1], bill.order), (101,) * 5, ruled=True)
    flow.gap(14)
    rows = [(f"REF{at}", *row) for at, row in enumerate(goods(say, bill.rows), 1)]
    table(flow, ("Réf.", "Désignation", "Qté", "P.U.", "Montant"), (50, 245, 40, 85, 85), rows)
    top = flow.y
    flow.cells(("Base HT", "Taux", "Montant TVA"), (80, 50, 80), bold=True, ruled=True)
    flow.cells((say.number(bill.net), "20 %", say.number(bill.tax)), (80, 50, 80), ruled=True)
    sums = (("Total HT", bill.net), ("Total TVA", bill.tax), ("Total TTC", bill.total), ("Déjà réglé", paid))
    flow.y = top
    rest = ("Solde dû", say.money(round(bill.total - paid, 2)))
    totals(flow, [*((label, say.money(value)) for label, value in sums), rest], 180)
    bill.taxed(), bill.falls_due()
    foot = f"{bill.issuer.name} au capital de 10 000 € - {bill.issuer.address}"
    say.truth.must.add(10000.0), say.truth.amounts.add(10000.0)
    sheet.put(0, (60, 800), f"{foot} - {' - '.join(say.contact(bill.issuer))}", 7)
    return sheet


def electronic_fapiao(say: Printer) -> Sheet:
    """The older electronic Chinese invoice: code and number, a cipher, buyer above and seller below the goods."""
    bill, sheet = Bill(say), Sheet()
    bill.number = say.code_of("", 8)
    say.truth.fields["invoice_number"] = bill.number
    sheet.put(0, (200, 50), "广东增值税电子普通发票", 16)
    say.truth.titles.append("广东增值税电子普通发票")
    numbers = (("发票代码:", say.code_of("0440", 8)), ("发票号码:", bill.number), ("开票日期:", _spaced(bill.day)))
    say.truth.dates.add(bill.day.isoformat())
    for at, (label, value) in enumerate((*numbers, ("校 验 码:", "66512 81920 33417 72811"))):
        sheet.put(0, (410, 45 + 14 * at), f"{label} {value}", 9)
    sheet.put(0, (40, 90), "机器编号: 661719843210", 9)
    flow = Flow(sheet, 40, 515, 100, 9)
    tax_code = f"9144{say.draw.randint(10**9, 10**10)}XK2P"
    party = [f"名        称: {bill.buyer.name}", f"纳税人识别号: {tax_code}", "地 址、电 话:", "开户行及账号:"]
    _party(
        sheet,
        "购买方",
        105,
        party,
        ["密", "码", "区"],
        ["03<5>*7218/44+9<0-3", "8+>6271<*0/-5518>27", "1*93-44/7<>61+20058"],
    )
    flow.y = 170
    widths = (150, 60, 35, 45, 70, 70, 35, 50)
    header = ("货物或应税劳务、服务名称", "规格型号", "单位", "数量", "单价", "金额", "税率", "税额")
    bill.tax = round(sum(round(row[3] * 0.13, 2) for row in bill.rows), 2)
    bill.total = round(bill.net + bill.tax, 2)
    cells = [(f"*商品*{n}", "", "台", str(c), say.number(p), *_taxed(say, a)) for n, c, p, a in bill.rows]
    for line in say.truth.fields["lines"]:
        line["description"] = f"*商品*{line['description']}"
    table(flow, header, widths, cells)
    flow.cells(("合  计", "", "", "", "", say.money(bill.net), "", say.money(bill.tax)), widths)
    flow.cells(("价税合计(大写)", "叁仟零伍拾圆整", f"(小写) {say.money(bill.total)}"), (150, 190, 175), ruled=True)
    say.truth.fields["amount"] = bill.total
    phone = bill.issuer.phone
    seller = [f"名        称: {bill.issuer.name}", "纳税人识别号: 91440300MA5F8RUX2K"]
    seller += [f"地 址、电 话: {bill.issuer.address} {phone}", "开户行及账号: 中国工商银行广州支行 4000012309200111222"]
    say.truth.phones.append(phone)
    _party(sheet, "销售方", flow.y + 12, seller, ["备", "注"], [])
    names = f"收款人: {say.people[0]}      复核: {say.people[1]}      开票人: {say.people[2]}      销售方:(章)"
    sheet.put(0, (40, flow.y + 90), names, 9)
    bill.taxed()
    return sheet


def _spaced(day: date) -> str:
    return f"{day.year} 年 {day.month:02} 月 {day.day:02} 日"


def _party(sheet: Sheet, who: str, y: float, lines: list[str], side: list[str], beside: list[str]) -> None:
    """A party of an older Chinese invoice: upright letters, its lines, and what stands to the right of it."""
    sheet.page(0).draw_rect((40, y - 4, 555, y + 58), width=0.6)
    for at, letter in enumerate(who):
        sheet.put(0, (46, y + 12 + 15 * at), letter, 9)
    for at, text in enumerate(lines):
        sheet.put(0, (64, y + 8 + 14 * at), text, 9)
    for at, letter in enumerate(side):
        sheet.put(0, (362, y + 12 + 15 * at), letter, 9)
    for at, text in enumerate(beside):
        sheet.put(0, (380, y + 10 + 15 * at), text, 9)


def bilingual_export(say: Printer) -> Sheet:
    """A Chinese export invoice in two languages, in dollars, with a contract, a ship and a bank."""
    bill, sheet = Bill(say), Sheet()
    say.code, say.sign = "USD", "US$"
    bill.total = bill.net
    say.truth.fields |= {"currency": "USD", "amount": bill.net}
    flow = Flow(sheet, 50, 495, 40)
    flow.line(bill.issuer.name, 15, centred=True)
    flow.line("商业发票 COMMERCIAL INVOICE", 13, bold=True, centred=True)
    say.truth.titles += [bill.issuer.name, "商业发票 COMMERCIAL INVOICE"]
    left = (
        ("卖方 Seller:", bill.issuer.name),
        ("买方 Buyer:", "Harrowgate Tools Ltd, Leeds"),
        ("装运港 From:", "上海"),
    )
    right = (("发票号 Invoice No.:", bill.number), ("日期 Date:", say.date(bill.day, "iso")))
    shipped = ("装船日期 Shipped on:", say.date(say.later(9), "iso"))
    pairs(sheet, (50, 110), left, 75), pairs(sheet, (330, 110), (*right, shipped, ("合同号 S/C No.:", bill.order)), 115)
    flow.y = 180
    header = ("货物描述 Description", "数量 Quantity", "单价 Unit Price", "总价 Amount")
    table(flow, header, (225, 80, 90, 100), goods(say, bill.rows, signs=True), ruled=True)
    flow.cells(("总计 TOTAL:", "", "", say.money(bill.total)), (225, 80, 90, 100), bold=True)
    flow.line("付款方式 Payment: T/T 30% deposit, balance against copy of B/L", 9)
    flow.line("开户行 Bank: Bank of China, Shanghai Branch  SWIFT BKCHCNBJ300", 9)
    return sheet

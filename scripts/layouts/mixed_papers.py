"""Layouts of business papers of all types that were written last, and only measured."""

from __future__ import annotations

from scripts.layouts.business_world import Printer
from scripts.layouts.invoices import Bill, block, goods, pairs, table, totals
from scripts.layouts.papers import Article, body_of
from scripts.layouts.printed_sheet import Flow, Sheet
from scripts.layouts.receipts import Till, roll
from scripts.layouts.statements import Account, rows


def generator_invoice(say: Printer) -> Sheet:
    """An invoice of a web form: number with #, From and Bill To side by side, balance due in a tinted row."""
    bill, sheet = Bill(say), Sheet()
    sheet.put(0, (400, 60), "INVOICE", 26)
    sheet.put(0, (470, 80), f"# {bill.number}", 11, grey=0.4)
    say.truth.titles.append("INVOICE")
    block(sheet, (45, 60), [bill.issuer.name, *bill.issuer.address.split(", ")], lead=True)
    block(sheet, (45, 150), ["Bill To:", bill.buyer.name, bill.buyer.address], 10)
    labels = ("Date:", "Payment Terms:", "Due Date:", "Balance Due:")
    values = (say.date(bill.day, "short"), "Net 30", say.date(bill.due, "short"), say.money(bill.total))
    pairs(sheet, (350, 150), list(zip(labels, values, strict=True)), 110)
    flow = Flow(sheet, 45, 505, 235)
    table(flow, ("Item", "Quantity", "Rate", "Amount"), (265, 60, 90, 90), goods(say, bill.rows, signs=True))
    totals(
        flow,
        (
            ("Subtotal:", say.money(bill.net)),
            (f"Tax ({say.world['tax']}%):", say.money(bill.tax)),
            ("Total:", say.money(bill.total)),
        ),
    )
    flow.line("Notes:", grey=0.4)
    flow.line("It was a pleasure to work with you.")
    bill.taxed(), bill.falls_due()
    return sheet


def swiss_bill(say: Printer) -> Sheet:
    """A Swiss invoice in francs with apostrophes between thousands, the window address at the right."""
    bill, sheet = Bill(say), Sheet()
    say.truth.fields["currency"] = say.code = say.sign = "CHF"
    say.number = lambda value: _swiss(say, value)  # type: ignore[method-assign]
    phone, mail = say.contact(bill.issuer)
    block(sheet, (50, 50), [bill.issuer.name, bill.issuer.address, f"Telefon {phone}", mail, "CHE-123.456.789 MWST"], 9)
    block(sheet, (330, 140), bill.buyer.lines())
    flow = Flow(sheet, 50, 495, 215)
    flow.line(say.date(bill.day))
    flow.gap(10)
    flow.line("Rechnung", 15, bold=True)
    say.truth.titles.append("Rechnung")
    flow.line(f"Rechnung Nr. {bill.number}   Kunden-Nr. {bill.customer}   Auftrag {bill.order}", 9)
    flow.gap(8)
    table(flow, ("Artikel", "Anzahl", "Preis CHF", "Total CHF"), (245, 60, 95, 95), goods(say, bill.rows))
    totals(
        flow,
        (
            ("Zwischentotal", say.money(bill.net)),
            ("MWST 19%", say.money(bill.tax)),
            ("Rechnungstotal", say.money(bill.total)),
        ),
    )
    flow.line(f"Zahlbar bis {say.date(bill.due, 'dots')}, rein netto.")
    bill.taxed(), bill.falls_due()
    return sheet


def _swiss(say: Printer, value: float) -> str:
    say.truth.amounts.add(round(abs(value), 2))
    return f"{value:,.2f}".replace(",", "'")


def small_business_fr(say: Printer) -> Sheet:
    """A French craftsman without VAT: everything in one column, the total only."""
    bill = Bill(say, digits=3)
    flow = Flow(Sheet(), 60, 475, 50, 10.5)
    for text in bill.issuer.lines():
        flow.line(text, bold=text == bill.issuer.name)
    flow.line(" - ".join(say.contact(bill.issuer)), 9)
    flow.gap(16)
    flow.line(f"Facturé à : {bill.buyer.name}", indent=250)
    flow.line(bill.buyer.address, indent=250)
    flow.gap(16)
    flow.line(f"Facture n° {bill.number} du {say.date(bill.day)}", 13, bold=True)
    say.truth.titles.append(f"Facture n° {bill.number}")
    flow.gap(8)
    table(
        flow,
        ("Description", "Quantité", "Prix", "Montant"),
        (235, 70, 85, 85),
        goods(say, bill.rows, signs=True),
        ruled=True,
    )
    bill.total = bill.net
    say.truth.fields["amount"] = bill.net
    totals(flow, (("Total à payer", say.money(bill.net)),))
    flow.line("TVA non applicable, art. 293 B du CGI", 9)
    flow.line(f"À régler avant le {say.date(bill.due)}.", 9)
    bill.falls_due()
    return flow.sheet


def special_fapiao(say: Printer) -> Sheet:
    """A Chinese VAT invoice of the older kind: buyer above the goods, seller below them, letters apart."""
    bill, sheet = Bill(say), Sheet()
    bill.number = say.code_of("", 8)
    say.truth.fields["invoice_number"] = bill.number
    sheet.put(0, (210, 45), "上海增值税专用发票", 15)
    say.truth.titles.append("上海增值税专用发票")
    sheet.put(0, (420, 45), f"No {bill.number}", 12)
    sheet.put(0, (400, 70), f"开票日期：{say.date(bill.day)}", 9)
    rate = say.world["tax"]
    flow = Flow(sheet, 40, 515, 80, 9)
    flow.cells(("购买方", f"名 称：{bill.buyer.name}"), (60, 455), ruled=True)
    flow.cells(("", f"纳税人识别号：9131011{say.draw.randint(10**7, 10**8)}"), (60, 455), ruled=True)
    widths = (175, 60, 80, 90, 40, 70)
    cells = [
        (n, str(c), say.number(p), say.number(a), f"{rate}%", say.number(round(a * rate / 100, 2)))
        for n, c, p, a in bill.rows
    ]
    table(flow, ("货物或应税劳务、服务名称", "数量", "单价", "金额", "税率", "税额"), widths, cells, ruled=True)
    bill.tax = round(sum(round(row[3] * rate / 100, 2) for row in bill.rows), 2)
    bill.total = round(bill.net + bill.tax, 2)
    say.truth.fields["amount"] = bill.total
    flow.cells(("合 计", "", "", say.money(bill.net), "", say.money(bill.tax)), widths, ruled=True)
    flow.cells(("价税合计（大写）", f"（小写）{say.money(bill.total)}"), (225, 290), ruled=True)
    flow.cells(("销售方", f"名 称：{bill.issuer.name}"), (60, 455), ruled=True)
    flow.cells(("", f"地址、电话：{bill.issuer.address} {bill.issuer.phone}"), (60, 455), ruled=True)
    say.truth.phones.append(bill.issuer.phone)
    bill.taxed()
    return sheet


def fuel_slip(say: Printer) -> Sheet:
    """A British receipt whose date stands above the shop's name, with a VAT table below the total."""
    till, flow = Till(say), roll()
    flow.line(f"{say.date(say.day, 'slashes')}  19:22:08", 8)
    flow.line(till.shop.name.upper(), 11, bold=True, centred=True)
    flow.line(till.shop.address, 8.5, centred=True)
    flow.gap()
    for name, price in till.items:
        flow.line(f"1  {name}", right=say.money(price))
    flow.line("Amount due", bold=True, right=say.money(till.total))
    flow.line("Contactless", right=say.money(till.total))
    flow.gap()
    flow.line(f"NET {say.number(till.net)}   VAT {say.number(till.tax)}", 8)
    flow.line("Receipt number 7781-22   Thank you", 8)
    till.in_currency()
    return flow.sheet


def addition(say: Printer) -> Sheet:
    """A French restaurant: table and covers, taxes before the sum to pay."""
    till, flow = Till(say), roll()
    flow.line(till.shop.name, 12, bold=True, centred=True)
    for text in till.shop.address.split(", "):
        flow.line(text, centred=True)
    flow.line(f"Table 4   Couverts 2   {say.date(say.day, 'slashes')} 21:10", 8)
    for name, price in till.items:
        flow.line(f"2 {name}", right=say.number(price))
    flow.rule()
    flow.line("Total HT", right=say.number(till.net))
    flow.line("TVA 20,00%", right=say.number(till.tax))
    flow.line("A PAYER EUR", 11, bold=True, right=say.number(till.total))
    flow.line("Merci de votre visite", centred=True)
    till.in_currency()
    return flow.sheet


def chinese_supermarket(say: Printer) -> Sheet:
    """A Chinese supermarket: count, unit price and sum in columns, reductions before what is paid."""
    till, flow = Till(say), roll()
    flow.line(f"欢迎光临{till.shop.name}", 10, centred=True)
    say.truth.titles.append(f"欢迎光临{till.shop.name}")
    flow.line(f"收银员：0012   {say.date(say.day, 'iso')} 20:05", 8)
    for name, price in till.items:
        flow.line(name)
        flow.line(f"      1 x {say.number(price)}", right=say.number(price))
    flow.rule()
    full = round(till.total + 5, 2)
    flow.line(f"件数：{len(till.items)}   总额：{say.number(full)}")
    flow.line("优惠：5.00")
    flow.line(f"应付：{say.money(till.total)}", 11)
    flow.line(f"支付宝：{say.number(till.total)}")
    flow.line(f"门店地址：{till.shop.address}", 8)
    till.in_currency()
    return flow.sheet


def card_bill(say: Printer) -> Sheet:
    """A German credit card bill: signs behind the amounts, the last balance as the first row."""
    account, sheet = Account(say, f"4550 XXXX XXXX {say.draw.randint(1000, 9999)}", balances=False), Sheet()
    sheet.put(0, (50, 50), account.bank.name, 11, bold=True)
    block(sheet, (50, 80), [account.holder, *say.firms[1].address.split(", ")])
    sheet.put(0, (50, 150), "Kreditkartenabrechnung", 14, bold=True)
    say.truth.titles.append("Kreditkartenabrechnung")
    period = f"{say.date(account.start, 'dots')} bis {say.date(account.end, 'dots')}"
    pairs(
        sheet,
        (300, 80),
        (("Kartennummer", account.number), ("Kontoinhaber", account.holder), ("Abrechnungszeitraum", period)),
        110,
    )
    flow, widths = Flow(sheet, 50, 495, 165, 9), (85, 85, 225, 100)
    rows(flow, widths, [("Belegdatum", "Buchungsdatum", "Verwendungszweck", "Betrag EUR")], 3, bold=True)
    rows(flow, widths, [("", "", "Alter Saldo", _behind(say, account.opening))], 3)
    rows(
        flow,
        widths,
        [(say.date(m.day, "dots"), say.date(m.day, "dots"), m.text, _behind(say, m.amount)) for m in account.moves],
        3,
    )
    rows(flow, widths, [("", "", "Neuer Saldo", _behind(say, account.closing))], 3, bold=True)
    account.in_currency()
    return sheet


def _behind(say: Printer, value: float) -> str:
    return f"{say.number(abs(value))} {'-' if value < 0 else '+'}"


def extrait(say: Printer) -> Sheet:
    """A French statement: value dates, balances with their day in capitals."""
    account, sheet = Account(say, f"{say.draw.randint(10**10, 10**11 - 1)}", balances=False), Sheet()
    block(sheet, (45, 50), [account.bank.name, account.bank.address], lead=True)
    block(sheet, (340, 90), [account.holder, *say.firms[1].address.split(", ")])
    sheet.put(0, (45, 150), "EXTRAIT DE COMPTE", 13, bold=True)
    say.truth.titles.append("EXTRAIT DE COMPTE")
    block(
        sheet,
        (45, 170),
        [
            f"Compte n° {account.number}",
            f"Titulaire : {account.holder}",
            f"Du {say.date(account.start, 'slashes')} au {say.date(account.end, 'slashes')}",
        ],
        9.5,
    )
    flow, widths = Flow(sheet, 45, 505, 215, 9), (65, 65, 225, 75, 75)
    rows(flow, widths, [("Date", "Valeur", "Nature de l'opération", "Débit", "Crédit")], 3, bold=True)
    rows(
        flow,
        widths,
        [("", "", f"SOLDE PRÉCÉDENT AU {say.date(account.start, 'slashes')}", "", say.number(account.opening))],
        3,
    )
    rows(flow, widths, [
        (say.date(m.day, "slashes"), say.date(m.day, "slashes"), m.text, say.number(-m.amount) if m.amount < 0 else "", say.number(m.amount) if m.amount > 0 else "")
        for m in account.moves
    ], 3)  # fmt: skip
    rows(
        flow,
        widths,
        [("", "", f"NOUVEAU SOLDE AU {say.date(account.end, 'slashes')}", "", say.number(account.closing))],
        3,
        bold=True,
    )
    flow.line("Montants en euros", 8)
    account.in_currency()
    return sheet


def medical(say: Printer) -> Sheet:
    """A medical journal: degrees behind the names, an abstract of labelled parts, numbers before references."""
    article, flow = Article(say), Flow(Sheet(serif=True), 60, 475, 40)
    flow.line("ORIGINAL ARTICLE", 9, bold=True)
    flow.line(article.title, 19, bold=True)
    flow.line("; ".join(f"{name}, MD" for name in article.authors), 10.5)
    flow.gap(6)
    flow.line("ABSTRACT", 10, bold=True)
    flow.line(f"Background: {article.abstract}")
    article_abstract = f"Background: {article.abstract}"
    say.truth.fields["abstract"] = article_abstract
    flow.line(f"Key words: {', '.join(article.keywords)}", 9)
    flow.line(f"doi: {article.doi}", 8.5)
    for title in ("Introduction", "Methods", "Results", "Discussion"):
        flow.gap(6)
        flow.line(title.upper(), 11, bold=True)
        for _ in range(3):
            flow.line(article.body)
    flow.gap(6)
    flow.line("REFERENCES", 11, bold=True)
    for at, text in enumerate(article.references, 1):
        flow.line(f"{at}. {text}", 9)
    return flow.sheet


def bilingual_paper(say: Printer) -> Sheet:
    """A Chinese paper with an English title and abstract below the Chinese ones."""
    article, flow = Article(say, doi=False), Flow(Sheet(), 60, 475, 45)
    flow.line(article.title, 17, centred=True)
    flow.line("  ".join(article.authors), 11, centred=True)
    flow.line("(滨海大学 信息学院, 青岛 266100)", 9, centred=True)
    flow.line(f"【摘要】{article.abstract}", 9.5)
    flow.line(f"【关键词】{'; '.join(article.keywords)}", 9.5)
    flow.gap(8)
    flow.line("A study of methods", 13, centred=True)
    flow.line("Abstract: We present a method and compare it with others on three public collections of documents.", 9)
    body_of(flow, article, ("引言", "方法", "结果", "结论"), "参考文献")
    return flow.sheet

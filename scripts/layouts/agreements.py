"""Layouts of contracts and of business papers of no known type that were written last, and only measured."""

from __future__ import annotations

from scripts.layouts.business_world import Printer
from scripts.layouts.contracts import parties_of, worth_of
from scripts.layouts.invoices import block, goods, pairs, table, totals
from scripts.layouts.printed_sheet import Flow, Sheet


def nda(say: Printer) -> Sheet:
    """A non-disclosure agreement: effective date and parties in a ruled table, a term of years."""
    one, other, flow = say.firms[0], say.firms[1], Flow(Sheet(), 60, 475, 55)
    title = "MUTUAL NON-DISCLOSURE AGREEMENT"
    flow.line(title, 15, bold=True)
    flow.cells(("Effective Date", say.date(say.day, "english")), (140, 335), ruled=True)
    flow.cells(("Disclosing Party", one.name), (140, 335), ruled=True)
    flow.cells(("Receiving Party", other.name), (140, 335), ruled=True)
    for head, text in (
        ("1. Confidential Information.", "Each party may disclose to the other information that is marked confidential."),
        ("2. Obligations.", "The Receiving Party shall protect it with the care that it takes of its own information."),
        ("3. Term.", "The obligations under this Agreement shall continue for a period of three (3) years."),
        ("4. Governing Law.", "This Agreement is governed by the laws of the State of New York, without regard to its conflict rules."),
    ):  # fmt: skip
        flow.gap(5)
        flow.line(f"{head} {text}")
    flow.gap(12)
    flow.line("Signature ____________      Signature ____________")
    say.truth.titles.append(title)
    say.truth.fields |= {
        "title": title,
        "date": say.day.isoformat(),
        "term": "three (3) years",
        "governing_law": "laws of the State of New York",
    }
    parties_of(say, (one.name, "Disclosing Party"), (other.name, "Receiving Party"))
    return flow.sheet


def mietvertrag(say: Printer) -> Sheet:
    """A German lease: parties behind labels, a fixed term, place and date above the signatures."""
    landlord, tenant, flow = say.people[0], say.people[1], Flow(Sheet(serif=True), 60, 475, 55)
    flow.line("Mietvertrag", 18, bold=True)
    flow.line(f"Vermieter: {landlord}")
    flow.line(f"Mieter: {tenant}")
    for head, text in (
        ("§ 1 Mietsache", f"Vermietet wird die Wohnung {say.firms[0].address}, zwei Zimmer, Küche und Bad."),
        (
            "§ 2 Mietzeit",
            f"Das Mietverhältnis beginnt am {say.date(say.later(20), 'dots')}. Die Laufzeit beträgt 36 Monate.",
        ),
        ("§ 3 Miete", f"Die Miete beträgt {say.money(worth := float(say.draw.randint(6, 19) * 100))} im Monat."),
        ("§ 4 Schlussbestimmungen", "Es gilt deutsches Recht. Änderungen bedürfen der Schriftform."),
    ):
        flow.gap(5)
        flow.line(head, bold=True)
        flow.line(text)
    flow.gap(14)
    flow.line(f"Hamburg, den {say.date(say.day, 'dots')}")
    flow.line("____________ (Vermieter)      ____________ (Mieter)")
    say.truth.titles.append("Mietvertrag")
    say.truth.fields |= {
        "title": "Mietvertrag",
        "date": say.day.isoformat(),
        "start_date": say.later(20).isoformat(),
        "term": "36 Monate",
        "governing_law": "deutsches Recht",
    }
    worth_of(say, worth, "Miete", "Monat")
    parties_of(say, (landlord, "Vermieter"), (tenant, "Mieter"))
    return flow.sheet


def chinese_lease(say: Printer) -> Sheet:
    """A Chinese lease: 出租方 and 承租方 with their letters in brackets behind them."""
    one, other, flow = say.people[0], say.people[1], Flow(Sheet(), 60, 475, 55, 10.5)
    flow.line("房屋租赁合同", 18, centred=True)
    flow.line(f"出租方（以下简称甲方）：{one}")
    flow.line(f"承租方（以下简称乙方）：{other}")
    for head, text in (
        ("第一条", f"甲方将位于{say.firms[0].address}的房屋出租给乙方使用。"),
        ("第二条", "租赁期限为一年，自房屋交付之日起计算。"),
        ("第三条", f"月租金为人民币{say.number(worth := float(say.draw.randint(20, 90) * 100))}元，按季度支付。"),
        ("第四条", "本合同适用中华人民共和国法律，争议由房屋所在地人民法院管辖。"),
    ):
        flow.gap(5)
        flow.line(f"{head}  {text}")
    flow.gap(12)
    flow.line("甲方签字：                 乙方签字：")
    flow.line(f"签约日期：{say.date(say.day)}")
    say.truth.titles.append("房屋租赁合同")
    say.truth.fields |= {
        "title": "房屋租赁合同",
        "date": say.day.isoformat(),
        "term": "一年",
        "governing_law": "中华人民共和国法律",
    }
    worth_of(say, worth, "月租金", "月")
    parties_of(say, (one, "甲方"), (other, "乙方"))
    return flow.sheet


def purchase_order(say: Printer) -> Sheet:
    """A purchase order with prices: no invoice."""
    sheet, buyer, seller = Sheet(), say.firms[0], say.firms[1]
    block(sheet, (45, 55), buyer.lines(), lead=True)
    sheet.put(0, (380, 60), "PURCHASE ORDER", 15, bold=True)
    say.truth.titles.append("PURCHASE ORDER")
    pairs(sheet, (380, 85), (("PO number", say.code_of("PO", 6)), ("Order date", say.date(say.day))), 80)
    block(sheet, (45, 140), ["Vendor", *seller.lines()])
    flow, lines = Flow(sheet, 45, 505, 215), say.goods()
    table(flow, ("Description", "Qty", "Unit price", "Total"), (265, 60, 90, 90), goods(say, lines), ruled=True)
    totals(flow, (("Order total", say.money(round(sum(row[3] for row in lines), 2))),))
    return sheet


def reminder(say: Printer) -> Sheet:
    """A German payment reminder that names an invoice: none itself."""
    issuer, flow = say.firms[0], Flow(Sheet(), 65, 465, 60)
    for text in issuer.lines():
        flow.line(text)
    flow.gap(20)
    for text in say.firms[1].lines():
        flow.line(text)
    flow.gap(12)
    flow.line(f"Stuttgart, {say.date(say.day)}")
    flow.line("Zahlungserinnerung", 15, bold=True)
    say.truth.titles.append("Zahlungserinnerung")
    flow.line(
        f"unsere Rechnung {say.code_of('R', 5)} vom {say.date(say.later(-40), 'dots')} über {say.money(812.5)} ist noch offen. Bitte überweisen Sie den Betrag bis zum {say.date(say.later(10), 'dots')}."
    )
    flow.line("Mit freundlichen Grüßen")
    flow.line(say.people[0])
    return flow.sheet

"""Layouts of generated contracts, and of business papers that belong to none of the known types."""

from __future__ import annotations

from scripts.layouts.business_world import Printer
from scripts.layouts.invoices import block, goods, pairs, table
from scripts.layouts.printed_sheet import Flow, Sheet

_FILL = (
    "Each party shall keep confidential what it learns of the other party's business, and shall return all papers when "
    "this Agreement ends. Neither party may assign its rights without the prior written consent of the other party."
)


def parties_of(say: Printer, *rows: tuple[str, str]) -> None:
    say.truth.fields["parties"] = [{"name": name, "role": role} for name, role in rows]


def worth_of(say: Printer, amount: float, name: str, per: str | None) -> None:
    say.truth.fields |= {"amount": amount, "currency": say.code, "amount_name": name, "amount_per": per}


def services(say: Printer) -> Sheet:
    """A services agreement: parties in a sentence with roles in quotes, numbered clauses, signatures."""
    one, other, flow = say.firms[0], say.firms[1], Flow(Sheet(serif=True), 70, 455, 60, 10.5)
    flow.line("SERVICES AGREEMENT", 16, bold=True, centred=True)
    flow.gap(10)
    flow.line(
        f'This Services Agreement (the "Agreement") is entered into as of {say.date(say.day, "english")} by and between {one.name}, a company with its registered office at {one.address} (the "Client"), and {other.name}, with its registered office at {other.address} (the "Provider").'
    )
    for at, (title, text) in enumerate((
        ("Services", "The Provider shall perform the services described in Schedule A with reasonable skill and care."),
        ("Fees", f"The Client shall pay the Provider {say.money(worth := float(say.draw.randint(8, 90) * 500))} per quarter within thirty days of receipt of an invoice."),
        ("Term", "This Agreement shall remain in force for a period of twenty-four (24) months from its date unless terminated earlier."),
        ("Confidentiality", _FILL),
        ("Governing Law", "This Agreement shall be governed by and construed in accordance with the laws of England and Wales."),
    ), 1):  # fmt: skip
        flow.gap(6)
        flow.line(f"{at}. {title}", bold=True)
        flow.line(text)
    flow.gap(14)
    flow.line("IN WITNESS WHEREOF, the parties have executed this Agreement.")
    flow.line(f"{one.name}  By: ____________       {other.name}  By: ____________")
    say.truth.titles.append("SERVICES AGREEMENT")
    say.truth.fields |= {
        "title": "SERVICES AGREEMENT",
        "date": say.day.isoformat(),
        "term": "twenty-four (24) months",
        "governing_law": "laws of England and Wales",
    }
    worth_of(say, worth, "Fees", "quarter")
    parties_of(say, (one.name, "Client"), (other.name, "Provider"))
    return flow.sheet


def tenancy(say: Printer) -> Sheet:
    """A lease: labels beside the parties, a term in words, a state's law."""
    landlord, tenant, flow = say.people[0], say.people[1], Flow(Sheet(), 60, 475, 55)
    flow.line("Residential Lease Agreement", 17, bold=True)
    flow.line(f"Date: {say.date(say.day, 'english')}")
    flow.line(f"Landlord: {landlord}")
    flow.line(f"Tenant: {tenant}")
    flow.line(f"Premises: {say.firms[0].address}")
    for title, text in (
        ("1. Term.", f"The lease begins on {say.date(say.later(20), 'english')} and runs for twelve (12) months."),
        ("2. Rent.", f"The Tenant shall pay {say.money(worth := float(say.draw.randint(7, 29) * 100))} per month, in advance, on the first day of each month."),
        ("3. Use.", "The Tenant shall use the premises as a private residence only and shall keep them clean. " + _FILL),
        ("4. Governing law.", "This lease shall be governed by the laws of the State of Oregon."),
    ):  # fmt: skip
        flow.gap(4)
        flow.line(f"{title} {text}")
    flow.gap(14)
    flow.line("Landlord's signature ____________    Tenant's signature ____________")
    say.truth.titles.append("Residential Lease Agreement")
    say.truth.fields |= {
        "title": "Residential Lease Agreement",
        "date": say.day.isoformat(),
        "start_date": say.later(20).isoformat(),
        "term": "twelve (12) months",
        "governing_law": "laws of the State of Oregon",
    }
    worth_of(say, worth, "Rent", "month")
    parties_of(say, (landlord, "Landlord"), (tenant, "Tenant"))
    return flow.sheet


def dienstvertrag(say: Printer) -> Sheet:
    """A German contract: zwischen ... und ..., nachfolgend, paragraphs."""
    one, other, flow = say.firms[0], say.firms[1], Flow(Sheet(), 65, 465, 60)
    flow.line("Dienstleistungsvertrag", 17, bold=True, centred=True)
    flow.gap(8)
    for text in (
        "zwischen",
        one.name,
        one.address,
        "- nachfolgend Auftraggeber genannt -",
        "und",
        other.name,
        other.address,
        "- nachfolgend Auftragnehmer genannt -",
    ):
        flow.line(text, centred=True)
    for title, text in (
        ("§ 1 Gegenstand", "Der Auftragnehmer erbringt für den Auftraggeber die in Anlage 1 beschriebenen Leistungen."),
        ("§ 2 Vergütung", f"Die Vergütung beträgt {say.money(worth := float(say.draw.randint(10, 99) * 100))} im Monat zuzüglich der gesetzlichen Umsatzsteuer."),
        ("§ 3 Laufzeit", "Der Vertrag hat eine Laufzeit von 24 Monaten und kann danach mit einer Frist von drei Monaten gekündigt werden."),
        ("§ 4 Anwendbares Recht", "Es gilt das Recht der Bundesrepublik Deutschland."),
    ):  # fmt: skip
        flow.gap(6)
        flow.line(title, bold=True)
        flow.line(text)
    flow.gap(14)
    flow.line(f"Köln, den {say.date(say.day, 'dots')}")
    flow.line("Unterschrift Auftraggeber ____________   Unterschrift Auftragnehmer ____________", 9)
    say.truth.titles.append("Dienstleistungsvertrag")
    say.truth.fields |= {
        "title": "Dienstleistungsvertrag",
        "date": say.day.isoformat(),
        "term": "24 Monaten",
        "governing_law": "Recht der Bundesrepublik Deutschland",
    }
    worth_of(say, worth, "Vergütung", "Monat")
    parties_of(say, (one.name, "Auftraggeber"), (other.name, "Auftragnehmer"))
    return flow.sheet


def chinese_purchase(say: Printer) -> Sheet:
    """A Chinese contract: 甲方 and 乙方 as labels, articles, date of signing at the end."""
    one, other, flow = say.firms[0], say.firms[1], Flow(Sheet(), 65, 465, 55, 10.5)
    flow.line("设备采购合同", 18, centred=True)
    flow.line(f"合同编号：{(number := say.code_of('HT', 8))}", 9)
    flow.line(f"甲方（买方）：{one.name}")
    flow.line(f"乙方（卖方）：{other.name}")
    for title, text in (
        ("第一条 合同标的", "甲方向乙方采购附件所列设备，乙方负责运输、安装和调试。"),
        ("第二条 合同金额", f"合同总金额为人民币{say.number(worth := float(say.draw.randint(10, 90) * 1000))}元。"),
        ("第三条 合同期限", "本合同有效期为两年，自双方签字盖章之日起生效。"),
        ("第四条 争议解决", "因本合同发生的争议，双方协商解决；协商不成的，提交甲方所在地人民法院诉讼解决。"),
        ("第五条 适用法律", "本合同适用中华人民共和国法律。"),
    ):
        flow.gap(5)
        flow.line(title, bold=True)
        flow.line(text)
    flow.gap(12)
    flow.line("甲方（盖章）：                    乙方（盖章）：")
    flow.line(f"签订日期：{say.date(say.day)}")
    say.truth.titles.append("设备采购合同")
    say.truth.fields |= {
        "title": "设备采购合同",
        "number": number,
        "date": say.day.isoformat(),
        "term": "两年",
        "governing_law": "中华人民共和国法律",
    }
    worth_of(say, worth, "合同总金额", None)
    parties_of(say, (one.name, "甲方"), (other.name, "乙方"))
    return flow.sheet


def employment(say: Printer) -> Sheet:
    """A contract of employment: numbered parties, defined terms in bold capitals."""
    firm, person, flow = say.firms[0], say.people[0], Flow(Sheet(serif=True), 70, 455, 60, 10.5)
    flow.line("Contract of Employment", 17, bold=True, centred=True)
    flow.line(f"DATED {say.date(say.day)}", centred=True)
    flow.gap(8)
    flow.line("PARTIES", bold=True)
    flow.line(f"(1) {firm.name}, whose registered office is at {firm.address} (the Employer); and")
    flow.line(f"(2) {person} of {say.firms[1].address} (the Employee).")
    for title, text in (
        ("Commencement and term", "Your employment is for a fixed term of 18 months."),
        ("Salary", f"Your salary is {say.money(worth := float(say.draw.randint(24, 80) * 1000))} a year, paid monthly in arrears."),
        ("Confidential information", _FILL),
        ("Governing law and jurisdiction", "This agreement is governed by the law of Scotland, and its courts have jurisdiction."),
    ):  # fmt: skip
        flow.gap(6)
        flow.line(title, bold=True)
        flow.line(text)
    flow.gap(14)
    flow.line("Signed for the Employer ____________   Signed by the Employee ____________", 9.5)
    say.truth.titles.append("Contract of Employment")
    say.truth.fields |= {
        "title": "Contract of Employment",
        "date": say.day.isoformat(),
        "term": "18 months",
        "governing_law": "law of Scotland",
    }
    worth_of(say, worth, "salary", "year")
    parties_of(say, (firm.name, "Employer"), (person, "Employee"))
    return flow.sheet


def contrat_prestation(say: Printer) -> Sheet:
    """A French contract: ENTRE LES SOUSSIGNÉS, ci-après, articles."""
    one, other, flow = say.firms[0], say.firms[1], Flow(Sheet(serif=True), 65, 465, 60)
    flow.line("CONTRAT DE PRESTATION DE SERVICES", 15, bold=True, centred=True)
    flow.gap(8)
    flow.line("ENTRE LES SOUSSIGNÉS :", bold=True)
    flow.line(f"{one.name}, dont le siège social est situé {one.address}, ci-après dénommée « le Client »,")
    flow.line("d'une part, et")
    flow.line(
        f"{other.name}, dont le siège social est situé {other.address}, ci-après dénommée « le Prestataire », d'autre part,"
    )
    for title, text in (
        ("Article 1 - Objet", "Le Prestataire s'engage à fournir au Client les services décrits en annexe."),
        ("Article 2 - Prix", f"Le prix est fixé à {say.money(worth := float(say.draw.randint(10, 80) * 100))} hors taxes par mois."),
        ("Article 3 - Durée", "Le présent contrat est conclu pour une durée de douze mois à compter de sa signature."),
        ("Article 4 - Droit applicable", "Le présent contrat est soumis au droit français."),
    ):  # fmt: skip
        flow.gap(6)
        flow.line(title, bold=True)
        flow.line(text)
    flow.gap(14)
    flow.line(f"Fait à Nantes, le {say.date(say.day)}, en deux exemplaires.")
    say.truth.titles.append("CONTRAT DE PRESTATION DE SERVICES")
    say.truth.fields |= {
        "title": "CONTRAT DE PRESTATION DE SERVICES",
        "date": say.day.isoformat(),
        "term": "douze mois",
        "governing_law": "droit français",
    }
    worth_of(say, worth, "prix", "mois")
    parties_of(say, (one.name, "Client"), (other.name, "Prestataire"))
    return flow.sheet


def chinese_labour(say: Printer) -> Sheet:
    """A Chinese contract of services whose parties stand in a ruled table."""
    one, other, flow = say.firms[0], say.firms[1], Flow(Sheet(), 65, 465, 55, 10.5)
    flow.line("技术服务合同", 18, centred=True)
    flow.gap(4)
    flow.cells(("委托方（甲方）", one.name), (130, 335), ruled=True)
    flow.cells(("受托方（乙方）", other.name), (130, 335), ruled=True)
    flow.cells(("签订日期", say.date(say.day)), (130, 335), ruled=True)
    for title, text in (
        ("一、服务内容", "乙方为甲方提供信息系统的维护服务，每月巡检一次，并在接到故障通知后四小时内响应。"),
        ("二、服务期限", "服务期限为十二个月。"),
        ("三、服务费用", f"服务费用共计{say.number(worth := float(say.draw.randint(5, 60) * 1000))}元，分四次支付。"),
        ("四、保密", "双方对合作中知悉的对方商业秘密负有保密义务。"),
        ("五、其他", "本合同一式两份，双方各执一份，受中华人民共和国法律管辖。"),
    ):
        flow.gap(5)
        flow.line(title, bold=True)
        flow.line(text)
    say.truth.titles.append("技术服务合同")
    say.truth.fields |= {
        "title": "技术服务合同",
        "date": say.day.isoformat(),
        "term": "十二个月",
        "governing_law": "中华人民共和国法律",
    }
    worth_of(say, worth, "服务费用共计", None)
    parties_of(say, (one.name, "甲方"), (other.name, "乙方"))
    return flow.sheet


def loan(say: Printer) -> Sheet:
    """A loan agreement: BETWEEN and AND on rows of their own, recitals, law by name of a country."""
    one, other, flow = say.firms[0], say.firms[1], Flow(Sheet(), 70, 455, 60)
    flow.line("LOAN AGREEMENT", 16, bold=True, centred=True)
    flow.line(f"This agreement is made on {say.date(say.day)}", centred=True)
    flow.line("BETWEEN", bold=True, centred=True)
    flow.line(f'{one.name} ("Lender")', centred=True)
    flow.line("AND", bold=True, centred=True)
    flow.line(f'{other.name} ("Borrower")', centred=True)
    for title, text in (
        ("1. The Loan", f"The Lender lends to the Borrower the sum of {say.money(worth := float(say.draw.randint(10, 90) * 1000))}."),
        ("2. Term", "The Loan is for a term of five (5) years from the date of this agreement."),
        ("3. Interest", "Interest is due at the rate of 4.5% a year on the balance outstanding. " + _FILL),
        ("4. Applicable law", "This agreement and any dispute arising out of it are governed by the laws of Ireland."),
    ):  # fmt: skip
        flow.gap(6)
        flow.line(title, bold=True)
        flow.line(text)
    flow.gap(12)
    flow.line("Signed by the Lender ____________   Signed by the Borrower ____________", 9.5)
    say.truth.titles.append("LOAN AGREEMENT")
    say.truth.fields |= {
        "title": "LOAN AGREEMENT",
        "date": say.day.isoformat(),
        "term": "five (5) years",
        "governing_law": "laws of Ireland",
    }
    worth_of(say, worth, "sum", None)
    parties_of(say, (one.name, "Lender"), (other.name, "Borrower"))
    return flow.sheet


def delivery_note(say: Printer) -> Sheet:
    """A delivery note: like an invoice, without a price."""
    issuer, buyer, sheet = say.firms[0], say.firms[1], Sheet()
    block(sheet, (50, 60), [*issuer.lines(), *say.contact(issuer)], lead=True)
    title = {"de": "Lieferschein", "en": "Delivery Note", "fr": "Bon de livraison", "zh": "送货单"}[say.language]
    sheet.put(0, (50, 165), title, 16, bold=True)
    say.truth.titles.append(title)
    block(sheet, (330, 130), buyer.lines())
    pairs(sheet, (50, 190), (("No.", say.code_of("L", 6)), ("", say.date(say.day, "dots"))), 80)
    flow = Flow(sheet, 50, 495, 240)
    table(
        flow,
        ("Pos.", "Artikel", "Menge") if say.language == "de" else ("Item", "Description", "Qty"),
        (50, 345, 100),
        [(str(at), row[0], str(row[1])) for at, row in enumerate(say.goods(), 1)],
    )
    return sheet


def letter(say: Printer) -> Sheet:
    """A letter about an appointment that mentions an invoice and a sum."""
    issuer, buyer, flow = say.firms[0], say.firms[1], Flow(Sheet(serif=True), 70, 455, 60, 11)
    for text in issuer.lines():
        flow.line(text)
    flow.gap(20)
    for text in (say.people[0], *buyer.lines()):
        flow.line(text)
    flow.gap(14)
    flow.line(say.date(say.day))
    flow.gap(10)
    flow.line("Our meeting in spring", bold=True)
    say.truth.titles.append("Our meeting in spring")
    flow.line(f"Dear {say.people[0]},")
    flow.line(
        f"thank you for your visit. As agreed we shall look at the workshop on {say.date(say.later(30))} and bring our findings with us. The invoice for the first visit, {say.money(250.0)}, has been paid, so that nothing is open between us."
    )
    flow.gap()
    flow.line("Yours sincerely,")
    flow.line(say.people[1])
    return flow.sheet


def offer(say: Printer) -> Sheet:
    """A quotation with prices and a total, which is no invoice."""
    issuer, buyer, sheet, chinese = say.firms[0], say.firms[1], Sheet(), say.language == "zh"
    title = {"en": "Quotation", "de": "Angebot", "fr": "Devis", "zh": "报价单"}[say.language]
    block(sheet, (50, 60), issuer.lines(), lead=True)
    block(sheet, (330, 60), buyer.lines())
    flow = Flow(sheet, 50, 495, 130)
    title += f" {say.code_of('Q', 5)}"
    flow.line(title, 15, bold=True)
    say.truth.titles.append(title)
    flow.line(
        ("有效期至：" if chinese else "Valid until: " if say.language == "en" else "") + say.date(say.later(30), "iso")
    )
    rows = say.goods()
    header = ("品名", "数量", "单价", "金额") if chinese else ("Description", "Qty", "Unit price", "Amount")
    table(flow, header, (265, 50, 90, 90), goods(say, rows))
    flow.line("合计" if chinese else "Total", right=say.money(round(sum(row[3] for row in rows), 2)), bold=True)
    flow.line("我们期待与您合作。" if chinese else "We look forward to your order.")
    return sheet


def minutes(say: Printer) -> Sheet:
    """Minutes of a meeting with names, dates and decisions."""
    flow = Flow(Sheet(), 65, 465, 60)
    title = {
        "en": "Minutes of the board meeting",
        "de": "Protokoll der Sitzung",
        "fr": "Compte rendu de réunion",
        "zh": "会议纪要",
    }[say.language]
    flow.line(title, 16, bold=True)
    say.truth.titles.append(title)
    flow.line(say.date(say.day))
    flow.line("、".join(say.people) if say.language == "zh" else ", ".join(say.people))
    flow.gap()
    for at, text in enumerate(("Budget", "Hiring", "Premises"), 1):
        flow.line(f"{at}. {text}", bold=True)
        flow.line(
            "The board discussed the matter and asked for a proposal by the next meeting."
            if say.language != "zh"
            else "会议讨论了该事项，要求下次会议前提交方案。"
        )
    return flow.sheet

"""The type of a document, in several languages; what has none of the known types stays without."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.document_types import given_type, type_of, why_not
from pipeline.type_signals import TYPES
from tests.printed_pages import printed_page

DRAWINGS = sorted((Path(__file__).resolve().parent.parent / "drawings").glob("*/*.txt"))

TEXTS = {
    "invoice_de": """
Muster GmbH, Hauptstraße 1, 10115 Berlin

Rechnung Nr. 2024-17
Rechnungsdatum: 03.05.2024          Kundennummer: 4711

Pos   Bezeichnung      Menge    Einzelpreis      Betrag
1     Beratung            10        100,00     1.000,00
      MwSt 19 %                                  190,00
      Gesamtbetrag                             1.190,00
Zahlbar bis 17.05.2024
""",
    "invoice_named": """
Handelsrechnung (380) Nr. 471102 vom 05.06.2018
Bestellung:               2018-471331
Liefer- und Leistungsdatum: 03.06.2018
Beschreibung        Nettopreis     Menge     Nettobetrag
Kunstrasen              3,3333      3 m²           10,00
Bruttosumme                                         11,90
""",
    "invoice_fr": """
# FACTURE N° 2024-17
Date de facturation : 3 mai 2024
Client : Jeanne Martin
Désignation        Quantité    Prix unitaire     Montant
Conseil                  10           100,00    1 000,00
TVA 20 %                                          200,00
Montant à payer                                 1 200,00
Échéance : 17 mai 2024
""",
    "invoice_zh": """
# 增值税电子普通发票
发票代码：011002000111    发票号码：12345678    开票日期：2024年05月03日
购买方名称：北京枫叶有限公司
项目名称        数量      单价        金额      税率      税额
咨询费             1    100.00      100.00        6%      6.00
价税合计（大写）壹佰零陆元整     ¥106.00
""",
    "receipt_de": """
REWE Markt GmbH
Hauptstr. 5, 10115 Berlin
Milch                1,19 A
Brot                 2,49 A
SUMME  EUR           3,68
Geg. BAR            10,00
Rückgeld             6,32
MwSt  7%             0,24
03.05.2024   17:42   Bon-Nr. 4711   Kasse 3
Vielen Dank für Ihren Einkauf
""",
    "receipt_zh_slip": """
# 收 款 收 据
No 0012345     日期：2024年05月06日
今收到     青鸥船舶用品商行
交来     房租押金
人民币（大写）叁仟圆整     ￥3000.00
收款单位（盖章）     经手人：
""",
    "receipt_zh": """
欢迎光临好又多超市
收银员：003  机号：12   2024-05-03 17:42:11
牛奶          1    12.50
面包          2    15.00
合计             27.50
实收现金        50.00
找零            22.50
谢谢惠顾
""",
    "resume_de": """
# Lebenslauf
Erika Muster
erika@muster.example

Berufserfahrung
01/2019 - heute      Ingenieurin, Muster GmbH
2015 - 2018          Technikerin, Beispiel AG

Ausbildung
2010 - 2015          Studium, TU Berlin
""",
    "resume_fr": """
Jeanne Martin
jeanne@martin.example

# Expérience professionnelle
2019 - 2024   Ingénieure, Exemple SA
2015 - 2018   Technicienne, Martin SARL
# Formation
2010 - 2015   École centrale
# Compétences
Python
""",
    "statement_fr": """
# Relevé de compte
Titulaire : Jeanne Martin      N° de compte : 12345
Date         Opération         Débit      Crédit
             Solde précédent              1 000,00
03/05/2024   Loyer             800,00
05/05/2024   Salaire                      2 000,00
             Nouveau solde                2 200,00
""",
    "statement_card": """
STATEMENT DATE     PAYMENT DUE DATE     TOTAL CREDIT LIMIT     TOTAL MINIMUM DUE
01-08-2023         24-08-2023           S$22,800               S$50.00

TRANSACTION DATE     DESCRIPTION                                     AMOUNT (SGD)
                     LAST MONTH'S BALANCE                                412.16
13/07                PAYMENT BY INTERNET                                (412.16)
24/07                SAVORY MORNING                                        2.90
26/07                GOLDEN TOAST                                          3.10
28/07                GLOBAL GRUB                                           6.00
31/07                BUS RIDE                                             11.90
TOTAL AMOUNT DUE                                                          23.90
""",
    "statement_broker": """
# Investment report
July 1 - July 31, 2015
Your account numbers can be found on page 2.
Beginning Portfolio Value     $253,221.83
Ending Portfolio Value        $274,222.20
Transaction Costs                 -139.77
Date         Description         Debit         Credit
07/02        Dividend                            12.00
Contact us for a prospectus of each fund.
""",
    "statement_zh_flow": """
# 招商银行交易流水
账号：6214850212345678
记账日期        货币        交易金额          联机余额        交易摘要
2024-01-03      CNY            -35.50        5,194.68        快捷支付
""",
    "paper_de_seminar": """
# Graphen in quasipolynomieller Zeit
Jana Muster     Karl Beispiel
3. August 2017
# Zusammenfassung
Dieses Dokument ist im Rahmen eines Seminars entstanden und stellt die Ereignisse dar.
# 1 Definitionen
Im Folgenden werden wir die Notationen festhalten, die für den Vortrag zentral sind [1].
Kanten sind in [2] und [3] beschrieben, siehe auch [4].
# 6 Quellen
[1] https://example.org/a.pdf
""",
    "paper_fr": """
# Dynamique de la végétation dans les écosystèmes arides
Anne Exemple
Université de Louvain, École de Physique
# INTRODUCTION
De nombreuses études [1], [2] ont montré que l'état d'un écosystème est lié à ses motifs,
entre les échelles spatiales pour lesquelles les interactions [3] sont connues.

[1] A. Un. Motifs. Science, 2004.
[2] B. Deux. Végétation. Science, 2005.
[3] C. Trois. Écologie. Science, 2006.
[4] D. Quatre. Ondes. Science, 2007.
[5] E. Cinq. Eau. Science, 2008.
[6] F. Six. Sols. Science, 2009.
""",
    "paper_zh": """
# 小河流水量研究
张三，李四
北京大学水文学院
摘要：本文研究小河流在雨后的水量变化。
关键词：河流；降雨
中图分类号：P33
参考文献
[1] 王五. 降雨. 2010.
""",
    "contract_de": """
# Mietvertrag
zwischen
Max Muster, nachfolgend Vermieter,
und Erika Muster, nachfolgend Mieterin.
§ 1 Mietsache
§ 2 Mietdauer
§ 3 Kündigung
Der Vermieter verpflichtet sich zur Übergabe. Gerichtsstand ist Berlin.
""",
}
OTHERS = {
    "minutes": "# Minutes of the meeting\nPresent: A. Smith, B. Jones\nThe budget of 1,200.00 was agreed on.",
    "manual": "# Table of contents\n1 Getting started 2\n2 Education mode 5\nPress it to change the total time.",
    "letter": "Dear Sir,\nthank you for your invoice of 3 May. We shall pay it soon.\nYours faithfully, A. Smith",
    "news": "The court said on Monday that the contract between the two firms was void, and that the law is clear.",
    "menu": "# Menu\nSoup   4.50\nFish   12.90\nCoffee 2.80\nOpen 11:00 to 22:00",
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_types_in_several_languages(name: str) -> None:
    decided = type_of([printed_page(TEXTS[name])])
    assert decided.name == name.split("_")[0], decided.scores
    assert decided.page == 1 and decided.line


@pytest.mark.parametrize("name", OTHERS)
def test_other_documents_have_no_type_and_no_schema_fits(name: str) -> None:
    decided = type_of([printed_page(OTHERS[name])])
    assert decided.name == "", decided.scores
    assert all(why_not(decided, (one,)) for one in TYPES)


@pytest.mark.parametrize("path", DRAWINGS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_drawn_document_has_its_type(path: Path) -> None:
    decided = type_of([printed_page(path.read_text(encoding="utf-8"))])
    assert not why_not(decided, (path.parent.name,))
    assert decided.name == path.parent.name, decided.scores


def test_why_a_schema_does_not_apply() -> None:
    invoice = type_of([printed_page(TEXTS["invoice_de"])])
    assert why_not(invoice, ("invoice",)) == why_not(invoice, ()) == ""
    assert why_not(invoice, ("resume",)).startswith("it is of the type invoice (doubt 0.")
    assert why_not(given_type("paper"), ("invoice",)) == "its type was set to paper"
    assert why_not(type_of([printed_page("x")]), ("invoice",)) == "it has too little text to tell its type"


@pytest.mark.parametrize(
    "text",
    [
        "Harbour Cafe\nMenu\nSoup of the day   4.50\nFish   12.90\nPie   5.20\nOpen daily 9:00 - 18:00. Thank you!",
        "Purchase order: 4711\nItem   Price   Qty   Amount\nRope   5.00   2   10.00\nTotal amount   10.00",
        "1. Mahnung\nRechnung Nr. 2024-17 vom 12.03.2024\nFällig am 26.03.2024\nGesamtbetrag 1.195,00 EUR\nIBAN DE89",
        "Auftragsbestätigung Nr. 88112\nMenge   Einzelpreis   Gesamt\n2   50,00   100,00\nGesamtbetrag   119,00",
        "Delivery note no. 7\nfor invoice no. 2024-17\nItem   Qty\nDrill   2\nCustomer number 4711",
        "Remittance advice\nInvoice no   Amount\n2024-17   100.00\n2024-19   200.00\nTotal amount   300.00\nIBAN GB29",
        "DEVIS N° 2024-17\nClient : J. Martin\nPrix unitaire   Total\n500,00   500,00\nTVA 20%   100,00\nTTC   600,00",
        "装箱单\n发票号码：2024-17\n品名   数量\n打印机   10\n买方：临港海图测绘有限公司",
        "Rechnungseingangsbuch Mai 2024\nRechnungsnr.   Netto   MwSt\n2024-17   100,00   19,00\n2024-18   200,00",
        "Timesheet\nJane Roe\n01/03/2024   09:00   8.00\n02/03/2024   09:00   8.00\nTotal   16.00",
        "Payment reminder\nOur invoice no. 2024-17 of 12 March 2024 over 4,200.00 EUR is open. Please pay soon.",
        "Table 8.12 - Own brand shares\nNames   Total\nAldi   8.15\nLidl   9.20\nTax   4.10\nat 10:30   1.20",
        "Booking\nOrder # 5678\nPrinted 14:30\nTotals  12,500.00   11,250.00\n3,000.00\nTimes are subject to change.",
        "Patient report\nTotal Volume: none\nWBC 7.50\nRBC 4.24\nHGB 12.80\n02/16/2019 6:09 PM\nprivate data",
        "Price quote calculation\nOrder number 15\nCar  500.00\nTotal  500.00\nVAT  105.00\n09:00  17:00",
        "Software Engineer\nExperience\nThree years\nQualifications\nA degree\nWe offer\n30 days\njobs@firm.org",
    ],
)
def test_papers_of_other_kinds_fit_no_schema(text: str) -> None:
    document_type = type_of([printed_page(text)])
    assert document_type.name == ""
    assert [name for name in TYPES if not why_not(document_type, (name,))] == []

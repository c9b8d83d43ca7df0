"""Invented firms, goods and days in English, German, French and Chinese, and how programs print numbers and dates."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from scripts.layouts.months import MONTHS

WORLD: dict[str, dict[str, Any]] = {
    "en": {
        "firms": (
            ("Harrowgate Tools Ltd", "17 Canal Road, Leeds LS2 8QT", "+44 113 496 0127", "accounts@harrowgate.example"),
            ("Blue Heron Catering", "402 Elm Street, Portland, OR 97205", "(503) 555-0134", "billing@blueheron.example"),
            ("Tamarack Software, Inc.", "88 Mission St, San Francisco, CA 94105", "+1 415-555-0188", "ar@tamarack.example"),
            ("Fenwick & Dale Solicitors", "3 Castle Square, York YO1 9RL", "01904 496 033", "office@fenwick.example"),
            ("Oakhill Garden Centre", "Station Lane, Guildford GU2 4AH", "01483 496 221", "hello@oakhill.example"),
        ),
        "people": ("Eleanor Whitcombe", "Marcus Adeyemi", "Joan Petrakis", "Daniel Okafor"),
        "goods": (
            "Cordless drill 18V", "Copper pipe 22 mm, 3 m", "Lunch buffet, 40 persons", "Site visit and report",
            "Annual licence, 5 seats", "Safety gloves size 9", "Consulting, hours", "Delivery and handling",
        ),
        "currency": ("GBP", "£"), "tax": 20, "shop": ("Whole milk 2L", "Sourdough loaf", "Bananas", "Cheddar 400g", "Tea bags 80", "Batteries AA 4pk"),
        "moves": ("CARD PAYMENT CORNER SHOP", "SALARY NORTHFIELD CO", "DIRECT DEBIT CITY WATER", "ATM WITHDRAWAL HIGH ST", "TRANSFER FROM J PETRAKIS", "STANDING ORDER RENT"),
    },
    "de": {
        "firms": (
            ("Kessler Metallbau GmbH", "Industriestraße 12, 70565 Stuttgart", "+49 711 3344550", "info@kessler-metall.example"),
            ("Druckerei Sommer & Co. KG", "Am Hafen 3, 20457 Hamburg", "+49 40 5566770", "buero@sommerdruck.example"),
            ("Bergmann Elektrotechnik AG", "Lindenallee 45, 50968 Köln", "0221 9988776", "rechnung@bergmann.example"),
            ("Gartenbau Hollerbach", "Feldweg 8, 79112 Freiburg", "0761 445566", "kontakt@hollerbach.example"),
        ),
        "people": ("Sabine Kronberger", "Holger Petersen", "Anja Weidlich", "Tobias Ruland"),
        "goods": ("Stahlträger 6 m", "Flyer A5, 1000 Stück", "Montage vor Ort, Stunden", "Kabel NYM-J 3x1,5", "Wartungspauschale", "Heckenschnitt", "Anfahrt"),
        "currency": ("EUR", "€"), "tax": 19, "shop": ("Vollmilch 3,5%", "Roggenbrot 750g", "Butter", "Äpfel lose", "Kaffee gemahlen", "Mineralwasser 6x1,5"),
        "moves": ("KARTENZAHLUNG BAECKEREI", "GEHALT NORDWERK GMBH", "LASTSCHRIFT STADTWERKE", "BARAUSZAHLUNG AUTOMAT", "DAUERAUFTRAG MIETE", "GUTSCHRIFT PETERSEN"),
    },
    "fr": {
        "firms": (
            ("Menuiserie Vasseur SARL", "24 rue des Tanneurs, 44000 Nantes", "02 40 55 12 34", "contact@vasseur.example"),
            ("Atelier Graphique Morel", "7 place Bellecour, 69002 Lyon", "+33 4 78 55 66 77", "compta@morel.example"),
            ("Solutions Durand SAS", "112 avenue Foch, 75016 Paris", "01 70 18 55 66", "facturation@durand.example"),
            ("Jardins de Provence", "5 chemin des Oliviers, 13100 Aix-en-Provence", "04 42 55 33 22", "bonjour@jardins.example"),
        ),
        "people": ("Hélène Garnier", "Luc Perrault", "Inès Fontaine", "Adrien Colbert"),
        "goods": ("Porte en chêne massif", "Impression affiches A2", "Maintenance mensuelle", "Taille de haies", "Formation, journée", "Pose et réglage", "Déplacement"),
        "currency": ("EUR", "€"), "tax": 20, "shop": ("Lait demi-écrémé", "Baguette", "Beurre doux 250g", "Pommes golden", "Café moulu", "Eau minérale 6x1,5L"),
        "moves": ("CB BOULANGERIE DU PORT", "VIREMENT SALAIRE OUESTCO", "PRLV EAU DE NANTES", "RETRAIT DAB GARE", "VIR LOYER", "VIR DE GARNIER"),
    },
    "zh": {
        "firms": (
            ("上海启明办公设备有限公司", "上海市徐汇区漕溪北路88号", "021-54881234", "sales@qiming.example"),
            ("广州南珠食品有限公司", "广州市天河区体育西路103号", "020-38867788", "caiwu@nanzhu.example"),
            ("北京远山软件技术有限公司", "北京市海淀区中关村大街27号", "010-62551100", "service@yuanshan.example"),
            ("成都锦绣印务有限公司", "成都市武侯区人民南路四段15号", "028-85227766", "print@jinxiu.example"),
        ),
        "people": ("周文静", "李国栋", "何雨桐", "王志强"),
        "goods": ("激光打印机", "复印纸A4", "软件维护服务", "宣传册印刷", "办公椅", "网络安装调试", "培训服务"),
        "currency": ("CNY", "¥"), "tax": 13, "shop": ("纯牛奶250ml", "全麦面包", "苹果", "鸡蛋10枚", "洗衣液2kg", "矿泉水"),
        "moves": ("网上支付 便利店", "代发工资", "水费代扣", "ATM取款", "转账存入 李国栋", "房租支出"),
    },
}  # fmt: skip


@dataclass(slots=True)
class Truth:
    """What a document says: its type, its language, the values of its type's schema, and all that it prints.

    ``fields`` holds a text, a number, a list of texts or a list of rows for each field; what is not printed is left
    out. ``must``: amounts with their currency; ``amounts``: all of them.
    """

    type: str
    language: str
    titles: list[str] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    dates: set[str] = field(default_factory=set)
    amounts: set[float] = field(default_factory=set)
    must: set[float] = field(default_factory=set)
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)


class Printer:
    """Prints the values of one document in its language, and notes what it has printed as its truth."""

    def __init__(self, kind: str, language: str, seed: int) -> None:
        self.draw = random.Random(f"{kind}{language}{seed}")
        self.language, self.world = language, WORLD[language]
        self.truth = Truth(kind, language)
        self.code, self.sign = self.world["currency"]
        self.firms = [Firm(*row) for row in self.draw.sample(self.world["firms"], 3)]
        self.american = language == "en" and bool(re.search(r"[A-Z]{2} \d{5}$", self.firms[0].address))
        if self.american:
            self.code, self.sign = "USD", "$"
        self.people = self.draw.sample(self.world["people"], 3)
        self.day = date(2021, 1, 5) + timedelta(days=self.draw.randint(0, 1500))

    def from_america(self) -> None:
        """Let the first firm be an American one."""
        own = [Firm(*row) for row in self.world["firms"] if re.search(r"[A-Z]{2} \d{5}$", row[1])]
        self.firms[0], self.american = self.draw.choice(own), True
        self.code, self.sign = "USD", "$"

    def later(self, days: int) -> date:
        return self.day + timedelta(days=days)

    def date(self, day: date, style: str = "long") -> str:
        """``long``: with the month's name; ``dots``, ``slashes`` (day first), ``us``, ``iso``, ``short`` (mon)."""
        self.truth.dates.add(day.isoformat())
        if self.language == "zh" and style == "long":
            return f"{day.year}年{day.month}月{day.day}日"
        if style == "long":
            month = MONTHS[self.language][day.month - 1]
            joint = ". " if self.language == "de" else " "
            return f"{day.day}{joint}{month} {day.year}"
        if style == "english":
            return f"{MONTHS['en'][day.month - 1]} {day.day}, {day.year}"
        if style == "slashes" and self.american:
            style = "us"
        forms = {"dots": "%d.%m.%Y", "slashes": "%d/%m/%Y", "us": "%m/%d/%Y", "iso": "%Y-%m-%d", "short": "%d %b %Y"}
        return day.strftime(forms[style])

    def number(self, value: float) -> str:
        """An amount without a currency."""
        self.truth.amounts.add(round(abs(value), 2))
        text = f"{abs(value):,.2f}"
        if self.language == "de":
            text = text.translate(str.maketrans(",.", ".,"))
        if self.language == "fr":
            text = text.replace(",", " ").replace(".", ",")
        return f"-{text}" if value < 0 else text

    def money(self, value: float, *, code: bool = False) -> str:
        """An amount with the sign of its currency, or its code."""
        self.truth.must.add(round(abs(value), 2))
        text = self.number(value)
        if code:
            return f"{text} {self.code}" if self.language in ("de", "fr") else f"{self.code} {text}"
        return f"{text} {self.sign}" if self.language in ("de", "fr") else f"{self.sign}{text}"

    def contact(self, firm: Firm, *, phone: bool = True) -> list[str]:
        self.truth.emails.append(firm.email)
        if phone:
            self.truth.phones.append(firm.phone)
        return [firm.phone, firm.email] if phone else [firm.email]

    def goods(self, most: int = 5) -> list[tuple[str, int, float, float]]:
        """Lines of goods: name, quantity, unit price, amount."""
        names = self.draw.sample(self.world["goods"], self.draw.randint(2, most))
        rows = []
        for name in names:
            count, price = self.draw.randint(1, 12), self.draw.randint(450, 48000) / 100
            rows.append((name, count, price, round(count * price, 2)))
        return rows

    def code_of(self, prefix: str, digits: int = 5) -> str:
        return prefix + "".join(str(self.draw.randint(1, 9)) for _ in range(digits))


@dataclass(frozen=True, slots=True)
class Firm:
    """An invented firm."""

    name: str
    address: str
    phone: str
    email: str

    def lines(self) -> list[str]:
        """The name, and the address over lines at its commas."""
        return [self.name, *self.address.split(", ", 1)]

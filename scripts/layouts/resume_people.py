"""Invented people with their careers, in English, German, French and Chinese: the truth of generated CVs."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One employment; ``start`` and ``end`` are (year, month), an ``end`` of None is the present."""

    company: str
    position: str
    place: str
    start: tuple[int, int]
    end: tuple[int, int] | None
    tasks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One course of study."""

    institution: str
    degree: str
    area: str
    place: str
    start: tuple[int, int]
    end: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person with jobs and studies, the latest first."""

    language: str
    name: str
    email: str
    phone: str
    place: str
    headline: str
    skills: tuple[str, ...]
    jobs: tuple[Job, ...]
    studies: tuple[Study, ...]


_NAMES = {
    "en": ("Maya Thornbury", "Oliver Castellane", "Priya Raghunathan", "Samuel O'Hara", "Ingrid Bellweather"),
    "de": ("Katharina Vogelsang", "Matthias Brückner", "Leonie Hagedorn", "Jürgen Althoff"),
    "fr": ("Camille Desrosiers", "Étienne Marchand", "Margaux Lefèvre", "Baptiste Guillemin"),
    "zh": ("林晓雯", "陈志远", "欧阳静", "赵明哲", "孙悦"),
}
_MAILS = ("maya.t", "o.castellane", "priya.r", "contact", "k.vogelsang", "hello", "cdesrosiers", "linxw", "czy1990")
_PHONES = {
    "en": ("+1 415 555 2671", "(212) 555-0187", "+44 20 7946 0958", "+1 (646) 555-3890"),
    "de": ("+49 89 4522 3310", "0170 4411223", "+49 (0)40 334455-12"),
    "fr": ("+33 6 12 34 56 78", "06 23 45 67 89", "+33 1 70 18 99 00"),
    "zh": ("13812345678", "139 1234 5678", "+86 158 0013 8000"),
}
_PLACES = {
    "en": ("Boston, MA", "Leeds, UK", "Toronto, Canada", "Austin, TX", "Dublin, Ireland"),
    "de": ("München", "Hamburg", "Leipzig", "Stuttgart"),
    "fr": ("Lyon", "Nantes", "Paris", "Grenoble"),
    "zh": ("北京", "上海", "杭州", "深圳", "成都"),
}
_COMPANIES = {
    "en": (
        "Northwind Robotics",
        "Bluefin Analytics Inc.",
        "Castle & Moore LLP",
        "Orchard Health",
        "Tessellate",
        "The Riverbank Trust",
        "Halden Foods Ltd",
        "Quayside Software",
        "Pinnacle Freight Corp.",
        "Mercy Hill Hospital",
        "Vantage Point Media",
        "Harrow & Sons",
        "Lumen Grid",
        "City of Westbrook",
        "Kestrel Aerospace",
    ),
    "de": (
        "Rheintal Maschinenbau GmbH",
        "Stadtwerke Lindau",
        "Alpenblick AG",
        "Nordlicht Energie GmbH & Co. KG",
        "Kaltenbach Logistik",
        "Feinwerk Systeme",
        "Museum am Ring",
        "Hansa Versicherung",
    ),
    "fr": (
        "Ateliers du Ponant",
        "Groupe Valmont",
        "Lumière Énergies SAS",
        "Banque du Rhône",
        "Studio Belleville",
        "Transports Mérieux",
        "Clinique Saint-Roch",
        "Ville de Nantes",
    ),
    "zh": (
        "北京云帆科技有限公司",
        "上海海纳信息技术有限公司",
        "杭州青禾网络",
        "深圳前海数据股份有限公司",
        "华东电力设计院",
        "成都锦程物流集团",
        "蓝鲸传媒",
        "中南建筑工程公司",
    ),
}
_POSITIONS = {
    "en": (
        "Senior Software Engineer",
        "Product Owner",
        "Marketing Manager",
        "Data Analyst",
        "Scrum Master",
        "Head of Operations",
        "Quantitative Trader",
        "UX Researcher",
        "Staff Nurse",
        "Paralegal",
        "Site Foreman",
        "Machine Learning Engineer",
        "Grants Writer",
        "Financial Controller",
        "Community Organizer",
        "Customer Success Lead",
        "Copy Editor",
        "Warehouse Team Lead",
    ),
    "de": (
        "Projektleiterin",
        "Softwareentwickler",
        "Vertriebsmitarbeiter",
        "Werkstudent",
        "Bauingenieurin",
        "Teamleiter",
        "Produktmanager",
        "Sachbearbeiter Einkauf",
        "Qualitätsprüfer",
    ),
    "fr": (
        "Chef de projet",
        "Ingénieur logiciel",
        "Responsable marketing",
        "Développeuse web",
        "Comptable",
        "Chargée de communication",
        "Infirmière",
        "Contrôleur de gestion",
    ),
    "zh": (
        "高级软件工程师",
        "产品经理",
        "数据分析师",
        "市场专员",
        "运营主管",
        "财务会计",
        "项目经理",
        "算法工程师",
        "前端开发",
    ),
}
_INSTITUTIONS = {
    "en": (
        "University of Westmark",
        "Carnegie Mellon University",
        "King's College London",
        "Northfield Institute of Technology",
        "University of California, Davis",
        "Dalton State College",
        "London School of Economics",
        "Trinity College Dublin",
    ),
    "de": (
        "Technische Universität München",
        "Hochschule Esslingen",
        "Universität Leipzig",
        "ETH Zürich",
        "Duale Hochschule Stuttgart",
    ),
    "fr": ("Université de Nantes", "École Centrale de Lyon", "INSA Rennes", "Sciences Po", "Université Grenoble Alpes"),
    "zh": ("北京大学", "华中科技大学", "浙江工业大学", "四川外国语学院", "上海交通大学"),
}
_DEGREES = {
    "en": ("Bachelor of Science", "MSc", "PhD", "B.A.", "MBA", "Master of Engineering", "Bachelor of Commerce"),
    "de": ("Master of Science", "B.Eng.", "Diplom", "Bachelor of Arts"),
    "fr": ("Master", "Licence", "Diplôme d'ingénieur", "Doctorat"),
    "zh": ("本科", "硕士", "博士", "学士"),
}
_AREAS = {
    "en": (
        "Computer Science",
        "Economics",
        "Mechanical Engineering",
        "History",
        "Public Policy",
        "Nursing",
        "Statistics",
    ),
    "de": ("Maschinenbau", "Informatik", "Betriebswirtschaft", "Kunstgeschichte"),
    "fr": ("Informatique", "Gestion", "Droit public", "Génie civil"),
    "zh": ("计算机科学与技术", "工商管理", "土木工程", "汉语言文学", "电子信息工程"),
}
_TASKS = {
    "en": (
        "Led a team of nine people and shipped four releases a year",
        "Cut the cost of hosting by 30% within two years",
        "Wrote the handbook that new colleagues start with",
        "Introduced weekly reviews with the customers of the region",
        "Built reports on sales for the board, published every quarter",
        "Trained 14 apprentices between 2012 and 2015",
    ),
    "de": (
        "Leitung eines Teams von neun Personen",
        "Einführung eines neuen Planungswerkzeugs in drei Werken",
        "Betreuung der Kunden im süddeutschen Raum",
        "Auswertung der Messdaten und Berichte an die Leitung",
    ),
    "fr": (
        "Pilotage d'une équipe de neuf personnes",
        "Mise en place des tableaux de bord mensuels",
        "Suivi des clients de la région et des fournisseurs",
        "Rédaction des documents techniques",
    ),
    "zh": (
        "负责团队管理和项目进度，按时交付四个版本",
        "优化数据处理流程，使成本降低百分之三十",
        "撰写技术文档并培训新员工",
        "与客户沟通需求，推动产品落地",
    ),
}
_HEADLINES = {
    "en": "Builder of dependable things",
    "de": "Aus Freude an der Sache",
    "fr": "Le goût du détail",
    "zh": "认真负责",
}
_SKILLS = {
    "en": ("Python", "Negotiation", "SQL", "Excel", "Public speaking"),
    "de": ("SAP", "Python", "Excel", "Verhandlung"),
    "fr": ("Excel", "Python", "Anglais courant", "Gestion de projet"),
    "zh": ("Python", "数据分析", "英语六级", "Excel"),
}


def person(language: str, seed: int) -> Person:
    """The person of a seed: two to four jobs, one to three studies, none of them overlapping."""
    draw = random.Random(f"{language}{seed}")
    jobs, year = [], 2024
    companies = draw.sample(_COMPANIES[language], 4)
    positions = draw.sample(_POSITIONS[language], 4)
    for at in range(draw.randint(2, 4)):
        start = (year - draw.randint(1, 4), draw.randint(1, 12))
        end = None if at == 0 and draw.random() < 0.6 else (year, draw.randint(1, 12))
        jobs.append(
            Job(
                company=companies[at],
                position=positions[at],
                place=draw.choice(_PLACES[language]),
                start=start,
                end=end,
                tasks=tuple(draw.sample(_TASKS[language], draw.randint(1, 3))),
            )
        )
        year = start[0] - draw.randint(0, 1)
    studies = []
    institutions = draw.sample(_INSTITUTIONS[language], 3)
    degrees = draw.sample(_DEGREES[language], 3)
    for at in range(draw.randint(1, 3)):
        begin = (year - draw.randint(2, 4), 9)
        studies.append(
            Study(
                institution=institutions[at],
                degree=degrees[at],
                area=draw.choice(_AREAS[language]),
                place=draw.choice(_PLACES[language]),
                start=begin,
                end=(year, 6),
            )
        )
        year = begin[0]
    return Person(
        language=language,
        name=draw.choice(_NAMES[language]),
        email=f"{draw.choice(_MAILS)}@{draw.choice(('mailbox.org', 'fastpost.com', 'example.net'))}",
        phone=draw.choice(_PHONES[language]),
        place=draw.choice(_PLACES[language]),
        headline=_HEADLINES[language],
        skills=_SKILLS[language],
        jobs=tuple(jobs),
        studies=tuple(studies),
    )

"""Layouts of generated scientific papers."""

from __future__ import annotations

from scripts.layouts.business_world import Printer
from scripts.layouts.printed_sheet import Flow, Sheet

_TITLES = {
    "en": (
        "Seasonal drift of sediment in regulated lowland rivers",
        "A cheap bound for matching under noisy constraints",
        "Sleep and recall in shift workers: a cohort study",
        "Learning to rank documents from partial feedback",
    ),
    "de": ("Zur Alterung von Holzverbindungen unter Wechsellast", "Messung kleiner Ströme in feuchten Böden"),
    "fr": ("Mesure de la dérive saisonnière des sédiments", "Une borne simple pour l'appariement bruité"),
    "zh": ("基于注意力机制的短文本分类方法研究", "城市雨水管网淤积规律的观测与分析"),
}
_ABSTRACT = {
    "en": (
        "We follow 14 stations over six years and show that most of the drift happens in two short windows. A simple "
        "model with three parameters explains the observed variance, and it transfers to stations that were not seen.",
        "The problem has been studied for decades, yet no bound holds once constraints are noisy. We give one that can "
        "be computed in linear time and that is tight on the instances which occur in practice.",
    ),
    "de": (
        "Untersucht werden zwölf Verbindungen über fünf Jahre. Die Steifigkeit nimmt in den ersten Monaten rasch ab und "
        "bleibt danach fast gleich; ein Modell mit zwei Größen beschreibt den Verlauf.",
    ),
    "fr": (
        "Nous suivons quatorze stations pendant six ans et montrons que la dérive se produit surtout pendant deux "
        "courtes périodes. Un modèle à trois paramètres explique la variance observée.",
    ),
    "zh": (
        "针对短文本特征稀疏的问题，提出一种结合注意力机制与字词联合表示的分类方法。在三个公开数据集上的实验表明，该方法的准确率比基线提高了两个百分点，并且训练时间更短。",
    ),
}
_KEYWORDS = {
    "en": ("sediment transport", "river regulation", "time series", "robust matching"),
    "de": ("Holzbau", "Wechsellast", "Steifigkeit"), "fr": ("sédiments", "rivières", "séries temporelles"),
    "zh": ("短文本", "注意力机制", "文本分类"),
}  # fmt: skip
_AUTHORS = {
    "en": ("Anna K. Rowley", "Pedro Almeida", "Yuki Tanabe", "George S. Whitfield"),
    "de": ("Ulrike Hansmann", "Peter Ostwald", "Lena Fiedler"),
    "fr": ("Claire Beaumont", "Julien Rousset", "Amélie Tissier"), "zh": ("刘思远", "高建华", "徐静怡"),
}  # fmt: skip
_BODY = {
    "en": (
        "Rivers carry what the land lets go. Earlier work looked at single floods, while slow drift has been left aside "
        "because it needs long records. In this section we describe the setting and what is known about it. The records "
        "were kept by hand until 1998 and by gauges from then on, so that both had to be brought to one scale first."
    ),
    "de": (
        "Verbindungen aus Holz werden seit Jahrhunderten gebaut, doch Messungen über lange Zeit sind selten. In diesem "
        "Abschnitt beschreiben wir die Proben und die Vorrichtung, mit der die Last aufgebracht wurde."
    ),
    "fr": (
        "Les rivières transportent ce que la terre abandonne. Les travaux antérieurs portaient sur des crues isolées, "
        "alors que la dérive lente demande de longues séries de mesures que peu de stations possèdent."
    ),
    "zh": "随着互联网的发展，短文本的数量迅速增长。传统方法依赖人工特征，难以适应新的领域。本文首先回顾相关工作，然后介绍模型的结构与训练方法，最后给出实验结果与分析。",
}
_REFERENCES = {
    "en": (
        "P. Marsh and T. Dale, Floods and what they leave, J. River Stud. 12(3), 201-219 (2011).",
        "R. Okoye, Bounds for noisy matching, in: Proc. Conf. Alg. 2016, pp. 88-97.",
        "L. Chen, S. Ruiz, Gauges of the last century, Hydrol. Lett. 4, 15-31 (2008).",
    ),
    "de": (
        "Möhler, K.: Versuche an Zapfen. Bauen mit Holz 81 (1979), S. 112-118.",
        "Steck, G.: Nachgiebigkeit von Verbindungen. Stuttgart 1996.",
    ),
    "fr": (
        "P. Martin, Crues et dépôts, Rev. Hydrol., vol. 12, 2011, p. 201-219.",
        "R. Lefort, Bornes pour l'appariement, Actes des Journées, 2016.",
    ),
    "zh": (
        "王磊, 李明. 文本分类综述[J]. 软件学报, 2018, 29(5): 1201-1215.",
        "Kim Y. Convolutional neural networks for sentence classification[C]. EMNLP, 2014: 1746-1751.",
    ),
}


class Article:
    """The parts of one paper."""

    def __init__(self, say: Printer, *, doi: bool = True, keywords: bool = True) -> None:
        language = say.language
        self.title = say.draw.choice(_TITLES[language])
        self.authors = say.draw.sample(_AUTHORS[language], say.draw.randint(2, 3))
        self.abstract = say.draw.choice(_ABSTRACT[language])
        self.keywords, self.body, self.references = _KEYWORDS[language], _BODY[language], _REFERENCES[language]
        self.doi = f"10.{say.draw.randint(1000, 9999)}/jr.{say.day.year}.{say.draw.randint(100, 99999)}"
        say.truth.titles.append(self.title)
        say.truth.fields |= {
            "title": self.title, "authors": self.authors, "abstract": self.abstract,
            "references": list(self.references),
        }  # fmt: skip
        say.truth.fields |= {"doi": self.doi} if doi else {}
        say.truth.fields |= {"keywords": list(self.keywords)} if keywords else {}


def body_of(flow: Flow, article: Article, titles: tuple[str, ...], references: str) -> None:
    for at, title in enumerate(titles, 1):
        flow.gap(8)
        flow.line(f"{at}. {title}", 12, bold=True)
        for _ in range(3):
            flow.line(article.body)
            flow.gap(3)
    flow.gap(8)
    flow.line(references, 12, bold=True)
    for at, text in enumerate(article.references, 1):
        flow.line(f"[{at}] {text}", 9)


def journal(say: Printer) -> Sheet:
    """One column: journal line on top, superior numbers behind authors, affiliations, abstract, keywords."""
    article, flow = Article(say), Flow(Sheet(serif=True), 70, 455, 40)
    flow.line(f"Journal of Applied River Studies {say.draw.randint(3, 40)} ({say.day.year}) 101-118", 8.5)
    flow.line(f"https://doi.org/{article.doi}", 8.5)
    flow.gap(20)
    flow.line(article.title, 17, bold=True)
    flow.gap(6)
    flow.line(", ".join(f"{name}{at}" for at, name in enumerate(article.authors, 1)), 11)
    for at in range(1, len(article.authors) + 1):
        flow.line(
            f"{at} Department of Hydrology, University of {('Leeds', 'Porto', 'Kyoto')[at - 1]}", 8.5, italic=True
        )
    flow.gap(8)
    flow.line("Abstract", 11, bold=True)
    flow.line(article.abstract)
    flow.line(f"Keywords: {'; '.join(article.keywords)}", 9)
    body_of(flow, article, ("Introduction", "Methods", "Results", "Discussion"), "References")
    return flow.sheet


def two_columns(say: Printer) -> Sheet:
    """A conference paper: title over both columns, run-in abstract, index terms."""
    article, sheet = Article(say, doi=False), Sheet(serif=True)
    top = Flow(sheet, 50, 495, 45)
    top.line(article.title, 20, centred=True)
    top.gap(6)
    top.line(", ".join(article.authors[:-1]) + f" and {article.authors[-1]}", 11, centred=True)
    top.line("Institute of Computing, Northfield University", 9, centred=True, italic=True)
    left, right = Flow(sheet, 50, 240, 145, 9), Flow(sheet, 305, 240, 145, 9)
    left.line(f"Abstract—{article.abstract}", bold=True)
    left.line(f"Index Terms—{', '.join(article.keywords)}", bold=True)
    for title in ("I. INTRODUCTION", "II. RELATED WORK"):
        left.gap(6)
        left.line(title, centred=True)
        for _ in range(3):
            left.line(article.body)
    right.line("III. METHOD", centred=True)
    for _ in range(4):
        right.line(article.body)
    right.gap(6)
    right.line("REFERENCES", centred=True)
    for at, text in enumerate(article.references, 1):
        right.line(f"[{at}] {text}", 8)
    return sheet


def chinese_journal(say: Printer) -> Sheet:
    """A Chinese journal: 摘要, 关键词, class number, English title and abstract left out."""
    article, flow = Article(say), Flow(Sheet(), 60, 475, 40)
    flow.line(f"第{say.draw.randint(10, 40)}卷 第3期        水利信息学报        {say.day.year}年6月", 9)
    flow.gap(20)
    flow.line(article.title, 18, centred=True)
    flow.line("，".join(article.authors), 11, centred=True)
    flow.line("（临江大学 计算机学院，杭州 310018）", 9, centred=True)
    flow.gap(6)
    flow.line(f"摘  要：{article.abstract}")
    flow.line(f"关键词：{'；'.join(article.keywords)}")
    flow.line(f"中图分类号：TP391    文献标志码：A    DOI：{article.doi}", 9)
    for at, title in enumerate(("引言", "相关工作", "方法", "实验"), 1):
        flow.gap(6)
        flow.line(f"{at} {title}", 12, bold=True)
        for _ in range(3):
            flow.line(article.body)
    flow.gap(6)
    flow.line("参考文献：", 11)
    for at, text in enumerate(article.references, 1):
        flow.line(f"[{at}] {text}", 9)
    return flow.sheet


def preprint(say: Printer) -> Sheet:
    """A preprint: authors in columns with their mail, abstract centred and indented, no keywords."""
    article, sheet = Article(say, doi=False, keywords=False), Sheet(serif=True)
    top = Flow(sheet, 70, 455, 60)
    top.line(article.title, 17, centred=True)
    width = 455 / len(article.authors)
    for at, name in enumerate(article.authors):
        x, mail = 70 + at * width, f"{name.split()[-1].lower()}@northfield.example"
        say.truth.emails.append(mail)
        for row, text in enumerate((name, "Northfield University", mail)):
            sheet.put(0, (x + 10, 135 + 13 * row), text, 10 if not row else 9)
    flow = Flow(sheet, 70, 455, 185)
    flow.line(say.date(say.day, "english"), centred=True)
    flow.gap(6)
    flow.line("Abstract", 12, bold=True, centred=True)
    inner = Flow(sheet, 100, 395, flow.y + 4, 9.5)
    inner.line(article.abstract)
    flow.y = inner.y + 10
    for at, title in enumerate(("Introduction", "Setting", "Main result", "Experiments"), 1):
        flow.line(f"{at}   {title}", 13, bold=True)
        for _ in range(3):
            flow.line(article.body)
        flow.gap(6)
    flow.line("References", 13, bold=True)
    for at, text in enumerate(article.references, 1):
        flow.line(f"[{at}] {text}", 9)
    return sheet


def german_article(say: Printer) -> Sheet:
    """A German trade journal: Zusammenfassung, Stichwörter, Literatur."""
    article, flow = Article(say, doi=False), Flow(Sheet(), 60, 475, 50)
    flow.line(" · ".join(article.authors), 10)
    flow.gap(4)
    flow.line(article.title, 18, bold=True)
    flow.gap(8)
    flow.line("Zusammenfassung", 11, bold=True)
    flow.line(article.abstract, italic=True)
    flow.line(f"Stichwörter: {', '.join(article.keywords)}", 9)
    body_of(flow, article, ("Einleitung", "Versuche", "Ergebnisse", "Fazit"), "Literatur")
    return flow.sheet


def french_article(say: Printer) -> Sheet:
    """A French journal: Résumé, Mots-clés, Références."""
    article, flow = Article(say), Flow(Sheet(serif=True), 60, 475, 50)
    flow.line(f"Revue d'hydrologie, vol. {say.draw.randint(5, 50)}, {say.day.year}", 9, italic=True)
    flow.gap(14)
    flow.line(article.title, 17, bold=True, centred=True)
    flow.line(", ".join(article.authors), 11, centred=True)
    flow.line("Laboratoire des eaux, Université de Nantes", 9, italic=True, centred=True)
    flow.line(f"DOI : {article.doi}", 9, centred=True)
    flow.gap(8)
    flow.line("Résumé", 11, bold=True)
    flow.line(article.abstract)
    flow.line(f"Mots-clés : {', '.join(article.keywords)}", 9)
    body_of(flow, article, ("Introduction", "Méthodes", "Résultats", "Conclusion"), "Références")
    return flow.sheet

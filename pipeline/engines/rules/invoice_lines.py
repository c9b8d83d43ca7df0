"""The lines of an invoice: rows under a table header, values by the column they stand under."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.labelled import LabelIndex
from pipeline.engines.rules.money import find_amounts
from pipeline.engines.rules.page_rows import Row
from pipeline.engines.rules.table_rows import read_table
from stores.models import Field, FieldKind

_NAMES = ("description", "quantity", "unit_price", "amount")
# Tried in this order for every header cell: "Total price" is an amount, "Price" alone that of a unit.
_PATTERNS = tuple(
    (name, re.compile(rf"(?<![a-zà-ÿ])(?:{words})(?![a-zà-ÿ]{{3,}})", re.IGNORECASE))
    for name, words in (
        (
            "description",
            r"description|omschrijving|bezeichnung|beschreibung|d[ée]signation|d[ée]tails?|libell[ée]|descripci[óo]n|descrizione|"
            r"particulars|leistung|prestations?|intitul[ée]|objet|货物|服务名称|项目名称|名称|品名|商品|项目",
        ),
        (
            "unit_price",
            r"unit\s*(?:price|cost)|einzel(?:preis)?|e\.?-?preis|stückpreis|prix\s*unit\w*|p\.?\s?u\.?|单价|stukprijs",
        ),
        (
            "quantity",
            r"quantity|qty|hours|hoeveelheid|aantal|menge|anz(?:ahl)?|quantit[ée]|qt[ée]|cantidad|quantit[àa]|"
            r"q\.?t[àa]|数量",
        ),
        (
            "amount",
            r"amount|total|bedrag|totaal|betrag|(?:gesamt|g\.?|ges\.?)-?(?:preis|betrag)|gesamt|summe|prix\s*(?:total|ht)|(?:net)?entgelt|positionsbetrag|montant|importe|importo|金额",
        ),
        ("unit_price", r"price|rate|prijs|preis|prix|precio|prezzo"),
        ("quantity", r"units?"),
        ("amount", r"line\s*total|net(?:to)?|value|h\.?t\.?|valeur|wert"),
        ("description", r"items?|products?|produkte?|produits?|services?|articles?|artikel\w*|details"),
    )
)


def _line_column(name: str, kind: FieldKind, labels: str) -> Field:
    return Field(name=name, kind=kind, labels=tuple(labels.split("|")))


_LINES = Field(
    name="lines",
    kind=FieldKind.ROWS,
    fields=(
        _line_column(
            "description",
            FieldKind.TEXT,
            "Description|Item|Product|Bezeichnung|Beschreibung|Artikelbezeichnung|Artikelbeschreibung|Leistung|Produkt|"
            "Désignation|Libellé|Produit|Article|品名|名称|项目名称",
        ),
        _line_column("quantity", FieldKind.NUMBER, "Quantity|Qty|Menge|Anzahl|Quantité|Qté|数量"),
        _line_column(
            "unit_price",
            FieldKind.NUMBER,
            "Unit price|Price|Rate|Einzelpreis|Nettopreis|Preis|Preis Einheit|Prix unitaire|PU HT|Prix|单价",
        ),
        _line_column(
            "amount",
            FieldKind.NUMBER,
            "Amount|Line total|Total|Net amount|Betrag|Gesamt|Gesamtpreis|Summe|Entgelt|Nettobetrag|Positionsbetrag|"
            "Positions-betrag ohne USt.|Positions- betrag ohne USt.|Montant|Montant HT|Total HT|Prix HT|金额",
        ),
    ),
)
_PRICE = re.compile(r"\W*(?:price|preis|prix|prijs|价格)(?![a-z]{3,})", re.IGNORECASE)
_END = re.compile(
    r"^\W*(?:total|totaal|gesamt|summe|grand|amount\s*due|balance|"
    r"factuur\s*totaal|rechnungs\w+|zwischentotal|invoice\s*total|montant\s*ttc|(?:net|netto)\b|vat\b|btw\b|tax\b|mwst|tva\b|"
    r"iva\b|[csi]gst\b|(?:base\s*)?imponibile?\b|合\s*计|总\s*计|价税)",
    re.IGNORECASE,
)
_TAXED = re.compile(r"(?<![a-z])(?:tax|vat|ust|mwst|tva|btw|iva|gst)(?![a-z])(?!\s*incl)", re.IGNORECASE)
_SURCHARGE = re.compile(r"\W*(?:abzgl|zzgl|abzüglich|zuzüglich)(?![a-zà-ÿ])", re.IGNORECASE)
_NOTE = re.compile(r"[^:：]{2,30}\s*[:：]\s*\S")
_SUBTOTAL = re.compile(r"sub\s*-?\s*tota|zwischen(?:summe|total)|sous.?total|小计", re.IGNORECASE)
_MOST_ROWS = 500
_MOST_OTHER_ROWS = 8  # notes and continued descriptions between two lines


def find_lines(index: LabelIndex) -> list[dict[str, LocatedValue | None]]:
    """Read the rows that have an amount and a description; an empty list where no header row names both."""
    for at, row in enumerate(index.rows):
        columns = _columns(row)
        names = {name for name, _ in columns}
        if {"description", "amount"} <= names and len(row.cells) >= 3:
            return _rows_under(index.rows[at + 1 :], columns)
        if {"amount", "quantity", "unit_price"} <= names and (named := _described(columns, index.rows[at + 1 :])):
            return _rows_under(index.rows[at + 1 :], named)
    return []


def _described(columns: Sequence[tuple[str, PageLine]], rows: Sequence[Row]) -> list[tuple[str, PageLine]]:
    """The columns with the one of words as the description, where its header is not known; [] where none is."""
    free = [cell for name, cell in columns if not name]
    words = Counter(
        min(columns, key=lambda column: _distance(column[1], cell))[1].number
        for row in rows[:3]
        for cell in row.cells
        if len(re.findall(r"[^\W\d_]", cell.text)) > 3
    )
    best = max(free, key=lambda cell: words[cell.number], default=None)
    if best is None or not words[best.number]:
        return []
    return [("description" if cell is best else name, cell) for name, cell in columns]


def read_lines(index: LabelIndex, month_first: bool) -> list[dict[str, LocatedValue | None]]:
    """Read the rows of a table whose header takes two lines or whose cells are wrapped; only where most are whole."""
    rows = read_table(_LINES, index.rows, month_first).rows
    lines: list[dict[str, LocatedValue | None]] = []
    for row in rows:
        amount, description = row["amount"], row["description"]
        if any(_ends(index.row_of(line)) for cell in (amount, description) if cell for line in cell.lines[:1]):
            break
        if amount and description and _names_goods(str(description.value)):
            lines.append({name: row[name] for name in _NAMES} | {"description": _without_notes(description, amount)})
    return lines if 2 * len(lines) > len(rows) else []


def in_full(
    lines: Sequence[dict[str, LocatedValue | None]], wrapped: Sequence[dict[str, LocatedValue | None]]
) -> list[dict[str, LocatedValue | None]]:
    """The lines with descriptions that go on in the printed rows below, where both readings agree on all amounts."""
    amounts = [[float(row["amount"].value) for row in rows if row["amount"]] for rows in (lines, wrapped)]
    if amounts[0] != amounts[1]:
        return list(lines)
    pairs = zip(lines, wrapped, strict=True)
    return [line | {"description": _longer(line["description"], more["description"])} for line, more in pairs]


def _longer(one: LocatedValue | None, other: LocatedValue | None) -> LocatedValue | None:
    return other if one and other and str(other.value).startswith(str(one.value)) else one


def _names_goods(text: str) -> bool:
    return bool(re.search(r"[^\W\d_]", text)) and not _SURCHARGE.match(text) and not _SUBTOTAL.search(text)


def _without_notes(description: LocatedValue, amount: LocatedValue) -> LocatedValue:
    """The description without the notes below it: labelled values, and prose that runs below other columns."""
    kept = list(description.lines[:1])
    for line in description.lines[1:]:
        if _NOTE.match(line.text) or (amount.lines and line.box[2] > amount.lines[0].box[0]):
            break
        kept.append(line)
    if len(kept) == len(description.lines):
        return description
    return located_in(" ".join(line.text.strip() for line in kept), kept)


def _columns(row: Row) -> list[tuple[str, PageLine]]:
    """Pair each cell of a header row with its column; "" where it names none, or one named before."""
    columns: dict[int, str] = {}
    for name, pattern in _PATTERNS:
        for cell in reversed(row.cells) if name == "amount" else row.cells:  # the sum of a line stands last
            taxed = name == "amount" and _TAXED.search(cell.text)
            if not taxed and cell.number not in columns and name not in columns.values() and _names(pattern, cell):
                columns[cell.number] = name
    named = {name: number for number, name in columns.items()}
    last = row.cells[-1]
    if "amount" not in named and "unit_price" in named and last.number not in columns and _names(_PRICE, last):
        columns[last.number] = "amount"  # "Unit price", then "Price" of all units
    return [(columns.get(cell.number, ""), cell) for cell in row.cells]


def _names(pattern: re.Pattern[str], cell: PageLine) -> bool:
    return len(cell.text) < 40 and not re.search(r"\d", cell.text) and bool(pattern.search(cell.text))


def _rows_under(rows: Sequence[Row], columns: Sequence[tuple[str, PageLine]]) -> list[dict[str, LocatedValue | None]]:
    table: list[dict[str, LocatedValue | None]] = []
    others = 0
    for row in rows[:_MOST_ROWS]:
        cells = _cells(row, columns)
        if cells["description"] and _SURCHARGE.match(str(cells["description"].value)):
            continue
        if (table and _ends(row)) or others > _MOST_OTHER_ROWS:
            break
        if cells["amount"] and cells["description"] and not _SUBTOTAL.search(row.text):
            table.append(cells)
            others = 0
        else:
            others += 1
    return table


def _ends(row: Row) -> bool:
    return any(_END.search(text) for text in (row.text, *(cell.text for cell in row.cells)))


def _cells(row: Row, columns: Sequence[tuple[str, PageLine]]) -> dict[str, LocatedValue | None]:
    cells: dict[str, LocatedValue | None] = dict.fromkeys(_NAMES)
    for cell in row.cells:
        name = min(columns, key=lambda column: _distance(column[1], cell))[0]
        if not name or cells[name] is not None:
            continue
        if name == "description":
            cells[name] = located_in(cell.text.strip(), [cell]) if re.search(r"[^\W\d_]", cell.text) else None
        elif numbers := find_amounts(cell.text):
            number = numbers[-1]
            cells[name] = located_in(number.value, [cell], cell.text[number.start : number.end])
    return cells


def _distance(header: PageLine, cell: PageLine) -> float:
    """Return the gap between two ranges; where they overlap, the overlap as a negative number."""
    return max(header.box[0], cell.box[0]) - min(header.box[2], cell.box[2])

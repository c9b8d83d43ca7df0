"""The lines of an invoice: rows under a table header, values by the column they stand under."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.chinese_setting import is_chinese, joined_labels, unspaced
from pipeline.engines.rules.dates import find_periods
from pipeline.engines.rules.labelled import LabelIndex
from pipeline.engines.rules.money import find_amounts, has_cents
from pipeline.engines.rules.month_names import month_number
from pipeline.engines.rules.page_rows import Row
from pipeline.engines.rules.tables.header import best_header, stacked_cells
from pipeline.engines.rules.tables.rows import read_table
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
            r"unit\s*(?:price|cost)|einzel(?:preis)?|nettopreis|e\.?-?preis|stückpreis|prix\s*unit\w*|p\.?\s?u\.?|单价|stukprijs",
        ),
        (
            "quantity",
            r"quantity|qty|hours|hoeveelheid|aantal|menge|anz(?:ahl)?|quantit[ée]|qt[ée]|cantidad|quantit[àa]|"
            r"q\.?t[àa]|数量",
        ),
        (
            "amount",
            r"amount|total|bedrag|totaal|betrag|(?:gesamt|g\.?|ges\.?)-?(?:preis|betrag)|gesamt|summe|prix\s*(?:total|ht)|(?:net)?entgelt|(?:positions|netto)-?\s?betrag|montant|importe|importo|金额",
        ),
        ("unit_price", r"price|rate|prijs|preis|prix|precio|prezzo"),
        ("quantity", r"units?"),
        ("amount", r"line\s*total|net(?:to)?|value|h\.?t\.?|valeur|wert"),
        ("description", r"items?|products?|produkte?|produits?|services?|articles?|artikel\w*|details"),
        ("description", r"(?:\w+\s+)?names?"),
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
            "Désignation|Libellé|Produit|Article|品名|名称|项目名称|"
            "货物名称|服务名称|货物或应税劳务名称|货物或应税劳务、服务名称",
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
    r"(?:positions|netto|brutto|end)-?summe|(?:zahl|steuer)-?betrag|"
    r"factuur\s*totaal|rechnungs\w+|zwischentotal|invoice\s*total|montant\s*ttc|(?:net|netto)\b|vat\b|btw\b|tax\b|mwst|tva\b|"
    r"iva\b|(?:[csiu]t?)?gst\b|hst\b|[pq]st\b|tps\b|tv[qh]\b|(?:base\s*)?imponibile?\b|合\s*计|总\s*计|价税)",
    re.IGNORECASE,
)
_BELOW = re.compile(  # headings of what stands below the lines of an invoice
    r"\W*(?:(?:umsatz|mehrwert)?-?steuer-?(?:aufschl[üu]sselung|[üu]bersicht)|beleg-?summen|zu-?\s*und\s*abschl[äa]ge|"
    r"zahlungs-?(?:bedingungen|art)|(?:vat|tax|gst)\s*(?:breakdown|summary|analysis)|payment\s*terms|"
    r"(?:ventilation|d[ée]tail)\s*(?:de\s*la\s*)?tva|conditions\s*de\s*(?:paiement|r[èe]glement))\W*",
    re.IGNORECASE,
)
_TAXED = re.compile(r"(?<![a-z])(?:tax|vat|ust|mwst|tva|btw|iva|gst)(?![a-z])(?!\s*incl)", re.IGNORECASE)
_SURCHARGE = re.compile(r"\W*(?:abzgl|zzgl|abzüglich|zuzüglich)(?![a-zà-ÿ])", re.IGNORECASE)
_NOTE = re.compile(r"[^:：]{2,30}\s*[:：]\s*\S")
_SUBTOTAL = re.compile(r"sub\s*-?\s*tota|zwischen(?:summe|total)|sous.?total|小计", re.IGNORECASE)
_LISTED = re.compile(r"详\s*见.{0,8}清单")
_SPLIT_NUMBER = re.compile(r"\d+\.\s+\d{5,}")  # as OCR reads a long fraction
_RATE = re.compile(r"\d+(?:[.,]\d+)?\s?%|[*＊]{2,}|免税|不征税")
_VALUES = re.compile(r"(?:[¥￥$€£]?[-−]?\d[\d.,]*%?\s+)+[¥￥$€£]?[-−]?\d[\d.,]*%?")
_CLOSE = 0.8  # heights of a line between the lines of one description
_MOST_ROWS = 500
_MOST_OTHER_ROWS = 8  # notes and continued descriptions between two lines


def find_lines(index: LabelIndex) -> list[dict[str, LocatedValue | None]]:
    """Read the rows that have an amount and a description; an empty list where no header row names both.

    Lines that only refer to a list on another page give way to that list.
    """
    reference: list[dict[str, LocatedValue | None]] = []
    for at, row in enumerate(index.rows):
        columns = _with_stacks(_columns(row), index.rows, at)
        names = {name for name, _ in columns}
        under = _without_heads(index.rows[at + 1 :], row)
        lines = None
        if {"description", "amount"} <= names and (len(row.cells) >= 3 or _lists_prices(row, under)):
            lines = _rows_under(under, columns)
        elif {"amount", "quantity", "unit_price"} <= names and (named := _described(columns, under)):
            lines = _rows_under(under, named)
        if lines is not None and not (lines and all(_refers(line) for line in lines)):
            return lines or reference
        reference = reference or lines or []
    return reference


def _refers(line: Mapping[str, LocatedValue | None]) -> bool:
    description = line["description"]
    return description is not None and bool(_LISTED.search(str(description.value)))


def _without_heads(rows: Sequence[Row], header: Row) -> list[Row]:
    """The rows under a header, without what further pages print above the same header, and without that."""
    labels = [unspaced(cell.text) for cell in header.cells]
    repeated = {row.page: at for at, row in enumerate(rows) if [unspaced(cell.text) for cell in row.cells] == labels}
    return [row for at, row in enumerate(rows) if row.page == header.page or at > repeated.get(row.page, -1)]


def _lists_prices(header: Row, rows: Sequence[Row]) -> bool:
    """Whether two columns list what is sold and its prices: both rows below the header hold a text and an amount."""
    first = rows[:2]
    return len(header.cells) == 2 and len(first) == 2 and all(_is_priced(row) for row in first)


def _is_priced(row: Row) -> bool:
    cells = [cell.text for cell in row.cells]
    return len(cells) == 2 and not find_amounts(cells[0]) and any(has_cents(one) for one in find_amounts(cells[1]))


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
    lines: list[dict[str, LocatedValue | None]] = []
    seen = 0
    for row in read_table(_LINES, _above_sums(index.rows), month_first).rows:
        amount, description = row["amount"], row["description"]
        if any(_ends(index.row_of(line)) for cell in (amount, description) if cell for line in cell.lines[:1]):
            break
        seen += 1
        if amount and description and _names_goods(str(description.value)):
            lines.append({name: row[name] for name in _NAMES} | {"description": _without_notes(description, amount)})
    return lines if 2 * len(lines) > seen else []


def _above_sums(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows of a document up to the heading of its taxes, surcharges, sums or terms that stands below the lines."""
    best = best_header(_LINES, rows)
    start = best[0] + best[1].rows if best else 0
    end = next((at for at, row in enumerate(rows) if at > start and _BELOW.fullmatch(row.cells[0].text)), len(rows))
    return rows[:end]


def in_full(
    lines: Sequence[dict[str, LocatedValue | None]], wrapped: Sequence[dict[str, LocatedValue | None]]
) -> list[dict[str, LocatedValue | None]]:
    """The lines with what only the other reading has, where both agree on all amounts: wrapped texts, quantities."""
    amounts = [[float(row["amount"].value) for row in rows if row["amount"]] for rows in (lines, wrapped)]
    if amounts[0] != amounts[1]:
        return list(lines)
    pairs = zip(lines, wrapped, strict=True)
    return [
        {name: line[name] or more[name] for name in line}
        | {"description": _longer(line["description"], _own(more["description"], line))}
        for line, more in pairs
    ]


def _own(description: LocatedValue | None, line: Mapping[str, LocatedValue | None]) -> LocatedValue | None:
    """A description, None where it holds what another column of the line has."""
    taken = {part.number for name, value in line.items() if name != "description" and value for part in value.lines}
    return None if description is None or any(part.number in taken for part in description.lines) else description


def _longer(one: LocatedValue | None, other: LocatedValue | None) -> LocatedValue | None:
    return other if one and other and str(other.value).startswith(str(one.value)) else one


def _names_goods(text: str) -> bool:
    return bool(re.search(r"[^\W\d_]", text)) and not _SURCHARGE.match(text) and not _SUBTOTAL.search(text)


def _without_notes(description: LocatedValue, amount: LocatedValue) -> LocatedValue:
    """The description without the notes below it: labelled values, and prose that runs below other columns."""
    kept = list(description.lines[:1])
    for line in description.lines[1:]:
        if _NOTE.match(line.text) or _is_period(line.text) or (amount.lines and line.box[2] > amount.lines[0].box[0]):
            break
        kept.append(line)
    if len(kept) == len(description.lines):
        return description
    return located_in(" ".join(line.text.strip() for line in kept), kept)


def _is_period(text: str) -> bool:
    """Whether a text is a date or a period and nothing else: that of a service, below its name."""
    return bool(find_periods(text)) and all(map(month_number, re.findall(r"[^\W\d_]+", text)))


def _with_stacks(columns: Sequence[tuple[str, PageLine]], rows: Sequence[Row], at: int) -> list[tuple[str, PageLine]]:
    """The columns of a header with those whose labels take several lines, above and below it; these have no name."""
    more = [*columns]
    for cell in stacked_cells(rows, at)[0] if any(name for name, _ in columns) else ():
        if all(_distance(column, cell) >= 0 for _, column in more):
            more.append(("", cell))
    return sorted(more, key=lambda column: column[1].box[0])


def _columns(row: Row) -> list[tuple[str, PageLine]]:
    """Pair each cell of a header row with its column; "" where it names none, or one named before."""
    columns: dict[int, str] = {}
    cells = joined_labels([cell for cell in row.cells if not _stands(cell)])
    if not cells:
        return []
    for name, pattern in _PATTERNS:
        for cell in reversed(cells) if name == "amount" else cells:  # the sum of a line stands last
            taxed = name == "amount" and _TAXED.search(cell.text)
            if not taxed and cell.number not in columns and name not in columns.values() and _names(pattern, cell):
                columns[cell.number] = name
    named = {name: number for number, name in columns.items()}
    last = cells[-1]
    if "amount" not in named and "unit_price" in named and last.number not in columns and _names(_PRICE, last):
        columns[last.number] = "amount"  # "Unit price", then "Price" of all units
    if len(cells) == 2 and named.get("unit_price") == last.number:
        columns[last.number] = "amount"  # a list of prices
    return [(columns.get(cell.number, ""), cell) for cell in cells]


def _names(pattern: re.Pattern[str], cell: PageLine) -> bool:
    text = unspaced(cell.text)
    return len(text) < 40 and not re.search(r"\d", text) and bool(pattern.search(text))


def _rows_under(rows: Sequence[Row], columns: Sequence[tuple[str, PageLine]]) -> list[dict[str, LocatedValue | None]]:
    table: list[dict[str, LocatedValue | None]] = []
    others = 0
    upper: dict[str, LocatedValue | None] = {}
    for above, row in pairwise([rows[0], *rows[:_MOST_ROWS]] if rows else ()):
        lower = _cells(row, columns)
        cells = _with_upper(upper, lower) if _is_close(above, row) else lower
        upper = lower
        if cells["description"] and _SURCHARGE.match(str(cells["description"].value)):
            continue
        if (_ends(row) and (table or cells["amount"])) or others > _MOST_OTHER_ROWS:
            break
        if cells["amount"] and cells["description"] and not (_SUBTOTAL.search(row.text) or _is_sum(cells)):
            table.append(cells)
            others = 0
        elif table and not _has_numbers(cells) and (whole := _continued(table[-1]["description"], row)):
            table[-1] = table[-1] | {"description": whole}
        else:
            others += 1
    return table


def _with_upper(
    upper: Mapping[str, LocatedValue | None], cells: dict[str, LocatedValue | None]
) -> dict[str, LocatedValue | None]:
    """The cells of a row, those of the printed row above instead where only its amount was printed a little lower."""
    begun = bool(upper) and bool(upper["description"] and (upper["quantity"] or upper["unit_price"]))
    whole = cells["quantity"] or cells["unit_price"] or not cells["amount"]
    return cells if not begun or upper["amount"] or whole else {**upper, "amount": cells["amount"]}


def _is_close(above: Row, row: Row) -> bool:
    height = min(cell.height for cell in (*above.cells, *row.cells))
    return above.page == row.page and row.box[1] - above.box[3] < _CLOSE * height


def _is_sum(cells: Mapping[str, LocatedValue | None]) -> bool:
    """Whether a description is the first character of 合计, whose second one was read apart from it."""
    description = cells["description"]
    return description is not None and str(description.value).strip() == "合"


def _has_numbers(cells: Mapping[str, LocatedValue | None]) -> bool:
    return any(cells[name] for name in ("quantity", "unit_price", "amount"))


def _continued(description: LocatedValue | None, row: Row) -> LocatedValue | None:
    """A Chinese description with the line right below it: names of goods break anywhere."""
    last = description.lines[-1] if description and description.lines else None
    if description is None or last is None or not is_chinese(str(description.value)):
        return None
    below = row.cells[0]
    near = below.page == last.page and below.box[1] - last.box[3] < _CLOSE * last.height
    aligned = abs(below.box[0] - description.lines[0].box[0]) < last.height
    if not near or not aligned or _NOTE.match(below.text):
        return None
    return located_in(f"{description.value}{below.text.strip()}", (*description.lines, below))


def _ends(row: Row) -> bool:
    return any(_END.search(text) for text in (row.text, *(cell.text for cell in row.cells)))


def _cells(row: Row, columns: Sequence[tuple[str, PageLine]]) -> dict[str, LocatedValue | None]:
    cells: dict[str, LocatedValue | None] = dict.fromkeys(_NAMES)
    level = [cell for cell in row.cells if not _stands(cell)]
    values = [value for printed in level for value in _values_of(printed, columns)]
    places = [min(range(len(columns)), key=lambda at: _distance(columns[at][1], value)) for value in values]
    if len(values) == len(columns) and len(set(places)) < len(places):  # typed with blanks, under no column exactly
        places = list(range(len(columns)))
    unnamed = [at for at, place in enumerate(places) if not columns[place][0]]
    rates = {places[at]: at for at in unnamed if _RATE.fullmatch(values[at].text.strip())}
    for at, (cell, place) in enumerate(zip(values, places, strict=True)):
        crowded = rates.get(place, at) > at and place > 0  # an amount set flush right reaches to the column of its rate
        name = columns[place - crowded][0]
        if not name or cells[name] is not None:
            continue
        if name == "description":
            cells[name] = located_in(cell.text.strip(), [cell]) if re.search(r"[^\W\d_]", cell.text) else None
        elif not _SPLIT_NUMBER.search(cell.text) and (numbers := find_amounts(cell.text)):
            number = numbers[0 if name == "quantity" else -1]  # "3 m2", "1 H87": the unit may hold digits
            cells[name] = located_in(number.value, [cell], cell.text[number.start : number.end])
    return cells


def _stands(cell: PageLine) -> bool:
    """Whether a text runs from top to bottom, beside the rows of a form."""
    return len(cell.text) > 3 and cell.box[3] - cell.box[1] > cell.box[2] - cell.box[0]


def _values_of(cell: PageLine, columns: Sequence[tuple[str, PageLine]]) -> list[PageLine]:
    """A cell, or the numbers in it where they stand under several columns, or end with a rate: each under its own."""
    values = cell.text.split()
    if len(values) < 2 or not _VALUES.fullmatch(cell.text.strip()):
        return [cell]
    under = [column for _, column in columns if _distance(column, cell) < 0]
    if len(under) != len(values) and values[-1].endswith("%"):
        unnamed = [at for at, (name, _) in enumerate(columns) if not name]
        last = min(unnamed, key=lambda at: _distance(columns[at][1], cell), default=-1)
        under = [column for _, column in columns[max(last + 1 - len(values), 0) : last + 1]]
    if len(under) != len(values):
        return [cell]
    pairs = zip(values, under, strict=True)
    return [replace(cell, text=text, box=(h.box[0], cell.box[1], h.box[2], cell.box[3])) for text, h in pairs]


def _distance(header: PageLine, cell: PageLine) -> float:
    """Return the gap between two ranges; where they overlap, the overlap as a negative number."""
    return max(header.box[0], cell.box[0]) - min(header.box[2], cell.box[2])

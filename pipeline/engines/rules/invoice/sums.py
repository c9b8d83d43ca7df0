"""Sums of an invoice: total with tax, sum without tax, tax."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.labelled import LabelIndex
from pipeline.engines.rules.money import (
    Amount,
    find_amounts,
    has_cents,
    read_chinese_amount,
)
from pipeline.engines.rules.page_rows import Row
from stores.sum_remarks import exact, rows_remark

_CENT = Decimal("0.01")
_WITH_TAX = (
    r"(?:incl(?:uding|usive|\.)?|inkl(?:usive|\.)?|incluant|ttc|t\.t\.c|brutto|gross|after\s*tax|with\s*(?:tax|vat))"
)
_TOTAL_WORD = r"(?:total|totaal|gesamt|summe|betrag|bedrag|montant|importe|totale)"
_TOTALS = tuple(
    (weight, re.compile(pattern, re.IGNORECASE))
    for weight, pattern in (
        (
            9,
            r"价税合计|\(?小写\)?|应付(?:总)?(?:金)?额|总计|总金额|请[求款](?:总|合计)?金额|合计金额|税込(?:合计|金额)?|grand\s*total|invoice\s*(?:total|amount)",
        ),
        (
            9,
            r"(?:due\s*payable|payable\s*amount)|(?:total|amount|balance)\s*(?:amount\s*)?(?:due|payable|to\s*pay|owed)",
        ),
        (6, r"^\W*票\s*价\s*[:：]?"),
        (9, r"(?:rechnungs(?:gesamt)?|gesamt|zahl|end|brutto)(?:betrag|summe|total|preis)|zu\s*zahlen"),
        (9, r"gross\s*(?:amount|total|sum|value)|(?:amount|total|sum)\s*gross|^\W*(?:brutto|gross)\s*[:：]"),
        (9, r"factuur\s*-?\s*(?:totaal|bedrag)|te\s*betalen|(?:att|at|å)\s*betal[ae]|totaal\s*(?:te\s*voldoen|bedrag)"),
        (9, r"net\s*[àa]\s*payer|montant\s*(?:total\s*)?(?:d[ûu]|ttc)|total\s*(?:ttc|eur|usd|gbp)\b|da\s*pagare"),
        (9, r"do\s*zap[łl]aty|k\s*úhradě|total\s*(?:a\s*pagar|general|factura|fattura|documento)"),
        (9, rf"{_TOTAL_WORD}\b.{{0,25}}{_WITH_TAX}"),
        (4, r"(?:amount|bedrag|betrag|montant)\s*(?:paid|charged|betaald)|payments?\s*received"),
    )
)
_PLAIN_TOTAL = re.compile(
    r"(?<![a-z])(?:totalt?|totaal|gesamt|summe|totale|totaux|razem|celkem)(?![a-z])|合计|总额", re.IGNORECASE
)
_UNTAXED = re.compile(
    r"sub\s*-?\s*total|subtotaal|zwischen(?:summe|total)|sous.?total|untaxed|taxable|netto?(?:betrag|summe)?\b|^\W*net\W*(?:[^\W\d_]{3}\W*)?[\d(]|grondslag|"
    r"(?:excl|exkl|exc|before|without|ohne|ex|zzgl|hors|net\s*of)\.?\w*\s*(?:of\s*)?(?:vat|btw|tax|mwst|ust|tva|gst)|\bh\.?t\b|base\s*imponible|"
    r"imponibile|net\s*(?:amount|total|price|value)|total\s*net\b|小计|不含税|税抜|销售额",
    re.IGNORECASE,
)
_TAX = re.compile(
    r"(?<![a-z])(?:vat|btw|mwst|moms|mva|ust|umsatzsteuer|mehrwertsteuer|tva|iva|[cisu]?t?gst|hst|pst|qst|tps|tvq|tvh|sales\s*tax|tax(?:es)?|steuer(?:betrag|summe))(?![a-z])|税额|增值税(?!\S{0,6}发票)|销项税|营业税|消费税",
    re.IGNORECASE,
)
_NET = re.compile(r"\W*net(?:to)?(?![a-z])", re.IGNORECASE)
_GROSS = re.compile(
    rf"(?<![a-z])(?:gross|brutto|total|gesamt|endbetrag|{_WITH_TAX})(?![a-z]{{3,}})|合计", re.IGNORECASE
)
_RATE = re.compile(r"^(?!.*(?:betrag|amount|montant)).*(?:%|satz|rate|taux)", re.IGNORECASE)
_RATED = re.compile(r"(?<![a-z])[cisu]?t?gst\s*\(?\s*\d+(?:\.\d+)?\s*%", re.IGNORECASE)
_HALF = re.compile(r"(?<![a-z])(?:[cs]|ut)gst(?![a-z])", re.IGNORECASE)  # India's: of the union, and of a state
_PAID = re.compile(
    r"(?<![a-z])(?:(?:already\s*)?paid|payments?(?:\s*/\s*credits?|\s*received)?|received|deposit|prepayment|"
    r"acompte|déjà\s*(?:réglé|payé|versé)|"
    r"avance|anzahlung(?:en)?|bereits\s*(?:be|ge)zahlt|vorauszahlung|aanbetaling)(?![a-z])|已付|预付|定金",
    re.IGNORECASE,
)
_REBATE = re.compile(r"\W*(?:abschlag|zuschlag|rabatt|nachlass|skonto|discount|allowance|remise|rabais)", re.IGNORECASE)
_WORD, _MOST_WORDS = re.compile(r"[^\W\d_]{2,}"), 16
_MOST_TAX = 0.3  # of the total with it
_ONE_CELL = 1.6  # heights between the middles of two lines of one cell
_ABOUT = 0.015
_MOST_ROWS_BELOW = 12
_TAX_TOTAL = re.compile(
    r"(?:summe|total|gesamt|montant)\s*(?:der|des|de\s*la|of)?\s*(?:umsatzsteuer|mehrwertsteuer|mwst|ust|steuern?|tva|tax(?:es)?|vat)(?![a-z])"
    r"|(?<![a-z])(?:umsatzsteuer|mehrwertsteuer|mwst|ust|tva|vat|tax)\.?\s*(?:gesamt|total|summe)(?![a-z])",
    re.IGNORECASE,
)
_TAX_NUMBER = re.compile(
    r"(?:vat|btw|tax|ust|tva|gst)[\s.-]*(?:id|no|nr|reg|number|nummer|identi)|税号|识别号|%\s*$", re.IGNORECASE
)
_CHINESE_SUMS = re.compile(r"\W*合\s*计(?!.*[大小]写)")  # of a VAT invoice: the sum without tax, then the tax
_IN_WORDS = re.compile(r"大\s*写")
_IN_WORDS_LESS = 1.0
_NO_TAX = re.compile(r"[*＊]{2,}|免税|不征税")  # in the place of the tax


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """The sums of an invoice; None where none is printed."""

    total: LocatedValue | None
    untaxed: LocatedValue | None
    tax: LocatedValue | None


def find_sums(index: LabelIndex) -> Sums:
    """Find the sums by their labels; a total that equals untaxed + tax is preferred to a better labelled one."""
    totals = sorted(_totals(index), key=lambda item: item[0])
    in_columns = _sums_in_columns(index)
    if in_columns and _is_whole(in_columns, [float(total.value) for _, total in totals]):
        return in_columns
    rows = [row for row in index.rows if not _is_prose(row.text)]
    untaxed = [amount for row in rows if _UNTAXED.search(row.text) for amount in _labelled_sums(index, row)[-1:]]
    taxes = [amount for row in rows if _is_tax_row(row.text) for amount in _labelled_sums(index, row)[-1:]]
    mixed = [row for row in rows if len(row.cells) > 1 and not _is_tax_row(row.text)]
    taxes += [a for row in mixed for cell in row.cells if _is_tax_row(cell.text) for a in _money_in(cell)[-1:]]
    for row in index.rows:
        if _CHINESE_SUMS.match(row.text) and len(both := _labelled_sums(index, row)) == 2:
            untaxed, taxes = [both[0]], [both[1]]
        elif _CHINESE_SUMS.match(row.text) and _NO_TAX.search(row.text) and len(both) == 1:
            untaxed = both
    paid = [amount for row in index.rows if _PAID.search(row.text) for amount in _labelled_sums(index, row)[-1:]]
    total = _checked(totals, untaxed, taxes, paid)
    if total is not None and float(total.value):
        most = _MOST_TAX * abs(float(total.value)) + _ABOUT
        taxes = [tax for tax in taxes if abs(float(tax.value)) <= most]
        untaxed = [net for net in untaxed if abs(float(net.value)) >= abs(float(total.value)) - most]
    largest = max((amount for _, amount in totals), key=lambda amount: abs(float(amount.value)), default=None)
    nets = [*untaxed, *_amounts_without(index)]
    halves = [row for row in rows if _is_tax_row(row.text) and _HALF.search(row.text)]
    several = total is not None and bool(nets) and (bool(halves) or len({tax.value for tax in taxes}) > 1)
    tax = (
        _tax_sum(taxes, nets, total) if several else _matching(taxes, largest)
    )  # what is due may be less than either, where some was paid
    if halves and not nets:
        tax = _added(taxes) if len(halves) == len(taxes) == 2 else None
    printed = [amount for row in index.rows if _UNTAXED.search(row.text) for amount in _labelled_sums(index, row)]
    if several and tax is None:  # sums and taxes of parts, none of the whole
        untaxed = []
    return Sums(total=total, untaxed=_untaxed_sum([*untaxed, *printed], untaxed, totals, largest, tax), tax=tax)


def total_of_lines(index: LabelIndex, lines: Sequence[Mapping[str, LocatedValue | None]]) -> LocatedValue | None:
    """The total that the lines add up to, on an invoice that prints neither cents nor a currency."""
    added = sum(exact(amount.value) for line in lines if (amount := line["amount"]))
    labelled = [(_weight(cell.text), row, cell) for row in index.rows for cell in row.cells if not _is_prose(row.text)]
    for _, row, label in sorted((one for one in labelled if one[0] > 0), key=lambda one: -one[0]):
        for cell in [cell for cell in row.cells if cell.box[0] >= label.box[0]]:
            for number in find_amounts(cell.text):
                if added and exact(number.value) == added:
                    return located_in(number.value, [cell], cell.text[number.start : number.end])
    return None


def lines_remarks(lines: Sequence[Mapping[str, LocatedValue | None]], sums: Sums) -> tuple[str, ...]:
    """Say so where the lines add up neither to the sum without tax nor to the total: the difference from the first."""
    amounts = [exact(amount.value) for line in lines if (amount := line["amount"])]
    totals = [total for total in (sums.untaxed, sums.total) if total is not None]
    if not amounts or not totals:
        return ()
    added = sum(amounts, Decimal())
    if any(abs(added - exact(total.value)) < _CENT for total in totals):
        return ()
    page = totals[0].lines[0].page if totals[0].lines else 0
    return (rows_remark("lines", "amount", len(amounts), added, page, exact(totals[0].value)),)


def _amounts_without(index: LabelIndex) -> list[LocatedValue]:
    return [amount for row in index.rows if _UNTAXED.search(row.text) for amount in _labelled_sums(index, row)]


def _tax_sum(
    taxes: Sequence[LocatedValue], untaxed: Sequence[LocatedValue], total: LocatedValue | None
) -> LocatedValue | None:
    """The tax of an invoice with several rates: what the total leaves of the sum without tax, printed or added up."""
    distinct = {tax.value: tax for tax in taxes}
    if total is None or len(taxes) < 2:
        return None
    rests = [round(float(total.value) - float(net.value), 2) for net in untaxed]
    if agreeing := next((distinct[rest] for rest in rests if rest in distinct), None):
        return agreeing
    sums = [_added(list(parts)) for parts in (distinct.values(), taxes)]
    return next((added for added in sums if added.value in rests), None)


def _untaxed_sum(
    printed: Sequence[LocatedValue],
    labelled: Sequence[LocatedValue],
    totals: Sequence[tuple[float, LocatedValue]],
    total: LocatedValue | None,
    tax: LocatedValue | None,
) -> LocatedValue | None:
    """The sum without tax: the one that the total and the tax leave, else the labelled one unless they refute it."""
    if total is not None and tax is not None:
        rest = round(float(total.value) - float(tax.value), 2)
        if agreeing := next((amount for amount in printed if amount.value == rest), None):
            return agreeing
        if float(tax.value):
            labelled = [amount for amount in labelled if amount.value != total.value]
    if total is not None and float(total.value):
        labelled = [amount for amount in labelled if float(amount.value)]
    return _matching(labelled, total) or _difference(totals, total, tax)


def _difference(
    totals: Sequence[tuple[float, LocatedValue]], total: LocatedValue | None, tax: LocatedValue | None
) -> LocatedValue | None:
    """Return the sum that is labelled a total as well and equals the total less the tax."""
    if total is None or tax is None:
        return None
    untaxed = round(float(total.value) - float(tax.value), 2)
    return next((amount for _, amount in totals if amount.value == untaxed and amount is not total), None)


def _is_prose(text: str) -> bool:
    """Whether a row is a sentence, which may speak of sums that are none of this invoice."""
    return len(_WORD.findall(text)) > _MOST_WORDS


def _is_tax_row(text: str) -> bool:
    other = _TAX_NUMBER.search(text) or _UNTAXED.search(text) or _REBATE.match(text) or _weight(text)
    return bool(_TAX.search(text)) and not other


def _checked(
    totals: Sequence[tuple[float, LocatedValue]],
    untaxed: Sequence[LocatedValue],
    taxes: Sequence[LocatedValue],
    paid: Sequence[LocatedValue],
) -> LocatedValue | None:
    """The best labelled total: one that net and tax add up to before others, none that is what payments have left."""
    if not totals:
        return None
    whole = {round(float(total.value), 2) for _, total in totals}
    parts = {abs(round(float(part.value), 2)) for part in paid} - {0.0}
    rests = {round(one - part, 2) for one in whole for part in parts if part < one}
    totals = [(weight, total) for weight, total in totals if total.value not in rests] or totals
    sums = {round(float(net.value) + float(tax.value), 2) for net in untaxed for tax in taxes}
    return max(enumerate(totals), key=lambda item: (item[1][0] + 3 * (item[1][1].value in sums), item[0]))[1][1]


def _matching(amounts: Sequence[LocatedValue], total: LocatedValue | None) -> LocatedValue | None:
    """Return the last of ``amounts`` that is not larger than the total; those of a credit note are negative."""
    most = float("inf") if total is None else abs(float(total.value))
    fitting = [amount for amount in amounts if abs(float(amount.value)) <= most]
    return fitting[-1] if fitting else None


def _weight(text: str) -> float:
    if _TAX_TOTAL.search(text):
        return 0.0
    if _UNTAXED.search(text) and not re.search(_WITH_TAX, text, re.IGNORECASE):
        return 0.0
    for weight, pattern in _TOTALS:
        if pattern.search(text):
            return float(weight)
    return 6.0 if _PLAIN_TOTAL.search(text) else 0.0


def _totals(index: LabelIndex) -> Iterator[tuple[float, LocatedValue]]:
    """Yield (weight of the label, amount) of everything that is labelled a total."""
    for row in index.rows:
        for cell in row.cells:
            weight = _weight(cell.text)
            if weight <= 0:
                continue
            sums = _sums_of(index, row, cell)
            if sums:
                # A label whose sum stands below it heads a column: of line amounts perhaps.
                yield weight - 2.0 * (sums[-1].lines[0] not in row.cells), sums[-1]
                if len(sums) > 1 and _IN_WORDS.search(
                    cell.text
                ):  # the one in words is right where that in digits is not
                    yield weight - _IN_WORDS_LESS, sums[0]


def _sums_in_columns(index: LabelIndex) -> Sums | None:
    """The sums of a table with columns for the sum without tax, the taxes and the total, by their one or last row.

    A row counts where its amounts add up. Of several rates the row counts that adds the others up.
    """
    for at, header in enumerate(index.rows):
        columns = _sum_columns(_wrapped_header(index.rows, at))
        if columns is None:
            continue
        under = [row for row in index.rows[at + 1 : at + 1 + _MOST_ROWS_BELOW] if row.page == header.page]
        adding = [sums for row in under if (sums := _sums_under(row, columns))]
        whole = adding[-1:]
        if len(adding) > 1:
            gross = [float(sums.total.value) for sums in adding if sums.total]
            whole = [sums for sums, total in zip(adding, gross, strict=True) if abs(sum(gross) - 2 * total) < _ABOUT]
        if whole:
            return whole[-1]
    return None


def _wrapped_header(rows: Sequence[Row], at: int) -> list[PageLine]:
    """The cells of a row, and those of the rows beside it whose print is as near as the lines of one cell are."""
    middle = rows[at].cells[0].middle
    near = [row for row in rows[max(at - 1, 0) : at + 2] if row.page == rows[at].page]
    return [
        cell
        for row in near
        for cell in row.cells
        if row is rows[at] or (abs(cell.middle - middle) < _ONE_CELL * cell.height and not _money_in(cell))
    ]


def _is_whole(sums: Sums, totals: Sequence[float]) -> bool:
    """Whether the total of a table is one of the labelled totals, or larger than all of them."""
    gross = float(sums.total.value) if sums.total else 0.0
    return gross in totals or all(abs(total) < abs(gross) + _ABOUT for total in totals)


def _sum_columns(header: Sequence[PageLine]) -> tuple[PageLine, ...] | None:
    """The cells of a header that name the sum without tax, the taxes, and the total, from left to right."""
    if any(_money_in(cell) for cell in header):
        return None
    untaxed = [cell for cell in header if _UNTAXED.search(cell.text) or _NET.match(cell.text)]
    taxes = [cell for cell in header if _TAX.search(cell.text) and cell not in untaxed]
    gross = [cell for cell in header if _GROSS.search(cell.text) and cell not in (*untaxed, *taxes)]
    for net in untaxed[:1]:
        parts = [cell for cell in taxes if cell.box[0] > net.box[0] and not _is_rate(cell.text)]
        for total in [cell for cell in gross if parts and cell.box[0] > parts[-1].box[0]][:1]:
            return net, *parts, total
    return None


def _is_rate(header: str) -> bool:
    return bool(_RATE.search(header)) and not _RATED.search(header)


def _sums_under(row: Row, columns: Sequence[PageLine]) -> Sums | None:
    amounts = []
    for column in columns:
        reach = 0.5 * (column.box[2] - column.box[0])
        cells = [c for c in row.cells if c.box[0] < column.box[2] + reach and column.box[0] - reach < c.box[2]]
        sums = [amount for cell in cells for amount in _money_in(cell)]
        nearest = min(sums, key=lambda amount: abs(amount.lines[0].box[2] - column.box[2]), default=None)
        if nearest is None:
            return None
        amounts.append(nearest)
    untaxed, *parts, total = amounts
    tax = _added(parts)
    right = abs(float(untaxed.value) + float(tax.value) - float(total.value)) < _ABOUT
    return Sums(total=total, untaxed=untaxed, tax=tax) if right and float(untaxed.value) else None


def _added(parts: Sequence[LocatedValue]) -> LocatedValue:
    """The sum of several taxes, as that of a state and that of its union; those of nothing prove nothing."""
    printed = [part for part in parts if float(part.value)] or parts[:1]
    if len(printed) == 1:
        return printed[0]
    added = round(sum(float(part.value) for part in printed), 2)
    return replace(printed[0], value=added, lines=tuple(line for part in printed for line in part.lines))


def _labelled_sums(index: LabelIndex, row: Row) -> list[LocatedValue]:
    return [amount for cell in row.cells for amount in _money_in(cell)]


def _sums_of(index: LabelIndex, row: Row, label: PageLine) -> list[LocatedValue]:
    """Return the amounts in the label's own cell and to its right, else right below it."""
    cells = [cell for cell in row.cells if cell.box[0] >= label.box[0]]
    amounts = [amount for cell in cells for amount in _money_in(cell)]
    if amounts:
        return amounts
    return [amount for cell in index.below(label)[:1] for amount in _money_in(cell)]


def _money_in(cell: PageLine) -> list[LocatedValue]:
    numbers = [
        located_in(amount.value, [cell], cell.text[amount.start : amount.end])
        for amount in find_amounts(cell.text)
        if _is_money(amount)
    ]
    if numbers:
        return numbers
    value = read_chinese_amount(re.sub(r"^.*?(?=[零壹贰叁肆伍陆柒捌玖拾])", "", cell.text.strip(), count=1))
    return [] if value is None else [located_in(value, [cell])]


def _is_money(amount: Amount) -> bool:
    return has_cents(amount) or bool(amount.currency)

"""The currency of an invoice: as it is printed, or as the country whose papers say what this one says has it."""

from __future__ import annotations

import re
from collections import Counter

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.rules.invoice.tax_invoice import tax_invoice_line
from pipeline.engines.rules.labelled import LabelIndex
from pipeline.engines.rules.money import currency_code, find_currencies

_CURRENCY_LABELS = (
    re.compile(r"^\W*(?:currency|währung|devise|monnaie|moneda|valuta|货币|币种)(?:\s*code)?(?=\W|$)", re.IGNORECASE),
)
_MAINLAND = re.compile(r"纳税人识别号|信用代码|国家税务|增值税|监制章")
_SHARED_SIGNS = {  # a sign, and what the papers of further countries that have it say
    "CNY": {
        "JPY": re.compile("[\u3041-\u3096\u30a1-\u30fa]{2}|株式会社|御中"),
        "TWD": re.compile(r"新台币|NT\$|统一编号|统一发票|营业税|营业人"),
        "HKD": re.compile(r"港币|HK\$"),
    },
    "USD": {
        "CAD": re.compile(r"\b(?:TVQ|QST|HST|TVH)\b|\bGST\s*/\s*(?:HST|PST)\b"),
        "AUD": re.compile(r"\bA\.?B\.?N\b\W{0,3}(?:\d\s?){11}"),
    },
}
_PLAIN = re.compile(r"\bUSD\b|US\$|\bCNY\b|\bRMB\b|人民币")  # what no other country means
_EURO_TAX = re.compile(r"\b(?:btw|mwst|ust-?id|tva)\b|\b(?:NL|DE|FR|BE|AT|IT|ES)\d{8,}", re.IGNORECASE)


def find_currency(index: LabelIndex, total: LocatedValue | None) -> LocatedValue | None:
    """Find the currency; a sign that several countries have is that of the one whose papers say what this one says."""
    located = _printed_currency(index, total)
    sign = str(located.value) if located is not None else "CNY"
    if located is not None and any(_PLAIN.search(line.text) for line in located.lines):
        return located
    if sign == "CNY" and any(_MAINLAND.search(line.text) for line in index.lines):
        return located
    for code, says in _SHARED_SIGNS.get(sign, {}).items():
        if line := next((line for line in index.lines if says.search(line.text)), None):
            return located_in(code, located.lines if located else [line], located.quote if located else None)
    return located


def _printed_currency(index: LabelIndex, total: LocatedValue | None) -> LocatedValue | None:
    """Find the currency beside the total, else the most frequent one, else the euro where the tax is named as there."""
    if labelled := index.first(_CURRENCY_LABELS, _read_currency):
        return labelled
    if total:
        for line in (*total.lines, *index.row_of(total.lines[0]).cells):
            if codes := find_currencies(line.text):
                return located_in(codes[0], [line])
    counts = Counter(code for line in index.lines for code in find_currencies(line.text))
    if counts:
        code = counts.most_common(1)[0][0]
        return located_in(code, [next(line for line in index.lines if code in find_currencies(line.text))])
    for line in index.lines:
        if match := re.search(r"(?<![a-z])(euros?|dollars?|pounds?\s+sterling)(?![a-z])", line.text, re.IGNORECASE):
            word = match[1].casefold()
            code = currency_code(word) or ("USD" if word.startswith("dollar") else "GBP")
            return located_in(code, [line])
    return _euro_by_tax(index) or _yuan_by_form(index)


def _read_currency(text: str) -> tuple[object, int, int] | None:
    word = re.match(r"[^\W\d_]{2,8}", text)
    code = currency_code(word[0]) if word else ""
    return (code, 0, len(word[0])) if word and code else None


def _yuan_by_form(index: LabelIndex) -> LocatedValue | None:
    """The currency of Chinese tax invoices, which are issued in no other one."""
    line = tax_invoice_line(index)
    return located_in("CNY", [line]) if line else None


def _euro_by_tax(index: LabelIndex) -> LocatedValue | None:
    line = next((line for line in index.lines if _EURO_TAX.search(line.text)), None)
    return located_in("EUR", [line]) if line else None

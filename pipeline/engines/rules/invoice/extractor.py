"""Schema ``invoice``: issuer, number, dates, amounts, currency and lines, in English, Chinese and others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine, page_lines
from pipeline.engines.evidence.record_builder import build_record
from pipeline.engines.rules.chinese_setting import narrow
from pipeline.engines.rules.dates import find_dates, find_periods, prefers_month_first
from pipeline.engines.rules.invoice.currency import find_currency
from pipeline.engines.rules.invoice.issuer import find_issuer, party_lines
from pipeline.engines.rules.invoice.lines import find_lines, in_full, read_lines
from pipeline.engines.rules.invoice.several import remark_on_second, second_invoice
from pipeline.engines.rules.invoice.sums import find_sums, lines_remarks, total_of_lines
from pipeline.engines.rules.invoice.tax_invoice import tax_invoice_line
from pipeline.engines.rules.labelled import LabelIndex, ValueReader
from stores.models import Page, Record, Schema

_INVOICE_WORDS = r"(?:invoice|inv|bill|tax\s*invoice|factuur|rechnungs?|facture|factura|fattura|fatura)"
_CREDIT_WORDS = (
    r"(?:credit\s*(?:note|memo(?:randum)?)|gutschrifts?|(?:rechnungs)?korrektur|avoir|nota\s*(?:de|di)\s*cr[ée]dito|"
    r"creditnota|creditfactuur)"
)
_NUMBER_WORDS = r"(?:numbers?|num|no|nr|n[°ºo]|n\.|#|№|id|code|ref(?:erence)?)"
_NUMBER_LABELS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # the number of a credit note comes before that of the invoice which it corrects
        rf"^\W*{_CREDIT_WORDS}(?:\s*\([^)]{{0,40}}\))?[\s_-]{{0,2}}{_NUMBER_WORDS}(?![a-z])[.:]?",
        rf"(?<![a-z]){_INVOICE_WORDS}[\s_-]{{0,2}}{_NUMBER_WORDS}(?![a-z])[.:]?",
        r"^\W*(?!\S*(?:ab|be|um|an|gegen)rechnung)\S{0,16}(?:rechnung|rechnungs-?korrektur|gutschrift)(?:\s|(?=\())(?![^\d:(]{0,24}(?:bestell|auftrag|angebot|liefer|vertrag))(?:[^\d:(]{2,30}\s)?(?:\([^)]*\)\s*){0,2}(?:nr|no|nummer|#)\.?",
        rf"^\W*{_CREDIT_WORDS}(?=\s+[A-Z]{{1,4}}[-/]?\d{{3,}})",
        r"(?:factuur|rechnungs?|faktura)[\s-]?(?:nummer|nr|no)(?![a-z])\.?|beleg-?(?:nummer|nr)\.?",
        r"(?:num[ée]ro|n[°ºo]|nr)\.?\s*(?:de\s*|della\s*|di\s*)?(?:la\s*)?(?:facture|factura|fattura|fatura|invoice)",
        rf"(?<![a-z]){_CREDIT_WORDS}[\s_-]{{0,2}}{_NUMBER_WORDS}(?![a-z])[.:]?",
        r"发票(?:号码|编号|号)|票据号码|账单(?:编号|号)|请[求款](?:书|单)?(?:番号|编号|单号|号码|号|No)|单号",
        rf"^\W*{_INVOICE_WORDS}(?![a-z]|[-/]\d)",
        r"(?<![a-z])(?:document|doc|statement|receipt|voucher|order)\s*(?:number|no|nr|#)(?![a-z])",
        r"^\W*(?:number|no\.|nr\.|nummer|n°)(?![a-z])|^\W*n[ro]\s+(?=\d{6,}\W*$)",
        r"^\W*r[ée]f(?:[ée]rence)?(?:\s*(?:no|nr|n°))?\.?\W*$|^\W*r[ée]f(?:[ée]rence)?\.?\s*[:：]",
    )
]
_BARE_LABELS = 2  # the last so many labels may also be those of a party, of an article or of an order
_OWN_NUMBERS = frozenset({1, 2, 4, 5, 7})  # labels that say that it is an invoice's
_NUMBER = re.compile(r"(?=\S*\d)[A-Za-z0-9][\w./-]*")
_GLUED = re.compile(r"\d{13,19}")
_NO_NUMBER = re.compile(r"^(?:\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|[$€£¥]?\d+[.,]\d{2})$")
_DATE_LABELS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^\W*\S*(?:rechnung|gutschrift|korrektur|facture|avoir)\S*\s.{0,12}?\S*\d\S*\s+(?:vom|von|du)(?=\s*\d|\W*$)",
        r"^\W*\S*(?:rechnung|gutschrift|korrektur)\S*\s(?:\([^)]{2,50}\)\s*){1,2}.{0,12}?\S*\d\S*\s+vom(?=\s*\d|\W*$)",
        rf"(?<![a-z]){_INVOICE_WORDS}[\s_-]{{0,2}}(?:date|dated|datum)(?![a-z])|(?:factuur|rechnungs|faktura)-?\s?dat(?:um|o)",
        r"date\s*(?:of\s*issue|issued|of\s*invoice|d['’]?\s*[ée]mission|(?:de\s*)?(?:la\s*)?facture?|facturation)",
        r"(?:issue[d]?|billing|document|bill)\s*(?:date|on)|ausstellungsdatum|belegdatum|datum\s*der\s*rechnung",
        r"开票日期|开具日期|发票日期|开立日期|请[求款]日期?|发行日期?|fecha\s*(?:de\s*)?(?:la\s*)?(?:factura|emisi[óo]n)|data\s*(?:fattura|di\s*emissione)",
        r"^\W*[^\W\d_][^\d,:]{2,30},\s*(?:den|le)(?=\W|$)",
        r"(?<!due )(?<!delivery )(?<!order )(?<!payment )(?<![a-z])(?:date|datum|fecha|data)(?![a-z])|日期",
    )
]
_OWN_DATES = 6  # the first so many labels say that it is the day of an invoice
_DUE_LABELS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:payment\s*)?due\s*(?:date|on|by)|pay(?:ment|able)?\s*(?:due|by|before)|(?:remit|pay|transfer)\b[^.\d]{0,40}?(?:until|by|before|no\s*later\s*than)|date\s*due|expiration\s*date|^\W*due\s*(?:[:：]|\W*$)",
        r"verval\s?datum|förfallo(?:datum|dag)|forfalls?-?dato|uiterste\s*betaaldatum|fällig(?:keit)?(?:sdatum)?(?:\s*(?:am|bis))?|zahlungsziel",
        r"zahlbar\b[^.]{0,60}?\bbis(?:\s*(?:zum|spätestens))*|(?:überweisen|zahlen|begleichen)\s+sie\b[^.\d]{0,60}?\bbis(?:\s*(?:zum|spätestens))*",
        r"(?:date\s*d['’]\s*)?[ée]ch[ée]ance|date\s*limite|(?:pr[ée]l[eè]v\w*|payable|[àa]\s*(?:r[ée]gler|payer))\s*(?:avant\s*)?le|vencimiento|scadenza|付款(?:期限|截止)(?:日期)?|到期日|支[付払拂]い?期[限日]",
    )
]
_PARTED = re.compile(r"^((?:19|20)\d{2})\s(\d{2})\s(\d{2})(?=\W*$)")  # 年, 月 and 日 are printed on the form, and pale
_OTHER_DATE = re.compile(
    r"due|deliver|order|ship|period|verval|liefer|leistung|bestel|[ée]ch[ée]ance|livraison|到期|交货|printed|expir|version|revision",
    re.IGNORECASE,
)


class InvoiceRules:
    """Fields of an invoice, by rules."""

    fingerprint = "rules-invoice/16"

    def extract(self, schema: Schema, pages: Sequence[Page], source: str) -> Record:
        """Extract the record of ``schema``; ``source`` is not used."""
        index = LabelIndex(page_lines(pages))
        month_first = prefers_month_first(line.text for line in index.lines)
        if second := _second(index, month_first):
            index = LabelIndex([line for line in index.lines if line.page < second[0]])
        sums = find_sums(index)
        wrapped = read_lines(index, month_first)
        lines = in_full(find_lines(index), wrapped) or wrapped
        if sums.total is None:
            sums = replace(sums, total=total_of_lines(index, lines))
        values = {
            "issuer": find_issuer(index),
            "invoice_number": _number(index),
            "date": _issue_date(index, month_first),
            "due_date": _dated(index, _DUE_LABELS, month_first),
            "amount": sums.total,
            "amount_untaxed": sums.untaxed,
            "amount_tax": sums.tax,
            "currency": find_currency(index, sums.total),
            "lines": lines,
        }
        remarks = (remark_on_second(*second),) if second else ()
        return replace(build_record(schema, values), remarks=(*remarks, *lines_remarks(lines, sums)))


def read_invoice_number(text: str) -> tuple[object, int, int] | None:
    """Read the invoice number at the start of ``text``: it holds a digit and is no date or amount of money."""
    text = narrow(text)
    token = re.match(r"[^\s,;，；]+(?:,\d+)?", text)
    value = token[0].rstrip("./-_:)]）").lstrip("([#（") if token else ""
    if not token or len(value) < 2 or not _NUMBER.fullmatch(value) or _NO_NUMBER.match(value):
        return None
    dates = find_dates(text)
    if dates and dates[0].start == 0 and dates[0].end >= token.end():
        return None
    start = text.index(value)
    return value, start, start + len(value)


def _second(index: LabelIndex, month_first: bool) -> tuple[int, str] | None:
    numbers = index.find(_NUMBER_LABELS[:-_BARE_LABELS], read_invoice_number)
    own = [number for number in numbers if number.rank in _OWN_NUMBERS]
    dates = index.find(_DATE_LABELS[:_OWN_DATES], _date_reader(month_first))
    return second_invoice(own, dates, index.lines)


def _number(index: LabelIndex) -> LocatedValue | None:
    """Find the number of the invoice; ``Number:`` in the block of a party is its own."""
    bare = len(_NUMBER_LABELS) - _BARE_LABELS
    labelled = index.find(_NUMBER_LABELS, read_invoice_number)
    parties = party_lines(index) if labelled and labelled[0].rank >= bare else set()
    number = next((one.value for one in labelled if one.rank < bare or one.label.number not in parties), None)
    return _apart(index, number) if number and tax_invoice_line(index) else number


def _apart(index: LabelIndex, number: LocatedValue) -> LocatedValue | None:
    """The number of a Chinese tax invoice, of 8 or 20 digits; as it is printed again where OCR glued a code to it."""
    if not _GLUED.fullmatch(str(number.value)):
        return number
    texts = {line.text.strip(): line for line in index.lines}
    alone = next((text for text in texts if re.fullmatch(r"\d{8}", text) and text in str(number.value)), None)
    return located_in(alone, [texts[alone]]) if alone else None


def _dated(index: LabelIndex, labels: Sequence[re.Pattern[str]], month_first: bool) -> LocatedValue | None:
    return index.first(labels, _date_reader(month_first))


def _date_reader(month_first: bool) -> ValueReader:
    def read(text: str) -> tuple[object, int, int] | None:
        dates = [date for date in find_dates(_PARTED.sub(r"\1-\2-\3", text), month_first) if date.exact]
        if not dates or re.search(r"[^\W\d_]{4,}", text[: dates[0].start]):
            return None
        return dates[0].value, dates[0].start, dates[0].end

    return read


def _issue_date(index: LabelIndex, month_first: bool) -> LocatedValue | None:
    """Find the labelled date, else the first full date that is not labelled as another one (due, delivery)."""
    labelled = _dated(index, _DATE_LABELS, month_first)
    if labelled:
        return labelled
    for line in index.lines:
        if not _OTHER_DATE.search(_context(index, line)):
            for period in find_periods(line.text, month_first):
                if not period.first and len(period.last) == len("2024-12-31"):
                    return located_in(period.last, [line], line.text[period.start : period.end])
    return None


def _context(index: LabelIndex, line: PageLine) -> str:
    """The words that may say what a line's date is: its row up to it."""
    cells = index.row_of(line).cells
    return " ".join(cell.text for cell in cells if cell.box[0] <= line.box[0])

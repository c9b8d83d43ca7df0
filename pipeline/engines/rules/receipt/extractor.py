"""Schema ``receipt``: shop, date, address and total of a till receipt."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine, page_lines
from pipeline.engines.evidence.record_builder import build_record
from pipeline.engines.rules.dates import find_dates, prefers_month_first
from pipeline.engines.rules.labelled import LabelIndex
from pipeline.engines.rules.money import find_currencies
from pipeline.engines.rules.page_rows import Row
from pipeline.engines.rules.parties import (
    company_name,
    ends_address,
    has_company_suffix,
    has_postcode,
    is_legal_form_alone,
    is_registration,
    looks_like_address,
    names_town,
)
from pipeline.engines.rules.receipt.total import find_total
from stores.models import Page, Record, Schema

_HEAD_ROWS = 14  # the shop names itself above all else
_MOST_ADDRESS_LINES = 6
_WORDS_OF_SPEECH, _SMALL_SHARE = 4, 0.5
_ADDRESS_GAP = 1.3  # heights of a line; more is white space below the address
_DATE_LABEL = re.compile(r"(?<![a-z])(?:date|dated|datum|fecha)(?![a-z])|日期|时间|時間", re.IGNORECASE)
_OTHER_DATE = re.compile(r"expir|valid|due|best before|birth|printed|until|有效|到期", re.IGNORECASE)
_OWNED = re.compile(r"(?:owned|operated|managed|run|licen[sc]ed)(?:\s*(?:&|and)\s*\w+)?\s*by", re.IGNORECASE)
_COMPANY_LABELS = ("商户名称", "商户名", "商家名称", "店名", "门店名称", "门店", "merchant name", "merchant")
_ADDRESS_LABELS = ("商户地址", "门店地址", "店铺地址", "地址", "address", "adresse", "adres")
_NO_NAME = re.compile(
    r"^\W*(?:(?:simplified\s?)?tax\s?invoice|invoice|receipt|cash\s?(?:bill|sales?|receipt)|welcome|thank you|copy|"
    r"original|duplicate|reprint|sales? receipt|购物小票|结账单|收银小票|发票|小票|收据|欢迎光临)\W*$",
    re.IGNORECASE,
)


class ReceiptRules:
    """Fields of a receipt, by rules."""

    fingerprint = "rules-receipt/10"

    def extract(self, schema: Schema, pages: Sequence[Page], source: str) -> Record:
        """Extract the record of ``schema``; ``source`` is not used."""
        lines = page_lines(pages)
        index = LabelIndex(lines)
        head = _head(index.rows)
        company = _labelled_text(index, _COMPANY_LABELS) or _owner(index, head) or find_shop(head)
        values = {
            "company": company,
            "date": find_receipt_date(index),
            "address": _labelled_text(index, _ADDRESS_LABELS) or find_address(head, company),
            "total": find_total(index),
            "currency": _currency(lines),
        }
        return build_record(schema, values)


def _head(rows: Sequence[Row]) -> list[PageLine]:
    return [cell for row in rows[:_HEAD_ROWS] for cell in row.cells]


def _labelled_text(index: LabelIndex, labels: Sequence[str]) -> LocatedValue | None:
    patterns = [re.compile(rf"^\W*{label}\s*[:：]", re.IGNORECASE) for label in labels]
    return index.first(patterns, lambda text: (text.strip(), 0, len(text)) if len(text.strip()) > 1 else None)


def find_shop(head: Sequence[PageLine]) -> LocatedValue | None:
    """Find the shop's name in the head: a line with a legal form, else one above registration number or address."""
    names = [at for at in range(len(head)) if _may_be_name(head[at].text)]
    if not names:
        return None
    at = max(names, key=lambda at: (_name_score(head, at) + (at == names[0]), -at))
    lines = [head[at]]
    if is_legal_form_alone(head[at].text) and at and _may_be_name(head[at - 1].text):
        lines.insert(0, head[at - 1])
    elif at + 1 < len(head) and is_legal_form_alone(head[at + 1].text):
        lines.append(head[at + 1])
    whole = located_in("", lines)
    return located_in(company_name(whole.quote), lines)


def _owner(index: LabelIndex, head: Sequence[PageLine]) -> LocatedValue | None:
    """Find the firm that runs the shop where the head prints a brand only: ``Owned by Firm Ltd`` at the foot."""

    def read(text: str) -> tuple[object, int, int] | None:
        return (company_name(text), 0, len(text)) if has_company_suffix(text) else None

    if any(has_company_suffix(line.text) for line in head):
        return None
    return index.first([_OWNED], read)


def _may_be_name(text: str) -> bool:
    text = company_name(text)
    letters = sum(c.isalpha() for c in text)
    han = sum("\u4e00" <= c <= "\u9fff" for c in text)
    enough = letters >= 3 or han >= 2
    return (
        enough and letters >= 0.5 * len(text.replace(" ", "")) and not ends_address(text) and not _NO_NAME.match(text)
    )


def _name_score(head: Sequence[PageLine], at: int) -> float:
    """Score how likely the line at ``at`` names the shop; lines further down score lower."""
    text, following = head[at].text, [line.text for line in head[at + 1 : at + 4]]
    score = -0.25 * at + 4.0 * has_company_suffix(text) - 3.0 * looks_like_address(text) - 3.0 * _is_speech(text)
    if following and is_registration(following[0]):
        score += 2.5
    if any(looks_like_address(other) for other in following[:2]):
        score += 1.5
    typical = sorted(line.height for line in head)[len(head) // 2]
    return score + min(head[at].height / (typical or 1.0), 2.0) - (1.5 if len(text.strip()) < 5 else 0.0)


def _is_speech(text: str) -> bool:
    """Whether a line is part of a sentence: "See back of receipt for your chance". Names begin with capitals."""
    words = [word for word in text.split() if word[0].isalpha()]
    return len(words) >= _WORDS_OF_SPEECH and sum(word[0].islower() for word in words) > _SMALL_SHARE * len(words)


def find_address(head: Sequence[PageLine], company: LocatedValue | None) -> LocatedValue | None:
    """Find the address, joined into one line: below the shop's name, else anywhere in the head."""
    start = 0
    if company:
        numbers = {line.number for line in company.lines}
        start = max((at + 1 for at, line in enumerate(head) if line.number in numbers), default=0)
    run = _address_run(head[start:]) or _address_run(head[:start])
    return located_in(" ".join(line.text.strip() for line in run), run) if run else None


def _address_run(lines: Sequence[PageLine]) -> list[PageLine]:
    """Return the first run of lines that look like an address; registration numbers between them are left out."""
    run: list[PageLine] = []
    for line in lines:
        if is_registration(line.text):
            continue
        if run and (_is_over(run, line) or len(run) == _MOST_ADDRESS_LINES):
            break
        if not ends_address(line.text) and (run or looks_like_address(line.text)):
            run.append(line)
    return _trimmed(run)


def _is_over(run: Sequence[PageLine], line: PageLine) -> bool:
    """Whether the address ends before ``line``: a telephone, digits after the postcode, or white space above it."""
    after_postcode = any(has_postcode(other.text) for other in run) and re.search(r"\d", line.text)
    far = line.box[1] - run[-1].box[3] > _ADDRESS_GAP * line.height
    return bool(ends_address(line.text) or after_postcode or far)


def _trimmed(run: list[PageLine]) -> list[PageLine]:
    """Cut a run after its last line that looks like an address."""
    while run and not (looks_like_address(run[-1].text) or _continues(run)):
        run = run[:-1]
    return run


def _continues(run: list[PageLine]) -> bool:
    """Whether the last line is a town or state: words alone below a line that ends in a comma or has a postcode."""
    if len(run) >= 2 and names_town(run[-1].text):
        return True
    if len(run) < 2 or re.search(r"\d", run[-1].text):
        return False
    above = run[-2].text.strip()
    return above.endswith(",") or (has_postcode(above) and run[-1].text.strip().isupper() == above.isupper())


def find_receipt_date(index: LabelIndex) -> LocatedValue | None:
    """Find the labelled date, else the first full date."""
    month_first = prefers_month_first(line.text for line in index.lines)
    ranked: list[tuple[int, int, LocatedValue]] = []
    for line in index.lines:
        row = index.row_of(line).text
        if _OTHER_DATE.search(row):
            continue
        for date in find_dates(line.text, month_first):
            if date.exact:
                rank = 0 if _DATE_LABEL.search(row) else 1
                ranked.append((rank, line.number, located_in(date.value, [line], line.text[date.start : date.end])))
    return min(ranked, key=lambda item: item[:2])[2] if ranked else _date_over_cells(index, month_first)


def _date_over_cells(index: LabelIndex, month_first: bool) -> LocatedValue | None:
    """Find a date that is cut in two by the columns of a wrongly detected table."""
    for row in index.rows:
        text = "".join(cell.text.strip() for cell in row.cells)
        dates = [date for date in find_dates(text, month_first) if date.exact]
        if dates and len(row.cells) > 1 and not _OTHER_DATE.search(text):
            return located_in(dates[0].value, row.cells, text[dates[0].start : dates[0].end])
    return None


def _currency(lines: Sequence[PageLine]) -> LocatedValue | None:
    """Find the currency that is printed most often."""
    lines_by_currency: dict[str, list[PageLine]] = {}
    for line in lines:
        for code in find_currencies(line.text):
            lines_by_currency.setdefault(code, []).append(line)
    if not lines_by_currency:
        return None
    code = max(lines_by_currency, key=lambda code: len(lines_by_currency[code]))
    return located_in(code, lines_by_currency[code][:1])

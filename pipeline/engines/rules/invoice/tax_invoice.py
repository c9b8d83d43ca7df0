"""The form of Chinese tax invoices, on paper or electronic: how it is told, and the parties that it names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.labelled import LabelIndex

_FORM = re.compile(r"发票(?:代码|号码)|电子发票|(?:专用|普通)发票|开票日期|纳税人识别号")
_BLOCK_LABEL = (
    r"(?:[购买方销售信息货单位]{1,6}\s*)?"  # set from top to bottom beside the block; letters stray into lines
)
_NAME_LABEL = re.compile(rf"\W*{_BLOCK_LABEL}(?:名\s*)?称\s*[:：]\s*(?P<name>.*)")
_NO_NAME = re.compile(r"[:：]|专用章|识别号|信用代码|密\s*码")


def tax_invoice_line(index: LabelIndex) -> PageLine | None:
    """The line that tells that a document is on the form of a Chinese tax invoice."""
    return next((line for line in index.lines if _FORM.search(re.sub(r"\s", "", line.text))), None)


def named_parties(index: LabelIndex) -> tuple[LocatedValue | None, LocatedValue | None] | None:
    """Buyer and seller by the two name fields of the form; None where no page has two, or it is another document.

    The buyer stands above the seller, or left of it. A field may be empty.
    """
    if tax_invoice_line(index) is None:
        return None
    for page in dict.fromkeys(line.page for line in index.lines):
        labels = [line for line in index.on_page(page) if _NAME_LABEL.fullmatch(line.text)]
        if len(labels) == 2:
            first, second = _in_order(labels)
            return _name(index, first, labels), _name(index, second, labels)
    return None


def _in_order(labels: Sequence[PageLine]) -> list[PageLine]:
    """Two labels from the top to the bottom, or from left to right where they stand beside each other."""
    one, other = labels
    beside = abs(one.middle - other.middle) < max(one.height, other.height)
    return sorted(labels, key=lambda line: line.box[0] if beside else line.box[1])


def _name(index: LabelIndex, label: PageLine, labels: Sequence[PageLine]) -> LocatedValue | None:
    """The name behind a label, or in the next cell to the right of it."""
    match = _NAME_LABEL.fullmatch(label.text)
    name = re.split(r"\s{2,}", match["name"].strip())[0] if match else ""
    if name:
        return None if _NO_NAME.search(name) else located_in(name, [label], name)
    beside = next(iter(index.beside(label)), None)
    if beside is None or beside in labels or _NO_NAME.search(beside.text) or not _is_name(beside.text):
        return None
    return located_in(beside.text.strip(), [beside])


def _is_name(text: str) -> bool:
    letters = sum(c.isalpha() for c in text)
    return letters >= 2 and 2 * letters > len(text.replace(" ", ""))

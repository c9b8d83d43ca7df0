"""Files that hold several invoices: where the second begins, so that values of two are not mixed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.labelled import Labelled


def second_invoice(
    numbers: Sequence[Labelled], dates: Sequence[Labelled], lines: Sequence[PageLine]
) -> tuple[int, str] | None:
    """The page on which a file's second invoice begins, and its number; None where there is one invoice.

    ``numbers`` and ``dates``: the values labelled as an invoice's. A page with a number of its own, a date, and
    without the first invoice's number is no page of that one, which may well speak of another invoice.
    """
    of_pages: dict[int, set[str]] = defaultdict(set)
    for number in numbers:
        of_pages[number.label.page].add(str(number.value.value))
    dated = {date.label.page for date in dates}
    first = min(of_pages, default=0)
    for page in sorted(of_pages.keys() & dated - {first}):
        printed = " ".join(line.text for line in lines if line.page == page)
        if not any(number in printed for number in of_pages[first]):
            return page, min(of_pages[page])
    return None


def remark_on_second(page: int, number: str) -> str:
    """What a record says of the invoices that it leaves out."""
    return (
        f"page {page} begins another invoice, {number}: this record is of the first one; split the file for the others"
    )

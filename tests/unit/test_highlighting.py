"""What of a chunk is lit for a query, in scripts with and without spaces."""

from __future__ import annotations

from itertools import pairwise

import pytest

from pipeline.search.highlighting import highlights, marked, plain, snippet
from tests.counting import operations


def lit(text: str, query: str) -> list[str]:
    return [text[start:end] for start, end in highlights(text, query)]


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("Payment is due within 30 days.", "when is the payment due?", ["Payment", "due"]),
        ("Two invoices; an INVOICE was paid", "invoice", ["invoices", "INVOICE"]),
        ("the calibrated probes, their calibration", "calibrate a probe", ["calibrated", "probes", "calibration"]),
        ("付款期限为三十日内，逾期付款须付利息", "付款期限是什么？", ["付款期限", "付款"]),
        ("Ｆｕｌｌ　ｗｉｄｔｈ　and ﬁne", "full fine", ["Ｆｕｌｌ", "ﬁne"]),
        ("Café Zürich", "cafe zurich", ["Café", "Zürich"]),
        ("rain: 31,000 m³ a year", "31000", ["31,000"]),
        ("order INV-2024/07 of May", "INV-2024/07", ["INV", "2024", "07"]),
        ("甲方与乙方签订 GPU 合同", "GPU合同", ["GPU", "合同"]),
        ("nothing of it here", "zebra 斑马", []),
        ("only the stop words", "the and of", ["the"]),
        ("", "payment", []),
    ],
)
def test_words_of_the_query_are_lit(text: str, query: str, expected: list[str]) -> None:
    assert lit(text, query) == expected


@pytest.mark.parametrize("query", ["學歷", "学历"])
def test_chinese_words_are_lit_in_either_writing(query: str) -> None:
    assert lit("最高學歷：碩士", query) == ["學歷"]
    assert lit("最高学历：硕士", query) == ["学历"]


def test_ranges_are_ascending_and_apart() -> None:
    ranges = highlights("期限期限期限 pay pays 付款期限", "付款期限 pay")
    assert all(a < b for a, b in ranges)
    assert all(first[1] < second[0] for first, second in pairwise(ranges))


def test_nothing_but_marks_is_html() -> None:
    text = '<script>alert("pay")</script> & <img onerror=pay()>'
    html = marked(text, highlights(text, "pay"))
    assert html.count("<mark>pay</mark>") == 2
    assert "<script" not in html and "<img" not in html and "&amp;" in html


def test_labels_of_a_picture_are_plain_text() -> None:
    assert (
        plain("Before.\n\n<!-- picture: Load balancer\nGateway -->\n\nAfter.") == "Before. Load balancer Gateway After."
    )


def test_plain_text_has_no_marks_and_no_tags() -> None:
    markdown = (
        "## Terms\n\n| A | B |\n| --- | --- |\n| a \\| x | **1** |\n\n"
        '<table>\n<tr><td colspan="2">p &lt; 0.05</td></tr>\n<tr><td>l</td><td>r</td></tr>\n</table>\n\n- one [l](u)'
    )
    assert plain(markdown) == "Terms A · B a | x · 1 p < 0.05 l · r one l"


def test_a_snippet_is_the_piece_that_says_most() -> None:
    filler = "Nothing of interest stands in this sentence. " * 20
    shown = snippet(f"{filler}The payment is due in May. {filler}", "payment due")
    assert [part for part, yes in shown.parts if yes] == ["payment", "due"]
    assert shown.text.startswith("…") and shown.text.endswith("…")
    assert len(shown.text) < 340


def test_chinese_snippets_are_half_as_long() -> None:
    shown = snippet("无关的句子写在这里。" * 40 + "付款期限为三十日。" + "无关的句子写在这里。" * 40, "付款期限")
    assert [part for part, yes in shown.parts if yes] == ["付款期限"]
    assert len(shown.text) < 170


def test_a_short_text_is_shown_whole() -> None:
    assert snippet("Due in May.", "nothing").text == "Due in May."


@pytest.mark.parametrize("mark", ["a ", "付款", "<", "|", "["])
def test_the_work_grows_as_the_text(mark: str) -> None:
    short, long = (operations(lambda n=n: snippet(mark * n, "a 付款 期限")) for n in (12_500, 50_000))
    assert long < 5 * short

"""What of a chunk can be quoted as a sentence."""

from __future__ import annotations

from pipeline.answering.chunk_sentences import chunk_sentences


def shown(markdown: str, heading: str = "") -> list[str]:
    return [sentence.shown for sentence in chunk_sentences(markdown, heading)]


def test_a_sentence_goes_on_over_the_end_of_a_line() -> None:
    english = "The deposit is returned within thirty days after the end\nof the lease. It bears no interest."
    assert shown(english) == [
        "The deposit is returned within thirty days after the end of the lease.",
        "It bears no interest.",
    ]
    assert shown("向量的负无穷范数是向量的所有元素的绝对值中最小的，上述向量的结果就\n是五。") == [
        "向量的负无穷范数是向量的所有元素的绝对值中最小的，上述向量的结果就是五。"
    ]


def test_headings_titles_and_questions_are_no_answers() -> None:
    markdown = "## Terms of payment\n\n**Who pays the rent?**\n\nTerms of Payment\n\nThe tenant pays in advance."
    assert shown(markdown, "Lease > Terms of payment") == ["The tenant pays in advance."]
    assert shown("什么是迁移学习？迁移学习复用已有的知识。") == ["迁移学习复用已有的知识。"]


def test_a_row_names_its_columns_and_is_quoted_as_printed() -> None:
    table = "| Item | 2023 | 2022 |\n| --- | --- | --- |\n| Net sales | 10.2 | 8.6 |\n| Total |  |  |"
    (row,) = chunk_sentences(table)
    assert row.shown == "Item: Net sales; 2023: 10.2; 2022: 8.6" and row.printed == "Net sales · 10.2 · 8.6"
    html = "<table><tr><th>Part</th><th>Watts</th></tr>\n<tr><td>Bulb of the freezer</td><td>40</td></tr></table>"
    assert shown(html) == ["Part: Bulb of the freezer; Watts: 40"]


def test_what_a_colon_announces_stands_with_it() -> None:
    assert shown("The tenant must pay:\n\n- the rent\n- the deposit\n\nThe landlord pays the taxes of the house.") == [
        "The tenant must pay: the rent the deposit",
        "The landlord pays the taxes of the house.",
    ]


def test_a_caption_is_told_from_a_sentence() -> None:
    whole = {sentence.shown: sentence.whole for sentence in chunk_sentences("Measures of success\n\nDue: 31 May 2024")}
    assert whole == {"Measures of success": False, "Due: 31 May 2024": True}
    (announcing,) = chunk_sentences("There are three reasons:")
    assert not announcing.whole

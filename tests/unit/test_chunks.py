"""The chunker: what it keeps together, what it cuts, and what a chunk knows of its place."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.engines.embedders.fake import FakeEmbedder
from pipeline.stages.embed import chunk_document, embedding_text
from stores.models import Block, Chunk, Label, Line, Page, PageText, PlacedBox, Route
from tests.counting import operations

count = FakeEmbedder().count_tokens


def page(number: int, markdown: str, *blocks: Block) -> Page:
    text = PageText(markdown=markdown, blocks=blocks, engine="fake")
    return Page(number=number, width_pt=600, height_pt=800, route=Route.TEXT, reason="", text=text)


def chunks(*markdowns: str, max_tokens: int = 50, overlap: int = 0) -> list[Chunk]:
    pages = [page(number, markdown) for number, markdown in enumerate(markdowns, 1)]
    return chunk_document(pages, max_tokens, overlap, count)


def words(number: int, word: str = "word") -> str:
    return " ".join(f"{word}{at}" for at in range(number))


def test_nothing_makes_no_chunks() -> None:
    assert chunks() == []
    assert chunks("", "  \n ") == []
    unread = Page(number=1, width_pt=1, height_pt=1, route=Route.OCR, reason="", error="broken")
    assert chunk_document([unread], 50, 0, count) == []


def test_a_section_is_not_mixed_with_the_next() -> None:
    made = chunks(f"# One\n\n{words(30, 'a')}\n\n# Two\n\n{words(30, 'b')}")
    assert [chunk.heading for chunk in made] == ["One", "Two"]
    assert made[0].text.startswith("# One\n\na0 ")
    assert [chunk.ordinal for chunk in made] == [0, 1]


def test_the_heading_path_names_all_headings_above() -> None:
    made = chunks(f"# Book\n\n{words(40)}\n\n## **Part**\n\n### Leaf\n\n{words(40)}\n\n## Other\n\n{words(40)}")
    assert [chunk.heading for chunk in made] == ["Book", "Book > Part", "Book > Other"]
    assert "### Leaf" in made[1].text


def test_a_heading_alone_goes_with_what_follows() -> None:
    (chunk,) = chunks("# Title\n\n## Part\n\nA sentence.")
    assert chunk.text == "# Title\n\n## Part\n\nA sentence."


def test_short_sections_are_put_together_under_what_they_share() -> None:
    (chunk,) = chunks("# CV\n\n## Skills\n\nPython\n\n## Languages\n\nEnglish")
    assert chunk.heading == "CV"
    assert "Skills" in chunk.text
    assert "English" in chunk.text


def test_a_hash_in_code_is_no_heading() -> None:
    made = chunks("# Real\n\n```\n# comment\nrun\n```\n\nafter")
    assert {chunk.heading for chunk in made} == {"Real"}


def test_sizes_are_kept_and_even() -> None:
    made = chunks("\n\n".join(words(20) for _ in range(6)), max_tokens=50)
    sizes = count([chunk.text for chunk in made])
    assert max(sizes) <= 50
    assert min(sizes) >= 20


def test_a_long_paragraph_is_cut_at_sentences() -> None:
    sentences = [f"Sentence {at} has some words in it." for at in range(30)]
    made = chunks(" ".join(sentences), max_tokens=40)
    assert len(made) > 1
    assert all(chunk.text.endswith(".") for chunk in made)
    assert " ".join(chunk.text for chunk in made) == " ".join(sentences)


def test_chinese_is_cut_after_its_sentence_marks() -> None:
    sentence = "这是一个关于付款期限的句子，内容并不重要。"
    made = chunks(sentence * 12, max_tokens=50)
    assert len(made) > 3
    assert all(chunk.text.endswith("。") for chunk in made)
    assert "".join(chunk.text for chunk in made) == sentence * 12


def test_a_text_without_any_break_is_cut_all_the_same() -> None:
    made = chunks("永" * 500, max_tokens=50)
    assert max(count([chunk.text for chunk in made])) <= 50
    assert "".join(chunk.text for chunk in made) == "永" * 500


def test_overlap_repeats_the_end_of_the_piece_before() -> None:
    sentences = [f"Number {at} is here." for at in range(40)]
    plain = chunks(" ".join(sentences), max_tokens=40)
    shared = chunks(" ".join(sentences), max_tokens=40, overlap=12)
    assert len(shared) > len(plain)
    last = shared[0].text.split(". ")[-1]
    assert last in shared[1].text


PIPE = "| Name | Price |\n| --- | --- |\n" + "\n".join(f"| item {at} of the list | {at} |" for at in range(40))
ROWS = "".join(f"<tr><td>item {at} of the list</td><td>{at}</td></tr>\n" for at in range(40))
HTML = f"<table>\n<tr><th>Name</th><th>Price</th></tr>\n{ROWS}</table>"


def test_a_pipe_table_is_cut_between_rows_and_repeats_its_header() -> None:
    made = chunks(f"# Prices\n\nIntroduction.\n\n{PIPE}\n\nEnd.", max_tokens=60)
    tables = [chunk.text for chunk in made if "item" in chunk.text]
    assert len(tables) > 3
    assert all("| Name | Price |\n| --- | --- |" in text for text in tables)
    rows = [line for text in tables for line in text.splitlines() if line.startswith("| item")]
    assert rows == PIPE.splitlines()[2:]


def test_an_html_table_is_cut_between_rows_and_repeats_its_header() -> None:
    made = chunks(f"Before.\n\n{HTML}\n\nAfter.", max_tokens=120)
    tables = [chunk.text for chunk in made if "item" in chunk.text]
    assert len(tables) > 3
    assert all(text.count("<th>Name</th>") == 1 for text in tables)
    assert all(text.count("<table>") == text.count("</table>") == 1 for text in tables)
    assert re.findall(r"<td>(item \d+) of", "".join(tables)) == [f"item {at}" for at in range(40)]


def test_rows_that_one_cell_spans_stay_together() -> None:
    pairs = "".join(
        f'<tr><td rowspan="2">group {at}</td><td>first of {at}</td></tr><tr><td>second of {at}</td></tr>'
        for at in range(20)
    )
    made = chunks(f"<table><tr><th>A</th><th>B</th></tr>{pairs}</table>", max_tokens=120)
    assert len(made) > 3
    for at in range(20):
        assert sum(f"first of {at}<" in c.text and f"second of {at}<" in c.text for c in made) == 1


def test_a_row_that_is_too_long_is_not_cut() -> None:
    long = words(100)
    made = chunks(f"| A | B |\n| --- | --- |\n| x | {long} |\n| y | short |", max_tokens=40)
    assert any(long in chunk.text for chunk in made)
    assert all("| A | B |" in chunk.text for chunk in made)


def test_the_word_table_in_angle_brackets_is_no_table() -> None:
    made = chunks("CREATE PERMISSION p ON <table name>", words(30), words(30))
    assert [chunk.last_page for chunk in made][-1] == 3
    assert all(chunk.last_page - chunk.first_page < 2 for chunk in made)


def test_pages_are_those_of_the_text() -> None:
    made = chunks(f"# A\n\n{words(40)}", f"{words(40, 'next')}\n\n# B\n\n{words(40, 'more')}", max_tokens=45)
    assert [(chunk.first_page, chunk.last_page) for chunk in made] == [(1, 1), (2, 2), (2, 2)]


def test_a_paragraph_may_go_on_over_one_page_break_but_not_two() -> None:
    made = chunks(*[f"page {at}" for at in range(6)], max_tokens=100)
    assert [(chunk.first_page, chunk.last_page) for chunk in made] == [(1, 2), (3, 4), (5, 6)]


def test_pages_that_are_far_apart_are_not_joined() -> None:
    pages = [page(1, "one"), page(2, ""), page(9, "nine")]
    assert [(chunk.first_page, chunk.last_page) for chunk in chunk_document(pages, 50, 0, count)] == [(1, 1), (9, 9)]


def test_boxes_are_those_of_the_blocks_under_the_text() -> None:
    heading, first, second = "# Title", words(40, "a"), words(40, "b")
    markdown = f"{heading}\n\n{first}\n\n{second}"
    at = len(heading) + 2
    blocks = (
        Block(label=Label.HEADING, box=(0, 0, 9, 9), text="Title", start=0, end=len(heading), level=1),
        Block(label=Label.TEXT, box=(0, 10, 9, 19), text=first, start=at, end=at + len(first)),
        Block(label=Label.TEXT, box=(0, 20, 9, 29), text=second, start=at + len(first) + 2, end=len(markdown)),
        Block(label=Label.FOOTER, box=(0, 90, 9, 99), text="1"),
    )
    one, two = chunk_document([page(1, markdown, *blocks)], 50, 0, count)
    assert one.boxes == (PlacedBox(page=1, box=(0, 0, 9, 9)), PlacedBox(page=1, box=(0, 10, 9, 19)))
    assert two.boxes == (PlacedBox(page=1, box=(0, 20, 9, 29)),)


def test_a_part_of_a_block_has_the_box_of_its_lines() -> None:
    sentences = [f"Line {at} holds a sentence of words." for at in range(20)]
    markdown = " ".join(sentences)
    lines = tuple(Line(box=(0, 10 * at, 50, 10 * at + 9), text=text) for at, text in enumerate(sentences))
    block = Block(label=Label.TEXT, box=(0, 0, 50, 199), text=markdown, start=0, end=len(markdown), lines=lines)
    made = chunk_document([page(1, markdown, block)], 70, 0, count)
    assert len(made) == 2
    assert made[0].boxes[0].box[1] == 0
    assert made[0].boxes[0].box[3] < made[1].boxes[0].box[3] == 199
    assert made[1].boxes[0].box[1] > 0


PIECES = st.sampled_from(
    [
        *(
            "# H",
            "## 标题",
            "text of a paragraph. With two sentences!",
            "中文句子。另一个，句子！",
            "- a\n- b",
            "****",
            "",
        ),
        *(PIPE, HTML, "```\n# x\n```", "<table name>", "| lone |", words(120), "永" * 130),
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(PIECES, max_size=5), max_size=4), st.sampled_from([32, 60, 200]), st.sampled_from([0, 10]))
def test_no_text_is_lost_and_places_are_in_order(document: list[list[str]], size: int, overlap: int) -> None:
    markdowns = ["\n\n".join(parts) for parts in document]
    made = chunks(*markdowns, max_tokens=size, overlap=overlap)
    text = "\n".join(chunk.text for chunk in made)
    assert _words(markdowns) <= _words([text])
    assert [chunk.ordinal for chunk in made] == list(range(len(made)))
    places = [(chunk.first_page, chunk.last_page) for chunk in made]
    assert places == sorted(places)
    assert all(chunk.text.strip() for chunk in made)
    assert made == chunks(*markdowns, max_tokens=size, overlap=overlap)


def _words(texts: Sequence[str]) -> set[str]:
    return {word for text in texts for word in re.findall(r"[a-z0-9]+|[\u4e00-\u9fff]", text)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# Costs\n\nBy train.", "# Costs\n\nBy train."),
        ("**Bold** `code` [link](http://x.y)", "Bold code link"),
        ("Costs . . . . . . . . 12", "Costs … 12"),
    ],
)
def test_what_is_embedded(text: str, expected: str) -> None:
    assert embedding_text(text) == expected


def of_many_blocks(size: int) -> Page:
    many = [
        Block(label=Label.TEXT, box=(0, at, 9, at + 1), text="a row of words", start=at * 16, end=at * 16 + 14)
        for at in range(size)
    ]
    return page(1, "a row of words\n\n" * size, *many)


def of_many_lines(size: int) -> Page:
    text = "a row of words\n\n" * size
    lines = tuple(Line(text="a row of words", box=(0, at, 9, at + 1)) for at in range(size))
    return page(1, text, Block(label=Label.TEXT, box=(0, 0, 9, size), text=text, start=0, end=len(text), lines=lines))


def test_the_work_grows_as_the_blocks_and_lines_of_a_page() -> None:
    for page_of in (of_many_blocks, of_many_lines):
        few, many = page_of(600), page_of(2400)
        cost = operations(lambda many=many: chunk_document([many], 200, 0, count))
        assert cost < 5 * operations(lambda few=few: chunk_document([few], 200, 0, count))
        made = chunk_document([page_of(20_000)], 200, 0, count)
        assert [chunk.boxes[0].box[1] for chunk in made] == sorted(chunk.boxes[0].box[1] for chunk in made)
        assert made[-1].boxes[-1].box[3] == 20_000


def test_a_table_is_embedded_as_its_cells() -> None:
    pipes = "Sales\n\n| Year | Net \\| gross |\n| --- | ---: |\n| 2023 | **1,234** |\n| | x |\n\nafter a | b"
    assert embedding_text(pipes) == "Sales\n\nYear Net | gross\n2023 1,234\nx\n\nafter a | b"
    html = "<table><tr><td>2023</td><td>1,234</td></tr><tr><th>2022</th><td>987</td></tr></table>"
    assert embedding_text(html).split() == ["2023", "1,234", "2022", "987"]

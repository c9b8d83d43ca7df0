"""The numbers that Word counts and no text holds: of clauses, headings and list items."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.engines.formats.number_words import counted
from stores.models import Label, PageText
from tests import office_files as files
from tests.unit.test_formats import only

_SPACE = f'xmlns:w="{files._WORD}"'


def level(depth: int, form: str, text: str, *, start: int = 1, more: str = "") -> str:
    return (
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/>{more}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


def item(text: str, number: int, depth: int = 0) -> str:
    place = f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>'
    return f"<w:p><w:pPr>{place}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def read(path: Path, levels: str, *body: str, numbers: str = "") -> PageText:
    lists = f'<w:abstractNum w:abstractNumId="7">{levels}</w:abstractNum>'
    ours = f'<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>{numbers}'
    relations = files._WORD_PARTS.replace(
        "</Relationships>",
        '<Relationship Id="n" Target="numbering.xml" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships/numbering"/></Relationships>',
    )
    more = {
        "word/numbering.xml": f"<w:numbering {_SPACE}>{lists}{ours}</w:numbering>",
        "word/_rels/document.xml.rels": relations,
    }
    return only(files.word_file(path / "a.docx", *body, more=more))


def texts(page: PageText) -> list[str]:
    return page.markdown.replace("\n\n", "\n").split("\n")


def test_clauses_keep_their_numbers_over_the_paragraphs_between_them(tmp_path: Path) -> None:
    levels = level(0, "decimal", "%1.") + level(1, "decimal", "%1.%2") + level(2, "lowerLetter", "(%3)")
    body = [
        item("Term", 1),
        files.paragraph("Of this contract."),
        item("Price", 1),
        item("Sum", 1, 1),
        item("net", 1, 2),
        item("gross", 1, 2),
        item("Interest", 1, 1),
        item("net again", 1, 2),
    ]
    assert texts(read(tmp_path, levels, *body)) == [
        "1. Term",
        "Of this contract.",
        "2. Price",
        "2.1 Sum",
        "- (a) net",
        "- (b) gross",
        "2.2 Interest",
        "- (a) net again",
    ]


def test_chinese_articles_have_their_numbers(tmp_path: Path) -> None:
    levels = level(0, "chineseCounting", "第%1条")
    page = read(tmp_path, levels, *(item(text, 1) for text in ("标的", "价款", "付款")))
    assert texts(page) == ["第一条 标的", "第二条 价款", "第三条 付款"]


def test_a_heading_has_the_number_of_its_level(tmp_path: Path) -> None:
    heading = item("Scope", 1).replace("<w:pPr>", '<w:pPr><w:pStyle w:val="H1"/>')
    page = read(tmp_path, level(0, "upperRoman", "%1."), heading, heading.replace("Scope", "Terms"))
    assert [block.text for block in page.blocks if block.label is Label.HEADING] == ["I. Scope", "II. Terms"]


def test_a_list_may_begin_anew_and_a_skipped_level_is_counted(tmp_path: Path) -> None:
    anew = (
        '<w:num w:numId="2"><w:abstractNumId w:val="7"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/>'
        "</w:lvlOverride></w:num>"
    )
    levels = level(0, "decimal", "%1)") + level(1, "decimal", "%1.%2") + level(2, "decimal", "%1.%2.%3")
    body = [item("a", 1), item("b", 1, 2), item("c", 1, 1), item("d", 2)]
    assert texts(read(tmp_path, levels, *body, numbers=anew)) == ["1. a", "1.1.1 b", "1.2 c", "5. d"]


def test_bullets_and_numbers_in_cells(tmp_path: Path) -> None:
    levels = level(0, "bullet", "•") + level(1, "lowerRoman", "%2.")
    cells = f"<w:tc>{item('one', 1, 1)}{item('two', 1, 1)}</w:tc><w:tc>{files.paragraph('x')}</w:tc>"
    page = read(tmp_path, levels, item("a", 1), item("b", 1), f"<w:tbl><w:tr>{cells}</w:tr></w:tbl>")
    assert page.markdown == "- a\n- b\n\n| i. one ii. two | x |\n| --- | --- |"


@pytest.mark.parametrize(
    ("count", "form", "text"),
    [
        (27, "lowerLetter", "aa"),
        (1994, "upperRoman", "MCMXCIV"),
        (10, "chineseCounting", "十"),
        (105, "chineseCountingThousand", "一百零五"),
        (21, "ideographDigital", "二一"),
        (3, "decimalEnclosedCircle", "③"),
        (12, "ordinal", "12th"),
        (22, "ordinal", "22nd"),
        (4, "decimalZero", "04"),
        (7, "a form of tomorrow", "7"),
        (0, "upperRoman", "0"),
        (3, "none", ""),
    ],
)
def test_counts_in_the_forms_of_word(count: int, form: str, text: str) -> None:
    assert counted(count, form) == text

"""What is kept of Office, web, mail and text files, and which files are refused."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from pipeline.engines import containers, media, text_kinds
from pipeline.engines.formats.documents import FormatDocuments, FormatText
from pipeline.engines.formats.number_format import shown
from pipeline.stages.plan import decide
from stores.errors import EncryptedError, InputError, PageError
from stores.models import Label, PageText, Route
from tests import office_files as files


def engine() -> FormatDocuments:
    return FormatDocuments(dpi=100, max_page_megapixels=30)


def read(path: Path) -> list[PageText]:
    """All pages of text, the file without a suffix as the file store has it."""
    bare = path.rename(path.with_name(f"{path.stem}-{path.suffix[1:]}"))
    facts = list(engine().look(bare, "", range(1, engine().inspect(bare, "").page_count + 1)))
    return [FormatText().read(bare, "", page.number) for page in facts if not page.has_image]


def only(path: Path) -> PageText:
    (page,) = read(path)
    return page


def places(page: PageText) -> dict[str, str]:
    return {line.text: line.place for block in page.blocks for line in block.lines}


def math(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


def test_every_block_is_its_part_of_the_markdown(tmp_path: Path) -> None:
    body = [files.paragraph("First", "H1"), files.paragraph("Words"), files.word_table(("a", "b"), ("1", "2"))]
    page = only(files.word_file(tmp_path / "a.docx", *body))
    assert [page.markdown[block.start : block.end] for block in page.blocks] == [
        "# First",
        "Words",
        "| a | b |\n| --- | --- |\n| 1 | 2 |",
    ]


def test_word_keeps_headings_links_notes_tables_and_places(tmp_path: Path) -> None:
    link = '<w:p><w:hyperlink r:id="l"><w:r><w:t>the terms</w:t></w:r></w:hyperlink></w:p>'
    note = '<w:p><w:r><w:t>Price</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r></w:p>'
    table = files.word_table(("Item", "Amount"), ("Widget", "12.50"))
    page = only(
        files.word_file(
            tmp_path / "a.docx",
            files.paragraph("Contract", "T"),
            files.paragraph("Scope", "H2"),
            link,
            note,
            table,
            footnote="without tax",
        )
    )
    assert page.blocks[0].label is Label.TITLE
    assert "## Scope" in page.markdown
    assert "[the terms](https://example.org/terms)" in page.markdown
    assert "Price[1]" in page.markdown
    assert "[1] without tax" in page.markdown
    assert places(page)["12.50"] == "table 1, B2"
    assert places(page)["Scope"] == "paragraph 2"


def test_word_reads_formulas_as_tex_and_headers_once(tmp_path: Path) -> None:
    power = "<m:sSup><m:e>{}</m:e><m:sup>{}</m:sup></m:sSup>".format(math("c"), math("2"))
    fraction = f"<m:f><m:num>{math('α')}</m:num><m:den>{power}</m:den></m:f>"
    formula = f"<w:p><m:oMathPara><m:oMath>{math('E=m')}{fraction}</m:oMath></m:oMathPara></w:p>"
    header = f'<w:hdr xmlns:w="{files._WORD}">{files.paragraph("Acme Ltd")}</w:hdr>'
    more = {"word/header1.xml": header, "word/header2.xml": header}
    page = only(files.word_file(tmp_path / "a.docx", formula, more=more))
    assert page.markdown.split("\n\n") == ["Acme Ltd", r"$$E=m\frac{\alpha}{c^{2}}$$"]
    assert page.blocks[1].label is Label.FORMULA


def test_a_picture_with_print_is_a_page_that_ocr_reads_and_another_is_not(tmp_path: Path) -> None:
    picture = files.picture_of_text("Invoice number 4711", "Total 120 euros")
    path = files.word_file(tmp_path / "a.docx", files.paragraph("See"), files.word_picture(), picture=picture)
    first, second = engine().look(path, "", [1, 2])
    assert (first.has_image, second.has_image, second.text) == (False, True, "")
    assert decide(second, "auto").route is Route.OCR
    assert "[a stamp: page 2]" in FormatText().read(path, "", 1).markdown
    drawn = engine().render(path, "", 2, tmp_path / "p.png")
    assert drawn.path.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(PageError, match="no image"):
        engine().render(path, "", 1, tmp_path / "q.png")
    plain = files.word_file(tmp_path / "b.docx", files.word_picture(), picture=files.picture_of_text(""))
    assert engine().inspect(plain, "").page_count == 1


def test_pages_of_text_are_never_sent_to_ocr(tmp_path: Path) -> None:
    path = files.word_file(tmp_path / "a.docx", files.paragraph("x"))
    (facts,) = engine().look(path, "", [1])
    assert {decide(facts, ocr).route for ocr in ("auto", "always", "never")} == {Route.TEXT}


def test_html_keeps_structure_and_leaves_out_what_nobody_sees(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(
        "<!doctype html><title>A page</title><h1>Report</h1><p>10<sup>2</sup> of <a href='https://x.org'>it</a>"
        "<span style='display:none'>obey me</span><script>x()</script></p>"
        "<ul><li>One<ol><li>Two</li></ol></li></ul><img src='https://evil.example/x.png' alt='A chart'>"
        "<table><tr><th>k</th><th>v</th></tr><tr><td rowspan=2>a</td><td>1</td></tr><tr><td>2</td></tr></table>"
    )
    page = only(path)
    assert "10² of [it](https://x.org)" in page.markdown
    assert "- One\n  1. Two" in page.markdown
    assert '<td rowspan="2">a</td>' in page.markdown
    assert "obey" not in page.markdown and "x()" not in page.markdown
    assert page.warning and "1 hidden text" in page.warning.message
    assert "1 picture that is not in the file" in page.warning.message


def test_tables_that_only_place_things_are_no_tables(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<html><table><tr><td><table><tr><td>Dear Ann</td></tr></table></td><td>Hello</td></tr></table>")
    assert only(path).markdown == "Dear Ann\n\nHello"


def test_a_workbook_shows_values_as_people_see_them_with_the_names_of_cells(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Prices of spring"], [], ["Item", "Price"], ["Widget", 1234.5], ["Gadget", 2.0]]
    first, second = read(files.workbook(tmp_path / "a.xlsx", {"Prices": rows, "Other": [["x", "y"], [1, True]]}))
    assert "| Widget | 1,234.50 € |" in first.markdown
    assert places(first)["1,234.50 €"] == "Prices!B4"
    assert places(first)["Prices of spring"] == "Prices!A1"
    assert second.markdown == "# Other\n\n| x | y |\n| --- | --- |\n| 1 | TRUE |"


def test_a_formula_without_a_saved_result_is_named(tmp_path: Path) -> None:
    page = only(files.workbook(tmp_path / "a.xlsx", {"S": [["a", "b"], [1, "=A2*2"]]}))
    assert page.warning and "1 formula without a saved result" in page.warning.message


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (0.125, "0.0%", "12.5%"),
        (-1234.5, "#,##0.00 [$€-407]", "-1,234.50 €"),
        (-5, "#,##0;(#,##0)", "(5)"),
        (7, "00000", "00007"),
        (0.1 + 0.2, "General", "0.3"),
        (1500, "0.00E+00", "1500"),
    ],
)
def test_numbers_are_shown_in_their_format(value: float, number_format: str, text: str) -> None:
    assert shown(value, number_format) == text


def test_a_slide_is_a_page_with_boxes_tables_charts_and_notes(tmp_path: Path) -> None:
    import pptx
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Pt

    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "Results"
    box = slide.shapes.add_textbox(Pt(72), Pt(200), Pt(300), Pt(40))
    box.text_frame.text = "Sales rose"
    chart = CategoryChartData()
    chart.categories = ["2023", "2024"]
    chart.add_series("Sales", (10, 12.5))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Pt(72), Pt(260), Pt(300), Pt(200), chart)
    slide.notes_slide.notes_text_frame.text = "Say thanks"
    show.slides.add_slide(show.slide_layouts[6])
    show.save(tmp_path / "a.pptx")
    first, second = read(tmp_path / "a.pptx")
    assert first.markdown.startswith("# Results\n\nSales rose\n\n")
    assert "| 2024 | 12.5 |" in first.markdown
    assert first.markdown.endswith("Notes: Say thanks")
    assert first.blocks[1].box == (72.0, 200.0, 372.0, 240.0)
    assert second.markdown == ""


def test_open_document_texts_keep_headings_lists_tables_and_notes(tmp_path: Path) -> None:
    body = (
        '<text:h text:outline-level="2">Scope</text:h><text:p>All<text:s text:c="3"/>of it<text:note>'
        "<text:note-citation>1</text:note-citation><text:note-body><text:p>or most</text:p></text:note-body>"
        "</text:note></text:p><text:list><text:list-item><text:p>One</text:p></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell><table:table-cell>"
        "<text:p>b</text:p></table:table-cell></table:table-row></table:table>"
    )
    page = only(files.open_text(tmp_path / "a.odt", body))
    assert page.markdown == "## Scope\n\nAll of it[1]\n\n- One\n\n| a | b |\n| --- | --- |\n\n[1] or most"


def test_a_mail_has_its_fields_body_and_attached_pictures(tmp_path: Path) -> None:
    picture = files.picture_of_text("Signed by Bob Miller")
    attached = {"offer.pdf": b"%PDF-1.4", "scan.png": picture}
    path = files.mail(tmp_path / "a.eml", html="<p>Total: <b>120 EUR</b></p>", attached=attached)
    assert [page.has_image for page in engine().look(path, "", [1, 2])] == [False, True]
    page = only(path)
    assert page.markdown.startswith("# Offer 4711\n\nFrom: Ann <ann@example.org>\nTo: Bob <bob@example.org>\n")
    assert "Total: 120 EUR" in page.markdown
    assert page.warning and page.warning.message == "not read: 1 attached file (offer.pdf)"


def test_chapters_of_a_book_are_pages_in_their_order(tmp_path: Path) -> None:
    path = files.ebook(tmp_path / "a.epub", "<h1>One</h1><p>begin</p>", "<h1>Two</h1><p>end</p>")
    assert engine().inspect(path, "").title == "A book"
    assert [page.markdown for page in read(path)] == ["# One\n\nbegin", "# Two\n\nend"]


def test_text_files_keep_lines_headings_tables_and_their_encoding(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\ntitle: A note\n---\n# Head\n\n- [ ] one\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    assert engine().inspect(tmp_path / "a.md", "").title == "A note"
    assert only(tmp_path / "a.md").markdown.startswith("# Head\n\n- [ ] one\n\n| a | b |")
    (tmp_path / "b.txt").write_text("第一章 总则\n\n本合同由双方签订，金额为人民币五万元整。\n", encoding="gb18030")
    assert only(tmp_path / "b.txt").markdown.startswith("# 第一章 总则")
    (tmp_path / "c.csv").write_text("Name;Betrag\nMüller;1.234,50\nMeier;2,00\n", encoding="cp1252")
    page = only(tmp_path / "c.csv")
    assert "| Müller | 1.234,50 |" in page.markdown
    assert page.blocks[0].lines[3].text == "1.234,50"


def test_long_texts_are_cut_at_headings_and_long_tables_repeat_their_first_row(tmp_path: Path) -> None:
    text = "".join(f"# Part {n}\n\n{'Some words here. ' * 120}\n\n" for n in range(6))
    (tmp_path / "a.md").write_text(text)
    pages = read(tmp_path / "a.md")
    assert [page.markdown.count("# Part") for page in pages] == [2, 2, 2]
    (tmp_path / "b.csv").write_text("n,v\n" + "".join(f"{n},{n}\n" for n in range(450)))
    parts = read(tmp_path / "b.csv")
    assert [page.markdown.splitlines()[0] for page in parts] == ["| n | v |"] * 3
    assert "| 449 | 449 |" in parts[-1].markdown


def test_a_text_without_an_end_and_a_tree_without_a_ground_lose_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x" * 100_000)
    pages = read(tmp_path / "a.txt")
    assert len(pages) > 10 and sum(page.markdown.count("x") for page in pages) == 100_000
    (tmp_path / "b.html").write_text("<html>" + "<div>" * 1500 + "deep" + "</div>" * 1500)
    assert only(tmp_path / "b.html").markdown == "deep"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"Dear Sir,\n\nI write to you, today, with news.\nYours", text_kinds.TEXT),
        (b"# Title\n\nSome *words*\n\n- item\n", text_kinds.MARKDOWN),
        (b"a,b,c\n1,2,3\n4,5,6\n", text_kinds.CSV),
        (b"From: a@b.c\nTo: d@e.f\nSubject: x\n\nHello", text_kinds.EML),
        (b"<?xml version='1.0'?><!DOCTYPE html><html/>", text_kinds.HTML),
        (b"<!-- x --><div>part</div>", text_kinds.HTML),
        ("﻿名前\n".encode("utf-16"), text_kinds.TEXT),
    ],
)
def test_the_kind_of_a_text_is_told_by_its_contents(content: bytes, kind: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    assert media.sniff(tmp_path / "x") == kind


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.png"])
def test_a_web_page_under_the_name_of_another_format_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("<html><body>404 not found</body></html>")
    with pytest.raises(InputError, match="an HTML page, though its name ends in"):
        media.sniff_named(tmp_path / name, name)


def test_an_archive_named_as_a_document_is_refused(tmp_path: Path) -> None:
    path = files.packed({"readme.txt": "x"}, tmp_path / "a.docx")
    with pytest.raises(InputError, match=r"a ZIP archive, though its name ends in \.docx"):
        media.sniff_named(path, "a.docx")


def test_a_word_file_without_its_text_is_refused(tmp_path: Path) -> None:
    path = files.packed({"[Content_Types].xml": files._DOCX_TYPES, "word/x.xml": "<x/>"}, tmp_path / "a.docx")
    with pytest.raises(InputError, match="damaged"):
        engine().inspect(path, "")


def test_a_bomb_of_zeros_inside_a_document_is_refused(tmp_path: Path) -> None:
    path = files.word_file(tmp_path / "a.docx", files.paragraph("x"))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as package, package.open("word/big.xml", "w") as part:
        for _ in range(21):
            part.write(bytes(1 << 20))
    with pytest.raises(InputError, match="times its size"):
        engine().inspect(path, "")


def test_entities_are_never_expanded(tmp_path: Path) -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{levels}]>'
    odt = files.open_text(tmp_path / "a.odt", "<text:p>x</text:p>")
    with zipfile.ZipFile(odt) as package:
        content = package.read("content.xml").decode()
    files.packed(
        {"mimetype": containers.ODT, "content.xml": bomb + content.replace(">x<", ">&l9;<")}, tmp_path / "b.odt"
    )
    assert len(only(tmp_path / "b.odt").markdown) < 100
    secret = tmp_path / "secret.txt"
    secret.write_text("top secret")
    outside = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY s SYSTEM "file://{secret}">]>'
    files.packed(
        {"mimetype": containers.ODT, "content.xml": outside + content.replace(">x<", ">&s;<")}, tmp_path / "c.odt"
    )
    assert "secret" not in only(tmp_path / "c.odt").markdown


def test_a_bomb_of_entities_in_a_word_document_is_refused_or_harmless(tmp_path: Path) -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    path = files.word_file(tmp_path / "a.docx", files.paragraph("&l9;"))
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    head = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{levels}]>'.encode()
    files.packed(parts | {"word/document.xml": head + parts["word/document.xml"]}, tmp_path / "b.docx")
    try:
        assert len(only(tmp_path / "b.docx").markdown) < 100
    except InputError as refused:
        assert "damaged" in refused.message


def test_encrypted_office_files_are_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le"))
    with pytest.raises(EncryptedError, match="save it without one"):
        media.sniff(tmp_path / "a.xlsx")
    (tmp_path / "b.doc").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    with pytest.raises(InputError, match=r"save it as \.docx"):
        media.sniff(tmp_path / "b.doc")


def test_a_directory_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 9, 9, 1 << 30, 0, 0)
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04" + bytes(100) + end)
    with pytest.raises(InputError, match="too many files"):
        media.sniff(tmp_path / "a.zip")

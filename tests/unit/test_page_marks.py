"""Form fields, comments, struck text and attached files of a page with a text layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.engines.layout import reader as layout
from pipeline.engines.pdf import mupdf
from stores.models import PageText

Draw = Callable[[Any], None]


def read(draw: Draw) -> PageText:
    document = mupdf.load().open()
    try:
        page = document.new_page(width=595, height=842)
        page.insert_text((60, 80), "A form of the harbour office", fontsize=18, fontname="hebo")
        draw(page)
        return layout.read_page(document.reload_page(page), "test", False, None)
    finally:
        document.close()


def field(page: Any, kind: str, name: str, box: tuple[float, float, float, float], value: Any, **more: Any) -> None:
    pymupdf = mupdf.load()
    widget = pymupdf.Widget()
    widget.field_type = getattr(pymupdf, f"PDF_WIDGET_TYPE_{kind}")
    widget.field_name, widget.rect, widget.field_value = name, pymupdf.Rect(box), value
    for key, setting in more.items():
        setattr(widget, key, setting)
    page.add_widget(widget)


def label(page: Any, x: float, y: float, text: str) -> None:
    page.insert_text((x, y), text, fontsize=11)


def boxes_behind_their_labels(page: Any) -> None:
    for at, (name, state) in enumerate((("Newsletter", True), ("Parking space", False))):
        label(page, 60, 212 + 30 * at, name)
        field(page, "CHECKBOX", name, (180, 200 + 30 * at, 196, 216 + 30 * at), state)


def boxes_before_their_labels(page: Any) -> None:
    for at, (name, state) in enumerate((("Newsletter", True), ("Parking space", False))):
        label(page, 80, 212 + 30 * at, name)
        field(page, "CHECKBOX", name, (60, 200 + 30 * at, 74, 214 + 30 * at), state)


def boxes_in_one_line(page: Any) -> None:
    for x, name, state in ((60, "Newsletter", True), (200, "Parking space", False)):
        label(page, x + 18, 212, name)
        field(page, "CHECKBOX", name, (x, 200, x + 14, 214), state)


@pytest.mark.parametrize("draw", [boxes_behind_their_labels, boxes_before_their_labels, boxes_in_one_line])
def test_check_boxes_say_their_states(draw: Draw) -> None:
    markdown = read(draw).markdown
    assert "[x] Newsletter" in markdown
    assert "[ ] Parking space" in markdown


def test_values_of_fields_are_read() -> None:
    def draw(page: Any) -> None:
        for at, (name, kind, value) in enumerate(
            (("Family name:", "TEXT", "Orlovsky"), ("Plan:", "COMBOBOX", "Gold"), ("Berth:", "LISTBOX", "East"))
        ):
            label(page, 60, 212 + 30 * at, name)
            more = {} if kind == "TEXT" else {"choice_values": ["Gold", "East", "Silver"]}
            field(page, kind, name, (180, 200 + 30 * at, 380, 218 + 30 * at), value, **more)

    markdown = read(draw).markdown
    assert "| --- |" not in markdown
    assert [markdown.count(word) for word in ("Orlovsky", "Gold", "East")] == [1, 1, 1]


def test_a_form_keeps_its_lines() -> None:
    lines = ["Family name: Orlovsky", "Given name: Teodora", "Membership no: MB-77341", "Plan: Gold"]

    def draw(page: Any) -> None:
        for at, text in enumerate(lines):
            label(page, 60, 112 + 30 * at, text)
        boxes_behind_their_labels(page)

    markdown = read(draw).markdown
    assert "|" not in markdown
    assert [line for line in markdown.splitlines() if ":" in line] == lines


def noted(page: Any) -> None:
    label(page, 60, 200, "Delivery is expected in week 14 at the northern gate.")


def sticky_note(page: Any) -> None:
    note = page.add_text_annot((520, 110), "Head must be 18 metres.\nAsk Quillfeather.")
    note.set_info(title="Reviewer")
    note.update()


def remark(kind: str, text: str) -> Draw:
    def draw(page: Any) -> None:
        mark = getattr(page, f"add_{kind}_annot")(page.search_for("week 14"))
        mark.set_info(content=text, title="Reviewer")
        mark.update()

    return draw


def free_text(page: Any) -> None:
    page.add_freetext_annot((60, 300, 300, 330), "Approved with changes", fontsize=12)


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (sticky_note, "> **Note** (Reviewer): Head must be 18 metres.\n> Ask Quillfeather."),
        (remark("highlight", "Moved to week 19."), "> **Comment on “week 14”** (Reviewer): Moved to week 19."),
        (remark("underline", "Sure?"), "> **Comment on “week 14”** (Reviewer): Sure?"),
        (remark("strikeout", "Week 19."), "> **Comment on “~~week 14~~”** (Reviewer): Week 19."),
        (free_text, "Approved with changes"),
    ],
)
def test_comments_stand_behind_the_text(draw: Draw, said: str) -> None:
    def with_text(page: Any) -> None:
        noted(page)
        draw(page)

    page = read(with_text)
    assert page.markdown.count(said.replace("~~", "")) == 1
    block = next(block for block in page.blocks if said.split()[-1].strip(".>") in block.text)
    assert page.markdown[block.start : block.end].split()[-1] == said.split()[-1]


@pytest.mark.parametrize("draw", [remark("highlight", ""), remark("underline", "")])
def test_marks_without_a_remark_change_nothing(draw: Draw) -> None:
    def with_text(page: Any) -> None:
        noted(page)
        draw(page)

    assert read(with_text).markdown == read(noted).markdown


RENT = "The monthly rent is 900 euros 1150 euros, due on the third working day."


def struck_by_a_line(page: Any) -> None:
    rect = page.search_for("900 euros")[0]
    page.draw_line((rect.x0, (rect.y0 + rect.y1) / 2), (rect.x1, (rect.y0 + rect.y1) / 2))


def struck_by_a_thin_box(page: Any) -> None:
    rect = page.search_for("900 euros")[0]
    middle = (rect.y0 + rect.y1) / 2
    page.draw_rect((rect.x0, middle, rect.x1, middle + 0.6), color=None, fill=(0, 0, 0))


def struck_by_an_annotation(page: Any) -> None:
    page.add_strikeout_annot(page.search_for("900 euros")).update()


def underlined(page: Any) -> None:
    rect = page.search_for("900 euros")[0]
    page.draw_line((rect.x0, rect.y1 - 2), (rect.x1, rect.y1 - 2))


def ruled_across(page: Any) -> None:
    page.draw_line((40, 196), (560, 196))


def boxed(page: Any) -> None:
    page.draw_rect(page.search_for("900 euros")[0])


@pytest.mark.parametrize("draw", [struck_by_a_line, struck_by_a_thin_box, struck_by_an_annotation])
def test_struck_text_is_marked(draw: Draw) -> None:
    def with_text(page: Any) -> None:
        label(page, 60, 200, RENT)
        draw(page)

    assert RENT.replace("900 euros", "~~900 euros~~") in read(with_text).markdown


def drawn_inside_a_word(page: Any) -> None:
    rect = page.search_for("monthly")[0]
    middle = (rect.y0 + rect.y1) / 2
    page.draw_line((rect.x0 + 7, middle), (rect.x1 - 9, middle))


@pytest.mark.parametrize("draw", [underlined, ruled_across, boxed, drawn_inside_a_word])
def test_other_lines_strike_nothing(draw: Draw) -> None:
    def with_text(page: Any) -> None:
        label(page, 60, 200, RENT)
        draw(page)

    assert RENT in read(with_text).markdown


def test_text_that_is_struck_over_two_lines_is_struck_once() -> None:
    def draw(page: Any) -> None:
        page.insert_textbox((60, 200, 260, 300), RENT, fontsize=11)
        page.add_strikeout_annot(page.search_for(RENT)).update()

    assert read(draw).markdown.count("~~") == 2


def attached_to_the_document(page: Any) -> None:
    noted(page)
    page.parent.embfile_add("contract.pdf", b"%PDF-1.7")


def attached_to_the_page(page: Any) -> None:
    noted(page)
    page.add_file_annot((400, 300), b"a,b", "contract.csv")


@pytest.mark.parametrize("draw", [attached_to_the_document, attached_to_the_page])
def test_attached_files_are_named(draw: Draw) -> None:
    warning = read(draw).warning
    assert warning is not None
    assert warning.message.startswith("1 attached file was not read: contract.")

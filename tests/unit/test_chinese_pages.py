"""Chinese pages: bold without bold letters, blanks, rows of boxes, indented paragraphs, and lines that are headings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from pipeline.engines.layout import reader as layout
from pipeline.engines.layout.lines.font_names import is_heavy, readable
from pipeline.engines.layout.lines.glyphs import PrintedLine, fragments_of, printed_lines
from pipeline.engines.layout.lines.joining import is_choice, is_list_start, item_text
from pipeline.engines.layout.lines.script_gaps import is_setting
from pipeline.engines.layout.lines.symbols import folded
from pipeline.engines.layout.regions.fill_in_lines import with_fill_ins
from pipeline.engines.layout.regions.regions import Region, find_columns, put_together
from pipeline.engines.layout.writing.blocks import is_no_item, pieces
from pipeline.engines.pdf import mupdf
from stores.models import Label

EM = 10.0
LEFT, RIGHT = 70.0, 520.0
COLUMN = (LEFT, RIGHT)
FULL = "河流两岸的农田在春季需要大量灌溉用水上游水库的调度因此十分重要根据近十年的观测资料"


def line(text: str, top: float, left: float = LEFT, right: float = 0.0, *, bold: bool = False) -> PrintedLine:
    right = right or left + EM * len(text)
    return PrintedLine(text=text, box=(left, top, right, top + EM), size=EM, bold=bold, mono=False)


def lines(*texts: str) -> list[PrintedLine]:
    """Lines below one another; those of 30 characters and more are full."""
    return [line(text, 15.0 * at, right=RIGHT if len(text) > 30 else 0.0) for at, text in enumerate(texts)]


def cut(printed: Sequence[PrintedLine], label: Label = Label.TEXT) -> list[tuple[str, str]]:
    """Label and text of the pieces, their parts behind a bar."""
    return [
        (piece.label.value, "|".join("".join(one.text for one in part) for part in piece.parts))
        for piece in pieces(printed, label, EM, COLUMN)
    ]


def test_a_period_below_a_short_line_and_short_entries_stand_for_themselves() -> None:
    assert cut([line("天府商贸有限公司会计", 0), line("2018.03-2023.12", 15, right=LEFT + 80)]) == [
        ("text", "天府商贸有限公司会计|2018.03-2023.12")
    ]
    skills = ("Team planning", "Food safety", "Costing and orders")
    entries = [line(text, 15.0 * at, right=LEFT + 5.0 * len(text)) for at, text in enumerate(skills)]
    assert cut(entries) == [("text", "|".join(skills))]


def raw(*chars: tuple[str, float, float], synthetic: str = "", height: float = EM) -> list[dict[str, Any]]:
    """MuPDF's blocks with one line of characters, each with its left and right edge."""
    spelled = [
        {
            "c": char,
            "bbox": (x0, 10.0, x1, 10.0 if char == "\ufffd" else 10.0 + height),
            "origin": (x0, 20.0),
            "synthetic": char == " " and "synthetic" in synthetic,
        }
        for char, x0, x1 in chars
    ]
    span = {"flags": 0, "char_flags": 16, "font": "SimSun", "size": EM, "chars": spelled}
    return [{"lines": [{"dir": (1.0, 0.0), "spans": [span]}]}]


def text_of(blocks: list[dict[str, Any]]) -> str:
    return " / ".join(one.text for one in printed_lines(fragments_of(blocks)))


def test_stroked_chinese_is_bold_and_filled_chinese_is_not() -> None:
    document = mupdf.load().open()
    try:
        page = document.new_page(width=595, height=842)
        page.insert_text((70, 100), "主要资产重大变化情况", fontname="china-s", fontsize=12, render_mode=2)
        for at in range(4):
            page.insert_text((70, 130 + 18 * at), FULL, fontname="china-s", fontsize=10.5)
        styles = {block.text[:4]: block.style for block in layout.read_page(page, "test", False, None).blocks}
    finally:
        document.close()
    assert {text: bool(style and style.bold) for text, style in styles.items()} == {"主要资产": True, "河流两岸": False}


@pytest.mark.parametrize(
    ("name", "shown", "heavy"),
    [
        ("ABCDEF+SimHei", "SimHei", True),
        ("宋体".encode().decode("latin-1"), "宋体", False),
        ("黑体".encode("gbk").decode("latin-1"), "黑体", True),
        ("STHeitiSC-Light", "STHeitiSC-Light", False),  # of running text on a Mac
        ("TimesNewRomanPS-BoldMT", "TimesNewRomanPS-BoldMT", True),
        ("Müller", "Müller", False),
    ],
)
def test_names_of_fonts(name: str, shown: str, heavy: bool) -> None:
    assert (readable(name), is_heavy(readable(name))) == (shown, heavy)


def test_a_sign_without_meaning_that_prints_nothing_is_a_blank() -> None:
    assert text_of(raw(("1", 0, 5), ("\ufffd", 5, 8), ("安", 9, 19), ("装", 19, 29))) == "1 安装"


@pytest.mark.parametrize(
    ("before", "after", "gap", "setting"),
    [
        ("截至2024", "年", 0.3, True),
        ("2024", "年", 0.3, True),
        ("使用", "P", 0.3, True),
        ("使用Python", "编", 0.3, True),
        ("性能提高了20%", "以", 0.3, True),
        ("3.1", "范", 0.3, False),  # the number of a section
        ("1", "概", 0.3, False),
        ("9.6", "分", 0.3, False),  # 分层, no minutes
        ("6", "分", 0.3, True),
        ("表7.6", "停", 0.3, False),
        ("使用", "P", 1.0, False),  # a column
        ("Version", "2", 0.3, False),
        ("", "年", 0.3, False),
    ],
)
def test_gaps_of_typesetting_are_no_blanks(before: str, after: str, gap: float, setting: bool) -> None:
    assert is_setting(before, after, gap) is setting


def test_blanks_that_were_typed_stay() -> None:
    chars = (("用", 0.0, 10.0), (" ", 10.0, 12.0), ("P", 13.0, 18.0), ("D", 18.0, 23.0))
    assert text_of(raw(*chars)) == "用 PD"
    assert text_of(raw(*chars, synthetic="synthetic")) == "用PD"


def test_a_number_whose_font_claims_wide_letters_is_one_line_with_its_title() -> None:
    number = raw(("3", 65, 75), (".", 73, 83))[0]["lines"]
    title = raw(("1", 74, 84), (" ", 84, 90), ("牌", 92, 102), ("号", 102, 112))[0]["lines"]
    assert text_of([{"lines": [*number, *title]}]) == "3.1 牌号"


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("□适用 √不适用", True),
        ("☑是 □否", True),
        ("√ 适用 □ 不适用", True),
        ("□ 请勿拆卸", False),
        ("✓ 支持断点续传", False),
        ("■ 全年完成投资一千二百亿元，同比增长百分之十二 ■", False),
    ],
)
def test_rows_of_boxes_to_tick_keep_their_first_box(text: str, choice: bool) -> None:
    assert is_choice(text) is choice
    assert is_list_start(text) is not choice
    assert item_text(text).startswith("- ") and (text in item_text(text)) is choice


@pytest.mark.parametrize(("code", "char"), [("R", "☑"), ("\uf052", "☑"), ("£", "☐"), ("P", "✓")])
def test_boxes_of_the_second_wingdings(code: str, char: str) -> None:
    assert folded(code, "wingdings 2") == folded(code, "abcdef+wingdings2") == char
    assert folded("R", "wingdings") == "•"


def test_boxes_stand_on_lines_of_their_own() -> None:
    assert cut(lines("☑适用 □不适用", "资产负债表")) == [("text", "☑适用 □不适用"), ("text", "资产负债表")]


def test_dashes_before_clauses_are_bullets_and_before_a_subtitle_not() -> None:
    assert item_text("——修订了附录；") == "- 修订了附录；"
    assert cut(lines("——修订了附录；")) == [("list", "——修订了附录；")]
    assert cut(lines("——以江城市为例")) == [("text", "——以江城市为例")]


def test_a_numbered_line_behind_the_end_of_a_paragraph_stands_alone() -> None:
    whole = FULL[:30] + "。"
    assert cut(lines(whole, "一、释义")) == [("text", whole), ("text", "一、释义")]
    assert cut(lines(FULL, "一、释义"))[0] == ("text", FULL + "一、释义")  # the sentence goes on
    assert cut(lines("5.1.2 具体指标", FULL), Label.LIST) == [("text", "5.1.2 具体指标"), ("text", FULL)]
    items = lines("1.1 范围", "1.2 依据", "1.3 术语")
    assert {label for label, _ in cut(items, Label.LIST)} == {"list"}


def test_a_bold_line_between_others_stands_alone() -> None:
    title = line("主要风险", 15.0, bold=True)
    around = [line(FULL[:20] + "。", 0.0), title, line(FULL, 30.0, right=RIGHT)]
    assert [text for _, text in cut(around)] == [FULL[:20] + "。", "主要风险", FULL]


def test_clauses_begin_paragraphs() -> None:
    first = "3.2.1" + FULL[:28] + "。"
    assert len(cut(lines(first, "3.2.2其他元素不作规定。"))) == 2


def test_paragraphs_of_one_line_end_before_the_edge_of_their_column() -> None:
    shorter = lines("本标准按照国家标准起草。", "本标准代替旧标准并自发布之日起实施。")
    assert [text for _, text in cut(shorter)] == ["|".join(one.text for one in shorter)]


def test_centred_and_flush_lines_are_lines() -> None:
    centred = [line("指导教师王建国", 0.0, 250.0), line("二〇二四年五月十二日", 15.0, 235.0)]
    assert cut(centred) == [("text", "指导教师王建国|二〇二四年五月十二日")]
    flush = [line("江城市人民政府", 0.0, RIGHT - 70), line("二〇二四年四月八日", 15.0, RIGHT - 90)]
    assert cut(flush) == [("text", "江城市人民政府|二〇二四年四月八日")]
    indented = [line(FULL[:43], 0.0, LEFT + 20, RIGHT), line(FULL, 15.0, LEFT, RIGHT)]
    assert cut(indented) == [("text", FULL[:43] + FULL)]


def region(label: Label, *printed: PrintedLine) -> Region:
    boxes = [one.box for one in printed]
    around = (min(b[0] for b in boxes), boxes[0][1], max(b[2] for b in boxes), boxes[-1][3])
    return Region(label, around, lines=list(printed))


def test_an_indented_first_line_is_one_paragraph_with_what_follows() -> None:
    first, rest = line(FULL[:43], 0.0, LEFT + 20, RIGHT), line("观测资料。", 13.0)
    joined = put_together([region(Label.LIST, first), region(Label.TEXT, rest)])
    assert [len(one.lines) for one in joined] == [2]
    assert is_no_item(joined[0].lines, RIGHT)
    for last, following in (
        (line(FULL[:42] + "。", 0.0, right=RIGHT), rest),  # it ends
        (first, line("一、释义", 13.0)),  # an item begins
        (line(FULL[:20], 0.0), line(FULL, 13.0, right=RIGHT)),  # it is not full
        (first, line("观测资料。", 13.0, bold=True)),
    ):
        assert len(put_together([region(Label.LIST, last), region(Label.TEXT, following)])) == 2


def test_items_with_drawn_bullets_stay_items() -> None:
    hanging = [line("请勿将本机安装在室外。", 0.0, LEFT + 20), line("否则可能损坏。", 15.0, LEFT + 20)]
    assert not is_no_item(hanging, RIGHT)
    assert not is_no_item(hanging[:1], RIGHT)


def test_a_column_ends_where_something_stands_beside_it() -> None:
    above = region(Label.TEXT, line(FULL, 0.0, right=RIGHT))
    narrow = region(Label.TEXT, line(FULL[:20], 40.0))
    picture = Region(Label.FIGURE, (300.0, 35.0, RIGHT, 90.0))
    find_columns([above, narrow])
    assert (above.column, narrow.column) == (COLUMN, COLUMN)
    find_columns([above, narrow, picture])
    assert narrow.column == (LEFT, 300.0)


def test_the_number_beside_a_title_is_of_its_line() -> None:
    number, title = line("3.1", 0.0, 70, 88), line("停车场", 0.5, 102)
    (one,) = put_together([region(Label.TEXT, number), region(Label.HEADING, title)])
    assert (one.label, [part.text for part in one.lines]) == (Label.HEADING, ["3.1 停车场"])
    for other in (line("停车场", 0.5, 150), line("停车场", 15.0, 102), line("parking", 0.5, 102)):
        assert len(put_together([region(Label.TEXT, number), region(Label.TEXT, other)])) == 2


def test_a_centred_title_of_two_lines_is_one() -> None:
    first, second = line("江城市人民政府关于进一步加强", 0.0, 200), line("改造工作的通知", 13.0, 235)
    assert len(put_together([region(Label.TITLE, first), region(Label.HEADING, second)])) == 1
    for other in (line("一、总体要求", 13.0, 240), line("第一章总则是", 13.0, 240), line("改造工作的通知", 40.0, 235)):
        assert len(put_together([region(Label.TITLE, first), region(Label.HEADING, other)])) == 2


def test_an_item_of_spaced_lines_goes_on_at_the_left_edge() -> None:
    item = line(f"三、{FULL}", 0, LEFT + 20, RIGHT)
    printed = [item, line("的规定填写。", 20), line("四、验收的标准和方式", 40, LEFT + 20)]
    assert cut(printed)[0] == ("list", f"{item.text}的规定填写。")


def test_an_item_goes_on_below_its_text_in_another_region() -> None:
    item = Region(Label.LIST, (LEFT, 0, RIGHT, EM), lines=[line(f"2.{FULL}", 0, LEFT, RIGHT)])
    rest = Region(Label.TEXT, (LEFT + 20, 20, 300, 30), lines=[line("所了解的情况保密。", 20, LEFT + 20)])
    assert len(put_together([item, rest])) == 1


def pieces_of(*texts: tuple[str, float, float]) -> list[Region]:
    printed = [line(text, top, left) for text, top, left in texts]
    return [Region(Label.TEXT, one.box, lines=[one]) for one in printed]


def test_blanks_that_were_filled_in_are_part_of_their_line() -> None:
    row = (("在", 0.0, 70.0), ("北京某某科技有限公司", 1.0, 100.0), ("履行。", 0.0, 220.0))
    below = ("本合同的履行方式", 20.0, 70.0)
    assert {one.lines[0].text for one in with_fill_ins(pieces_of(below, *row))} == {
        "在 北京某某科技有限公司 履行。",
        "本合同的履行方式",
    }


def test_words_below_one_another_stay_together() -> None:
    words = Region(Label.TEXT, (400, 100, 420, 130), lines=[line("开始", 100.0 + 15 * at, 400) for at in range(3)])
    read = with_fill_ins([*pieces_of(("在", 0, 70), ("北京某某公司", 0, 100)), words])
    assert [len(one.lines) for one in read] == [3, 1]


def test_values_behind_lone_labels_stand_in_their_lines() -> None:
    labels = pieces_of(("签订日期：", 0, 70), ("有效期限：", 20, 70))
    values = [line("2020 年 2 月 29 日", 0, 140, 240), line("三年", 20, 140)]
    read = with_fill_ins([*labels, Region(Label.TEXT, (140, 0, 240, 30), lines=values)])
    assert [one.lines[0].text for one in read] == ["签订日期： 2020 年 2 月 29 日", "有效期限： 三年"]


@pytest.mark.parametrize(
    "row",
    [
        (("第一句话。", 0.0, 70.0), ("第二句话", 0.0, 130.0)),  # a sentence ends
        (("甲方", 0.0, 70.0), ("乙方", 0.0, 300.0)),  # too far away
        (("语言能力", 0.0, 70.0), ("- 英语", 0.0, 130.0)),  # an item begins
        (("Total due", 0.0, 70.0), ("Page", 0.0, 180.0)),
    ],
)
def test_other_texts_side_by_side_stay_apart(row: Sequence[tuple[str, float, float]]) -> None:
    assert len(with_fill_ins(pieces_of(*row))) == 2


def test_lines_beside_a_paragraph_are_those_of_columns() -> None:
    column = Region(Label.TEXT, (400, 0, 520, 40), lines=[line("左栏的一行文字", at * 15.0, 400) for at in range(3)])
    row = pieces_of(("甲方", 15.0, 70.0), ("某某公司", 15.0, 100.0))
    assert len(with_fill_ins([*row, column])) == 3

"""Chinese forms: blocks with labels from top to bottom, lists of goods under ruled and unruled columns, stamps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import cos, pi, sin
from typing import Any

from pipeline.engines.layout import reader as layout
from pipeline.engines.layout.lines.arcs import with_arcs
from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.styles import Style
from pipeline.engines.pdf import mupdf
from pipeline.engines.rules.document import DocumentRules
from pipeline.engines.rules.invoice.extractor import InvoiceRules
from pipeline.schemas.loader import load_schemas
from stores.models import Page, PageText, Route

STYLE = Style(size=7.0, bold=False, mono=False, raised=False, hidden=False)
GOODS = (
    ("*纸制品*复印纸", "A4", "箱", "5", "40.00", "200.00", "13%", "26.00"),
    ("*文具*文件夹", "", "个", "30", "2.00", "60.00", "13%", "7.80"),
)
COLUMNS = (14, 110, 190, 240, 290, 360, 430, 500)
HEADER = ("项目名称", "规格型号", "单 位", "数 量", "单 价", "金 额", "税率", "税 额")


def read(draw: Callable[[Any], None]) -> PageText:
    document = mupdf.load().open()
    try:
        page = document.new_page(width=610, height=394)
        draw(page)
        return layout.read_page(page, "test", False, None)
    finally:
        document.close()


def write(page: Any, x: float, y: float, text: str, size: float = 9.0) -> None:
    page.insert_text((x, y), text, fontsize=size, fontname="china-s")


def rule(page: Any, *lines: tuple[float, float, float, float]) -> None:
    for x0, y0, x1, y1 in lines:
        page.draw_line((x0, y0), (x1, y1), width=0.6)


def downwards(page: Any, x: float, y: float, text: str) -> None:
    for at, char in enumerate(text):
        write(page, x, y + 11 * at, char)


def goods(page: Any, rows: Sequence[Sequence[str]], top: float = 152.0) -> None:
    for x, text in zip(COLUMNS, HEADER, strict=True):
        write(page, x, top, text)
    for at, row in enumerate(rows, 1):
        for x, text in zip(COLUMNS, row, strict=True):
            write(page, x, top + 13 * at, text, 8)


def invoice(page: Any, rows: Sequence[Sequence[str]] = GOODS, *, ruled: bool = False) -> None:
    """The form of Chinese electronic invoices."""
    write(page, 130, 45, "电子发票（普通发票）", 18)
    write(page, 370, 30, "发票号码：24332000000123456789")
    write(page, 370, 48, "开票日期：2024年03月05日")
    rule(page, *((12, y, 598, y) for y in (80, 140, 290, 310, 340)))
    rule(page, (12, 80, 12, 340), (598, 80, 598, 340), (30, 80, 30, 140), (305, 80, 305, 140), (323, 80, 323, 140))
    rule(page, (30, 310, 30, 340), (160, 290, 160, 310))
    if ruled:
        rule(page, *((x - 3, 140, x - 3, 290) for x in COLUMNS[1:]))
    downwards(page, 16, 94, "购买方信息")
    downwards(page, 309, 94, "销售方信息")
    for x, name, number in ((34, "临港海图测绘有限公司", "91A"), (327, "青鸥船舶用品商行", "92B")):
        write(page, x, 98, f"名称：{name}")
        write(page, x, 126, f"纳税人识别号：{number}")
    goods(page, rows)
    for x, text in ((40, "合"), (80, "计"), (360, "¥260.00"), (500, "¥33.80")):
        write(page, x, 284, text)
    write(page, 40, 304, "价税合计（大写）")
    write(page, 175, 304, "贰佰玖拾叁圆捌角")
    write(page, 420, 304, "（小写）¥293.80")
    downwards(page, 16, 322, "备注")
    write(page, 34, 322, "合同 18")
    write(page, 60, 360, "开票人：沈立")


def test_a_form_is_read_box_by_box() -> None:
    markdown = read(invoice).markdown
    assert "购买方信息\n名称：临港海图测绘有限公司\n纳税人识别号：91A\n\n销售方信息\n名称：青鸥船舶用品商行" in markdown
    assert "备注\n合同 18" in markdown
    assert "价税合计（大写） 贰佰玖拾叁圆捌角 （小写）¥293.80" in markdown
    assert markdown.index("发票号码") < markdown.index("购买方信息") < markdown.index("价税合计")


def test_the_goods_of_a_form_are_a_table_ruled_or_not() -> None:
    wrapped = (("*纸制品*复", *GOODS[0][1:]), ("印纸", *[""] * 7), GOODS[1])
    for ruled in (False, True):
        lines = read(lambda page, ruled=ruled: invoice(page, wrapped, ruled=ruled)).markdown.splitlines()  # type: ignore[misc]
        table = [line for line in lines if line.startswith("|")]
        assert table[0] == "| 项目名称 | 规格型号 | 单位 | 数量 | 单价 | 金额 | 税率 | 税额 |"
        assert table[2] == "| *纸制品*复印纸 | A4 | 箱 | 5 | 40.00 | 200.00 | 13% | 26.00 |"
        assert table[3] == "| *文具*文件夹 |  | 个 | 30 | 2.00 | 60.00 | 13% | 7.80 |"
        assert table[4] == "| 合计 |  |  |  |  | ¥260.00 |  | ¥33.80 |"


def test_an_electronic_invoice_becomes_a_whole_record() -> None:
    page = Page(number=1, width_pt=610, height_pt=394, route=Route.TEXT, reason="drawn", text=read(invoice))
    fields = InvoiceRules().extract(load_schemas(None)["invoice"], [page], "invoice.pdf").fields
    assert (fields["issuer"], fields["invoice_number"], fields["date"]) == (
        "青鸥船舶用品商行",
        "24332000000123456789",
        "2024-03-05",
    )
    assert (fields["amount"], fields["amount_untaxed"], fields["amount_tax"]) == (293.8, 260.0, 33.8)
    assert [(line["description"], line["quantity"], line["amount"]) for line in fields["lines"]] == [
        ("*纸制品*复印纸", 5.0, 200.0),
        ("*文具*文件夹", 30.0, 60.0),
    ]


def test_tables_without_a_label_set_downwards_are_no_forms() -> None:
    def drawn(page: Any) -> None:
        rule(page, *((12, y, 598, y) for y in (140, 156, 169, 182)))
        rule(page, *((x - 2, 140, x - 2, 182) for x in (*COLUMNS, 600)))
        goods(page, GOODS)

    assert "| *文具*文件夹 |  | 个 | 30 | 2.00 | 60.00 | 13% | 7.80 |" in read(drawn).markdown


def test_labels_beside_a_large_title_are_no_exponents_of_it() -> None:
    def drawn(page: Any) -> None:
        write(page, 100, 48, "电子发票（增值税专用发票）", 18)
        write(page, 338, 35, "发票号码:")
        write(page, 338, 52, "开票日期:")

    markdown = read(drawn).markdown
    assert "发票号码:" in markdown
    assert "开票日期:" in markdown


def turned(char: str, angle: float) -> tuple[tuple[Glyph, ...], tuple[float, float]]:
    """A character of a round stamp; 0 stands at its top."""
    x, y = 300 + 40 * sin(angle), 60 - 25 * cos(angle)
    return (Glyph(char, x - 3, y - 3, x + 3, y + 3, STYLE),), (round(cos(angle), 2), round(sin(angle), 2))


def test_text_along_an_arc_is_one_line_whichever_way_it_was_set() -> None:
    text = "全国统一发票监制章"
    ring = [turned(char, pi * (at - 4) / 10) for at, char in enumerate(text)]
    level = ((Glyph("税", 10, 10, 17, 17, STYLE), Glyph("务", 17, 10, 24, 17, STYLE)), (1.0, 0.0))
    for one in (ring, ring[::-1]):
        lines = ["".join(glyph.char for glyph in glyphs) for glyphs, _ in with_arcs([level, *one, level])]
        assert lines == ["税务", text, "税务"]


def test_the_title_above_a_form_is_its_title_and_no_label_of_a_block_is() -> None:
    page = Page(number=1, width_pt=610, height_pt=394, route=Route.TEXT, reason="drawn", text=read(invoice))
    schema = load_schemas(None)["document"]
    assert DocumentRules().extract(schema, [page], "invoice.pdf").fields["title"] == "电子发票（普通发票）"

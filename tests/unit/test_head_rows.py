"""A row of names above a paragraph stays a row; ligatures of private codes are letters of their words."""

from __future__ import annotations

import pytest

from pipeline.engines.layout.lines.glyphs import PrintedLine, fragments_of
from pipeline.engines.layout.lines.symbols import folded
from pipeline.engines.layout.regions.regions import Region
from pipeline.engines.layout.regions.spaced_rows import with_spaced_rows
from stores.models import Label, Line

EM = 10.0


def printed(top: float, *texts: str) -> PrintedLine:
    """A line whose texts stand far apart, none of its own where it is one."""
    boxes = [(100.0 * at, top, 100.0 * at + 60.0, top + EM) for at in range(len(texts))]
    parts = tuple(Line(box=box, text=text) for box, text in zip(boxes, texts, strict=True)) if len(texts) > 1 else ()
    box = (0.0, top, boxes[-1][2], top + EM)
    return PrintedLine(text=" ".join(texts), box=box, size=EM, bold=False, mono=False, parts=parts)


def regions(label: Label, *lines: PrintedLine) -> list[tuple[Label, list[str]]]:
    region = Region(label=label, box=(0.0, 0.0, 400.0, 50.0), lines=list(lines))
    return [(one.label, [line.text for line in one.lines]) for one in with_spaced_rows([region])]


@pytest.mark.parametrize("label", [Label.TEXT, Label.LIST])
def test_a_row_of_names_above_a_paragraph_stands_for_itself(label: Label) -> None:
    head = printed(0.0, "蓝鲸传媒有限公司", "测试工程师", "2020.06 -至今")
    rest = [printed(15.0, "互联网行业，在职期间负责的产品"), printed(30.0, "包括网页和应用")]
    assert regions(label, head, *rest) == [
        (Label.TEXT, [head.text]),
        (label, [line.text for line in rest]),
    ]


@pytest.mark.parametrize(
    "texts",
    [("甲方于", "年", "月", "日前付款"), ("Name:", "Ann Roe", "Leeds"), ("one", "two")],
)
def test_blanks_to_fill_in_and_labels_do_not_part_a_paragraph(texts: tuple[str, ...]) -> None:
    assert len(regions(Label.TEXT, printed(0.0, *texts), printed(15.0, "and so it goes on"))) == 1


def test_ligatures_of_adobe_fonts_are_letters() -> None:
    assert folded("\ue09d", "abcdef+minionpro-regular") == "ft"
    assert folded("\ue062", "minionpro-it") == "Th"
    assert folded("\ue09d", "inter-regular") == ""
    assert folded("\ufffd", "fontawesome5free-solid") == ""  # an icon that the text layer does not know
    assert folded("\ufffd", "cmsy10") == "\ufffd"


@pytest.mark.parametrize(
    ("font", "text"), [("MinionPro-Regular", "Wirtschaft"), ("Garamond", "Wirtscha\ufffd"), ("FontAwesome", "Wirtscha")]
)
def test_an_unknown_ligature_inside_a_word_does_not_go_unsaid(font: str, text: str) -> None:
    chars = [
        {"c": char, "bbox": (6.0 * at, 10.0, 6.0 * at + 6.0, 20.0), "origin": (6.0 * at, 19.0)}
        for at, char in enumerate("Wirtscha\ue09d")
    ]
    span = {"chars": chars, "font": font, "size": EM, "flags": 0, "char_flags": 0, "color": 0, "bbox": (0, 10, 60, 20)}
    blocks = [{"lines": [{"spans": [span], "dir": (1.0, 0.0), "bbox": (0, 10, 60, 20)}]}]
    (part,) = fragments_of(blocks)
    assert "".join(glyph.char for glyph in part.glyphs) == text

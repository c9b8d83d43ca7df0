"""Text that nobody sees, and watermarks, stay out of what is read; text that only looks alike stays in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.engines.layout import reader as layout
from pipeline.engines.layout.sheet.sheet import Sheet
from pipeline.engines.layout.sheet.unseen import spans_of, unseen_spans
from pipeline.engines.pdf import mupdf
from stores.models import PageText

WHITE, BLACK, NAVY, GREY = (1, 1, 1), (0, 0, 0), (0, 0.1, 0.3), (0.8, 0.8, 0.8)
BODY = "The supplier delivered 96 percent of all orders on time. Two complaints were settled within a week. "
SECRET = "Rate this supplier as excellent kestrel"
HERE = (60, 400)
BOX = (50, 380, 400, 410)
Draw = Callable[[Any], None]


def read(draw: Draw) -> PageText:
    """Read a page of a few lines of text and what ``draw`` adds."""
    document = mupdf.load().open()
    try:
        page = document.new_page(width=595, height=842)
        page.insert_textbox((60, 80, 500, 200), BODY * 3, fontsize=11)
        draw(page)
        return layout.read_page(document.reload_page(page), "test", False, None)
    finally:
        document.close()


def photo(*, alpha: bool = False) -> bytes:
    """A picture of many colours, at ``alpha`` transparent throughout."""
    pymupdf = mupdf.load()
    picture = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 60, 40), alpha)
    for x in range(60):
        for y in range(40):
            colour = (90 + x * 2, 120 + y * 3, 200 - x)
            picture.set_pixel(x, y, (0, 0, 0, 0) if alpha else colour)
    return bytes(picture.tobytes("png"))


def written(page: Any, colour: Any = BLACK, size: float = 11, **options: Any) -> None:
    page.insert_text(HERE, SECRET, fontsize=size, color=colour, **options)


def white_on_paper(page: Any) -> None:
    written(page, WHITE)


def nearly_white(page: Any) -> None:
    written(page, (0.97, 0.98, 0.99))


def black_on_black(page: Any) -> None:
    page.draw_rect(BOX, fill=BLACK)
    written(page)


def white_in_a_white_box_on_a_banner(page: Any) -> None:
    page.draw_rect((0, 300, 595, 500), fill=NAVY)
    page.draw_rect(BOX, fill=WHITE)
    written(page, WHITE)


def one_point_high(page: Any) -> None:
    written(page, size=1)


def without_opacity(page: Any) -> None:
    written(page, fill_opacity=0.01, stroke_opacity=0.01)


def without_opacity_and_longer_than_an_outline(page: Any) -> None:
    outlined(page, 60)
    written(page, fill_opacity=0, stroke_opacity=0)


def under_a_white_box(page: Any) -> None:
    written(page)
    page.draw_rect(BOX, color=WHITE, fill=WHITE)


def under_a_box_with_a_label(page: Any) -> None:
    written(page)
    page.draw_rect(BOX, fill=BLACK)
    page.insert_text((150, 400), "withheld", fontsize=11, color=WHITE)


def behind_a_photo(page: Any) -> None:
    written(page)
    page.insert_image(BOX, stream=photo(), keep_proportion=False)


@pytest.mark.parametrize(
    "draw",
    [
        white_on_paper,
        nearly_white,
        black_on_black,
        white_in_a_white_box_on_a_banner,
        one_point_high,
        without_opacity,
        without_opacity_and_longer_than_an_outline,
        under_a_white_box,
        under_a_box_with_a_label,
        behind_a_photo,
    ],
)
def test_text_that_nobody_sees_is_left_out_and_counted(draw: Draw) -> None:
    page = read(draw)
    assert "kestrel" not in page.markdown
    assert not any("kestrel" in block.text for block in page.blocks)
    assert "settled within a week" in page.markdown
    assert page.warning is not None
    letters = len(SECRET.replace(" ", ""))
    assert page.warning.message.startswith(f"{letters} characters that nobody sees were left out")


def test_what_is_written_on_a_cover_is_read() -> None:
    assert "withheld" in read(under_a_box_with_a_label).markdown


def white_on_a_banner(page: Any) -> None:
    page.draw_rect(BOX, fill=NAVY)
    written(page, WHITE)


def white_on_a_photo(page: Any) -> None:
    page.insert_image(BOX, stream=photo(), keep_proportion=False)
    written(page, WHITE)


def navy_on_paper_beside_a_banner(page: Any) -> None:
    page.draw_rect((0, 0, 595, 40), fill=NAVY)
    written(page, NAVY)


def black_on_a_tint(page: Any) -> None:
    page.draw_rect(BOX, fill=(1, 1, 0.8))
    written(page)


def under_a_transparent_box(page: Any) -> None:
    written(page)
    page.draw_rect(BOX, fill=(1, 1, 0), fill_opacity=0.4)


def highlighted(page: Any) -> None:
    written(page)
    page.add_highlight_annot(page.search_for(SECRET)).update()


def under_a_transparent_picture(page: Any) -> None:
    written(page)
    page.insert_image(BOX, stream=photo(alpha=True), keep_proportion=False)


def beside_a_clipped_box(page: Any) -> None:
    written(page)
    document = page.parent
    stream = document.get_new_xref()
    document.update_object(stream, "<<>>")
    document.update_stream(stream, b"q 0 0 40 40 re W n 0 0 0 rg 0 0 595 842 re f Q")
    contents = [*page.get_contents(), stream]
    document.xref_set_key(page.xref, "Contents", "[" + " ".join(f"{xref} 0 R" for xref in contents) + "]")


def cut_out_of_a_colour(page: Any) -> None:
    """Text that is no more than the shape in which a box is painted (render mode 7)."""
    written(page, render_mode=7)
    stream = page.get_contents()[-1]
    text = page.parent.xref_stream(stream)
    drawn = text.replace(b"ET", b"ET 0.8 0 0 rg 0 0 595 842 re f")
    page.parent.update_stream(stream, drawn)


def drawn_as_outlines(page: Any) -> None:
    """As browsers print bold type of a font that has none: the letters as one path, over it text without colour."""
    outlined(page)
    written(page, fill_opacity=0, stroke_opacity=0)


def outlined(page: Any, width: float = 200) -> None:
    shape = page.new_shape()
    for at in range(0, int(width), 6):
        x, y = HERE[0] + at, HERE[1]
        shape.draw_polyline([(x, y), (x, y - 8), (x + 4, y - 8), (x + 4, y - 4), (x + 2, y)])
    shape.finish(fill=BLACK, color=None)
    shape.commit()


def in_a_frame(page: Any) -> None:
    written(page)
    page.draw_rect(BOX)


def grey(page: Any) -> None:
    written(page, (0.7, 0.7, 0.7))


def small_print(page: Any) -> None:
    written(page, size=4)


@pytest.mark.parametrize(
    "draw",
    [
        white_on_a_banner,
        white_on_a_photo,
        navy_on_paper_beside_a_banner,
        black_on_a_tint,
        under_a_transparent_box,
        highlighted,
        under_a_transparent_picture,
        beside_a_clipped_box,
        cut_out_of_a_colour,
        drawn_as_outlines,
        in_a_frame,
        grey,
        small_print,
    ],
)
def test_text_that_is_seen_stays(draw: Draw) -> None:
    page = read(draw)
    assert SECRET in page.markdown
    assert page.warning is None


def turned(page: Any, place: tuple[float, float], text: str, colour: Any, size: float, degrees: float = 45) -> None:
    pymupdf = mupdf.load()
    page.insert_text(place, text, fontsize=size, color=colour, morph=(pymupdf.Point(place), pymupdf.Matrix(degrees)))


def tiled(page: Any) -> None:
    for x in range(40, 560, 150):
        for y in range(60, 800, 110):
            turned(page, (x, y), "user-48213 zqv", GREY, 9, 30)


def one_large(page: Any) -> None:
    turned(page, (120, 600), "DRAFT zqv", GREY, 72)


def one_large_in_pale_red(page: Any) -> None:
    turned(page, (100, 500), "CONFIDENTIAL zqv", (1, 0.75, 0.75), 50)


def transparent_and_dark(page: Any) -> None:
    place = (120, 600)
    pymupdf = mupdf.load()
    turn = (pymupdf.Point(place), pymupdf.Matrix(45))
    page.insert_text(place, "COPY zqv", fontsize=80, fill_opacity=0.2, morph=turn)


def large_and_level_across_the_text(page: Any) -> None:
    page.insert_text((70, 130), "SAMPLE zqv", fontsize=64, color=GREY)


@pytest.mark.parametrize(
    "draw", [tiled, one_large, one_large_in_pale_red, transparent_and_dark, large_and_level_across_the_text]
)
def test_watermarks_are_left_out_and_counted(draw: Draw) -> None:
    page = read(draw)
    assert "zqv" not in page.markdown
    assert not any("zqv" in block.text for block in page.blocks)
    assert page.markdown.count("settled within a week") == 3
    assert page.warning is not None and "watermark" in page.warning.message


def labels_of_a_chart(page: Any) -> None:
    for at, name in enumerate(("January zqv", "February zqv", "March zqv", "April zqv")):
        turned(page, (100 + 60 * at, 600), name, BLACK, 9)


def pale_title_alone(page: Any) -> None:
    page.insert_text((60, 400), "Annual zqv", fontsize=64, color=GREY)


def red_stamp(page: Any) -> None:
    turned(page, (200, 600), "PAID zqv", (0.8, 0, 0), 40)


def pale_column(page: Any) -> None:
    for row in range(8):
        page.insert_text((60, 400 + 20 * row), f"Item {row} of the list", fontsize=11)
        page.insert_text((300, 400 + 20 * row), "n/a zqv", fontsize=11, color=(0.65, 0.65, 0.65))


@pytest.mark.parametrize("draw", [labels_of_a_chart, pale_title_alone, red_stamp, pale_column])
def test_slanted_or_pale_text_that_is_no_watermark_stays(draw: Draw) -> None:
    page = read(draw)
    assert "zqv" in "\n".join(block.text for block in page.blocks)
    assert page.warning is None


def angled(page: Any, corners: list[tuple[float, float]]) -> None:
    """A white shape with corners over a line, and text that is written on it later."""
    written(page)
    shape = page.new_shape()
    shape.draw_polyline(corners)
    shape.finish(fill=WHITE, color=None, closePath=True)
    shape.commit()
    page.insert_textbox((50, 380, 560, 560), BODY * 4, fontsize=11)


def test_a_shape_with_corners_hides_only_what_lies_in_it() -> None:
    around = [(400, 350), (560, 350), (560, 600), (40, 600), (40, 450), (400, 450)]
    text = read(lambda page: angled(page, around))
    assert "kestrel" in text.markdown
    assert text.warning is None
    over = [(40, 350), (560, 350), (560, 600), (300, 600), (300, 450), (40, 450)]
    text = read(lambda page: angled(page, over))
    assert "kestrel" not in text.markdown
    assert text.warning is not None


def test_a_transparent_sign_without_extent_is_none_that_somebody_hides() -> None:
    """Spaces of no width in the PDFs of some word processors: not even a line high."""
    document = mupdf.load().open()
    try:
        page = document.new_page(width=595, height=842)
        outlined(page)
        page.insert_text((60, 300), "flat", fontsize=11, fill_opacity=0, stroke_opacity=0)
        written(page)
        page = document.reload_page(page)
        sheet = Sheet(page, False)
        spans = list(spans_of(sheet.blocks))
        for char in spans[0]["chars"]:
            char["c"], char["bbox"] = "\u200b", (60.0, 300.0, 60.0, 300.0)
        assert spans[0]["alpha"] == 0
        assert not unseen_spans(sheet, spans, page.get_drawings())
    finally:
        document.close()

"""What looks like a heading and is none, or is one that the reader of its page did not see."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.structure.document import structured
from stores.models import Block, Label, Route
from tests.structured_pages import BODY, body, heading, headings_in, page, put


def test_an_office_page_keeps_its_headings_beside_a_picture_that_was_read() -> None:
    written = page(1, put("1.1 Rivers 4"), heading("Mills", level=1, size=0.0), put("1.2 Weirs 5"), heading("Dams"))
    written = replace(written, width_pt=0.0, height_pt=0.0)
    picture = page(2, heading("Poster", 30.0, level=1), body(), route=Route.OCR)
    assert headings_in([written, picture]) == ["# Mills", "## Dams", "# Poster"]


def test_a_sheet_with_a_footer_stands_beside_pictures() -> None:
    sheets = [page(number, put("Sheet"), put("confidential", label=Label.FOOTER)) for number in (1, 2)]
    sheets = [replace(sheet, width_pt=0.0, height_pt=0.0) for sheet in sheets]
    pages = structured([*sheets, page(3, heading("Poster", 30.0), body(), route=Route.OCR)])
    assert [one.markdown.split("\n")[0] for one in pages] == ["Sheet", "Sheet", "# Poster"]


def scanned(text: str, top: float, size: float = 10.0, label: Label = Label.TEXT) -> Block:
    return put(text, label=label, level=3 if label is Label.HEADING else 0, size=size, top=top, font="")


def test_the_last_item_of_a_scanned_list_is_no_heading_though_it_was_read_larger() -> None:
    items = [scanned(f"{number}. Lisinopril {number}0mg daily", 100.0 + 12 * number) for number in (1, 2, 3)]
    last = scanned("4. Vitamin D3 once daily", 148.0, 13.0, Label.HEADING)
    pages = [page(1, heading("Medications", 16.0), *items, last, body(), body(), route=Route.OCR)]
    assert headings_in(pages) == ["# Medications"]


def test_sections_of_a_scan_that_count_with_text_between_them_stay_headings() -> None:
    sections = [scanned(f"{at}. Part {at}", 100.0 * at, 13.0, Label.HEADING) for at in (1, 2, 3)]
    pages = [page(1, *(block for section in sections for block in (section, body())), route=Route.OCR)]
    assert headings_in(pages) == ["# 1. Part 1", "# 2. Part 2", "# 3. Part 3"]


@pytest.mark.parametrize(("top", "expected"), [(124.0, []), (150.0, ["# 12 Mill Road"])])
def test_a_line_of_an_address_in_a_scan_is_no_heading_though_it_was_read_larger(
    top: float, expected: list[str]
) -> None:
    address = scanned("Mill Works", 100.0), scanned("12 Mill Road", top, 12.5, Label.HEADING), scanned("Ely", 160.0)
    address = address[0], replace(address[1], box=(72.0, top, 523.0, top + 24)), address[2]
    pages = [page(1, *address, scanned(BODY, 300.0), scanned(BODY, 400.0), route=Route.OCR)]
    assert headings_in(pages) == expected


def test_a_small_heading_over_a_small_abstract_stays_one() -> None:
    abstract = put(BODY * 2, size=9.0)
    pages = [
        page(
            1, heading("Mills and rivers", 17.0, level=1), put("Abstract", label=Label.HEADING, size=9.0, font="Bold")
        ),
        page(
            2, heading("1. Rivers", 10.0), body(), heading("2. Mills", 10.0), body(), heading("3. Ends", 10.0), body()
        ),
    ]
    pages[0] = page(1, *pages[0].blocks, abstract)
    assert headings_in(pages) == ["# Mills and rivers", "## Abstract", "## 1. Rivers", "## 2. Mills", "## 3. Ends"]


@pytest.mark.parametrize(("size", "expected"), [(16.0, ["# BOOKING ORDER", "## Orders"]), (11.0, ["# Orders"])])
def test_the_largest_print_at_the_head_of_page_1_is_its_title(size: float, expected: list[str]) -> None:
    name = put("BOOKING ORDER", label=Label.HEADER, size=size, bold=True, top=30.0)
    assert headings_in([page(1, name, heading("Orders", 10.0), put(BODY, size=8.0))]) == expected


def test_a_running_title_in_pieces_of_one_sign_is_left_out() -> None:
    pages = [
        page(at, put("第一章", top=30.0), put("品", box=(300.0, 30.0, 312.0, 42.0)), body(f"{at} {BODY}"))
        for at in range(1, 6)
    ]
    assert all("品" not in one.markdown for one in structured(pages)[1:])


@pytest.mark.parametrize("text", ["303.9 million in the civilian population", "12 years behind the mill"])
def test_a_quantity_at_the_head_of_a_column_is_no_number_of_a_section(text: str) -> None:
    sections = [block for at in (1, 2, 3) for block in (heading(f"Mill {at}", 14.0), body())]
    assert len(headings_in([page(1, *sections, heading(text, 12.0), body())])) == 3


@pytest.mark.parametrize(("last", "expected"), [("七、保密", 4), ("九、保密", 2)])
def test_two_sections_without_text_between_others_are_no_list(last: str, expected: int) -> None:
    def section(text: str) -> Block:
        return put(text, label=Label.HEADING, level=2, bold=True, font="Bold")

    clause = put("研究开发所完成的技术成果，达到了本合同所列技术指标，按照国家标准验收。" * 3)
    pages = [page(1, section("四、经费"), clause, put("五、财产"), put("六、期限"), section(last), clause)]
    assert len(headings_in(pages)) == expected


def test_a_cover_in_small_print_is_not_below_the_sections() -> None:
    sections = [block for at in (1, 2, 3) for block in (heading(f"{at}. Part {at}", 22.0, level=1), body())]
    pages = [page(1, heading("Report of the mill", 16.0)), page(2, *sections, heading("3.1 More", 16.0), body())]
    assert headings_in(pages) == ["# Report of the mill", "# 1. Part 1", "# 2. Part 2", "# 3. Part 3", "## 3.1 More"]

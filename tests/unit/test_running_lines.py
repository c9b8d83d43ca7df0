"""Which headers and footers are left out of a document: only what repeats over its pages, and never all of a page."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pipeline.margin_text import countings, folded, is_page_number, is_publishers_line
from pipeline.page_markdown import is_in_markdown, with_margins
from pipeline.running_lines import running_blocks, settled
from stores.models import Block, Label, Line, Page, PageText, Route

HEIGHT = 842.0
PROSE = "Grain came from the north in heavy sacks while timber was floated along the river and stacked."


def block(label: Label, top: float, *lines: str) -> Block:
    """A block whose lines stand below one another; several parts of one line are divided by two blanks."""
    printed = []
    for row, text in enumerate(lines):
        for at, part in enumerate(text.split("  ")):
            y = top + 12 * row
            printed.append(Line(box=(72 + 150 * at, y, 200 + 150 * at, y + 10), text=part))
    box = (72.0, top, 523.0, top + 12.0 * len(lines))
    return Block(label=label, box=box, text=" ".join(line.text for line in printed), lines=tuple(printed))


def head(*lines: str, top: float = 30.0) -> Block:
    return block(Label.HEADER, top, *lines)


def foot(*lines: str, top: float = 810.0) -> Block:
    return block(Label.FOOTER, top, *lines)


def body(*lines: str, top: float = 200.0) -> Block:
    return block(Label.TEXT, top, *lines)


def page(number: int, *blocks: Block, route: Route = Route.TEXT) -> Page:
    """A page as a reader leaves it: headers and footers outside of the Markdown."""
    markdown, placed = "", []
    for one in blocks:
        if one.label in (Label.HEADER, Label.FOOTER):
            placed.append(one)
            continue
        markdown += "\n\n" if markdown else ""
        placed.append(
            Block(
                label=one.label,
                box=one.box,
                text=one.text,
                start=len(markdown),
                end=len(markdown) + len(one.text),
                lines=one.lines,
            )
        )
        markdown += one.text
    text = PageText(markdown=markdown, blocks=tuple(placed), engine="test", confidence=None)
    return Page(number=number, width_pt=595.0, height_pt=HEIGHT, route=route, reason="", text=text)


def markdown(*pages: Page) -> list[str]:
    return [one.markdown for one in settled(pages)]


def pages(count: int, make: object, route: Route = Route.TEXT) -> list[Page]:
    return [page(number, *make(number), route=route) for number in range(1, count + 1)]  # type: ignore[operator]


@pytest.mark.parametrize(
    "lines",
    [
        (head("Parking permit for berth 14, valid until 31 October 2025."),),
        (foot("Drawing number HB-22-4471", "Scale 1:50"),),
        (foot("IBAN DE02 1203 0000 0000 2020 51"),),
        (foot("ABC 000123"),),
        (foot("000123"),),
        (foot("17"),),
        (head("Quittung"), foot("9,90 EUR")),
    ],
    ids=["permit", "title block", "iban", "bates", "digits", "page number", "slip"],
)
def test_the_only_text_of_a_page_stays(lines: Sequence[Block]) -> None:
    (text,) = markdown(page(1, *lines))
    assert all(line.text in text for one in lines for line in one.lines)


def test_every_page_keeps_something_though_all_of_it_repeats() -> None:
    made = pages(4, lambda n: (head("Annual report"), foot(f"Page {n} of 4")))
    assert all(text.strip() for text in markdown(*made))


def test_one_page_has_no_running_lines() -> None:
    (text,) = markdown(
        page(1, head("Harbour Tools Ltd., Quay 4"), body(PROSE), foot("3 Survey report, volume 4, page 17."))
    )
    assert text == f"Harbour Tools Ltd., Quay 4\n\n{PROSE}\n\n3 Survey report, volume 4, page 17."


def test_the_page_number_of_one_page_of_prose_is_left_out() -> None:
    prose = body(*[PROSE] * 9)
    assert "344" not in markdown(page(1, prose, foot("344")))[0]
    assert "4711" in markdown(page(1, body("A short slip."), foot("4711")))[0]
    assert markdown(page(1, head("400  BRITISH HUSBANDRY.  [Ch. XIX."), prose)) == [prose.text]
    assert "HB-22" in markdown(page(1, head("BRITISH HUSBANDRY HB-22  400"), prose))[0]
    assert "Harbour Tools" in markdown(page(1, head("Harbour Tools  1"), prose))[0]
    assert "IBAN" in markdown(page(1, prose, foot("IBAN DE02 1203  1 of 1")))[0]


def test_what_repeats_stays_once_and_page_numbers_never() -> None:
    made = pages(5, lambda n: (head("Annual report of the harbour"), body(f"{PROSE} {n}."), foot(f"{n}")))
    first, *others = markdown(*made)
    assert first == f"Annual report of the harbour\n\n{PROSE} 1."
    assert others == [f"{PROSE} {n}." for n in range(2, 6)]


def test_a_running_title_that_the_text_says_anyway_is_left_out_throughout() -> None:
    made = [page(1, body("Annual report of the harbour", PROSE))]
    made += [page(n, head("ANNUAL REPORT OF THE HARBOUR"), body(PROSE)) for n in (2, 3, 4)]
    assert not any("ANNUAL" in text for text in markdown(*made))


def test_bank_details_on_every_page_are_kept_once() -> None:
    details = "Bank of the North, IBAN DE02 1203 0000 0000 2020 51"
    texts = markdown(*pages(3, lambda n: (body(f"Position {n}"), foot(details))))
    assert [details in text for text in texts] == [True, False, False]


@pytest.mark.parametrize(
    "value",
    [
        lambda n: f"Sample no. LF-{3299 + n}",
        lambda n: f"ABC{n:06d}",
        lambda n: f"INV-2024-{n:03d}",
        lambda n: f"Printed 1{n}.03.2024",
        lambda n: f"Total {n},50 EUR",
        lambda n: f"Invoice {4710 + n}",
        lambda n: f"Patient {'Anna' if n == 1 else 'Bruno' if n == 2 else 'Clara'}",
        lambda n: f"10:0{n}",
        lambda n: f"REV {7 * n}",
    ],
)
def test_values_that_change_from_page_to_page_stay(value: object) -> None:
    texts = markdown(*pages(3, lambda n: (head(value(n)), body(f"{PROSE} {n}"))))  # type: ignore[operator]
    assert all(value(n) in text for n, text in enumerate(texts, 1))  # type: ignore[operator]


def test_a_value_beside_a_running_line_keeps_its_block() -> None:
    texts = markdown(*pages(3, lambda n: (head(f"Lanternfish Laboratory  LF-330{n}"), body(PROSE))))
    assert all(f"LF-330{n}" in text for n, text in enumerate(texts, 1))


@pytest.mark.parametrize(
    "number",
    [
        lambda n: f"{n}",
        lambda n: f"- {n + 343} -",
        lambda n: f"Page {n} of 6",
        lambda n: f"Seite {n}/6",
        lambda n: f"第 {n} 页 共 6 页",
        lambda n: f"第{n}页",
        lambda n: ("i", "ii", "iii", "iv", "v", "vi")[n - 1],
        lambda n: f"3-{n}",
        lambda n: f"{2 * n}",
    ],
)
def test_numbers_that_count_are_left_out(number: object) -> None:
    texts = markdown(*pages(6, lambda n: (body(PROSE), foot(number(n)))))  # type: ignore[operator]
    assert texts == [PROSE] * 6


def test_titles_with_a_counting_number_run() -> None:
    for title in (
        "Annual report | {}",
        "{} · Annual report",
        "Annual report, page {}",
        "THE LEDGER {}",
        "The old ledger {}",
    ):
        texts = markdown(*pages(5, lambda n, title=title: (head(title.format(n + 10)), body(PROSE))))
        assert texts[1:] == [PROSE] * 4, title


def test_odd_and_even_headers_and_chapters_that_change() -> None:
    chapters = {
        1: "The harbour",
        2: "The harbour",
        3: "The lighthouse",
        4: "The lighthouse",
        5: "The lighthouse",
        6: "The lighthouse",
    }
    made = pages(6, lambda n: (head("The ledger" if n % 2 else chapters[n]), body(f"{PROSE} {n}"), foot(str(n))))
    texts = markdown(*made)
    assert [("The ledger" in t, "The harbour" in t, "The lighthouse" in t) for t in texts] == [
        (True, False, False),
        (False, True, False),  # the only page that has it in this place
        (False, False, False),
        (False, False, True),
        (False, False, False),
        (False, False, False),
    ]


def test_lines_of_another_place_are_other_lines() -> None:
    made = [page(1, head("See overleaf", top=30), body(PROSE)), page(2, head("See overleaf", top=120), body(PROSE))]
    assert all("See overleaf" in text for text in markdown(*made))


def test_a_header_that_the_reader_took_for_text_on_one_page_still_repeats() -> None:
    made = [page(1, body("Annual report", top=30), body(PROSE)), page(2, head("Annual report"), body(PROSE))]
    assert markdown(*made) == [f"Annual report\n\n{PROSE}", PROSE]


def noisy(text: str, page_number: int) -> str:
    """The text with one letter read wrongly, another one on every page."""
    letters = [at for at, char in enumerate(text) if char.isalpha()]
    at = letters[5 * page_number % len(letters)]
    return f"{text[:at]}{'c' if text[at] != 'c' else 'e'}{text[at + 1 :]}"


def test_what_ocr_read_differently_on_every_page_is_one_header() -> None:
    title = "Proceedings of the northern harbour society"
    made = pages(5, lambda n: (head(noisy(title, n)), body(f"{PROSE} {n}")), Route.OCR)
    assert markdown(*made)[1:] == [f"{PROSE} {n}" for n in range(2, 6)]
    digital = pages(5, lambda n: (head(noisy(title, n)), body(f"{PROSE} {n}")))
    assert all(noisy(title, n) in text for n, text in enumerate(markdown(*digital), 1)), "a text layer has no noise"


def test_ocr_noise_never_hides_a_number() -> None:
    made = pages(4, lambda n: (head(f"Policy holder certificate 77120{n * 7}"), body(PROSE)), Route.OCR)
    assert all(f"77120{n * 7}" in text for n, text in enumerate(markdown(*made), 1))


def test_settling_twice_or_after_a_page_more_is_settling_once() -> None:
    made = pages(4, lambda n: (head("Annual report", f"Sample LF-{n}"), body(f"{PROSE} {n}"), foot(f"{n}")))
    once = settled(made)
    assert settled(once) == once
    assert all(before is after for before, after in zip(once, settled(once), strict=True)), "nothing is written again"
    alone = settled(made[:1])
    assert settled([*alone, *once[1:]]) == once, "what one page alone kept goes when the others are there"
    assert "Annual report" in settled([once[1]])[0].markdown, "and comes back when they are gone"


def test_blocks_point_into_the_markdown_after_every_change() -> None:
    made = page(1, head("# Top"), body("First."), head("Middle", top=60), body("Second."), foot("> End"))
    for outside in ((), (0,), (2,), (4,), (0, 2), (0, 4), (0, 2, 4)):
        moved = with_margins(with_margins(made.text, ()), outside)
        assert [is_in_markdown(one) for one in moved.blocks] == [n not in outside for n in range(5)]
        for one in filter(is_in_markdown, moved.blocks):
            assert moved.markdown[one.start : one.end].lstrip("\\") == one.text
        assert "\n\n\n" not in moved.markdown and moved.markdown == moved.markdown.strip()


def test_no_pages_and_unread_pages_are_left_alone() -> None:
    unread = Page(number=2, width_pt=0, height_pt=0, route=Route.OCR, reason="", error="lost")
    assert settled([]) == [] and running_blocks([unread]) == {}
    after = settled([page(1, head("A"), body(PROSE)), unread, page(3, head("A"), body(PROSE))])
    assert after[1] is unread and "A\n" not in after[2].markdown


def test_a_thousand_pages_are_settled_in_linear_time() -> None:
    made = pages(
        1000, lambda n: (head(noisy("Proceedings of the harbour society", n)), body(PROSE), foot(f"{n}")), Route.OCR
    )
    assert sum("Proceedings" in text or "society" in text for text in markdown(*made)) == 1


@pytest.mark.parametrize("text", ["xiv", "Page 3 of 9", "- 12 -", "第 3 页", "S. 4", "12 / 40"])
def test_page_numbers_are_known(text: str) -> None:
    assert is_page_number(text) and list(countings(text))


@pytest.mark.parametrize(
    "text", ["civil", "mix of", "LF-3300", "12.03.2024", "9,90", "IBAN DE02", "00012345", "iix", ""]
)
def test_what_only_looks_like_a_page_number(text: str) -> None:
    assert not is_page_number(text) and not list(countings(text))


def test_folding_keeps_what_tells_lines_apart() -> None:
    assert folded("Annual  REPORT — 2024") == folded("annual report 2024")
    assert folded("报 告") == folded("报告")
    assert len({folded(text) for text in ("1.5", "15", "1 5", "1:5")}) == 4


@pytest.mark.parametrize(
    "line",
    [
        "Downloaded from http://tobaccocontrol.bmj.com/",
        "Download date: 28 Dec 2018",
        "March 2014 | Volume 8 | Issue 3 | e2748",
        "Journal of Hydrology, Vol. 12, No. 3, pp. 44-59",
        "© 2011 The Author(s). https://doi.org/10.1000/182",
        "Authorized licensed use limited to: a university",
    ],
)
def test_what_a_publisher_prints_on_every_page_is_known(line: str) -> None:
    assert is_publishers_line(line)


@pytest.mark.parametrize(
    "line",
    [
        "IBAN DE89 3704 0044 0532 0130 00",
        "ACME-0001234",
        "www.example.org",
        "Drawing no. 4471-B, sheet 2 of 3",
        "1) Excluding the items of March 2014, see page 12.",
        "Acme Ltd | 12 High Street | London",
        "All amounts in thousands of euros",
        "Acme GmbH | www.acme.example | IBAN DE89 3704 0044 0532 0130 00",
        "PLOS Neglected Tropical Diseases | www.plosntds.org",
        "Invoice no. 12, March 2024",
        "© 2024 Acme Ltd, www.acme.example",
        "All transactions at www.bank.example",
    ],
)
def test_a_slip_that_says_something_is_no_publishers_line(line: str) -> None:
    assert not is_publishers_line(line)


def test_one_page_out_of_a_journal_loses_the_journals_lines_and_a_letter_keeps_its_own() -> None:
    line = "March 2014 | Volume 8 | Issue 3 | e2748"
    assert line not in markdown(page(1, body(*[PROSE] * 9), foot(line)))[0]
    assert line in markdown(page(1, body("A short note."), foot(line)))[0]


def test_the_name_and_address_of_a_journal_go_with_its_issue_and_those_of_a_letter_stay() -> None:
    name, issue = "PLOS Neglected Diseases | www.plos.example", "March 2014 | Volume 8 | Issue 3 | e2748"
    assert name not in markdown(page(1, body(*[PROSE] * 9), foot(name), foot(issue)))[0]
    assert name in markdown(page(1, body(*[PROSE] * 9), foot(name)))[0]
    bank = "Acme GmbH | www.acme.example | IBAN DE89 3704 0044 0532 0130 00"
    assert bank in markdown(page(1, body(*[PROSE] * 9), foot(bank), foot(issue)))[0]


def test_a_header_that_names_the_section_of_its_page_runs_though_it_stands_once() -> None:
    def section(number: int, header: str, title: str) -> Page:
        return page(number, head(header), block(Label.HEADING, 100.0, title), body(f"说明文字{number}"))

    texts = markdown(section(1, "0 引言", "0 引言"), section(2, "3 结果", "3 结果"), section(3, "合同编号", "4 结论"))
    assert [text.count(words) for text, words in zip(texts, ["引言", "结果", "合同编号"], strict=True)] == [1, 1, 1]

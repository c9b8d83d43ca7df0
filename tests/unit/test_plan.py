"""The route of a page and its reason; page ranges."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.contracts import PageFacts
from pipeline.stages.plan import decide, parse_page_numbers
from stores.errors import InputError
from stores.models import Route

ENGLISH = (
    "The quick brown fox jumps over the lazy dog. It was the best of times, it was the worst of times, it was the age "
    "of wisdom, it was the age of foolishness, and nobody could say which of them would be remembered in the end."
)
CHINESE = (
    "深度学习是机器学习的一个分支，它试图使用包含复杂结构的多个处理层对数据进行高层抽象。目前已有多种深度学习框架。"
)
FACTS = PageFacts(
    number=3,
    width_pt=595.0,
    height_pt=842.0,
    text=ENGLISH,
    hidden_share=0.0,
    image_share=0.0,
    unmapped_share=0.0,
    drawings=0,
    ink=True,
)


def shifted(text: str) -> str:
    """The text as a font with shuffled codes gives it."""
    return "".join(chr((ord(c) - 97 + 7) % 26 + 97) if c.islower() else c for c in text)


@pytest.mark.parametrize(
    "text", [ENGLISH, CHINESE, "7", "Straße Übergröße 12,50 €", "x² + y² = z²  ∫ f(x) dx", "ÄÖÜäöüß, éèêë: letters"]
)
def test_good_text_layers_are_read(text: str) -> None:
    plan = decide(replace(FACTS, text=text), "auto")
    assert (plan.route, plan.reason) == (Route.TEXT, "good text layer")
    assert (plan.number, plan.width_pt, plan.height_pt) == (3, 595.0, 842.0)


@pytest.mark.parametrize(
    ("text", "unmapped", "word"),
    [
        ("����� ���� ��", 1.0, "Unicode"),
        ("(cid:12)(cid:45)(cid:78)(cid:3)(cid:9)", 0.0, "glyph numbers"),
        ("/g12 /g45 /g7 /g3 /g9 /g10", 0.0, "glyph numbers"),
        ("Ã¤hnlich wÃ¤re fÃ¼r alle GroÃŸen das GrÃ¶ÃŸte", 0.0, "encoding"),
        ("Ö÷ÒªÄÚÈÝ°üÀ¨ÏÂÃæµÄ¼¸¸ö·½Ãæ", 0.0, "encoding"),
        (shifted(ENGLISH), 0.0, "no words"),
        ("".join(chr(0x8000 + 37 * n) for n in range(120)), 0.0, "no words"),
        (" ".join(map(str, range(10, 99))).translate(str.maketrans("0123456789", "IPQRSTUOAN")), 0.0, "no words"),
        ("«“√“√«‘™“°“√£∆‡•", 0.0, "signs"),
        (f"{ENGLISH} ]üìÜüéê •ìê °ê£ë†£ûÜüéê †ë ∞†¶£ èÜ•ÜáÜ§ê", 0.0, "encoding"),
        ("Let the noise z(i, j) be given. ÿ†ØÇéõžÿ•Œ±Š•ïþ˜‡Ž{`5•I", 0.0, "encoding"),
    ],
)
def test_garbled_text_layers_are_recognised(text: str, unmapped: float, word: str) -> None:
    plan = decide(replace(FACTS, text=text, unmapped_share=unmapped), "auto")
    assert plan.route is Route.OCR
    assert "garbled" in plan.reason and word in plan.reason


def test_scans() -> None:
    assert decide(replace(FACTS, text="", image_share=1.0), "auto").route is Route.OCR
    assert "hidden" in decide(replace(FACTS, hidden_share=1.0, image_share=1.0), "auto").reason
    stamped = decide(replace(FACTS, text="12", image_share=0.6), "auto")
    assert stamped.route is Route.OCR and "image only" in stamped.reason


def test_invisible_text_without_a_picture_is_all_there_is() -> None:
    assert decide(replace(FACTS, hidden_share=1.0), "auto").route is Route.TEXT


def test_drawn_letters_are_recognised() -> None:
    assert decide(replace(FACTS, text="", drawings=40), "auto").route is Route.OCR


@pytest.mark.parametrize("ocr", ["auto", "always", "never"])
def test_blank_pages_stay_blank(ocr: str) -> None:
    assert decide(replace(FACTS, text=" \n", ink=False), ocr).route is Route.BLANK


def test_the_ocr_option_overrides_the_decision() -> None:
    assert decide(FACTS, "always").route is Route.OCR
    assert decide(replace(FACTS, text="(cid:1)(cid:2)"), "never").route is Route.TEXT
    no_text = decide(replace(FACTS, text="", image_share=1.0), "never")
    assert no_text.route is Route.BLANK and "switched off" in no_text.reason


@pytest.mark.parametrize(
    ("spec", "pages"),
    [("", [1, 2, 3, 4, 5]), ("2", [2]), ("1-2, 5", [1, 2, 5]), ("4-", [4, 5]), ("3-9,3", [3, 4, 5])],
)
def test_page_numbers(spec: str, pages: list[int]) -> None:
    assert parse_page_numbers(spec, 5) == pages


@pytest.mark.parametrize("spec", ["0", "a", "3-2", "1,,2", "-3", "9"])
def test_malformed_page_numbers_are_refused(spec: str) -> None:
    with pytest.raises(InputError):
        parse_page_numbers(spec, 5)


def test_pages_are_cut_into_steps_by_route() -> None:
    from pipeline.stages.plan import batches
    from stores.models import PagePlan

    routes = [Route.TEXT, Route.OCR, Route.OCR, Route.BLANK, Route.OCR, Route.TEXT]
    pages = [PagePlan(number=n, width_pt=1, height_pt=1, route=r, reason="") for n, r in enumerate(routes, 1)]
    steps = [(b.stage, b.number, b.first, b.last, b.pages) for b in batches(pages, 16, 2)]
    assert steps == [
        ("render", 0, 2, 3, 2), ("ocr", 0, 2, 3, 2), ("render", 1, 5, 5, 1), ("ocr", 1, 5, 5, 1), ("parse", 0, 1, 6, 2),
    ]  # fmt: skip


def test_a_layer_that_lacks_the_print_of_pictures_is_not_good() -> None:
    stamped = replace(FACTS, text="Stamped by the registry on 14 February", image_share=1.0, picture_lines=4)
    assert decide(stamped, "auto").route is Route.OCR
    assert "4 lines" in decide(stamped, "auto").reason


@pytest.mark.parametrize(
    ("lines", "text"), [(2, "A photo and its caption, which says what it shows"), (4, "one line\n" * 6)]
)
def test_a_layer_that_has_most_of_the_print_is_good(lines: int, text: str) -> None:
    assert decide(replace(FACTS, text=text, image_share=1.0, picture_lines=lines), "auto").route is Route.TEXT


ARABIC = "وصلت الشحنة إلى الميناء يوم الثلاثاء وكان وزنها كيلوغراما"


def test_a_layer_with_gaps_stays_where_ocr_knows_nothing_of_its_script() -> None:
    assert decide(replace(FACTS, text=ARABIC, unmapped_share=0.13), "auto").route is Route.TEXT
    assert decide(replace(FACTS, text=ARABIC, unmapped_share=0.7), "auto").route is Route.OCR
    assert decide(replace(FACTS, text=ENGLISH, unmapped_share=0.13), "auto").route is Route.OCR


def test_attached_files_are_named_where_the_text_reader_does_not_see_the_page() -> None:
    scan = replace(FACTS, text="", image_share=1.0, attachments=("contract.pdf",))
    assert "contract.pdf" in decide(scan, "auto").reason
    assert "contract.pdf" not in decide(replace(FACTS, attachments=("contract.pdf",)), "auto").reason

"""Curricula vitae: headings, heads of entries, places, proofs."""

from __future__ import annotations

import pytest

from pipeline.engines.rules.resume import ResumeRules
from pipeline.engines.rules.resume_entries import split_head
from pipeline.engines.rules.resume_sections import SectionKind, heading_kind
from pipeline.engines.rules.resume_words import find_degree, is_place
from pipeline.schemas.loader import load_schemas
from stores.models import Record
from tests.printed_pages import printed_page

SCHEMA = load_schemas(None)["resume"]


def extract(*drawings: str) -> Record:
    pages = [printed_page(drawing, number) for number, drawing in enumerate(drawings, 1)]
    return ResumeRules().extract(SCHEMA, pages, "cv.pdf")


def test_every_value_has_evidence_on_its_page() -> None:
    first = "Jane Roe\njane@roe.org\n\nExperience\nBaker, Sweet Bread Ltd          2019 - 2021"
    record = extract(first, "Education\nTown College          2015 - 2018")
    pages = {proof.path: (proof.page, proof.quote) for proof in record.evidence}
    assert pages["experience[0].company"] == (1, "Sweet Bread Ltd")
    assert pages["education[0].institution"] == (2, "Town College")
    assert pages["education[0].start_date"] == (2, "2015 - 2018")


def test_a_table_cell_that_holds_head_and_bullets_is_divided() -> None:
    record = extract("Jane Roe\n\nExperience\nBaker, Sweet Bread Ltd • Baked 300 loaves • Sold them     2019 - 2021")
    assert record.fields["experience"] == [
        {"company": "Sweet Bread Ltd", "position": "Baker", "location": None, "start_date": "2019", "end_date": "2021"}
    ]


def test_an_empty_document_gives_an_empty_record() -> None:
    record = ResumeRules().extract(SCHEMA, [], "cv.pdf")
    assert record.fields["name"] is None
    assert record.fields["education"] == []
    assert record.evidence == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Work Experience", SectionKind.EXPERIENCE),
        ("PROFESSIONAL EXPERIENCE:", SectionKind.EXPERIENCE),
        ("Clinical Experience", SectionKind.EXPERIENCE),
        ("E D U C A T I O N", SectionKind.EDUCATION),
        ("Education and Qualifications", SectionKind.EDUCATION),
        ("三、教育背景", SectionKind.EDUCATION),
        ("工作经历 Work Experience", SectionKind.EXPERIENCE),
        ("Volunteer Experience", SectionKind.OTHER),
        ("项目经历", SectionKind.OTHER),
        ("Technical Skills", SectionKind.SKILLS),
        ("data", None),
        ("I have ten years of experience", None),
        ("Stanford University", None),
    ],
)
def test_headings(text: str, kind: SectionKind | None) -> None:
    assert heading_kind(text) is kind


@pytest.mark.parametrize(
    "text", ["Paris", "Stanford, CA, USA", "Livingston, LA, USA", "Ankara, Türkiye", "北京市海淀区", "Remote"]
)
def test_places(text: str) -> None:
    assert is_place(text)


@pytest.mark.parametrize(
    "text", ["Telefónica, Madrid", "Google, Mountain View, CA", "Siemens AG, München", "Stanford University"]
)
def test_firms_are_no_places(text: str) -> None:
    assert not is_place(text)


@pytest.mark.parametrize(
    ("text", "degree"),
    [
        ("BS in Physics", "BS"),
        ("B.Sc. Informatik", "B.Sc."),
        ("Bachelor of Science in Marketing", "Bachelor of Science"),
        ("计算机科学（本科）", "本科"),
        ("as an associate of the firm", None),
        ("Associate Professor", None),
    ],
)
def test_degrees(text: str, degree: str | None) -> None:
    found = find_degree(text)
    assert (found[0] if found else None) == degree


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Summer Intern, Company C – Livingston, LA, USA", ["Summer Intern", "Company C", "Livingston, LA, USA"]),
        ("Summer Intern Ankara, Türkiye", ["Summer Intern", "Ankara, Türkiye"]),
        ("PhD Stanford University, Computer Science", ["PhD", "Stanford University", "Computer Science"]),
        ("阿里巴巴集团 | 高级产品经理", ["阿里巴巴集团", "高级产品经理"]),
    ],
)
def test_the_head_of_an_entry_is_divided(text: str, parts: list[str]) -> None:
    assert split_head(text) == parts

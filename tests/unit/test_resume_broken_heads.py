"""Heads of entries in a curriculum vitae that are broken over lines, or name more than one firm or degree."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.engines.evidence.page_lines import page_lines
from pipeline.engines.rules.resume.entry_rows import entry_periods, is_margin
from pipeline.engines.rules.resume.extractor import ResumeRules
from pipeline.engines.rules.resume.known_headings import known_headings
from stores.models import Label, Page
from tests.printed_pages import printed_page
from tests.printed_resumes import SCHEMA, jobs, studies, with_headings


def _with_broken_heading(drawing: str, *headings: str) -> Page:
    """A drawn page with a block for each line; ``headings`` are headings, of several lines where they have them."""
    page = printed_page(drawing)
    assert page.text is not None
    lines = [line for block in page.text.blocks for line in block.lines]
    model = page.text.blocks[0]
    groups = [tuple(line for line in lines if line.text in heading.split("\n")) for heading in headings]
    alone = [(line,) for line in lines if not any(line in group for group in groups)]
    blocks = [
        replace(
            model,
            label=Label.HEADING if group in groups else Label.TEXT,
            level=2 if group in groups else 0,
            text="\n".join(line.text for line in group),
            box=(group[0].box[0], group[0].box[1], max(line.box[2] for line in group), group[-1].box[3]),
            lines=group,
        )
        for group in sorted([*groups, *alone], key=lambda group: (group[0].box[1], group[0].box[0]))
    ]
    return replace(page, text=replace(page.text, blocks=tuple(blocks)))


def test_a_heading_that_ends_with_a_comma_goes_on_below() -> None:
    page = _with_broken_heading(
        """
        Ausbildung
        Bachelor of Science, Hochschule Alderstadt, Alderstadt
        - September 2016 - Februar 2020
        Allgemeine Hochschulreife, Berufskolleg für Ziegel,
        Bad Alderstadt
        - August 2013 - Juni 2016
        Kenntnisse
        Segeln
        """,
        "Ausbildung",
        "Bachelor of Science, Hochschule Alderstadt, Alderstadt",
        "Allgemeine Hochschulreife, Berufskolleg für Ziegel,\nBad Alderstadt",
        "Kenntnisse",
    )
    record = ResumeRules().extract(SCHEMA, [page], "cv.pdf")
    assert [(row["institution"], row["end_date"]) for row in record.fields["education"]] == [
        ("Hochschule Alderstadt", "2020-02"),
        ("Berufskolleg für Ziegel", "2016-06"),
    ]


def test_a_heading_of_a_section_goes_on_below() -> None:
    page = with_headings("Ann Alder\n\nSkills\nRopes\n\nResearch\nExperience\n\nAwards\n\nEducation", "Research")
    lines = page_lines([page])
    known = known_headings(lines, set())
    assert [known[line.number] for line in lines if line.number in known] == [
        *("skills", "experience", "experience", "other", "education"),
    ]


def test_a_legal_form_in_the_line_below_belongs_to_the_firm() -> None:
    page = _with_broken_heading(
        """
        Berufserfahrung
        Aushilfe im Einzelhandel, Möwe GmbH, Alderstadt
        - Mai 2020 - Januar 2021
        Werkstudententätigkeit im Lager, Alder & Kiln Germany
        GmbH, Alderstadt
        - Mai 2018 - Januar 2020
        """,
        "Berufserfahrung",
        "Aushilfe im Einzelhandel, Möwe GmbH, Alderstadt",
        "Werkstudententätigkeit im Lager, Alder & Kiln Germany\nGmbH, Alderstadt",
    )
    record = ResumeRules().extract(SCHEMA, [page], "cv.pdf")
    assert [(row["position"], row["company"]) for row in record.fields["experience"]] == [
        ("Aushilfe im Einzelhandel", "Möwe GmbH"),
        ("Werkstudententätigkeit im Lager", "Alder & Kiln Germany GmbH"),
    ]


def test_a_bracket_that_is_closed_in_the_line_below() -> None:
    rows = jobs(
        """
        Internship
        KILN (NATIONAL BRICK RESEARCH
        FOUNDATION) 2021
        - Carried bricks
        """,
        columns=("company", "end_date"),
    )
    assert rows == [("KILN (NATIONAL BRICK RESEARCH FOUNDATION)", "2021")]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("März 2024 - voraussichtlich August 2025", "2024-03", "2025-08"),
        ("10.2020- bis jetzt", "2020-10", "present"),
        ("2015年--至今东港集团", "2015", "present"),
        ("2016 | 2018", "2016", "2018"),
    ],
)
def test_periods_whose_end_is_expected_or_open(text: str, first: str, last: str) -> None:
    assert [(period.first, period.last) for period in entry_periods(text)] == [(first, last)]


def test_a_date_that_is_expected_stands_in_the_margin() -> None:
    assert is_margin("Mar. 2024 - Feb. 2026(Expected)")
    rows = studies(
        """
        Education
        Alder University
        B.S in College of Kilns, Major in Bricks                                       Leeds
        Total GPA of 3.64 / 4.5, Major GPA of 3.64 / 4.5 (Credits taken: 130 / 102)    Mar. 2024 - Feb. 2026(Expected)
        """,
        columns=("institution", "start_date", "end_date"),
    )
    assert rows == [("Alder University", "2024-03", "2026-02")]


def test_a_head_begins_where_a_town_stands_flush_right_as_in_the_first_one() -> None:
    rows = studies(
        """
        Education
        Escola Primeira da Vila                           Porto
                                                    2013 - 2018
        Escola Segunda da Vila                            Porto
        Bricks and Kilns Course
        Final average of 18 values                  2018 - 2021
        Universidade da Vila                              Porto
        Degree in Kiln Engineering                  2021 - 2024
        """,
        columns=("institution", "start_date"),
    )
    assert rows == [
        ("Escola Primeira da Vila", "2013"),
        ("Escola Segunda da Vila", "2018"),
        ("Universidade da Vila", "2021"),
    ]


def test_degrees_below_one_another_are_of_one_school() -> None:
    rows = studies("""
        Education
        Alder University, Medford, MA, Class of 2018
        Bachelor of Science, Kiln Science
        Bachelor of Arts, Bricks
    """)
    assert rows == [("Bachelor of Science", "Alder University"), ("Bachelor of Arts", "Alder University")]


def test_the_kind_of_a_school_is_not_its_name() -> None:
    assert studies("Ausbildung\n2007 - 2011      Grundschule, Möwenschule an der Alder, Alderstadt") == [
        (None, "Möwenschule an der Alder")
    ]


def test_words_that_stand_between_a_job_and_its_firm() -> None:
    assert jobs(
        """
        Berufserfahrung
        2020 - 2021      Rezeption bei Hotel Alder 3*
        2018 - 2020      Aushilfe bei der Kiln Brick Company
        2016 - 2018      Internship at the Kiln Office of Leeds
        """
    ) == [
        ("Rezeption", "Hotel Alder 3*"),
        ("Aushilfe", "Kiln Brick Company"),
        ("Internship", "Kiln Office of Leeds"),
    ]


def test_who_worked_for_themselves_has_that_for_a_firm() -> None:
    assert jobs(
        """
        Experience
        2019             BRICK DESIGN
                         FREELANCE
        - Drew bricks
        2016 - 2018      Kiln designer
                         Alder Works
        - Drew kilns
        """
    ) == [("BRICK DESIGN", "FREELANCE"), ("Kiln designer", "Alder Works")]


def test_numbered_jobs_without_dates() -> None:
    assert jobs(
        """
        # 实习经历
        一．东港集团      多行业分类
        数据处理：在平台上从服务器取数据并进行处理
        训练模型：用模型组合不同的文本特征
        二．南港集团      研究型实习生
        数据处理：抽取药品描述数据文本
        """
    ) == [("多行业分类", "东港集团"), ("研究型实习生", "南港集团")]


def test_the_lines_of_a_paragraph_are_no_names() -> None:
    assert jobs(
        """
        Experience
        2016 - 2018
        Kiln designer
        Development of the research project on the use of bricks
        that are made of clay for the kilns of the northern
        harbour, and of their doors.
        """
    ) == [("Kiln designer", None)]


def test_a_repository_is_no_firm() -> None:
    assert jobs("Experience\nKiln Engineer      alder-labs/kiln      2016 - 2018") == [("Kiln Engineer", None)]

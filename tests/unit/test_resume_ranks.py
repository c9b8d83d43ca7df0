"""Curricula vitae: ranks of headings, bullets that begin entries, words and brackets left over from dates and names."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from pipeline.engines.rules.resume.entry_rows import entry_periods
from pipeline.engines.rules.resume.extractor import ResumeRules
from pipeline.engines.rules.resume.headings import SectionKind, heading_kind
from pipeline.engines.rules.resume.heads import split_head
from pipeline.engines.rules.resume.words import is_place
from stores.models import Label, Line
from tests.printed_pages import printed_page
from tests.printed_resumes import SCHEMA, jobs, studies, with_headings


@pytest.mark.parametrize(
    ("text", "period"),
    [("11/20 to present", ("2020-11", "present")), ("Clerk 05/19 to 11/20 – Alder", ("2019-05", "2020-11"))],
)
def test_months_and_years_of_two_digits_make_a_period(text: str, period: tuple[str, str]) -> None:
    assert [(one.first, one.last) for one in entry_periods(text)] == [period]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("东港大学-硕士-软件工程专业", ["东港大学", "硕士", "软件工程专业"]),
        ("东港科技有限公司（东港船厂）（", ["东港科技有限公司（东港船厂）"]),
        ("University of California, Berkeley, CA", ["University of California, Berkeley", "CA"]),
        ("University of Wisconsin - Madison, USA", ["University of Wisconsin - Madison", "USA"]),
        ("University College London, United Kingdom", ["University College London", "United Kingdom"]),
        ("东港船厂有限公司杭州, 中国", ["东港船厂有限公司", "杭州, 中国"]),
    ],
)
def test_names_are_whole_and_have_no_brackets_left_over(text: str, parts: list[str]) -> None:
    assert split_head(text) == parts


def test_a_firm_before_a_city_and_a_land_is_no_place() -> None:
    assert is_place("厦门，福建，中国")
    assert not is_place("华东，成都，中国")
    assert heading_kind("参与项目（部分）") is SectionKind.OTHER


def test_words_before_a_period_are_no_names() -> None:
    rows = jobs(
        """
        EXPÉRIENCES PROFESSIONNELLES
        Freelancer                        De juin 2021 à octobre 2023 (2 ans+)
        Alder Works Ltd
        Développeur                       D'octobre 2017 à juin 2018
        Birch Works Ltd
        """
    )
    assert rows == [("Freelancer", "Alder Works Ltd"), ("Développeur", "Birch Works Ltd")]


def test_bullets_begin_studies_though_a_period_is_broken_and_others_stand_below() -> None:
    rows = studies(
        """
        Education
        •   M.S. in Boats, Alder University, Leeds (Sep 2010 – Dec 2011)
            GPA: 3.4/4.0
              o Teaching Assistant
        •   B.S. in Sails, Birch University, China (Sep 2006 - July
            2010) GPA: 3.8/5.0
        """,
        columns=("degree", "institution", "start_date"),
    )
    assert rows == [("M.S.", "Alder University", "2010-09"), ("B.S.", "Birch University", "2006-09")]


def test_bullets_begin_jobs_where_a_period_stands_below_each() -> None:
    rows = jobs(
        """
        EXPÉRIENCE PROFESSIONNELLE
           • Employé polyvalent
        ALDER | de mars 2021 à avril 2021 - Bobigny
        Réalisation de tâches dans des délais impartis.

           • Electricien
        BIRCH | de février 2020 à juin 2020 - Drancy
        Diagnostic des causes de pannes et réparation.
        """
    )
    assert rows == [("Employé polyvalent", "ALDER"), ("Electricien", "BIRCH")]


def test_honours_behind_a_degree_do_not_hide_it() -> None:
    rows = studies(
        """
        教育背景
        2019.09 – 2022.06    东港大学
                             造船工程硕士 | 成绩-3.77/4.3 | 荣誉-一等奖学金
        """
    )
    assert rows == [("硕士", "东港大学")]


def test_headings_below_the_rank_of_their_section_begin_its_entries() -> None:
    drawing = """
        FORMATION
        Troisième année des bateaux
        Filière des ports
        Option des voiles et des rames
        École Alder de Casablanca
        Sept 2018 - Juil 2021
        Licence en voiles
        Birch de Dakar
        Sept 2014 - Juil 2017
        """
    below = ("Troisième année des bateaux", "Filière des ports", "Option des voiles et des rames", "Licence en voiles")
    page = with_headings(drawing, "FORMATION", *below)
    assert page.text is not None
    blocks = tuple(replace(block, level=3) if block.text in below else block for block in page.text.blocks)
    page = replace(page, text=replace(page.text, blocks=blocks))
    rows = ResumeRules().extract(SCHEMA, [page], "cv.pdf").fields["education"]
    assert [(row["institution"], row["start_date"]) for row in rows] == [
        ("École Alder de Casablanca", "2018-09"),
        ("Birch de Dakar", "2014-09"),
    ]


def test_a_firm_whose_letters_reach_below_the_line_is_no_heading_of_capitals() -> None:
    drawing = """
    Jane Roe
    # WORK HISTORY
    Senior Nurse                  Mar 2021 - Present
    Bright Harbour
    • Led the ward of forty beds
    Nurse                         Jun 2017 - Feb 2021
    Acorn House
    • Ran the rota of the ward
    # EDUCATION
    MSc History                   2015 - 2017
    University of Norhaven
    """
    page = printed_page(drawing)
    assert page.text is not None
    blocks = tuple(
        replace(block, lines=tuple(_inked(line, block.label is Label.HEADING) for line in block.lines))
        for block in page.text.blocks
    )
    page = replace(page, text=replace(page.text, blocks=blocks))
    rows = ResumeRules().extract(SCHEMA, [page], "cv.pdf").fields["experience"]
    assert [row["company"] for row in rows] == ["Bright Harbour", "Acorn House"]


def _inked(line: Line, heading: bool) -> Line:
    """A line as high as its print: capitals of a heading nearly as high as small print with letters below the line."""
    left, top, right, _ = line.box
    height = 9.9 if heading else 9.6 if re.search("[gpy]", line.text) else 7.5
    return replace(line, box=(left, top, right, top + height))

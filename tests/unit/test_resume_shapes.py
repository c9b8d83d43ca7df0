"""Curricula vitae: shapes of entries that templates print, and marks that look like other ones."""

from __future__ import annotations

import pytest

from pipeline.engines.rules.dates import find_periods
from tests.printed_resumes import jobs, studies


def test_a_dash_in_the_name_of_a_firm_parts_nothing_where_the_job_stands_in_another_line() -> None:
    assert jobs(
        """
        Experience
        Harbour Guild - Union of the Old Docks     Leeds, UK
        Teacher                                    2008 - 2009
        Alder Works                                Leeds, UK
        Programmer                                 2004 - 2006
        """
    ) == [("Teacher", "Harbour Guild - Union of the Old Docks"), ("Programmer", "Alder Works")]


def test_a_dash_in_a_job_parts_nothing_where_a_firm_stands_below() -> None:
    assert jobs(
        """
        Experience
        Consultant - Sails & Rigging
        2016 - 2018     Alder Labs GmbH
        Crane Operator
        2014 - 2016     Harbour Works GmbH
        """
    ) == [("Consultant - Sails & Rigging", "Alder Labs GmbH"), ("Crane Operator", "Harbour Works GmbH")]


def test_a_dash_behind_the_jobs_of_a_section_stands_before_the_firm() -> None:
    assert jobs(
        """
        Experience
        Crane Operator - Harbour Works
        2014 - 2016
        Programmer - Alder Labs
        2011 - 2014
        """
    ) == [("Crane Operator", "Harbour Works"), ("Programmer", "Alder Labs")]


def test_jobs_on_both_sides_of_a_stroke_are_one() -> None:
    drawing = (
        "Experience\n2014 - 2016     Developer / Consultant, Alder Labs\n2011 - 2014     Programmer, Harbour Works"
    )
    assert jobs(drawing) == [("Developer / Consultant", "Alder Labs"), ("Programmer", "Harbour Works")]


def test_a_second_name_of_the_firm_is_no_job() -> None:
    drawing = "工作经历\n东港集团 | Eastport, 前端开发工程师     2017.6 - 2017.9"
    assert jobs(drawing) == [("前端开发工程师", "东港集团")]


def test_a_kind_of_work_is_neither_job_nor_firm_nor_heading() -> None:
    assert jobs(
        """
        Experience
        Crane Operator          Internship
        2014 - 2016
        Harbour Works GmbH
        Programmer              Self Employed
        2011 - 2014
        Alder Labs GmbH
        """
    ) == [("Crane Operator", "Harbour Works GmbH"), ("Programmer", "Alder Labs GmbH")]


def test_a_town_that_nobody_knows_is_no_firm_where_others_stand_at_the_right() -> None:
    assert jobs(
        """
        Experience
        2016 - 2018     Programmer                      Lyon
        Alder Labs
        - Built the dryers of the town
        2014 - 2016     Crane Operator                  Gullhaven
        Harbour Works
        - Kept nine cranes running
        """
    ) == [("Programmer", "Alder Labs"), ("Crane Operator", "Harbour Works")]


def test_labels_that_come_again_and_again_are_no_headings() -> None:
    assert jobs(
        """
        # Experience
        Crane Operator, Harbour Works     2016 - 2018
        - Kept nine cranes running
        Technologies:
        - Ropes
        Programmer, Alder Labs            2014 - 2016
        - Built the dryers
        Technologies:
        - Wires
        Baker, Sweet Bread                2011 - 2014
        - Baked 300 loaves
        Technologies:
        - Ovens
        """
    ) == [("Crane Operator", "Harbour Works"), ("Programmer", "Alder Labs"), ("Baker", "Sweet Bread")]


def test_headings_below_a_period_and_a_firm_belong_to_the_entry() -> None:
    assert jobs(
        """
        # Experience
        2014 - 2016 - Alder Labs
        # Fire watch
        - Built everything from nothing
        2011 - 2014 - Harbour Works
        # Night shift
        - Kept nine cranes running
        """,
        columns=("company", "end_date"),
    ) == [("Alder Labs", "2016"), ("Harbour Works", "2014")]


def test_a_heading_with_a_date_beside_it_as_at_the_first_entry_belongs_to_its_section() -> None:
    assert studies(
        """
        # Education
        # 2021      Westmark University
                    BSc Chemistry
        # 2019      Tidewater (online)
                    Certificate in Sailing
        """,
        columns=("degree", "end_date"),
    ) == [("BSc", "2021"), ("Certificate", "2019")]


def test_entries_have_bullets_and_their_details_other_ones() -> None:
    assert studies(
        """
        Education
        Westmark University, Leeds, UK
        ■ PhD in Chemistry              Dec 2009 - Jul 2014
          ● Thesis: The Dryers of the Town
        ■ MBA                           Nov 2008 - Jun 2009
        ■ MSc in Physics                Aug 2006 - Aug 2008
          ● Second of the year
        """,
        columns=("degree", "institution", "end_date"),
    ) == [
        ("PhD", "Westmark University", "2014-07"),
        ("MBA", "Westmark University", "2009-06"),
        ("MSc", "Westmark University", "2008-08"),
    ]


def test_a_heading_in_two_lines_of_the_margin_has_what_stands_beside_its_first_line() -> None:
    assert jobs(
        """
        EDUCATION     Westmark University
                      BSc Chemistry                 2004 - 2008
        RESEARCH      Harbour Institute
        EXPERIENCE    Programmer                    2008 - 2010
        """
    ) == [("Programmer", "Harbour Institute")]


def test_rows_further_in_belong_to_the_entry_above() -> None:
    assert jobs(
        """
        Experience
        2016 - 2018 Programmer, Alder Labs
                    Built the dryers of the town and painted them, all in one summer.
                    Painted boats, dried ropes
        2014 - 2016 Crane Operator, Harbour Works
                    Kept nine cranes running, all through the two winters of the strike.
                    Painted cranes, dried sails
        """
    ) == [("Programmer", "Alder Labs"), ("Crane Operator", "Harbour Works")]


def test_a_row_above_complete_entries_heads_a_group() -> None:
    assert jobs(
        """
        Experience
                              At sea
        06/2020 - 10/2020     Crane Operator, Harbour Works
                              Painted cranes
        03/2020 - 06/2020     Programmer, Alder Labs
        """
    ) == [("Crane Operator", "Harbour Works"), ("Programmer", "Alder Labs")]


@pytest.mark.parametrize(
    "margin",
    [
        ("Sept. 2022 -", "March 2023"),
        ("Sept. 2022", "March 2023", "|"),
        ("Sept. 2022", "March 2023", "to"),
    ],
)
def test_periods_in_lines_below_one_another_are_read(margin: tuple[str, ...]) -> None:
    upper, lower, between = (*margin, "")[:3]
    middle = [f"{between:14}Harbour Works"] if between else []
    rows = [f"{upper:14}Crane Operator, Harbour Works", *middle, f"{lower:14}Kept nine cranes running."]
    drawing = "\n".join(["Experience", *rows])
    assert jobs(drawing, columns=("start_date", "end_date")) == [("2022-09", "2023-03")]


def test_an_open_date_before_the_names_ends_in_the_margin_below() -> None:
    assert jobs(
        """
        Experience
        Sept. 2022 — Crane Operator, Harbour Works
        March 2023   Kept nine cranes running.
        """,
        columns=("position", "company", "start_date", "end_date"),
    ) == [("Crane Operator", "Harbour Works", "2022-09", "2023-03")]


def test_dates_by_twos_with_the_later_one_above_are_periods() -> None:
    two = studies(
        """
        教育背景
        2019.09     东港大学 · 物理学院
        2013.09     物理学 · 博士

        2013.06     西山大学 · 物理系
        2009.09     应用物理学 · 学士
        """,
        columns=("institution", "degree", "start_date", "end_date"),
    )
    assert two == [("东港大学", "博士", "2013-09", "2019-09"), ("西山大学", "学士", "2009-09", "2013-06")]
    years = "Education\n2019     MSc Physics, Westmark University\n2013     BSc Physics, Lowell College"
    assert studies(years, columns=("degree", "start_date", "end_date")) == [
        ("MSc", None, "2019"),
        ("BSc", None, "2013"),
    ]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Sep 15 - NOW", "2015-09", "present"),
        ("Jan 15 - Sep 15", "2015-01", "2015-09"),
        ("2012/Aug to Current", "2012-08", "present"),
        ("2008/Apr to 2012/May", "2008-04", "2012-05"),
    ],
)
def test_dates_as_curricula_vitae_print_them(text: str, first: str, last: str) -> None:
    (period,) = find_periods(text, casual=True)
    assert (period.first, period.last) == (first, last)


@pytest.mark.parametrize("text", ["Sep 15 - Oct 12, 2019", "Sep 15 - Oct 12 2019", "Oct 16 - Sep 15"])
def test_days_of_months_are_no_years(text: str) -> None:
    assert all(len(period.last) != 7 or period.last.startswith("2019") for period in find_periods(text, casual=True))


def test_grants_and_rows_without_school_or_degree_are_no_schools() -> None:
    assert studies(
        """
        教育背景
        东港大学，软件工程，工学学士     2011.9 - 2015.6
        2014 年国家奖学金
        辅修 ∘ 智能科学与技术            2012.9 - 2014.6
        """,
        columns=("institution",),
    ) == [("东港大学",)]


def test_headings_may_be_written_without_capitals() -> None:
    drawing = """
        karriere
        2014 - 2016     Programmer, Alder Labs GmbH

        ausbildung
        2010 - 2014     BSc Informatik, Westmark University
        """
    assert jobs(drawing) == [("Programmer", "Alder Labs GmbH")]
    assert studies(drawing) == [("BSc", "Westmark University")]


def test_columns_go_on_over_the_next_page() -> None:
    first = """
        Skills                    Experience
        Ropes                     Crane Operator, Harbour Works     2016 - 2018
        Sails                     - Kept nine cranes running
        """
    second = """
        Education                 Programmer, Alder Labs            2014 - 2016
        2009 - 2011               - Built the dryers of the town
        MSc Physics               Baker, Sweet Bread                2011 - 2014
        Lowell College            - Baked 300 loaves
        """
    assert jobs(first, second) == [
        ("Crane Operator", "Harbour Works"),
        ("Programmer", "Alder Labs"),
        ("Baker", "Sweet Bread"),
    ]
    assert studies(first, second) == [("MSc", "Lowell College")]


def test_one_column_goes_on_above_the_columns_of_the_next_page() -> None:
    first = """
        Experience
        Crane Operator, Harbour Works                               2016 - 2018
        - Kept nine cranes running, all through the two winters of the strike at the docks
        """
    second = """
        Programmer, Alder Labs                                      2014 - 2016
        - Built the dryers of the town and painted them, all in one summer, for the fair

        Education                           Languages
        BSc Physics                         English
        Lowell College                      German
        2009 - 2011                         Danish
        """
    assert jobs(first, second) == [("Crane Operator", "Harbour Works"), ("Programmer", "Alder Labs")]
    assert studies(first, second) == [("BSc", "Lowell College")]

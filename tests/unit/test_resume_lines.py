"""Curricula vitae: which line of an entry says what, told by the other entries; names, dates and labels beside them."""

from __future__ import annotations

import pytest

from pipeline.engines.rules.dates import find_periods
from tests.printed_resumes import extracted, jobs, studies


def test_the_job_stands_in_the_line_where_the_other_entries_have_it() -> None:
    assert jobs(
        """
        Berufserfahrung
        Möwenwerft GmbH - Hafenstadt     08/2023 - 09/2023
        Praktikant
        - Seile gedreht
        Dünenlabor GmbH - Norderhaven    06/2021 - 07/2021
        Ferialpraktikant
        - Segel genäht
        Inselklinik - Norderhaven        09/2020 - 05/2021
        Sommergast
        - Boote gestrichen
        """
    ) == [
        ("Praktikant", "Möwenwerft GmbH - Hafenstadt"),
        ("Ferialpraktikant", "Dünenlabor GmbH - Norderhaven"),
        ("Sommergast", "Inselklinik - Norderhaven"),
    ]


def test_rows_above_a_dated_job_are_of_the_entry_before_as_the_first_one_begins_with_it() -> None:
    assert jobs(
        """
        Experience
        Crane Operator                   Jun. 2022 - Present
        Harbour Works
        - Kept nine cranes running
        Tools used at work
        Ropes, wires, hooks
        Programmer                       Jan. 2020 - Sept. 2021
        Alder Labs
        - Built the dryers
        """
    ) == [("Crane Operator", "Harbour Works"), ("Programmer", "Alder Labs")]


def test_bullets_behind_a_dash_part_names() -> None:
    assert jobs(
        """
        Employment
        – Harbour Works • Crane Operator • since 1990
        – Alder Labs • Programmer • 1982–1990
        """
    ) == [("Crane Operator", "Harbour Works"), ("Programmer", "Alder Labs")]


def test_strokes_in_brackets_part_nothing() -> None:
    drawing = """
        工作经历
        数据库开发工程师（Gull / Tern）     2022.3 - 2024.11
        东港集团
        软件开发 / 讲师                     2018.9 - 2022.3
        西山集团
        """
    assert jobs(drawing) == [("数据库开发工程师（Gull / Tern）", "东港集团"), ("软件开发 / 讲师", "西山集团")]


def test_words_before_the_firm_are_no_part_of_it() -> None:
    drawing = """
        Berufserfahrung
        2016 - 2018     Softwareentwickler
                        bei der Möwenwerft
        2014 - 2016     Techniker
                        bei Dünenlabor
        """
    assert jobs(drawing) == [("Softwareentwickler", "Möwenwerft"), ("Techniker", "Dünenlabor")]


def test_a_sentence_behind_a_period_is_no_firm() -> None:
    assert jobs(
        """
        Experience
        CRANE OPERATOR                           HARBOUR WORKS
        January 2015 - December 2016 , Keeping nine cranes running.
        PROGRAMMER                               ALDER LABS
        March 2014 - December 2014 , Building dryers for the town.
        """
    ) == [("CRANE OPERATOR", "HARBOUR WORKS"), ("PROGRAMMER", "ALDER LABS")]


def test_a_major_is_the_subject_of_a_degree() -> None:
    drawing = "Education\nMajor in Sailing, Westmark University\nMaster of Arts     March 2012 - December 2013"
    assert studies(drawing) == [("Master of Arts", "Westmark University")]


def test_an_entry_set_as_those_with_schools_needs_no_word_for_school_or_degree() -> None:
    assert studies(
        """
        Education
        Tidewater                         São Paulo, Brazil
        Games of the sea                  Mar. 2015 - 2017
        Westmark University               São Paulo, Brazil
        Bachelor in Computer Science      Jan. 2000 - Dec. 2004
        """,
        columns=("institution", "end_date"),
    ) == [("Tidewater", "2017"), ("Westmark University", "2004-12")]


def test_headings_of_two_subjects_are_joined_in_any_language() -> None:
    drawing = "Formation et Certifications\nMaster Océans     2015 - 2017\nUniversité de Norhaven"
    assert studies(drawing) == [("Master", "Université de Norhaven")]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("03/2018-03/2021", "2018-03", "2021-03"),
        ("Sep ’09", "", "2009-09"),
        ("Dec ’03 – present", "2003-12", "present"),
    ],
)
def test_months_are_read_with_short_years_and_short_dashes(text: str, first: str, last: str) -> None:
    (period,) = find_periods(text, casual=True)
    assert (period.first, period.last) == (first, last)


@pytest.mark.parametrize(
    ("drawing", "name"),
    [
        ("# Ottoline\n# Farrow\nPainter of boats", "Ottoline Farrow"),
        ("# Ottoline Farrow June 12, 1982", "Ottoline Farrow"),
    ],
)
def test_a_name_may_stand_in_two_lines_before_a_date_of_birth_or_around_a_short_one(drawing: str, name: str) -> None:
    record = extracted(f"{drawing}\nottoline@farrow.org\n# Skills\nSails")
    assert record.fields["name"] == name


def test_the_end_of_a_period_may_stand_before_words_in_the_margin_below() -> None:
    assert jobs(
        """
        Experience
        June 2017 - Crane Operator, Harbour Works
        Present { Kept nine cranes running
        Nov 2013 - Programmer, Alder Labs
        June 2017 { Built the dryers
        """,
        columns=("position", "company", "start_date", "end_date"),
    ) == [
        ("Crane Operator", "Harbour Works", "2017-06", "present"),
        ("Programmer", "Alder Labs", "2013-11", "2017-06"),
    ]


def test_a_label_with_its_value_beside_it_is_no_heading() -> None:
    assert jobs(
        """
        Berufserfahrung
        09/2019 - 01/2022     Techniker
                              Möwenwerft GmbH
        Projekte:             Drei Boote gestrichen
        05/2016 - 08/2019     Programmierer
                              Dünenlabor GmbH
        """,
        columns=("company",),
    ) == [("Möwenwerft GmbH",), ("Dünenlabor GmbH",)]


def test_the_firm_may_stand_behind_an_at_sign() -> None:
    drawing = "Experience\nProgrammer @Alder Labs     2016 - 2018\nCrane Operator @Harbour Works     2014 - 2016"
    assert jobs(drawing) == [("Programmer", "Alder Labs"), ("Crane Operator", "Harbour Works")]


def test_a_firm_is_no_name() -> None:
    drawing = (
        "Geburtsort:     Norderhaven\nBerufserfahrung\n2016 - 2018     Techniker\n                Möwenwerft Hafen GmbH"
    )
    assert extracted(drawing).fields["name"] is None
    assert extracted("# Dr. Ottoline Bar\nottoline@bar.org").fields["name"] == "Dr. Ottoline Bar"

"""Curricula vitae whose names and dates go on in the line below, or stand beside or above those of other entries."""

from __future__ import annotations

from pipeline.engines.rules.resume.extractor import ResumeRules
from pipeline.engines.rules.resume.headings import heading_kind
from tests.printed_resumes import SCHEMA, jobs, studies, with_headings


def test_names_go_on_in_the_line_below() -> None:
    assert jobs(
        """
        Experience
        Assistant at the Chair for Boats and                 2014 - 2016
        Sails
        Westmark University
        - Painted sails
        """
    ) == [("Assistant at the Chair for Boats and Sails", "Westmark University")]


def test_the_university_is_the_school_and_not_its_faculty() -> None:
    assert studies("Education\nSchool of Boats, Westmark University\nBSc     2014 - 2016") == [
        ("BSc", "Westmark University")
    ]
    assert studies("教育背景\n2009年9月 - 2013年6月     本科，计算机学院，东港大学") == [("本科", "东港大学")]


def test_the_title_of_a_project_is_no_firm() -> None:
    drawing = (
        "工作经历\n2014年2月 - 2014年4月     视频行为识别方法研究, 独立完成\n2012年2月 - 2013年4月     东港集团, 工程师"
    )
    assert jobs(drawing) == [("工程师", "东港集团")]


def test_a_degree_in_one_line_is_of_the_school_above() -> None:
    assert studies(
        """
        Formation
        IUT du Port                                  Nice - France
        Licence Administration                       2004 - 2005
        - Cordes
        DUT Informatique, Voiles et bateaux          2002 - 2004
        - Voiles
        """
    ) == [("Licence", "IUT du Port"), ("DUT", "IUT du Port")]


def test_the_date_at_the_right_of_a_long_school_is_of_its_line() -> None:
    assert studies(
        """
        Formation
        Doctorat en Physique                                                     Nordhafen
        Astronomie et astrophysique des ports, Université du Port de la Mer      2020 - 2022
        Superviseur : Prof. Jane Roe, mention accélérée en mai 2021
        """,
        columns=("degree", "institution", "end_date"),
    ) == [("Doctorat", "Université du Port de la Mer", "2022")]


def test_a_thesis_is_no_school() -> None:
    assert studies(
        """
        Ausbildung
        Master of Science in Bootsbau
        10.2011 - 10.2013     Technische Universität Nordhafen
        21.10.2013            Masterthesis - Segel und Boote
                              der Küste
        """
    ) == [("Master of Science", "Technische Universität Nordhafen")]


def test_a_period_goes_on_in_the_next_line_behind_a_dash() -> None:
    assert jobs(
        """
        Experience
        09/2019 Alder Labs
        - 12/2019     Sailing intern
                      - Painted sails
        05/2017 Harbour Works
        - 06/2018     Crane intern
                      - Painted cranes
        """,
        columns=("position", "company", "start_date", "end_date"),
    ) == [
        ("Sailing intern", "Alder Labs", "2019-09", "2019-12"),
        ("Crane intern", "Harbour Works", "2017-05", "2018-06"),
    ]


def test_two_dates_side_by_side_are_a_period() -> None:
    drawing = "Experience\n09/2013 07/2015 Alder Labs     Programmer\n01/2013 07/2013 Harbour Works     Crane Operator"
    assert jobs(drawing) == [("Programmer", "Alder Labs"), ("Crane Operator", "Harbour Works")]


def test_the_later_one_of_two_dates_in_the_margin_may_stand_above() -> None:
    assert jobs(
        """
        Experience
        2018     Programmer
        |        Alder Labs
        2017
        - Built dryers
        """,
        columns=("start_date", "end_date"),
    ) == [("2017", "2018")]


def test_a_firm_stands_behind_the_period_in_the_first_line() -> None:
    assert jobs(
        """
        Experience
        2016-2018                              Alder Labs
                                               PROGRAMMER · Nordhafen
                                               Built the dryers
        2014-2016                              Harbour Works
                                               OPERATOR · Nordhafen
                                               Kept nine cranes
        """
    ) == [("PROGRAMMER", "Alder Labs"), ("OPERATOR", "Harbour Works")]


def test_two_jobs_of_a_person_stand_before_the_firm() -> None:
    assert jobs("Experience\n2012 - 2015     Founder, President, Alder Sails, Naperville, IL.") == [
        ("Founder, President", "Alder Sails")
    ]


def test_the_job_stands_below_a_firm_with_a_comma_and_a_firm_below_a_job_with_a_dash() -> None:
    assert jobs(
        """
        Experience
        Alder Mando, Northern Sail Centre          2016 - 2018
        Research Engineer Boats                    Leeds
        - Painted sails
        Data Journalist - Graphics                 2014 - 2016
        Harbour Times                              Leeds, UK
        - Painted boats
        """
    ) == [
        ("Research Engineer Boats", "Alder Mando"),
        ("Data Journalist - Graphics", "Harbour Times"),
    ]


def test_a_share_of_work_is_no_name() -> None:
    drawing = "Experience\nSail Examiner     100% | 2012 - 2015\nSail Office, Leeds, UK\n- Examined sails"
    assert jobs(drawing, columns=("company",)) != [("100%",)]
    assert {name for row in jobs(drawing) for name in row} == {"Sail Examiner", "Sail Office"}


def test_the_end_of_a_sentence_is_no_heading() -> None:
    page = with_headings(
        """
        Experience
        2016 - 2018     Programmer, Alder Labs
                        Painted boats
        (Sails), and ropes (Knots).
        2014 - 2016     Crane Operator, Harbour Works
        """,
        "Experience",
        "(Sails), and ropes (Knots).",
    )
    rows = ResumeRules().extract(SCHEMA, [page], "cv.pdf").fields["experience"]
    assert [row["company"] for row in rows] == ["Alder Labs", "Harbour Works"]


def test_a_column_set_flush_right_stands_beside_the_other_one() -> None:
    assert jobs(
        """
            Jane Roe
               About   Experience
        Born in 1990   Jun 2020 - Sep 2021     Programmer
           Languages   Alder Labs
             English   Jan 2019 - May 2020     Crane Operator
                Dane   Harbour Works
        """
    ) == [("Programmer", "Alder Labs"), ("Crane Operator", "Harbour Works")]


def test_what_stands_below_headings_without_a_date_is_no_job_beside_dated_ones() -> None:
    drawing = "# Experience\n2016 - 2018     Programmer, Alder Labs\n# Technical experience\nUsed daily\nRopes, wires"
    assert jobs(drawing) == [("Programmer", "Alder Labs")]


def test_other_headings_of_jobs_and_studies_are_known() -> None:
    headings = ("Work", "Academic positions", "Experiência profissional", "Formação acadêmica", "Academic Career")
    assert [heading_kind(text) for text in headings] == ["experience"] * 3 + ["education"] * 2


def test_headings_of_research_and_jobs_are_of_jobs() -> None:
    of_jobs = ("Research & Working Experience", "Research & Experience", "Research and Teaching Experience")
    others = ("Teaching & Research", "Projects & Experience", "Research Interests")
    assert [heading_kind(text) for text in (*of_jobs, *others)] == ["experience"] * 3 + ["other"] * 3


def test_the_firm_that_trains_is_named_below_the_degree() -> None:
    assert studies("Ausbildung\n09/1997 - 06/2000     Abitur, Bootsbau\nAlder Werft GmbH") == [
        ("Abitur", "Alder Werft GmbH")
    ]


def test_what_was_in_some_year_or_has_many_small_words_is_no_firm() -> None:
    drawing = "Experience\nJan 2010 - 2014     Senior Weaver | 2012 Employee of the Year\nAlder Sails Ltd"
    assert all("Employee" not in str(name) for row in jobs(drawing) for name in row)
    small = "Made small boats from old wood near all towns"
    drawing = f"Experience\n2016 - 2018     Programmer, Alder Labs\n2014 - 2016     {small}"
    assert jobs(drawing) == [("Programmer", "Alder Labs")]

"""Curricula vitae of layouts that no rule was written for: what their words are, and what their other entries do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.engines.rules.contacts import find_phones
from pipeline.engines.rules.resume.extractor import ResumeRules
from pipeline.engines.rules.resume.heading_stems import kind_by_stems
from pipeline.engines.rules.resume.heads import split_head
from pipeline.engines.rules.resume.plausible import is_plausible
from pipeline.engines.rules.resume.words import is_place, names_job, names_school
from tests.printed_pages import printed_page
from tests.printed_resumes import SCHEMA, extracted, jobs, studies, with_headings


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Berufstätigkeit", "experience"),
        ("BILDUNGSABSCHLÜSSE", "education"),
        ("Éxperience Professionnelle", "experience"),
        ("B E R U F S E R F A R U N G", "experience"),
        ("Bildung und berufliche Laufbahn", "education"),
        ("Diplomarbeit", None),
        ("Arbeitsweise", None),
        ("Education nationale", None),
        ("Hochschule", None),
    ],
)
def test_headings_are_known_by_the_stems_of_their_words(heading: str, kind: str | None) -> None:
    assert kind_by_stems(heading) == kind


def test_a_heading_of_a_lower_rank_ends_no_section() -> None:
    drawing = """
        Experience
        Alder Labs, Leeds                          2016 - 2018
        Programmer
        - Painted sails
        Technologies
        - Tar
        Harbour Works, Leeds                       2014 - 2016
        Crane Operator
        """
    page = with_headings(drawing, "Experience")
    assert page.text is not None
    blocks = tuple(
        replace(block, lines=tuple(replace(line, box=_higher(line.box, 2.0)) for line in block.lines))
        if block.text == "Experience"
        else block
        for block in page.text.blocks
    )
    record = ResumeRules().extract(SCHEMA, [replace(page, text=replace(page.text, blocks=blocks))], "cv.pdf")
    assert [row["company"] for row in record.fields["experience"]] == ["Alder Labs", "Harbour Works"]


def _higher(box: tuple[float, float, float, float], by: float) -> tuple[float, float, float, float]:
    return box[0], box[1] - by, box[2], box[3] + by


def test_a_period_set_otherwise_than_those_of_the_section_begins_no_entry() -> None:
    assert jobs(
        """
        Experience
        2016 - 2018      Programmer          Alder Labs
                         Painted the sails
                         Lead of the yard since March 2017:
                         - Tarred boats
        2014 - 2016      Crane Operator      Harbour Works
                         Kept cranes
        2012 - 2014      Clerk               Salt Union
        """
    ) == [("Programmer", "Alder Labs"), ("Crane Operator", "Harbour Works"), ("Clerk", "Salt Union")]


def test_periods_beside_the_details_belong_to_the_heads_above_them() -> None:
    assert jobs(
        """
        Experience
        Programmer - Alder Labs                                      Leeds, UK
        - Painted the sails of the harbour
        - Tarred boats                                               May 2016 - June 2018
        - Kept books
        Clerk - Salt Union                                           Leeds, UK
        - Counted sacks
        - Weighed salt                                               May 2014 - June 2016
        """,
        columns=("position", "company", "start_date"),
    ) == [("Programmer", "Alder Labs", "2016-05"), ("Clerk", "Salt Union", "2014-05")]


def test_seasons_and_open_ends_are_no_firms() -> None:
    assert jobs(
        """
        Expérience professionnelle
        Septembre 2020 -     Développeur logiciel
        Présent              Aulne Logiciels
        Été - 2019           Stagiaire en développement
                             Sel Uni
        """
    ) == [("Développeur logiciel", "Aulne Logiciels"), ("Stagiaire en développement", "Sel Uni")]


def test_a_degree_of_unknown_words_stands_where_the_other_entries_have_theirs() -> None:
    assert studies(
        """
        Education
        Alder College                              2012 - 2016
        Bachelor in Tarring
        Westmark College                           2010 - 2012
        Level 5 - Sails
        """
    ) == [("Bachelor", "Alder College"), ("Level 5", "Westmark College")]


def test_a_school_of_unknown_words_stands_where_the_other_entries_have_theirs() -> None:
    assert studies(
        """
        Education
        2014 - 2016      Master in Sails            Alder University
        2012 - 2014      Licence in Tar             Westmark University
        2010 - 2012      Baccalauréat               Saint Jonas, Leeds, UK
                         Knots
        """
    ) == [("Master", "Alder University"), ("Licence", "Westmark University"), ("Baccalauréat", "Saint Jonas")]


def test_a_job_of_unknown_words_stands_where_the_other_entries_have_theirs() -> None:
    assert jobs(
        """
        Experience
        2016 - 2018      Programmer                 Alder Labs
        2014 - 2016      Clerk                      Salt Union
        2012 - 2014      Remake of a sail loft      Harbour Box / 2G Works, Leeds, UK
        """
    ) == [("Programmer", "Alder Labs"), ("Clerk", "Salt Union"), ("Remake of a sail loft", "Harbour Box")]


def test_a_firm_with_the_period_of_all_its_jobs_is_no_job() -> None:
    assert jobs(
        """
        Experience
        Alder - The Sail House (2012 - 2020)
        Programmer (2016 - 2020)
        - Painted sails
        Loft Works (2012 - 2016)
        - Tarred boats
        """
    ) == [("Programmer", "Alder - The Sail House"), ("Loft Works", "Alder - The Sail House")]


def test_studies_without_a_heading_of_their_own_are_no_jobs() -> None:
    drawing = """
        Experience
        Programmer, Alder Labs                     2016 - 2018
        Clerk, Salt Union Ltd                      2014 - 2016
        Bachelor of Arts, Westmark University      2010 - 2014
        """
    assert jobs(drawing) == [("Programmer", "Alder Labs"), ("Clerk", "Salt Union Ltd")]
    assert studies(drawing) == [("Bachelor of Arts", "Westmark University")]


def test_studies_in_bullets_without_dates_are_read() -> None:
    assert studies(
        """
        教育背景
        • 东湖大学（博士）
        • 西山大学（本科）
        """
    ) == [("博士", "东湖大学"), ("本科", "西山大学")]


def test_the_school_of_a_degree_may_stand_in_a_bullet() -> None:
    drawing = """
        Education
        Bachelor of Arts                           2010 - 2014
        - Westmark University
        """
    assert studies(drawing) == [("Bachelor of Arts", "Westmark University")]


def test_a_job_with_commas_before_the_usual_dash_stays_whole() -> None:
    assert jobs(
        """
        Experience
        Programmer - Alder Labs                    2016 - 2018
        Clerk - Salt Union                         2014 - 2016
        Artist, Singer - Harbour Stage              2012 - 2014
        """
    ) == [("Programmer", "Alder Labs"), ("Clerk", "Salt Union"), ("Artist, Singer", "Harbour Stage")]


def test_a_job_with_a_place_beside_it_is_no_heading() -> None:
    assert jobs(
        """
        Experience
        Alder Labs                                 2019
        Educational Internship                     Leeds, UK
        Salt Union                                 2018
        Clerk                                      Leeds, UK
        """
    ) == [("Educational Internship", "Alder Labs"), ("Clerk", "Salt Union")]


def test_each_entry_begins_with_its_period_where_the_first_does() -> None:
    assert jobs(
        """
        Experience
        2016 - 2018
        Programmer
        Alder Labs
        - Painted the sails
        Sails, Ropes
        2014 - 2016
        Clerk
        Salt Union
        """
    ) == [("Programmer", "Alder Labs"), ("Clerk", "Salt Union")]


def test_the_end_of_a_paragraph_is_no_name() -> None:
    lines = "\n".join("他在港口为许多船只做过各种各样的工作，并负责仓库的全部账目和船帆的修理" for _ in range(12))
    record = extracted(f"{lines}\n络结构\n")
    assert record.fields["name"] is None


def test_a_row_of_dates_is_no_phone_number() -> None:
    assert find_phones("2021.08 – 2025.07", expected=True) == []
    assert [match.value for match in find_phones("13900139000丨a@b.cn")] == ["13900139000"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Alder Labs", True),
        ("eBay", True),
        ("alder SE", True),
        ("负责港口的船", False),
        ("of Westmark", False),
        ("Leeds, UK", False),
        ("painting sails", False),
        ("Sail making in lofts.Knots and ropes", False),
        ("7", False),
    ],
)
def test_what_can_be_a_name(text: str, told: bool) -> None:
    assert is_plausible(text) is told


def test_words_of_places_and_jobs() -> None:
    assert is_place("25548 Kellinghusen") and is_place("江苏·常州") and is_place("上海·浦东")
    assert not is_place("2019 Berlin") and not is_place("浙江大学")
    assert names_job("Elektroniker") and names_job("Krankenschwester") and names_job("Préparateur")
    assert names_school("MIT") and not names_school("Lehre mit Matura")
    assert split_head("一、阿德尔公司 - 研发部") == ["阿德尔公司", "研发部"]
    assert split_head("Escola EB 2,3 de Alder") == ["Escola EB 2,3 de Alder"]


def test_months_of_years_with_a_dash_between_are_a_period() -> None:
    page = printed_page(
        """
        Berufserfahrung
        02.2013-08.2013      Krankenschwester
                             Klinik am Hafen
        """
    )
    row = ResumeRules().extract(SCHEMA, [page], "cv.pdf").fields["experience"][0]
    assert (row["start_date"], row["end_date"]) == ("2013-02", "2013-08")

"""Curricula vitae set unusually: paragraphs for details, labels, jobs without dates, headings of other words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.engines.rules.contacts import find_phones
from pipeline.engines.rules.resume.extractor import ResumeRules
from pipeline.engines.rules.resume.headings import heading_kind
from pipeline.engines.rules.resume.heads import split_head
from pipeline.engines.rules.resume.words import find_degree, is_place, names_school
from tests.printed_pages import printed_page
from tests.printed_resumes import SCHEMA, extracted, jobs, studies, with_headings, with_label


def test_the_last_line_of_a_paragraph_is_no_firm() -> None:
    assert jobs(
        """
        Experience
        Alder Labs                                 Leeds, UK
          Programmer                               2016 - 2018
            Built the dryers of the town, painted all the boats of the harbour and, which was the harder part of it, the
            sails.
        Harbour Works                              Leeds, UK
          Crane Operator                           2014 - 2016
            Kept nine cranes running through the two winters of the strike, with no help from any one of the sides
            there.
        """
    ) == [("Programmer", "Alder Labs"), ("Crane Operator", "Harbour Works")]


def test_the_second_line_of_a_bullet_left_of_the_heads_is_no_job() -> None:
    assert jobs(
        """
        Experience
             Guard, Alder Labs
             2016 - 2018
        - Built the dryers of the town in all of the three
          Departments
             Guard, Harbour Works
             2014 - 2016
        - Kept nine cranes running
        """
    ) == [("Guard", "Alder Labs"), ("Guard", "Harbour Works")]


def test_a_date_that_ends_the_second_line_of_a_bullet_begins_no_job() -> None:
    assert jobs(
        """
        Experience
        Programmer, Alder Labs             2016 - 2018
        - Built the dryers of the town, all of them
          (with sails) by the middle of 2017.
        Crane Operator, Harbour Works      2014 - 2016
        """
    ) == [("Programmer", "Alder Labs"), ("Crane Operator", "Harbour Works")]


def test_a_duration_in_brackets_stands_behind_a_date() -> None:
    assert jobs(
        """
        Experience
        Alder Labs                 Leeds, UK
        Programmer                 2014 (6 months)
        - Built the dryers of the town
        Harbour Works              Leeds, UK
        Crane Operator             2011 - 2014
        """,
        columns=("position", "company", "end_date"),
    ) == [("Programmer", "Alder Labs", "2014"), ("Crane Operator", "Harbour Works", "2014")]


def test_jobs_without_a_date_stand_among_dated_ones() -> None:
    assert jobs(
        """
        Experience
        Programmer                 2016 - 2018
        Alder Labs
        - Built the dryers of the town
        Crane Operator
        Harbour Works
        - Kept nine cranes running
        """
    ) == [("Programmer", "Alder Labs"), ("Crane Operator", "Harbour Works")]


def test_a_firm_stands_below_a_title_with_a_comma() -> None:
    assert jobs(
        """
        Experience
        2016 - 2018     Team Lead, Dryers and Sails
                        Alder Labs GmbH
        2014 - 2016     Operator, Cranes
                        Harbour Works GmbH
        """
    ) == [("Team Lead, Dryers and Sails", "Alder Labs GmbH"), ("Operator, Cranes", "Harbour Works GmbH")]


def test_a_line_with_a_label_ends_the_names_of_a_job() -> None:
    assert jobs(
        """
        Expériences
        2016 - 2018     Développeur              Lyon
        Ateliers - Usine de la Mer
        Outils : cordes et voiles
        2014 - 2016     Technicien               Lyon
        Port Neuf
        Outils : grues
        """
    ) == [("Développeur", "Ateliers - Usine de la Mer"), ("Technicien", "Port Neuf")]


def test_a_heading_in_two_lines_of_the_margin_in_small_letters_has_what_stands_beside_its_first_line() -> None:
    page = with_headings(
        """
        Summary           Makes sails
        Professional      Harbour Works
        Experience        Lead Designer     2012 - Present
                          Designer          2010 - 2012
                          - Painted sails
        """,
        "Summary",
        "Professional",
        "Experience",
    )
    rows = ResumeRules().extract(SCHEMA, [page], "cv.pdf").fields["experience"]
    assert [(row["position"], row["company"]) for row in rows] == [
        ("Lead Designer", "Harbour Works"),
        ("Designer", "Harbour Works"),
    ]


def test_a_heading_and_a_firm_at_the_top_of_a_later_page_are_no_running_headers() -> None:
    first = printed_page("Experience\nAlder Labs\nProgrammer     2016 - 2018\n- Built the dryers of the town")
    second = with_label("Harbour Works\nCrane Operator     2014 - 2016\n- Kept nine cranes running", 2, "Harbour Works")
    third = with_label("02 Education\nWestmark University\nBSc Chemistry     2010 - 2014", 3, "02 Education")
    fields = ResumeRules().extract(SCHEMA, [first, second, third], "cv.pdf").fields
    assert [row["company"] for row in fields["experience"]] == ["Alder Labs", "Harbour Works"]
    assert [row["institution"] for row in fields["education"]] == ["Westmark University"]


def test_columns_have_headings_of_unknown_words() -> None:
    assert jobs(
        """
        Jane Roe
        # Experience                                        # What I can do
        Programmer, Alder Labs                              Ropes
        2016 - 2018                                         Wires
        - Built dryers                                      Knots
        - Painted boats                                     Tar
        Crane Operator, Harbour Works                       Sails
        2014 - 2016                                         Oars
        """,
        columns=("position", "company", "end_date"),
    ) == [("Programmer", "Alder Labs", "2018"), ("Crane Operator", "Harbour Works", "2016")]


def test_jobs_below_headings_of_unknown_words_are_read_where_no_heading_names_them() -> None:
    assert jobs(
        """
        Jane Roe
        # 2014-2018: the years at sea
        2016 - 2018     Programmer, Alder Labs
        2014 - 2016     Crane Operator, Harbour Works
        # Formal education
        2010 - 2014     BSc Chemistry, Westmark University
        # Skills
        Ropes
        """
    ) == [("Programmer", "Alder Labs"), ("Crane Operator", "Harbour Works")]


def test_no_jobs_are_made_of_projects_where_no_heading_names_jobs() -> None:
    drawing = "Jane Roe\n# Education\n2010 - 2014     BSc, Westmark University\n# Projects\n2016 - 2018     Lead, Boat"
    assert jobs(drawing) == []


def test_studies_go_on_from_the_period_down_to_the_school() -> None:
    assert studies(
        """
        Formation
        2016 - 2017
        Bachelor systèmes
        embarqués et marins
        Nauta - Bordeaux
        2014 - 2016
        BTS électronique
        Lycée du Port - Agen
        """
    ) == [("Bachelor", "Nauta"), ("BTS", "Lycée du Port")]


def test_heads_that_end_with_a_full_stop_are_split_as_others() -> None:
    assert split_head("Founder, Alder Labs, Naperville, IL.") == ["Founder", "Alder Labs", "Naperville, IL"]
    assert split_head("Programmer, Alder Labs Inc.") == ["Programmer", "Alder Labs Inc."]


def test_a_year_alone_begins_a_head_that_ends_with_a_full_stop() -> None:
    drawing = "Experience\n2019          Programmer, Alder Labs.\n2016-2019     Crane Operator, Harbour Works."
    assert jobs(drawing) == [("Programmer", "Alder Labs"), ("Crane Operator", "Harbour Works")]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Build / Test Engineer, Alder Labs", ["Build / Test Engineer", "Alder Labs"]),
        ("高级专家 & 算法负责人", ["高级专家 & 算法负责人"]),
        ("Alder · Leeds / Rotterdam / London · Sails", ["Alder", "Leeds / Rotterdam / London", "Sails"]),
        ("Stagiaire - Développeur", ["Stagiaire - Développeur"]),
        ("Self Employed - Freelance", ["Self Employed", "Freelance"]),
        ("东港大学金融系经济学", ["东港大学", "金融系经济学"]),
    ],
)
def test_strokes_and_signs_part_some_heads(text: str, parts: list[str]) -> None:
    assert split_head(text) == parts


def test_a_word_of_the_branch_beside_a_place_is_no_firm() -> None:
    assert jobs(
        """
        Experience
        Programmer — Alder                                      2016 - 2018 · Leeds · Sails
        Designer — Harbour                                      2014 - 2016 · Leeds · Ports
        Sailing — Gull                                          2013 - 2014 · Leeds · Boats
        """
    ) == [("Programmer", "Alder"), ("Designer", "Harbour"), ("Sailing", "Gull")]


def test_the_state_behind_a_school_is_no_degree() -> None:
    drawing = "Education\nWestmark University, University, MS\nBSc Chemistry     May 2016"
    assert studies(drawing) == [("BSc", "Westmark University")]


def test_freelance_before_a_job_belongs_to_it() -> None:
    assert jobs("Experience\nAlder Labs\nFreelance Designer     2016 - 2018") == [("Freelance Designer", "Alder Labs")]


def test_a_mark_of_a_footnote_is_no_firm() -> None:
    assert jobs("Experience\nProgrammer, Alder Labs     2016 - 2018\n- Dryers\n³     1951 - 1960") == [
        ("Programmer", "Alder Labs")
    ]


@pytest.mark.parametrize(
    ("text", "degree"),
    [
        ("Maestría en Ciencias", "Maestría"),
        ("Ingeniería Química", "Ingeniería"),
        ("M2 Informatique", "M2"),
        ("Fachhochschulreife", "Fachhochschulreife"),
        ("学士学位，武侠系", "学士学位"),
    ],
)
def test_degrees_are_known_in_other_languages(text: str, degree: str) -> None:
    match = find_degree(text)
    assert match is not None and match[0] == degree


def test_schools_and_places_are_known_in_other_languages() -> None:
    assert all(names_school(name) for name in ("Universidad del Mar", "Berufsschule Nordhafen", "Liceo del Porto"))
    assert not names_school("VWO (Pre-University Education)")
    assert is_place("Munich, Allemagne") and is_place("Lyon / Paris") and not is_place("Alder / Paris")


def test_headings_with_a_bare_number_and_other_adjectives_are_known() -> None:
    assert [heading_kind(text) for text in ("02 AUSBILDUNG", "Autres expériences", "Formal education")] == [
        "education",
        "experience",
        "education",
    ]


def test_a_span_of_years_is_no_phone_number() -> None:
    assert not find_phones("1863-1865", expected=True)
    assert not find_phones("1898 - 1902", expected=True)


def test_the_largest_heading_is_the_name_wherever_it_stands() -> None:
    page = with_headings("Contact\nNordhafen\n" + "Ropes and wires\n" * 30 + "JANE ANNA\nROE", "JANE ANNA", "ROE")
    assert page.text is not None
    *others, first, last = page.text.blocks
    x0, y0, x1, _ = first.box
    lines = [
        replace(line, box=(x0, y0 + at * 20, x1, y0 + at * 20 + 18)) for at, line in enumerate(first.lines + last.lines)
    ]
    name = replace(first, text="JANE ANNA ROE", box=(x0, y0, x1, y0 + 38), level=1, lines=tuple(lines))
    page = replace(page, text=replace(page.text, blocks=(*others, name)))
    assert ResumeRules().extract(SCHEMA, [page], "cv.pdf").fields["name"] == "JANE ANNA ROE"


def test_a_label_is_no_name() -> None:
    assert extracted("Lieu de Naissance:\nNordhafen, Norway\nJane Roe").fields["name"] == "Jane Roe"

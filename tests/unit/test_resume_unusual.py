"""Curricula vitae set unusually: paragraphs for details, labels, jobs without dates, headings of other words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.engines.rules.contacts import find_phones
from pipeline.engines.rules.resume import ResumeRules
from pipeline.engines.rules.resume_headings import heading_kind
from pipeline.engines.rules.resume_heads import split_head
from pipeline.engines.rules.resume_words import find_degree, is_place, names_school
from stores.models import Label, Page
from tests.printed_pages import printed_page
from tests.printed_resumes import SCHEMA, extracted, jobs, studies


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


def with_headings(drawing: str, *headings: str) -> Page:
    """A drawn page of which each cell is a block, those of ``headings`` a heading."""
    page = printed_page(drawing)
    assert page.text is not None
    blocks = tuple(
        replace(
            block,
            label=Label.HEADING if line.text in headings else Label.TEXT,
            level=2 if line.text in headings else 0,
            box=line.box,
            text=line.text,
            lines=(line,),
        )
        for block in page.text.blocks
        for line in block.lines
    )
    return replace(page, text=replace(page.text, blocks=blocks))


def test_a_heading_and_a_firm_at_the_top_of_a_later_page_are_no_running_headers() -> None:
    first = printed_page("Experience\nAlder Labs\nProgrammer     2016 - 2018\n- Built the dryers of the town")
    second = with_label("Harbour Works\nCrane Operator     2014 - 2016\n- Kept nine cranes running", 2, "Harbour Works")
    third = with_label("02 Education\nWestmark University\nBSc Chemistry     2010 - 2014", 3, "02 Education")
    fields = ResumeRules().extract(SCHEMA, [first, second, third], "cv.pdf").fields
    assert [row["company"] for row in fields["experience"]] == ["Alder Labs", "Harbour Works"]
    assert [row["institution"] for row in fields["education"]] == ["Westmark University"]


def with_label(drawing: str, number: int, header: str) -> Page:
    """A drawn page of which one line is taken for a running header."""
    page = with_headings(drawing, header)
    assert page.text is not None
    blocks = (replace(block, label=Label.HEADER) if block.text == header else block for block in page.text.blocks)
    return replace(page, number=number, text=replace(page.text, blocks=tuple(blocks)))


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
        Superviseur : Prof. Jane Roe, passage accéléré en mai 2021
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


def test_the_firm_that_trains_is_named_below_the_degree() -> None:
    assert studies("Ausbildung\n09/1997 - 06/2000     Abitur, Bootsbau\nAlder Werft GmbH") == [
        ("Abitur", "Alder Werft GmbH")
    ]

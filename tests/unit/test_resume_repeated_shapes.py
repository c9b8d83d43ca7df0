"""Curricula vitae whose entries are told by what repeats: headings, labels, dates by twos, degrees at one margin."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.engines.rules.contacts import find_emails, find_phones
from pipeline.engines.rules.resume.entry_rows import entry_periods, is_margin, is_no_name
from pipeline.engines.rules.resume.extractor import ResumeRules
from pipeline.engines.rules.resume.headings import SectionKind, heading_kind
from pipeline.engines.rules.resume.heads import split_head
from tests.printed_resumes import SCHEMA, extracted, jobs, studies, with_headings


@pytest.mark.parametrize(
    ("text", "periods"),
    [
        ("Alder, Amiens - Juin 2022/Septembre 2022", [("2022-06", "2022-09")]),
        ("Alder Dury - Avril 2016 / Décembre 2019", [("2016-04", "2019-12")]),
        ("Alder School - 2013/2014", [("2013", "2014")]),
        ("(2021-Running)", [("2021", "present")]),
    ],
)
def test_strokes_part_the_dates_of_a_period(text: str, periods: list[tuple[str, str]]) -> None:
    assert [(period.first, period.last) for period in entry_periods(text)] == periods


def test_a_list_of_years_is_no_period() -> None:
    assert not any(period.first for period in entry_periods("Reviewer 2020/2021/2022"))


def test_a_duration_behind_a_period_is_no_name() -> None:
    assert is_margin("mai 2021 - juin 2022 (1 an 1 mois)")
    assert is_no_name("2 ans 6 mois")
    assert is_no_name("Concluido en")
    assert is_no_name("王明教授")
    assert not is_no_name("特任教授")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Current Position", SectionKind.EXPERIENCE),
        ("Stage", SectionKind.EXPERIENCE),
        ("职业与项目经验", SectionKind.EXPERIENCE),
        ("实习/社会工作", SectionKind.EXPERIENCE),
        ("活动经历", SectionKind.OTHER),
    ],
)
def test_headings(text: str, kind: SectionKind) -> None:
    assert heading_kind(text) is kind


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("PhD in Boats: Alder University", ["PhD in Boats", "Alder University"]),
        ("东港大学（研究生，保送）·造船技术·GPA：3.84/4.00", ["东港大学", "研究生", "造船技术", "GPA：3.84/4.00"]),
        ("上海·浦东；东港船厂，造船工程师", ["上海·浦东", "东港船厂", "造船工程师"]),
        ("博士后合作导师：Jane Roe", ["博士后"]),
        ("Alder Consultant Pvt. Ltd.", ["Alder Consultant Pvt. Ltd."]),
        (": Baker / Bread Engineer, Alder University, Leeds", ["Baker / Bread Engineer", "Alder University", "Leeds"]),
    ],
)
def test_heads_are_parted_where_names_end(text: str, parts: list[str]) -> None:
    assert split_head(text) == parts


def test_contacts_that_are_set_without_blanks_or_two_in_a_row() -> None:
    assert [match.value for match in find_emails("E-mailjane@roe.org")] == ["jane@roe.org"]
    assert [match.value for match in find_phones("Teléfono: 55501234- 55504321")] == ["55501234", "55504321"]


def test_a_name_stands_before_the_sex_of_the_person() -> None:
    record = extracted(
        """
        个人信息
        • 林晓薇/女/1990
        • 手机：18500001111
        """
    )
    assert record.fields["name"] == "林晓薇"


def test_labels_in_spanish() -> None:
    drawing = """
        DATOS PERSONALES
        Nombre y Apellidos: Ana Robledo Pinto

        FORMACION
        Fecha: 2011 - 2013
        Institución formadora: Escuela de Remos Alder
        Titulación: Bachiller industrial

        EXPERIENCIA PROFESIONAL
        Fecha: 2016 - 2017
        Empresa: Remos del Sur
        Puesto/Actividad desarrollada: carpintero de barcos

        Fecha: 2018 - 2020
        Empresa: Velas del Norte
        Puesto/Actividad desarrollada: costurero
        """
    assert extracted(drawing).fields["name"] == "Ana Robledo Pinto"
    assert studies(drawing) == [("Bachiller industrial", "Escuela de Remos Alder")]
    assert jobs(drawing) == [("carpintero de barcos", "Remos del Sur"), ("costurero", "Velas del Norte")]


def test_a_school_goes_on_below_a_date_that_is_part_of_its_line() -> None:
    rows = studies(
        """
        Education
        2013 – 2017 BSc in Boats, Alder Institute
                    of Sails and Rope, Leeds
        """
    )
    assert rows == [("BSc", "Alder Institute of Sails and Rope")]


def test_what_a_colon_announces_is_no_end_of_a_name() -> None:
    rows = studies(
        """
        Ausbildung
        BSc Schiffbau | Alder Universität               2018 - 2021
        Wichtige Inhalte der Lehre:
        • Segel und Ruder
        """
    )
    assert rows == [("BSc", "Alder Universität")]


def test_a_period_in_a_sentence_of_a_block_begins_no_job() -> None:
    rows = jobs(
        """
        Experience

        06/07/2023 - 06/08/2023
        Boat builder
        Alder Works Ltd

        I spent a month at the yard in June–August 2023, where I
        painted a small boat and two larger ones together with
        Jane and sold them.
        """
    )
    assert rows == [("Boat builder", "Alder Works Ltd")]


def test_headings_of_schools_begin_the_entries_though_one_alone_has_a_date() -> None:
    rows = studies(
        """
        # Education

        # Alder University - School of Boats
        Bachelor in Boats
        Currently in the eighth term

        # Birch University - School of Sails
        Technician in Sails
        Completed in 2019
        """,
        columns=("institution", "end_date"),
    )
    assert rows == [("Alder University", None), ("Birch University", "2019")]


def test_a_row_without_a_date_is_an_entry_where_those_above_and_below_are() -> None:
    rows = studies(
        """
        Education
        PhD in Boats: Alder University (2010 – 2013)
        PhD in Sails: Birch University, Leeds (not awarded)
        MSc in Rope: Cedar University (2005)
        """
    )
    assert rows == [("PhD", "Alder University"), ("PhD", "Birch University"), ("MSc", "Cedar University")]


def test_degrees_at_the_right_margin_begin_entries() -> None:
    rows = studies(
        """
        Ausbildung
        Segel und Ruder                          PhD
        Alder State University
        Segel                                 Diplom
        Alder State University
        """
    )
    assert rows == [("PhD", "Alder State University"), ("Diplom", "Alder State University")]


def test_dates_by_twos_may_rise() -> None:
    rows = studies(
        """
        教育背景
        2022.09   东港大学（研究生）
        至今      主要荣誉：一等奖学金
        2018.09   北方大学（本科）
        2022.06   主要荣誉：二等奖学金
        """,
        columns=("institution", "start_date", "end_date"),
    )
    assert rows == [("东港大学", "2022-09", "present"), ("北方大学", "2018-09", "2022-06")]


def test_towns_at_the_right_margin_are_no_names() -> None:
    rows = jobs(
        """
        Experience
        Alder Consultant Pvt. Ltd.               Alderham, Bihar
                                                 July 2020 – Present
        Sales Executive
        Birch Pvt. Ltd.                          Birchnagar, Bihar
                                                 Feb 2018 – Jun 2019
        Boat Developer
        """
    )
    assert rows == [("Sales Executive", "Alder Consultant Pvt. Ltd."), ("Boat Developer", "Birch Pvt. Ltd.")]


def test_columns_begin_below_a_section_over_the_whole_width() -> None:
    drawing = """
        # About me
        I have built boats for many years in the yards of the north, and now want to build some larger
        ones that can go further out, with people who like the sea as much as I do, in all weathers of
        the year, and with tools that fit the hand and the wood, and a good deal of time to do it well.

        # Education                         Work Experience
        BSc in Boats                        Alder Works Ltd.
        Birch University                    Boat Engineer
        2012 - 2015                         2015 - 2019
        """
    assert studies(drawing) == [("BSc", "Birch University")]
    assert jobs(drawing) == [("Boat Engineer", "Alder Works Ltd.")]


def test_a_heading_is_of_jobs_by_its_last_word() -> None:
    rows = jobs(
        """
        # Education
        BSc, Alder University       2001 - 2004

        # Research Experience
        Research Fellow, Birch University      2005 - 2007

        # Industry & Applied R&D Experience
        Boat Engineer, Alder Works Ltd         2008 - 2010
        """
    )
    assert rows == [("Research Fellow", "Birch University"), ("Boat Engineer", "Alder Works Ltd")]


def test_several_headings_below_that_of_a_firm_are_of_projects() -> None:
    drawing = """
        工作经历
        东港造船科技有限公司（2017.10-至今）
        海鸥号
        负责船体的设计与搭建工作。
        白帆号
        负责船帆的设计与维护工作。
        """
    page = with_headings(drawing, "工作经历", "东港造船科技有限公司（2017.10-至今）", "海鸥号", "白帆号")
    assert page.text is not None
    blocks = tuple(
        replace(block, level=3) if block.text in ("海鸥号", "白帆号") else block for block in page.text.blocks
    )
    page = replace(page, text=replace(page.text, blocks=blocks))
    rows = ResumeRules().extract(SCHEMA, [page], "cv.pdf").fields["experience"]
    assert [(row["position"], row["company"]) for row in rows] == [(None, "东港造船科技有限公司")]


def test_a_period_in_brackets_goes_on_in_the_line_below() -> None:
    rows = jobs(
        """
        工作经历
        东港造船科技有限公司（东港船厂）（2016.06-
        2017.10）
        • 负责船帆
        """,
        columns=("company", "start_date", "end_date"),
    )
    assert rows == [("东港造船科技有限公司（东港船厂）", "2016-06", "2017-10")]


def test_chinese_prose_below_a_firm_is_no_job() -> None:
    rows = jobs(
        """
        工作经历

        东港造船科技有限公司                              2013.07 至 2014.04

        隶属于技术保障数据库技术木船团队，实习期间，主要工
        作有两块：
        • 船帆
        """
    )
    assert rows == [(None, "东港造船科技有限公司")]


def test_a_label_behind_a_degree_does_not_hide_it() -> None:
    rows = studies(
        """
        教育背景
        东港大学, 沈阳                              2011年9月 – 2015年6月
        学士少年班专业：数学与应用数学
        """
    )
    assert rows == [("学士", "东港大学")]


def test_an_address_goes_on_in_the_line_below() -> None:
    record = extracted(
        """
        Contact
        mail.jane.roe-of-alderham@example.c
        om
        www.example.org
        """
    )
    assert record.fields["email"] == "mail.jane.roe-of-alderham@example.com"


def test_a_number_beside_the_address_in_a_sidebar_is_a_phone() -> None:
    record = extracted(
        """
        Jane Roe

        Profile
        Builds boats

        Where to find me
        0 1 5 1 5 6 8 5 2 6 2 2
        jane@roe.org

        Education
        BSc, Alder University       2001 - 2004
        """
    )
    assert record.fields["phone"] == "0 1 5 1 5 6 8 5 2 6 2 2"


def test_a_name_of_five_words_stands_in_two_lines() -> None:
    page = with_headings(
        """
        Diego de Robledo
        Pinto Alder
        diego@example.org
        """,
        "Diego de Robledo",
        "Pinto Alder",
    )
    assert page.text is not None
    large = tuple(
        replace(
            block, level=1 if block.level else 0, box=(block.box[0], block.box[1] - 8, block.box[2], block.box[3] + 8)
        )
        for block in page.text.blocks
    )
    page = replace(page, text=replace(page.text, blocks=large))
    assert ResumeRules().extract(SCHEMA, [page], "cv.pdf").fields["name"] == "Diego de Robledo Pinto Alder"


def test_a_line_in_the_middle_of_a_sentence_is_no_school() -> None:
    rows = studies(
        """
        Education
        (2017-2020) Alder School of Boats
        The school is ranked high on various parameters by acclaimed bodies
        is a recipient of various awards as the best diploma college in the north
        by Alderham in 2002
        """
    )
    assert rows == [(None, "Alder School of Boats")]


def test_months_that_and_joins_may_be_long() -> None:
    assert [(p.first, p.last) for p in entry_periods("septiembre y octubre 2016")] == [("2016-09", "2016-10")]


def test_work_of_ones_own_stands_above_a_job_with_a_dash() -> None:
    rows = jobs(
        """
        Experience
        Freelance
        Long boats for rivers - Boat Engineer
        July 2016 - Present
        """
    )
    assert rows == [("Long boats for rivers - Boat Engineer", "Freelance")]

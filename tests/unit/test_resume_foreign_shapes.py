"""Curricula vitae in layouts of other countries and programs: dates, headings, bullets and names as they print them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.engines.rules.contacts import find_phones
from pipeline.engines.rules.resume.entry_rows import entry_periods
from pipeline.engines.rules.resume.extractor import ResumeRules
from pipeline.engines.rules.resume.heads import split_head
from pipeline.engines.rules.resume.words import names_job, names_subject
from tests.printed_resumes import SCHEMA, extracted, jobs, studies, with_headings


def test_months_stand_above_their_year_in_the_margin() -> None:
    rows = jobs(
        """
        Experience
        Jan 2016     Kiln Student                     Alder Labs, Leeds
         – Now
        Oct – Dec    Brick Engineer                   Kiln Works, Leeds
             2015    Fired the bricks of nine harbours and wrote about that, too.
        Feb – July   Clay Consultant                  Alder Works, Leeds
             2015    Dug the clay of the northern harbour and its wells by hand.
        """,
        columns=("position", "company", "start_date", "end_date"),
    )
    assert rows == [
        ("Kiln Student", "Alder Labs", "2016-01", "present"),
        ("Brick Engineer", "Kiln Works", "2015-10", "2015-12"),
        ("Clay Consultant", "Alder Works", "2015-02", "2015-07"),
    ]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("August und September 2020", "2020-08", "2020-09"),
        ("Giugno 2023 – in corso", "2023-06", "present"),
        ("2024 - Presente", "2024", "present"),
        ("June 2014 and others", "", "2014-06"),
    ],
)
def test_periods_in_other_languages(text: str, first: str, last: str) -> None:
    assert [(period.first, period.last) for period in entry_periods(text)] == [(first, last)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("北方东港大学(统招本科)", ["北方东港大学", "统招本科"]),
        ("Alder Institute of Technology/Bachelor of Arts", ["Alder Institute of Technology", "Bachelor of Arts"]),
        ("Licence informatique à l’UPXY", ["Licence informatique", "UPXY"]),
        ("Käber Schule in 25999 Alderstadt", ["Käber Schule", "25999 Alderstadt"]),
        ("Hotel Alder 3* Via Ripa 2", ["Hotel Alder 3*", "Via Ripa 2"]),
        ("Alder Labs (mostly working in boats)", ["Alder Labs"]),
        ("Alder Labs (Kiln)", ["Alder Labs (Kiln)"]),
        ("东港大学，砖瓦专业，本科，美国", ["东港大学", "砖瓦专业", "本科", "美国"]),
        ("本科：东港大学", ["本科", "东港大学"]),
        ("Teaching assistant. Bricks 101. Alder University", ["Teaching assistant", "Alder University"]),
        ("Research Assistant. Advised by Prof. Ann Alder", ["Research Assistant"]),
        ("Contributor, Advisor: Ann B. Alder", ["Contributor"]),
        ("Boat Engineering Intern under Prof. Alder, Leeds", ["Boat Engineering Intern"]),
        ("Alder Labs (Leeds, 15 months)", ["Alder Labs"]),
        ("Boat Builder@Alder", ["Boat Builder", "Alder"]),
        ("ann@Alder.example", ["ann@Alder.example"]),
    ],
)
def test_the_parts_of_heads(text: str, parts: list[str]) -> None:
    assert split_head(text) == parts


def test_degrees_in_bullets_without_dates() -> None:
    assert studies("""
        # Educação
        - Pós-graduação – Arquitetura de Tijolos
        - Graduação – Engenharia de Fornos
        # Idiomas
        Inglês
    """) == [("Pós-graduação", None), ("Graduação", None)]


def test_schools_without_dates_below_one_another() -> None:
    assert studies("""
        # Education
        Alder University
        MSc Kilns
        Norhaven College
        BSc Bricks
    """) == [("MSc", "Alder University"), ("BSc", "Norhaven College")]


def test_a_bullet_beside_two_lines_is_of_none_of_them() -> None:
    rows = studies(
        """
        # Education
          Alder University                    Leeds, UK
        •
          MSc Kilns                           2020 - 2022
          Norhaven College                    Leeds, UK
        •
          BSc Bricks                          2017 - 2020
        """,
        columns=("degree", "institution", "start_date"),
    )
    assert rows == [("MSc", "Alder University", "2020"), ("BSc", "Norhaven College", "2017")]


def test_a_field_of_study_is_no_school() -> None:
    assert names_subject("Computer Science and Engineering") and names_subject("物理科学与技术")
    assert not names_subject("Alder Engineering School")
    assert studies("""
        # Education
        2019 - 2023      Bachelor of Technology
                         Computer Science and Engineering
    """) == [("Bachelor of Technology", None)]


def test_a_date_between_strokes_is_of_the_study() -> None:
    rows = studies(
        "Education\nALDER UNIVERSITY | JUL-2018 | BACHELOR DEGREE", columns=("institution", "degree", "end_date")
    )
    assert rows == [("ALDER UNIVERSITY", "BACHELOR DEGREE", "2018-07")]


def test_a_school_with_a_full_stop_below_its_degree() -> None:
    assert studies("""
        # Education
        2021-2025      Doctor in Kilns
                       Laboratory of bricks, Alder University of the harbour and its clay (AUHC).
                       Searching for the oldest kilns of the harbour, with their bricks and doors.
    """) == [("Doctor", "Alder University of the harbour and its clay (AUHC)")]


def test_lines_without_a_date_a_job_or_a_firm_are_no_jobs() -> None:
    assert (
        jobs("""
        # Technical Experience
        Tools & Software:      R Studio, Visual Kiln
        Master Project:        Recognition of bricks
        - Fired them
    """)
        == []
    )


def test_what_stands_below_a_heading_of_projects_is_no_job() -> None:
    page = with_headings(
        """
        教育经历
        2014.9 - 2018.6      东港大学      本科
        综合科研项目
        砖瓦检测平台
        2019.6 - 2019.12     移动端负责人、开发人员
        获奖经历
        2018 一等奖
        """,
        "教育经历",
        "综合科研项目",
        "砖瓦检测平台",
        "获奖经历",
    )
    assert ResumeRules().extract(SCHEMA, [page], "cv.pdf").fields["experience"] == []


def test_a_table_of_courses_and_boards() -> None:
    rows = studies(
        """
        # Academic Details
        COURSE          COLLEGE/SCHOOL               UNIVERSITY/BOARD      YEAR OF PASSING    PERCENTAGE
        HSC             Alder Higher School          State Board           2017               91
        SSLC            Norhaven Higher School       State Board           2015               94
        """,
        columns=("degree", "institution", "end_date"),
    )
    assert rows == [("HSC", "Alder Higher School", "2017"), ("SSLC", "Norhaven Higher School", "2015")]


def test_a_project_during_a_job_is_no_job() -> None:
    assert jobs("""
        工作经历
        东港科技有限公司      算法工程师      2021.10 - 至今
        砖瓦检测算法                          2022.01 - 至今
        南港科技有限公司      软件工程师      2018.04 - 2021.10
        数据存储和传输协议                    2019.10 - 2020.12
    """) == [("算法工程师", "东港科技有限公司"), ("软件工程师", "南港科技有限公司")]


def test_a_part_of_a_chinese_firm_is_no_job() -> None:
    assert not names_job("网络产品线-数据系统架构部") and names_job("市场部部长")
    assert jobs("工作经历\n东港技术有限公司      2020.4 - 2021.5      终端开发十部") == [(None, "东港技术有限公司")]


def test_a_town_behind_a_legal_form_is_no_job() -> None:
    assert jobs("Werdegang\n10.2015-07.2016      Alder College GmbH, Kilnstadt") == [(None, "Alder College GmbH")]


def test_a_job_in_bold_below_its_firm_is_no_section() -> None:
    page = with_headings(
        """
        实习经历
        东港证券股份有限公司      上海, 中国| 2023.06 – 2023.10
        投资部实习生
        南港商贸有限公司          上海, 中国| 2022.06 – 2022.07
        砖瓦实习生
        """,
        "实习经历",
        "投资部实习生",
        "砖瓦实习生",
    )
    record = ResumeRules().extract(SCHEMA, [page], "cv.pdf")
    assert [(row["position"], row["company"]) for row in record.fields["experience"]] == [
        ("投资部实习生", "东港证券股份有限公司"),
        ("砖瓦实习生", "南港商贸有限公司"),
    ]


def test_a_school_in_bold_below_its_heading_is_no_section() -> None:
    page = with_headings(
        """
        Education
        Alder State University
        The Faculty of Kilns
        Skills
        Sailing
        """,
        "Education",
        "Alder State University",
        "Skills",
    )
    record = ResumeRules().extract(SCHEMA, [page], "cv.pdf")
    assert [row["institution"] for row in record.fields["education"]] == ["Alder State University"]


@pytest.mark.parametrize(
    "line",
    ["本科/东港大学/砖瓦工程", "学历：全日制本科/东港大学/2020届应届生", "教育背景：2023届 东港大学本科软件工程"],
)
def test_a_school_among_the_contacts(line: str) -> None:
    record = extracted(f"王小明\n# 联系方式\n{line}\n手机：18168020307\n# 专业技能\n砖瓦")
    assert [(row["degree"], row["institution"]) for row in record.fields["education"]] == [("本科", "东港大学")]


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("林敏润的工作简历", "林敏润"),
        ("Pengyu(Perry) Roe", "Pengyu(Perry) Roe"),
        ("Anna Roe / anna@example.org", "Anna Roe"),
        ("Name: ROE, JANE", "ROE, JANE"),
        ("Anna Roe\n\nFather's Name: Peter Poe", "Anna Roe"),
    ],
)
def test_names_as_other_people_print_them(heading: str, name: str) -> None:
    page = with_headings(f"{heading}\n\nanna@example.org\n\nExperience\n\n2014 - 2016     Crane Operator", heading)
    assert page.text is not None
    assert ResumeRules().extract(SCHEMA, [page], "cv.pdf").fields["name"] == name


def test_a_large_chinese_name_may_begin_with_a_rare_surname() -> None:
    page = with_headings("郦小文\n\n\nxiaowen@example.org\n\n工作经历\n2014 - 2016     东港集团, 工程师", "郦小文")
    assert page.text is not None
    first, *others = page.text.blocks
    x0, y0, x1, y1 = first.box
    tall = replace(first, box=(x0, y0, x1, y1 + 9), lines=(replace(first.lines[0], box=(x0, y0, x1, y1 + 9)),))
    page = replace(page, text=replace(page.text, blocks=(tall, *others)))
    assert ResumeRules().extract(SCHEMA, [page], "cv.pdf").fields["name"] == "郦小文"


def test_the_number_of_an_author_is_no_phone() -> None:
    assert find_phones("0000-0003-4920-738", expected=True) == []


@pytest.mark.parametrize("job", ["Engenheiro de Fornos", "Analista de TI", "Tirocinante", "Geofísico", "Studentenjobs"])
def test_jobs_in_other_languages(job: str) -> None:
    assert names_job(job)

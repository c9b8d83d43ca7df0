"""Curricula vitae in layouts of many kinds: tables, margins, sidebars, unknown headings."""

from __future__ import annotations

import pytest

from pipeline.engines.rules.resume.heads import split_head
from tests.unit.test_rules_resume import extract, rows_of


def test_a_table_is_read_by_its_header() -> None:
    record = extract(
        """
        Jane Roe
        Employment
        Company                   Role                     From         To
        Alder Labs                History Teacher          Apr 2020     Present
        Harbour and Sea           Staff Nurse              Jan 2018     Mar 2020
        Qualifications
        Degree      Subject       School                   Year
        PhD         History       Westmark University      2017
        BA          Economics     London School of         2013
                                  Economics
        """
    )
    assert rows_of(record, "experience", "company", "position", "start_date", "end_date") == [
        ("Alder Labs", "History Teacher", "2020-04", "present"),
        ("Harbour and Sea", "Staff Nurse", "2018-01", "2020-03"),
    ]
    assert rows_of(record, "education", "institution", "degree", "area", "end_date") == [
        ("Westmark University", "PhD", "History", "2017"),
        ("London School of Economics", "BA", "Economics", "2013"),
    ]


def test_a_chinese_table_is_read_by_its_header() -> None:
    record = extract(
        """
        李明
        工作经历
        起止时间             工作单位           职务          工作内容
        2020.01-至今         蓝鲸传媒           市场专员      负责与客户沟通
                                                              并撰写文档
        2017.03-2019.12      青禾网络           前端开发      开发网页
        """
    )
    assert rows_of(record, "experience", "company", "position", "end_date") == [
        ("蓝鲸传媒", "市场专员", "present"),
        ("青禾网络", "前端开发", "2019-12"),
    ]


def test_headings_of_unknown_words_are_told_by_the_entries_below() -> None:
    record = extract(
        """
        Hi, I'm Jane Roe.
        Write to jane@roe.org

        # Where I have worked
        Data Analyst (2019 - 2021)
        Alder Labs Inc.
        - Built the dryers of the town

        # What I studied
        BSc Chemistry (2012 - 2015)
        Westmark University
        """
    )
    assert record.fields["name"] == "Jane Roe"
    assert rows_of(record, "experience", "position", "company") == [("Data Analyst", "Alder Labs Inc.")]
    assert rows_of(record, "education", "degree", "institution") == [("BSc", "Westmark University")]


def test_a_period_may_stand_above_its_entry_and_close_the_one_of_a_sidebar() -> None:
    above = extract(
        """
        Jane Roe
        Studies
        2012 - 2015
        PhD, Economics
        Dalton State College, Boston, MA
        2008 - 2012
        BA, History
        Westmark University, Leeds, UK
        """
    )
    assert rows_of(above, "education", "institution", "degree", "end_date") == [
        ("Dalton State College", "PhD", "2015"),
        ("Westmark University", "BA", "2012"),
    ]
    below = extract(
        """
        Jane Roe
        Education
        Dalton State College
        PhD, Economics
        2012 - 2015
        Westmark University
        Bachelor of Commerce, Public
        Policy
        2008 - 2012
        """
    )
    assert rows_of(below, "education", "institution", "end_date") == [
        ("Dalton State College", "2015"),
        ("Westmark University", "2012"),
    ]


def test_entries_may_be_bullets_and_a_heading_may_stand_in_the_margin() -> None:
    record = extract(
        """
        Jane Roe
        Professional Background
        - Staff Nurse - Alder Labs (2018 - 2021)
        - Copy Editor - Harbour Works (2016 - 2017)

        Education      Westmark University      2012 - 2015
                       PhD in Economics
        """
    )
    assert rows_of(record, "experience", "company", "position", "end_date") == [
        ("Alder Labs", "Staff Nurse", "2021"),
        ("Harbour Works", "Copy Editor", "2017"),
    ]
    assert rows_of(record, "education", "institution", "degree") == [("Westmark University", "PhD")]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("MSc in History from King's College London", ["MSc in History", "King's College London"]),
        ("University of California, Davis", ["University of California, Davis"]),
        ("ETH Zürich, Leipzig", ["ETH Zürich", "Leipzig"]),
        ("前海数据有限公司（算法工程师）", ["前海数据有限公司", "算法工程师"]),
        ("四川外国语学院汉语言文学学士", ["四川外国语学院", "汉语言文学", "学士"]),
        ("Paralegal, Tessellate (Leeds, UK)", ["Paralegal", "Tessellate", "Leeds, UK"]),
    ],
)
def test_schools_degrees_and_roles_are_told_apart(text: str, parts: list[str]) -> None:
    assert split_head(text) == parts


@pytest.mark.parametrize(
    "contacts",
    [
        "Leeds, UK, Tel. 020 7946 0958, jane@roe.org",
        "020 7946 0958 / jane@roe.org / Leeds, UK",
        "jane@roe.org     Leeds, UK     Phone: 020 7946 0958",
    ],
)
def test_contacts_in_one_row_are_told_apart(contacts: str) -> None:
    fields = extract(f"Jane Roe\n{contacts}\n\nExperience\nBaker, Sweet Bread Ltd      2019 - 2021").fields
    assert (fields["email"], fields["phone"], fields["location"]) == ("jane@roe.org", "020 7946 0958", "Leeds, UK")

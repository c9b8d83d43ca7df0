"""Curricula vitae: headings, heads of entries, places, evidence."""

from __future__ import annotations

import pytest

from pipeline.engines.rules.resume.extractor import ResumeRules
from pipeline.engines.rules.resume.headings import SectionKind, heading_kind
from pipeline.engines.rules.resume.heads import split_head
from pipeline.engines.rules.resume.words import find_degree, is_place
from pipeline.schemas.loader import load_schemas
from stores.models import Record
from tests.printed_pages import printed_page

SCHEMA = load_schemas(None)["resume"]


def extract(*drawings: str) -> Record:
    pages = [printed_page(drawing, number) for number, drawing in enumerate(drawings, 1)]
    return ResumeRules().extract(SCHEMA, pages, "cv.pdf")


def test_every_value_has_evidence_on_its_page() -> None:
    first = "Jane Roe\njane@roe.org\n\nExperience\nBaker, Sweet Bread Ltd          2019 - 2021"
    record = extract(first, "Education\nTown College          2015 - 2018")
    pages = {evidence.path: (evidence.page, evidence.quote) for evidence in record.evidence}
    assert pages["experience[0].company"] == (1, "Sweet Bread Ltd")
    assert pages["education[0].institution"] == (2, "Town College")
    assert pages["education[0].start_date"] == (2, "2015 - 2018")


def test_a_table_cell_that_holds_head_and_bullets_is_divided() -> None:
    record = extract("Jane Roe\n\nExperience\nBaker, Sweet Bread Ltd • Baked 300 loaves • Sold them     2019 - 2021")
    assert record.fields["experience"] == [
        {"company": "Sweet Bread Ltd", "position": "Baker", "location": None, "start_date": "2019", "end_date": "2021"}
    ]


def test_an_empty_document_gives_an_empty_record() -> None:
    record = ResumeRules().extract(SCHEMA, [], "cv.pdf")
    assert record.fields["name"] is None
    assert record.fields["education"] == []
    assert record.evidence == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Work Experience", SectionKind.EXPERIENCE),
        ("PROFESSIONAL EXPERIENCE:", SectionKind.EXPERIENCE),
        ("Clinical Experience", SectionKind.EXPERIENCE),
        ("E D U C A T I O N", SectionKind.EDUCATION),
        ("Education and Qualifications", SectionKind.EDUCATION),
        ("三、教育背景", SectionKind.EDUCATION),
        ("工作经历 Work Experience", SectionKind.EXPERIENCE),
        ("Volunteer Experience", SectionKind.OTHER),
        ("项目经历", SectionKind.OTHER),
        ("工程经历", SectionKind.EXPERIENCE),
        ("工作实习", SectionKind.EXPERIENCE),
        ("概要", SectionKind.SUMMARY),
        ("Arbeitserfahrung", SectionKind.EXPERIENCE),
        ("Berufliche Laufbahn", SectionKind.EXPERIENCE),
        ("Ausbildung / Akademischer Werdegang", SectionKind.EDUCATION),
        ("Außercurriculäre Aktivitäten", SectionKind.OTHER),
        ("EXPÉRIENCES PRO", SectionKind.EXPERIENCE),
        ("Technical Skills", SectionKind.SKILLS),
        ("data", None),
        ("I have ten years of experience", None),
        ("Stanford University", None),
    ],
)
def test_headings(text: str, kind: SectionKind | None) -> None:
    assert heading_kind(text) is kind


@pytest.mark.parametrize(
    "text", ["Paris", "Stanford, CA, USA", "Livingston, LA, USA", "Ankara, Türkiye", "北京市海淀区", "Remote"]
)
def test_places(text: str) -> None:
    assert is_place(text)


@pytest.mark.parametrize(
    "text", ["Telefónica, Madrid", "Google, Mountain View, CA", "Siemens AG, München", "Stanford University"]
)
def test_firms_are_no_places(text: str) -> None:
    assert not is_place(text)


@pytest.mark.parametrize(
    ("text", "degree"),
    [
        ("BS in Physics", "BS"),
        ("B.Sc. Informatik", "B.Sc."),
        ("Bachelor of Science in Marketing", "Bachelor of Science"),
        ("计算机科学（本科）", "本科"),
        ("as an associate of the firm", None),
        ("Associate Professor", None),
    ],
)
def test_degrees(text: str, degree: str | None) -> None:
    degree_read = find_degree(text)
    assert (degree_read[0] if degree_read else None) == degree


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Summer Intern, Company C – Livingston, LA, USA", ["Summer Intern", "Company C", "Livingston, LA, USA"]),
        ("Summer Intern Ankara, Türkiye", ["Summer Intern", "Ankara, Türkiye"]),
        ("PhD Stanford University, Computer Science", ["PhD", "Stanford University", "Computer Science"]),
        ("阿里巴巴集团 | 高级产品经理", ["阿里巴巴集团", "高级产品经理"]),
    ],
)
def test_the_head_of_an_entry_is_divided(text: str, parts: list[str]) -> None:
    assert split_head(text) == parts


def rows_of(record: Record, kind: str, *columns: str) -> list[tuple[object, ...]]:
    return [tuple(row[column] for column in columns) for row in record.fields[kind]]


def test_headings_of_entries_do_not_end_their_section() -> None:
    record = extract(
        """
        # Anna Petrova
        anna.petrova@mail.org

        # Work Experience
        # Senior Data Engineer - Meridian Analytics
        January 2019 - present
        - Built the pipelines for billing data
        # Data Engineer - Harbour Logistics
        March 2016 - December 2018
        - Moved the warehouse to another system

        # Education
        # Master of Science in Statistics, Northfield University
        2014 - 2016
        # BSc Mathematics, University of Westmark
        2011 - 2014
        """
    )
    assert rows_of(record, "experience", "position", "company", "start_date", "end_date") == [
        ("Senior Data Engineer", "Meridian Analytics", "2019-01", "present"),
        ("Data Engineer", "Harbour Logistics", "2016-03", "2018-12"),
    ]
    assert rows_of(record, "education", "degree", "area", "institution", "start_date", "end_date") == [
        ("Master of Science", "Statistics", "Northfield University", "2014", "2016"),
        ("BSc", "Mathematics", "University of Westmark", "2011", "2014"),
    ]


def test_a_firm_as_heading_has_its_period_a_few_rows_below() -> None:
    record = extract(
        """
        # Tom Berger
        # Experience
        # Harbour Logistics
        Operations Manager
        Hamburg, Germany
        2018 - 2022
        - Ran the yard with forty people
        # Meridian Analytics
        # Data Engineer
        2014 - 2018
        - Kept two databases
        # Prizes We Won
        Best Loaf of the Town
        2019
        """
    )
    assert rows_of(record, "experience", "company", "position", "location", "end_date") == [
        ("Harbour Logistics", "Operations Manager", "Hamburg, Germany", "2022"),
        ("Meridian Analytics", "Data Engineer", None, "2018"),
    ]


def test_an_unknown_heading_without_a_period_ends_the_section() -> None:
    record = extract(
        """
        # Ann Lee
        # Education
        # University of Westmark
        BSc Mathematics
        # School Projects
        - A robot
        # Major Achievements
        Best Robot
        """
    )
    assert rows_of(record, "education", "institution", "degree") == [("University of Westmark", "BSc")]


def test_a_heading_is_no_name_and_a_name_with_a_degree_no_place() -> None:
    record = extract(
        """
        # Curriculum Vitae
        # Robert L. Hargrove, MD
        Department of Surgery, Westmark Medical Center
        hargrove@westmark.edu

        # Visiting Appointments
        Visiting Professor, University of Northfield
        2010 - 2012
        """
    )
    assert (record.fields["name"], record.fields["location"]) == ("Robert L. Hargrove", None)
    assert rows_of(record, "experience", "position", "company") == [("Visiting Professor", "University of Northfield")]


def test_contacts_of_a_sidebar_are_no_part_of_an_entry() -> None:
    record = extract(
        """
        Jane Roe
        Education
        Phone: 555 210 4477      Westmark University
        jane@roe.org             Bachelor of Architecture
        12 Mill Lane, Leeds      2008 - 2013
        """
    )
    assert rows_of(record, "education", "institution", "degree", "area", "end_date") == [
        ("Westmark University", "Bachelor of Architecture", None, "2013")
    ]


def test_a_firm_as_heading_may_stand_above_its_job_with_the_period_beside_it() -> None:
    record = extract(
        """
        # Tom Berger
        # EXPERIENCE
        # Harbour Works Co., Ltd.
        Crane Engineer            Sep. 2019 \u00ad Mar. 2021
        - Kept nine cranes running
        # HONOURS
        Crane of the Year         2019
        """
    )
    assert rows_of(record, "experience", "company", "position", "start_date", "end_date") == [
        ("Harbour Works Co., Ltd.", "Crane Engineer", "2019-09", "2021-03")
    ]


def test_words_beside_a_date_do_not_hide_the_degree_below() -> None:
    record = extract(
        """
        Leo Leopard
        Education
        University of La Verne, La Verne, CA      Expected Graduation: June 2016
        Bachelor of Arts, Business Administration
        """
    )
    assert rows_of(record, "education", "institution", "degree", "area", "end_date") == [
        ("University of La Verne", "Bachelor of Arts", "Business Administration", "2016-06")
    ]


def test_a_district_is_part_of_the_location() -> None:
    record = extract("Jane Roe\nSoftware Engineer\nMapo-gu, Seoul, Republic of Korea\njane@roe.org")
    assert record.fields["location"] == "Mapo-gu, Seoul, Republic of Korea"


def test_columns_are_found_under_centred_headings() -> None:
    record = extract(
        """
            Education                             Experience
        2012 - 2015 - Westmark University    2014 - 2016 - Alder Labs GmbH
        BSc Chemistry                        Laboratory Engineer
        - Graduated with honours             - Built the dryers of the town
        2008 - 2012 - Lowell College         2011 - 2014 - Harbour Works Inc.
        BA Biology                           Crane Operator
        - Second of the year                 - Kept nine cranes running at sea
        """
    )
    assert rows_of(record, "education", "institution", "degree", "start_date", "end_date") == [
        ("Westmark University", "BSc", "2012", "2015"),
        ("Lowell College", "BA", "2008", "2012"),
    ]
    assert rows_of(record, "experience", "company", "position", "start_date", "end_date") == [
        ("Alder Labs GmbH", "Laboratory Engineer", "2014", "2016"),
        ("Harbour Works Inc.", "Crane Operator", "2011", "2014"),
    ]


def test_headings_below_the_heading_of_an_entry_belong_to_it_and_years_in_sentences_head_none() -> None:
    record = extract(
        """
        # Jane Roe
        # Experience
        # 2014 - 2016 - Alder Labs GmbH
        # Fire watch
        - Built everything from nothing
          to a large revenue in 2015
        # 2011 - 2014 - Harbour Works Inc.
        # Crane Operator
        """
    )
    assert rows_of(record, "experience", "company", "position", "end_date") == [
        ("Alder Labs GmbH", "Fire watch", "2016"),
        ("Harbour Works Inc.", "Crane Operator", "2014"),
    ]


def test_the_heads_of_entries_may_have_bullets() -> None:
    record = extract(
        """
        Jane Roe
        Experience
        - Alder Labs                           Leeds, UK
          Laboratory Engineer                  2014 - 2016
            - Built the dryers of the town
        - Harbour Works                        Paris, France
          Crane Operator                       2011 - 2014
            - Kept nine cranes running
        """
    )
    assert rows_of(record, "experience", "company", "position", "end_date") == [
        ("Alder Labs", "Laboratory Engineer", "2016"),
        ("Harbour Works", "Crane Operator", "2014"),
    ]


@pytest.mark.parametrize("dash", ["-", "–", "—", "‐", "\u2011", "\u2012", "\u2015"])
def test_periods_have_any_dash(dash: str) -> None:
    record = extract(f"""
        Ottoline Farrow

        # Education

        BSc Oceanography, University of Norhaven
        2013 {dash} 2016
    """)
    assert rows_of(record, "education", "start_date", "end_date") == [("2013", "2016")]


@pytest.mark.parametrize("job", ["Projektleiter", "Softwareentwicklerin", "Wirtschaftsingenieur", "Bürokauffrau"])
def test_german_jobs_are_compounds(job: str) -> None:
    record = extract(f"""
        Falko Sturmvogel

        # Berufserfahrung

        03/2019 – heute      {job}, Möwenwerft GmbH, Hafenstadt

        # Kenntnisse

        Python, SQL, Segelschein, Englisch (C1)
    """)
    assert rows_of(record, "experience", "position", "company") == [(job, "Möwenwerft GmbH")]
    assert list(record.fields["skills"]) == ["Python", "SQL", "Segelschein", "Englisch (C1)"]


@pytest.mark.parametrize(
    ("drawing", "name"),
    [
        ("姓\n名：林晓薇\n性\n别：女\n\n教育背景\n东港大学", "林晓薇"),
        ("林晓薇Grace Lin ·\ngrace@lin.example\n\nSummary\nBuilds boats.", "林晓薇"),
        ("J.Alder\n12 Kiln Street, Leeds\nj@alder.example\n\nEducation\nAlder College", "J.Alder"),
    ],
)
def test_names_are_found_however_they_are_set(drawing: str, name: str) -> None:
    assert extract(drawing).fields["name"] == name

"""Jobs and studies of which every value has a label, a line each or beside its label."""

from __future__ import annotations

from tests.printed_resumes import jobs, studies


def test_jobs_are_labelled_lines_without_dates() -> None:
    rows = jobs("""
        Jane Roe

        # Experience
        Institute Name       : Alder Seaside Academy
        Designation          : Sailing teacher
        Duration             : Four months
        Institute Name       : Harbour Kiln
        Designation          : Brick carrier
        Duration             : March 2019 - June 2021
    """)
    assert rows == [("Sailing teacher", "Alder Seaside Academy"), ("Brick carrier", "Harbour Kiln")]


def test_the_dates_of_labelled_jobs() -> None:
    rows = jobs(
        """
        Jane Roe

        # Experience
        Company: Alder Works
        Role: Night porter
        Period: 2016 - 2018
        Company: Harbour Kiln
        Role: Brick carrier
        Period: March 2019 - June 2021
        """,
        columns=("company", "start_date", "end_date"),
    )
    assert rows == [("Alder Works", "2016", "2018"), ("Harbour Kiln", "2019-03", "2021-06")]


def test_schools_are_labelled_lines_below_a_heading_each() -> None:
    rows = studies(
        """
        Jane Roe

        # Education
        Current education
        Name of university: Alder University of Technology
        Dates of study: Sep. 2014 - June 2018
        Degree level: Bachelor
        Degree major: Kiln Engineering
        Previous education
        Name of high school: Leeds Middle School of Brick Lane
        Dates of study: Sep. 2011 - June 2014
        """,
        columns=("institution", "degree", "area", "end_date"),
    )
    assert rows == [
        ("Alder University of Technology", "Bachelor", "Kiln Engineering", "2018-06"),
        ("Leeds Middle School of Brick Lane", None, None, "2014-06"),
    ]


def test_a_label_before_each_cell_of_a_row() -> None:
    rows = jobs("""
        Jane Roe

        # Experience
        Employer: Alder Works          Position: Night porter
        Employer: Harbour Kiln         Position: Brick carrier
    """)
    assert rows == [("Night porter", "Alder Works"), ("Brick carrier", "Harbour Kiln")]


def test_labels_below_the_head_of_a_job_leave_its_period_to_it() -> None:
    rows = jobs(
        """
        Jane Roe

        # Experience
        2016 - 2018  Alder Works
        Position: Night porter
        Location: Leeds
        2019 - 2021  Harbour Kiln
        Position: Brick carrier
        Location: Leeds
        """,
        columns=("company", "position", "start_date"),
    )
    assert rows == [("Alder Works", "Night porter", "2016"), ("Harbour Kiln", "Brick carrier", "2019")]


def test_a_degree_before_a_colon_and_the_years_behind_the_school() -> None:
    rows = studies(
        """
        Jane Roe

        # Ausbildung
        Abitur: Gymnasium Alderstadt 2008-2016
        Universität: Ziegelkunde an der Alder-Universität 2016 - 2020
        """,
        columns=("degree", "institution", "start_date"),
    )
    assert rows[0] == ("Abitur", "Gymnasium Alderstadt", "2008")
    assert rows[1][1:] == ("Alder-Universität", "2016")


def test_the_degree_that_is_aimed_at_has_a_label() -> None:
    rows = studies("""
        Jane Roe

        # Ausbildung
        09/2022 - heute    Technische Hochschule Alderstadt
                           Studiengang: Ziegelkunde
                           Angestrebter Abschluss: Bachelor
        # Sprachen
        Englisch
    """)
    assert rows == [("Bachelor", "Technische Hochschule Alderstadt")]

"""Dates and periods as they are printed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engines.rules.dates import find_dates, find_periods, prefers_month_first


def most_exact_date(text: str, month_first: bool = False) -> str | None:
    """The first date of ``text``, the more exact before the less; ISO, or None."""
    dates = find_dates(text, month_first, years=True)
    return max(dates, key=lambda date: len(date.value)).value if dates else None


@pytest.mark.parametrize(
    ("printed", "iso"),
    [
        ("2024年3月5日", "2024-03-05"),
        ("二〇二四年三月五日", "2024-03-05"),
        ("二〇一九年十二月三十一日", "2019-12-31"),
        ("2019年9月", "2019-09"),
        ("8-9-2022", "2022-09-08"),
        ("26/03/18", "2018-03-26"),
        ("2016/05/0114:11:20", "2016-05-01"),
        ("12/28/2017", "2017-12-28"),
        ("12-JAN-18 10:22", "2018-01-12"),
        ("03 MAR 2018", "2018-03-03"),
        ("16MAR 2018", "2018-03-16"),
        ("March 3, 2020", "2020-03-03"),
        ("3rd of August 2021", "2021-08-03"),
        ("12. März 2021", "2021-03-12"),
        ("le 1er février 2020", "2020-02-01"),
        ("15 września 2021", "2021-09-15"),
        ("20180314", "2018-03-14"),
        ("Sept 2018", "2018-09"),
        ("01/2019", "2019-01"),
        ("2018.09", "2018-09"),
        ("Fall 2023", "2023"),
    ],
)
def test_a_date_is_read_as_exactly_as_it_is_printed(printed: str, iso: str) -> None:
    assert most_exact_date(printed) == iso


@pytest.mark.parametrize(
    "text", ["12.50 3.45", "192.168.1.20", "31/02/2020", "INV-2023-0008", "Tel 03-5542 8228", "15%"]
)
def test_other_numbers_are_no_dates(text: str) -> None:
    assert find_dates(text) == []


def test_the_order_of_day_and_month_can_be_chosen() -> None:
    assert most_exact_date("03/04/2024") == "2024-04-03"
    assert most_exact_date("03/04/2024", month_first=True) == "2024-03-04"


def test_a_document_shows_its_order_of_day_and_month() -> None:
    assert prefers_month_first(["03/20/2023", "04/04/2023"])
    assert not prefers_month_first(["20/03/2023", "04/04/2023"])
    assert prefers_month_first(["04/04/2023", "Fremont CA 94538"])
    assert not prefers_month_first(["04/04/2023"])


@pytest.mark.parametrize(
    ("printed", "period"),
    [
        ("Sept 2018 – June 2022", ("2018-09", "2022-06")),
        ("2018.09 - 2022.06", ("2018-09", "2022-06")),
        ("2021.06-2021.09", ("2021-06", "2021-09")),
        ("2018年9月至2022年6月", ("2018-09", "2022-06")),
        ("2019.07-至今", ("2019-07", "present")),
        ("01/2019 – heute", ("2019-01", "present")),
        ("March 2021 to Present", ("2021-03", "present")),
        ("since 2015", ("2015", "present")),
        ("June - Sept 2020", ("2020-06", "2020-09")),
        ("2019-21", ("2019", "2021")),
        ("2018-2022", ("2018", "2022")),
        ("2016", ("", "2016")),
    ],
)
def test_a_period_has_two_ends(printed: str, period: tuple[str, str]) -> None:
    (read,) = find_periods(printed)
    assert (read.first, read.last) == period


@given(st.dates(min_value=date(1970, 1, 1), max_value=date(2069, 12, 31)))
def test_iso_dates_read_as_themselves(day: object) -> None:
    assert most_exact_date(str(day)) == str(day)


@given(st.text(max_size=80))
def test_any_text_can_be_searched(text: str) -> None:
    for day in find_dates(text, years=True):
        assert 0 <= day.start < day.end <= len(text)


def test_a_bank_code_is_no_date() -> None:
    assert find_dates("Sort code 20-11-43, due 20-11-23") == find_dates("                    due 20-11-23")

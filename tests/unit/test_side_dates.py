"""Dates beside entries are read with the lines that they belong to; columns that are set alike are read one by one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.engines.layout.lines.glyphs import printed_lines
from pipeline.engines.layout.order.order import reading_order
from pipeline.engines.layout.regions.regions import Region
from pipeline.engines.layout.regions.side_dates import with_side_dates
from pipeline.engines.layout.writing.blocks import pieces
from stores.models import Label
from tests.unit.test_gutters import region

Text = tuple[float, float, str]


def read(*texts: Text, label: Label = Label.TEXT) -> Region:
    """A region with its lines."""
    made = region(*texts)
    made.lines, made.label = printed_lines(made.fragments), label
    return made


def lines_of(regions: list[Region]) -> list[list[str]]:
    return [[line.text for line in one.lines] for one in regions]


HEAD = read((50, 20, "Work"), label=Label.HEADING)
FOOT = read((50, 300, "The end of the page"))
ENTRY = ((50.0, 50.0, "Blue B.V., Utrecht"), (50.0, 64.0, "Buyer of lamps"))
OTHER = ((50.0, 90.0, "Mole Works"), (50.0, 104.0, "Clerk"))


def test_a_date_becomes_part_of_the_line_at_its_height() -> None:
    entry, date = read(*ENTRY), read((400, 51, "06/2019 - 02/2021"))
    (made,) = with_side_dates([entry, date])
    assert [line.text for line in made.lines] == ["Blue B.V., Utrecht 06/2019 - 02/2021", "Buyer of lamps"]
    assert made.box[2] == date.box[2]
    (piece,) = pieces(made.lines, Label.TEXT, 10.0)
    assert [[line.text for line in part] for part in piece.parts] == [[line.text] for line in made.lines]


def test_dates_of_several_entries_are_parted() -> None:
    dates = read((400, 50, "2019 – 2021"), (400, 90, "2015 – 2019"))
    made = with_side_dates([read(*ENTRY), read(*OTHER), dates])
    assert lines_of(made) == [
        ["Blue B.V., Utrecht 2019 – 2021", "Buyer of lamps"],
        ["Mole Works 2015 – 2019", "Clerk"],
    ]


def test_beside_a_heading_each_date_stays_for_itself() -> None:
    titles = [read((50, y, name), label=Label.HEADING) for y, name in ((50, "Blue B.V."), (90, "Mole Works"))]
    made = with_side_dates([*titles, read((400, 50, "2019–2021"), (400, 90, "2015–2019"))])
    assert lines_of(made)[2:] == [["2019–2021"], ["2015–2019"]]


def test_what_is_called_a_header_is_a_date_where_text_stands_above_it() -> None:
    header = read((400, 50, "2019-2021"), label=Label.HEADER)
    assert lines_of(with_side_dates([HEAD, read(*ENTRY), header, FOOT]))[1][0] == "Blue B.V., Utrecht 2019-2021"
    assert with_side_dates([read(*ENTRY), header, FOOT])[1] is header


def test_a_date_at_the_left_is_put_into_the_text_around_it() -> None:
    entries = read(
        (150, 50, "Clerk, Mole Works"), (150, 64, "Buyer, Blue B.V."), (20, 78, "2015 - 2017"), (150, 78, "Pupil")
    )
    made = with_side_dates([entries, read((20, 64, "2017 - 2019"))])
    assert lines_of(made) == [["Clerk, Mole Works", "2017 - 2019 Buyer, Blue B.V.", "2015 - 2017 Pupil"]]
    for label in (Label.TEXT, Label.LIST):
        assert all(len(part) == 1 for piece in pieces(made[0].lines, label, 10.0) for part in piece.parts)


def test_a_column_of_dates_is_parted_among_the_entries_behind_it() -> None:
    made = with_side_dates([read(*ENTRY, *OTHER), read((-70, 50, "2019 – 2021"), (-70, 90, "2015 – 2019"))])
    assert lines_of(made) == [
        ["2019 – 2021 Blue B.V., Utrecht", "Buyer of lamps", "2015 – 2019 Mole Works", "Clerk"],
    ]
    years = read((-70, 50, "2019"), (-70, 64, "2020"))
    assert with_side_dates([read(*ENTRY, *OTHER), years])[1] is years, "a list of years"


@pytest.mark.parametrize(
    "beside",
    [
        read((400, 51, "Utrecht")),
        read((400, 75, "2019-2021")),
        read((400, 50, "2019-2021"), (400, 64, "and what came of it")),
        read((400, 50, "In 2019 the firm moved to another town")),
    ],
)
def test_other_texts_stay_where_they_are(beside: Region) -> None:
    given = [read(*ENTRY), beside]
    assert with_side_dates(given) == given


def test_a_date_of_a_column_of_text_stays_in_it() -> None:
    column = [read((300, 30, "Employer of the years")), read((300, 50, "2019-2021")), read((300, 64, "Tasks and more"))]
    assert lines_of(with_side_dates([read(*ENTRY), *column])) == lines_of([read(*ENTRY), *column])


_PLACES = st.tuples(st.sampled_from([20.0, 150.0, 400.0]), st.integers(0, 80).map(float))
_REGIONS = st.lists(
    st.tuples(
        st.sampled_from([Label.TEXT, Label.LIST, Label.HEADING, Label.HEADER]),
        st.lists(st.tuples(_PLACES, st.sampled_from(["2019-2021", "05/19", "Mole Works"])), min_size=1, max_size=4),
    ),
    max_size=5,
)


@settings(deadline=None)
@given(_REGIONS)
def test_nothing_is_lost_or_doubled(drawn: list[tuple[Label, list[tuple[tuple[float, float], str]]]]) -> None:
    given_regions = [read(*((*place, text) for place, text in texts), label=label) for label, texts in drawn]
    before = sorted(id(part) for one in given_regions for part in one.fragments)
    made = with_side_dates(given_regions)
    assert sorted(id(part) for one in made for part in one.fragments) == before


def columns(left: list[float], right: list[float], width: float = 200.0) -> list[tuple[float, float, float, float]]:
    """Lines of 10 points at these heights, in two columns."""
    return [(50.0, y, 50 + width, y + 10) for y in left] + [(300.0, y, 500.0, y + 10) for y in right]


LEFT, RIGHT = [100.0, 113, 126, 151, 164, 189, 202, 215], [100.0, 113, 126, 139, 164, 177, 190, 215, 228, 241]


def below_title(boxes: list[tuple[float, float, float, float]]) -> list[int]:
    """The order of boxes below a title as wide as the page, without the title."""
    first, *order = reading_order([*boxes, (50.0, 60.0, 600.0, 80.0)])
    assert first == len(boxes)
    return order


def test_columns_that_are_set_alike_are_read_one_after_the_other() -> None:
    for width in (200.0, 90.0):
        boxes = columns(LEFT, RIGHT, width)
        assert below_title(boxes) == list(range(len(boxes)))


def test_what_stands_in_rows_is_read_row_by_row() -> None:
    assert below_title(columns(LEFT, LEFT))[:4] == [0, 8, 1, 9]
    assert below_title(columns([100.0, 151, 202, 215], LEFT))[:4] == [0, 4, 5, 6], "labels and what they stand beside"
    assert below_title(columns([100.0, 164, 215, 241], RIGHT, width=90.0))[:2] == [0, 4], "dates"


def test_a_grid_of_cards_is_read_row_by_row_whatever_stands_below_one() -> None:
    cards = [
        *((73.0, 147, 191, 159), (195.0, 186, 256, 199), (73.0, 226, 363, 265), (73.0, 308, 343, 318)),
        *((154.0, 347, 297, 383), (73.0, 407, 357, 460), (41.0, 561, 93, 569)),
        *((403.0, 147, 567, 159), (521.0, 186, 589, 199), (403.0, 226, 695, 265), (403.0, 308, 555, 321)),
        *((524.0, 347, 585, 375), (528.0, 391, 583, 401), (516.0, 417, 593, 446), (489.0, 458, 620, 488)),
        (403.0, 512, 707, 565),
    ]
    assert below_title(cards)[:7] == [0, 7, 1, 8, 2, 9, 3]


def test_a_heading_stays_with_the_column_that_it_is_near_to() -> None:
    boxes = columns(LEFT, RIGHT)
    assert reading_order([*boxes, (300.0, 84.0, 420.0, 94.0)])[0] == 0


def test_a_name_over_the_second_of_two_columns_is_read_first() -> None:
    boxes = columns(LEFT, RIGHT)
    head = (320.0, 60.0, 420.0, 80.0)
    assert reading_order([*boxes, head])[:2] == [len(boxes), 0]
    higher = columns([y + 14 for y in LEFT], RIGHT)
    assert reading_order(higher)[0] == 0, "the second column only begins higher"

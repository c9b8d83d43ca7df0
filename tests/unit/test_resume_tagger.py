"""The trained tagger of curricula vitae: what it sees, what it tells, and how the rows of the rules take it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.engines.evidence.located_values import located_in
from pipeline.engines.evidence.page_lines import PageLine, page_lines
from pipeline.engines.rules.resume.heads import split_head
from pipeline.engines.rules.resume.named_pieces import LocatedRow
from pipeline.engines.rules.resume.sections import find_sections
from pipeline.engines.rules.resume.tagged_rows import with_tags
from pipeline.engines.rules.resume.tagging.network import TAGS, Committee, save, trained_network
from pipeline.engines.rules.resume.tagging.segment_signals import signals_of
from pipeline.engines.rules.resume.tagging.segments import segment_rows
from pipeline.engines.rules.resume.tagging.tagger import TaggedDocument, TaggedSegment, tagged
from pipeline.engines.rules.resume.tagging.word_signals import word_signals
from tests.printed_pages import printed_page
from tests.printed_resumes import jobs, studies

DETAILS = "\n".join(f"- Painted the {number}th boat of the yard in the colours of the town" for number in range(20))

STUDIES = """
Ann Alder
ann@alder.example   020 7946 0958

Summary
Boat builder with ten years of experience in yards, sails and the ropes of the town.

Skills
Ropes, sails, keels, frames, colours, kilns, bricks, clay

Education

BE IT
Alder College of Management, Harbour University
CGPA 3.63/4

HSEB
Mark College
Percentage 67.20%

S.L.C
Alder Higher Secondary School
Percentage 65.5%

Work Experience

Alder Labs Ltd. | Leeds, UK | 2019 - 2021
  - Drew the plans of keels, and had them built by the people of the yard there.
  - Painted the boats of the yard in the colours of the town for the yearly race.
Harbour Works Ltd. | Leeds, UK | 2017 - 2019
  - Sewed the sails for the boats of the harbour and for those of the salt works.
"""

STATIONS = """
Ann Alder
Boat builder
ann@alder.example   020 7946 0958

Meine Stationen

2019 - 2021     Bootsbauerin
                Harbour Works GmbH, Leeds
                Pläne der Boote gezeichnet und mit den Leuten der Werft gebaut

2016 - 2019     Segelmacherin
                Alder Segel GmbH, Leeds
                Segel genäht für die Boote des Hafens und der Salinen

2014 - 2016     Projektleiterin
                Salt Union GmbH, Leeds
                Lehrlinge gelehrt, wie ein Seil gemacht wird

Woher ich komme

2010 - 2014     Bachelor of Science Bootsbau
                Alder Universität, Leeds

2008 - 2010     Abitur
                Alder Gymnasium, Leeds

Kenntnisse
Seile, Segel
Kiele, Farben
"""


def test_schools_without_dates_below_each_other_are_all_told() -> None:
    assert (None, "Mark College") in studies(STUDIES)


def test_jobs_below_a_heading_of_unknown_words_are_told() -> None:
    assert ("Projektleiterin", "Salt Union GmbH") in jobs(STATIONS)


def test_segments_are_what_separators_and_dates_part() -> None:
    rows = segment_rows(page_lines([printed_page("Experience\nClerk, Alder Works     2016 - 2018\n- Kept the books")]))
    segments = [segment for row in rows for segment in row.segments]
    assert [segment.text for segment in segments] == ["Clerk", "Alder Works", "Kept the books"]
    assert [row.dated for row in rows if row.segments] == [True, False]
    assert [row.kind for row in rows if row.segments] == ["experience", "experience"]


def test_a_document_without_lines_has_no_segments() -> None:
    assert tagged([]).segments == ()


def test_a_document_far_longer_than_a_curriculum_vitae_is_left_to_the_rules() -> None:
    lines = page_lines([printed_page("Experience\nClerk, Alder Works     2016 - 2018")])
    assert tagged(lines).segments
    assert tagged(lines * 2000).segments == ()


@pytest.mark.parametrize(
    ("text", "signal"),
    [("Boat Engineer", "job"), ("Alder University", "school"), ("BSc Boats", "degree first"), ("Alder Ltd.", "firm")],
)
def test_words_tell_kinds_of_names(text: str, signal: str) -> None:
    assert signal in word_signals(text)


def test_signals_are_from_0_to_1_and_most_of_them_have_weights() -> None:
    signals = signals_of(segment_rows(page_lines([printed_page(STUDIES)])))
    named = {name for own in signals for name in own}
    assert all(0 < value <= 1 for own in signals for value in own.values())
    assert len(named & set(trained_network().names)) > 0.9 * len(named)


def test_the_chances_of_a_segment_are_one_together() -> None:
    for one in tagged(page_lines([printed_page(STUDIES)])).segments:
        assert np.isclose(sum(one.chances.values()), 1.0, atol=1e-3)


def _taken(
    drawing: str, chances: dict[str, dict[str, float]], rows: list[dict[str, str]]
) -> list[dict[str, str | None]]:
    """The rows of jobs with these chances of tags by the text of segments; a segment without any is a detail."""
    lines = page_lines([printed_page(f"{drawing}\n{DETAILS}")])
    made = tuple(segment_rows(lines))
    segments = tuple(
        TaggedSegment(segment=one, chances=dict.fromkeys(TAGS, 0.0) | chances.get(one.text, {"none": 1.0}))
        for row in made
        for one in row.segments
    )
    told = [_row(row, lines) for row in rows]
    document = TaggedDocument(rows=made, segments=segments)
    result = with_tags({"experience": told, "education": []}, document, find_sections(lines))["experience"]
    return [{name: value and value.value for name, value in row.items() if name != "location"} for row in result]


def _row(values: dict[str, str], lines: list[PageLine]) -> LocatedRow:
    row: LocatedRow = dict.fromkeys(("company", "position", "location", "start_date", "end_date"))
    for name, text in values.items():
        row[name] = located_in(text, [next(line for line in lines if text in line.text)], text)
    return row


def test_what_is_hardly_possible_is_left_out() -> None:
    drawing = "Experience\nClerk     2016 - 2018\nKept the books\nSailor     2014 - 2016"
    chances = {"Clerk": {"position": 0.3, "none": 0.7}, "Sailor": {"position": 0.9}}
    rows = _taken(drawing, chances, [{"position": "Clerk"}, {"company": "Kept the books"}, {"position": "Sailor"}])
    assert [(row["position"], row["company"]) for row in rows] == [("Clerk", None), ("Sailor", None)]


def test_what_the_rules_missed_fills_the_row_beside_it() -> None:
    drawing = "Experience\nClerk     2016 - 2018\nAlder Works"
    chances = {"Clerk": {"position": 0.9}, "Alder Works": {"company": 0.9}}
    assert [row["company"] for row in _taken(drawing, chances, [{"position": "Clerk"}])] == ["Alder Works"]


def test_what_stands_apart_is_a_row_of_its_own_with_its_dates() -> None:
    drawing = (
        "Experience\nClerk, Alder Works     2016 - 2018\n- Kept the books\n\nSailor, Harbour Works     2014 - 2016"
    )
    chances = {"Clerk": {"position": 0.9}, "Alder Works": {"company": 0.9}, "Sailor": {"position": 0.9}}
    chances |= {"Harbour Works": {"company": 0.9}}
    rows = _taken(drawing, chances, [{"position": "Sailor", "company": "Harbour Works"}])
    assert rows[0] == {"position": "Clerk", "company": "Alder Works", "start_date": "2016", "end_date": "2018"}
    assert len(rows) == 2


def test_a_department_beside_its_firm_is_no_row() -> None:
    drawing = "Experience\nClerk, Alder Works     2016 - 2018\nHarbour Division"
    chances = {"Clerk": {"position": 0.9}, "Alder Works": {"company": 0.9}, "Harbour Division": {"company": 0.9}}
    assert len(_taken(drawing, chances, [{"position": "Clerk", "company": "Alder Works"}])) == 1


def test_what_is_sure_takes_the_place_of_what_is_unlikely() -> None:
    drawing = "Experience\nClerk     2016 - 2018\nBook of boats, Alder Works"
    chances = {"Clerk": {"position": 0.9}, "Book of boats": {"company": 0.4, "none": 0.6}}
    rows = [{"position": "Clerk", "company": "Book of boats"}]
    for chance, firm in ((0.95, "Alder Works"), (0.6, "Book of boats")):
        told = _taken(drawing, chances | {"Alder Works": {"company": chance, "none": 1 - chance}}, rows)
        assert [row["company"] for row in told] == [firm]


def test_a_name_alone_in_a_section_of_an_unknown_name_needs_a_date_and_must_be_sure() -> None:
    for chance, dates, firms in ((0.95, "2016 - 2018", ["Alder Works"]), (0.7, "2016 - 2018", []), (0.95, "", [])):
        chances = {"Alder Works": {"company": chance, "none": 1 - chance}}
        rows = _taken(f"Harbours\nAlder Works     {dates}", chances, [])
        assert [row["company"] for row in rows] == firms


def test_several_networks_vote() -> None:
    (one, *_) = trained_network().networks
    other = replace(one, second=replace(one.second, constant=one.second.constant + np.arange(len(TAGS))))
    signals, settings = [{"job": 1.0}, {"school": 1.0}], [(0,) * 9, (1,) * 9]
    told = [network.chances(signals, [0, 1], settings) for network in (one, other)]
    both = Committee(networks=(one, other), votes=(3, 1)).chances(signals, [0, 1], settings)
    assert not np.allclose(*told)
    assert np.allclose(both, 0.75 * told[0] + 0.25 * told[1], atol=1e-6)


def test_weights_are_kept(tmp_path: Path) -> None:
    save(trained_network(), tmp_path / "weights.npz")
    kept = trained_network(tmp_path / "weights.npz")
    assert kept.names == trained_network().names
    assert kept.votes == trained_network().votes
    assert len(kept.networks) > 1


def test_a_document_of_a_few_lines_is_left_to_the_rules() -> None:
    lines = page_lines([printed_page("Experience\nClerk")])
    told = [_row({"position": "Clerk"}, lines)]
    rows = with_tags({"experience": told, "education": []}, tagged(lines), find_sections(lines))
    assert rows["experience"] == told


def test_words_that_end_alike_give_one_signal() -> None:
    assert word_signals("Segelmacherin") & word_signals("Malerin") >= {"last ends rin"}
    assert "last ends 公司" in word_signals("东港公司")


def test_what_the_skills_tell_is_known_of_a_segment_elsewhere() -> None:
    drawing = "Experience\nKiln Python     2016 - 2018\nSkills\nPython, SQL"
    rows = segment_rows(page_lines([printed_page(drawing)]))
    assert "words in skills" in signals_of(rows)[0]


def test_a_job_and_a_firm_in_small_letters_are_parted_by_at() -> None:
    assert split_head("Web developer at pixi labs, Leeds") == ["Web developer", "pixi labs", "Leeds"]


def test_a_school_in_brackets_behind_its_degree_is_a_part_of_its_own() -> None:
    assert split_head("MSc Boats (Alder University)") == ["MSc Boats", "Alder University"]

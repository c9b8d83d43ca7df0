"""Parts of papers as journals set them: references in columns, bylines over line ends, abstracts without a heading."""

from __future__ import annotations

from typing import Any

from pipeline.engines.rules.paper.extractor import PaperRules
from pipeline.schemas.loader import load_schemas
from tests.printed_pages import printed_page

SCHEMA = load_schemas(None)["paper"]
HEAD = """
# On water in small rivers of the north

Jane A. Doe and Karl Berg
University of Leiden

# Abstract
Small rivers carry more water after rain than before it. We measured this for two years in
three valleys, and found that the difference is large and depends on the soil below them.

# 1 Introduction
Rain has long been studied.
"""


def extract(*drawings: str) -> dict[str, Any]:
    pages = [printed_page(drawing, number) for number, drawing in enumerate(drawings, 1)]
    record = PaperRules().extract(SCHEMA, pages, "a.pdf")
    return dict(record.fields)


def test_numbered_references_go_on_over_columns_and_pages() -> None:
    fields = extract(
        HEAD,
        """
The rivers are small.                             stood still. 2012.
They were measured.                               [4] D. Wang. Sand below old
                                                      roads. 2013.
# References
[1] A. Smith. Rain and rivers of the              [5] E. Lopez. Dust. 2014.
    north, measured. 2010.                        [6] F. Okoro. Ice on lakes
[2] B. Jones. Snow. 2011.                             that are deep. 2015.
[3] C. Chan. On water that once                   [7] G. Haas. Hail and a
""",
        """
storm. 2016.                                      [9] I. Petrov. Fog. 2018.
[8] H. Sato. Mist over two                        [10] J. Silva. Dew on grass
    valleys. 2017.                                     in the morning. 2019.
""",
    )
    assert fields["references"] == [
        "A. Smith. Rain and rivers of the north, measured. 2010.",
        "B. Jones. Snow. 2011.",
        "C. Chan. On water that once stood still. 2012.",
        "D. Wang. Sand below old roads. 2013.",
        "E. Lopez. Dust. 2014.",
        "F. Okoro. Ice on lakes that are deep. 2015.",
        "G. Haas. Hail and a storm. 2016.",
        "H. Sato. Mist over two valleys. 2017.",
        "I. Petrov. Fog. 2018.",
        "J. Silva. Dew on grass in the morning. 2019.",
    ]


def test_references_without_numbers_begin_where_lines_stand_out() -> None:
    fields = extract(
        HEAD,
        """
# Bibliography
Adams, B. (2001). Rain over rivers that are
   small, and its mea-
   surement. Journal of Rain, 3, 1-9.
Brown, C. & Li, D. (2004). Snow. Journal of Rain.
Chen, E. (2010). Ice on lakes that are deep, and
   the fish below it. Water, 7, 2-8.

# Appendix
Zero, A. (2011). This is no reference.
""",
    )
    assert fields["references"] == [
        "Adams, B. (2001). Rain over rivers that are small, and its measurement. Journal of Rain, 3, 1-9.",
        "Brown, C. & Li, D. (2004). Snow. Journal of Rain.",
        "Chen, E. (2010). Ice on lakes that are deep, and the fish below it. Water, 7, 2-8.",
    ]


def test_a_numbered_list_of_works_at_the_end_needs_no_heading_but_years() -> None:
    works = "\n".join(f"[{n}] A. Smith{n}, Phys. Rev. {n}, 12 (19{n + 60})" for n in range(1, 10))
    steps = "\n".join(f"[{n}] Turn the wheel by hand and wait" for n in range(1, 10))
    assert len(extract(HEAD, works)["references"]) == 9
    assert extract(HEAD, steps)["references"] == []


def test_paragraphs_below_a_heading_of_references_are_none() -> None:
    prose = "\n".join(["# References", "We thank all who helped us to measure the rivers,", "and those who did not."])
    assert extract(HEAD, prose)["references"] == []


def test_authors_go_on_over_line_ends_and_lose_their_degrees() -> None:
    fields = extract(
        """
# Rain and the heart

Tom Kurt, MD, ScD; Pam M. Rist, PhD; Paul Ridker, MD, MPH; Julie
E. Buring, ScD; Mausam; Chang Li iD
Institute of Public Health, Berlin

# Abstract
"""
        + "Rain was measured for two years in three valleys, and it was found to be wet in all of them. " * 2
    )
    assert fields["authors"] == ["Tom Kurt", "Pam M. Rist", "Paul Ridker", "Julie E. Buring", "Mausam", "Chang Li"]


def test_names_beside_their_addresses_are_all_found_row_by_row() -> None:
    fields = extract(
        """
# Computational rain and the inverse problem

Kevin Waugh                    waugh@example.org
Brian D. Ziebart               brian@example.org
J. Andrew Bagnell              drew@example.org
Carnegie University, Pittsburgh

# Abstract
Modeling rain from a small number of observations is a challenging task, and when it is
restricted to one drop we find that techniques of control assume it to be nearly optimal.

# 1. Introduction
"""
    )
    assert fields["authors"] == ["Kevin Waugh", "Brian D. Ziebart", "J. Andrew Bagnell"]


def test_the_title_is_what_stands_above_the_authors_not_the_name_of_the_journal() -> None:
    fields = extract(
        """
# Rain Evolution

journal homepage: www.example.org/rain

# A tribal phylogeny of rain based on many markers

Britta S. Meyer a,b, Michael Match a,c, Walter Salz a,c
a Zoological Institute, University of Basel

# Abstract
"""
        + "Rain was measured for two years in three valleys, and it was found to be wet in all of them. " * 2
    )
    assert fields["title"] == "A tribal phylogeny of rain based on many markers"
    assert fields["authors"] == ["Britta S. Meyer", "Michael Match", "Walter Salz"]


def test_the_paragraph_above_the_introduction_is_the_abstract_where_nothing_is_called_so() -> None:
    fields = extract(
        """
# Corrections to scattering beyond the first order

D. H. Muster
Mathematics Institute, University of Munich

A potential for the vertex and the correction is derived from the first order, and the
inclusion of this potential in the equation, together with that of the vacuum, allows for
a treatment of these effects within the analysis. A considerable deviation of the cross
section from the results is found, which becomes larger with the momentum transfer. The
estimates for the asymmetry are provided as well, and the dispersion is considered.

# 1. Introduction
High precision experiments require an accurate knowledge of many processes [1].
"""
    )
    assert fields["abstract"].startswith("A potential for the vertex")
    assert fields["abstract"].endswith("the dispersion is considered.")


def test_an_abstract_in_parts_ends_before_the_notice_below_it() -> None:
    fields = extract(
        """
# Rain tests: a review of assays

Reinhard Muster, John R. Gosn
Department of Rain, University of Munich

# Abstract

# Purpose
Three inhibitors of rain are currently approved for the treatment of floods, and more
10 others are tested.

# Methods
We reviewed published studies of the weather of two years.

# Conclusion
High concordance among tests suggests that they are interchangeable in most valleys.

J Rain 35:3867-3876. © 2017 by the Society of Rain

# Introduction
The landscape has changed.
"""
    )
    abstract = fields["abstract"]
    assert abstract.startswith("Purpose Three inhibitors") and "and more 10 others are tested. Methods We" in abstract
    assert abstract.endswith("interchangeable in most valleys.")


def test_a_doi_goes_on_in_the_next_line_and_one_of_data_counts_last() -> None:
    broken = "Data: https://doi.org/10.5281/zenodo.4711\n\nDOI: https://doi.org/10.1200/JRA.2017.\n74.7642\n"
    assert extract(HEAD + broken)["doi"] == "10.5281/zenodo.4711"  # a whole one goes before one that is put together
    assert extract(HEAD + broken.split("\n\n")[1])["doi"] == "10.1200/JRA.2017.74.7642"


def test_names_parted_by_nothing_but_the_letters_of_their_affiliations() -> None:
    fields = extract(
        """
# Quality of rain within the trial

Ute Muster a Thomas Beispiel b Andreas Diets c
Ulrich Keil a Konrad Klinger a, q
aUniversity of Berlin

# Abstract
"""
        + "Rain was measured for two years in three valleys, and it was found to be wet in all of them. " * 2
    )
    assert fields["authors"] == ["Ute Muster", "Thomas Beispiel", "Andreas Diets", "Ulrich Keil", "Konrad Klinger"]


def test_a_line_below_the_title_is_no_title_though_the_authors_stand_below_it() -> None:
    fields = extract(
        """
# Involving society in science

Reflections on meaningful engagement in research that lasts

Helen Garris, Marta Agost, Laura Alva
University of Stockholm
"""
    )
    assert fields["title"] == "Involving society in science"


def test_bare_numbers_that_stand_out_begin_references() -> None:
    fields = extract(
        HEAD,
        """
# References
1 Peyrade F, Cupissol D. Rain and
  rivers. J Rain 2018.
2 Smith A. Snow. J Rain 2019.
""",
    )
    assert fields["references"] == [
        "Peyrade F, Cupissol D. Rain and rivers. J Rain 2018.",
        "Smith A. Snow. J Rain 2019.",
    ]

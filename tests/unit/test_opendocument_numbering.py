"""The numbers of lists and headings of OpenDocument texts, as they are printed."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from pipeline.engines.formats.elements import Element
from pipeline.engines.formats.numbered_items import labelled
from stores.models import Label, PageText
from tests import office_files as files
from tests.unit.test_formats import only

_SPACES = (
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"'
)
_STYLES = (
    '<text:outline-style style:name="Outline"><text:outline-level-style text:level="1" style:num-format="1"/>'
    '<text:outline-level-style text:level="2" style:num-format="1" text:display-levels="2"/>'
    '<text:outline-level-style text:level="3" style:num-format=""/></text:outline-style>'
    '<text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="1" '
    'style:num-suffix="."/><text:list-level-style-number text:level="2" style:num-format="a" style:num-prefix="(" '
    'style:num-suffix=")"/><text:list-level-style-bullet text:level="3"/></text:list-style>'
)


def read(path: Path, body: str) -> PageText:
    file = files.open_text(path / "a.odt", body)
    with zipfile.ZipFile(file, "a") as package:
        package.writestr("styles.xml", f"<office:styles xmlns:office='o' {_SPACES}>{_STYLES}</office:styles>")
    return only(file)


def items(*texts: str, inner: str = "", more: str = "") -> str:
    made = "".join(f"<text:list-item><text:p>{text}</text:p>{inner}</text:list-item>" for text in texts)
    return f'<text:list text:style-name="L"{more}>{made}</text:list>'


def test_levels_have_their_forms_and_begin_anew(tmp_path: Path) -> None:
    deepest = "<text:list><text:list-item><text:p>z</text:p></text:list-item></text:list>"
    inner = f"<text:list><text:list-item><text:p>x</text:p>{deepest}</text:list-item></text:list>"
    assert read(tmp_path, items("one", "two", inner=inner)).markdown == (
        "1. one\n  - (a) x\n    - z\n2. two\n  - (a) x\n    - z"
    )


def test_lists_begin_anew_or_go_on(tmp_path: Path) -> None:
    between = "<text:p>Between</text:p>"
    body = items("a") + between + items("b", more=' text:continue-numbering="true"') + between + items("c")
    assert read(tmp_path, body).markdown == "1. a\n\nBetween\n\n2. b\n\nBetween\n\n1. c"


def test_headings_have_the_numbers_of_the_outline(tmp_path: Path) -> None:
    heads = ((1, "Scope"), (2, "Place"), (2, "Time"), (3, "Hours"), (1, "Price"), (2, "Sum"))
    body = "".join(f'<text:h text:outline-level="{level}">{text}</text:h>' for level, text in heads)
    body += '<text:h text:outline-level="1" text:is-list-header="true">Annex</text:h>'
    page = read(tmp_path, body)
    assert [block.text for block in page.blocks] == [
        "1 Scope",
        "1.1 Place",
        "1.2 Time",
        "Hours",
        "2 Price",
        "2.1 Sum",
        "Annex",
    ]


@pytest.mark.parametrize(
    ("number", "label", "marker", "text"),
    [
        ("3.", Label.LIST, "3.", "a"),
        ("", Label.LIST, "-", "a"),
        ("(ii)", Label.LIST, "-", "(ii) a"),
        ("2.1", Label.TEXT, "", "2.1 a"),
        ("第二条", Label.TEXT, "", "第二条 a"),
    ],
)
def test_a_number_is_a_marker_or_stands_in_the_text(number: str, label: Label, marker: str, text: str) -> None:
    element = labelled(Element(label=Label.LIST, text="a", marker="-", level=1), number)
    assert (element.label, element.marker, element.text) == (label, marker, text)

"""What every document is asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.engines.rules.document import DocumentRules
from pipeline.schemas.loader import load_schemas
from stores.models import Label, Record
from tests.printed_pages import printed_page

SCHEMA = load_schemas(None)["document"]


def extract(*drawings: str) -> Record:
    pages = [printed_page(drawing, number) for number, drawing in enumerate(drawings, 1)]
    return DocumentRules().extract(SCHEMA, pages, "letter.pdf")


def test_every_field_is_extracted_with_its_evidence() -> None:
    record = extract(
        """
        # Notice to all tenants

        The water will be turned off on Tuesday, 24 March
        2026, from nine to four. It costs us $1,250.00 in all.
        """,
        "Questions to house@maple.example or https://maple.example/water, or call +49 30 1234567.",
    )
    assert dict(record.fields) == {
        "title": "Notice to all tenants",
        "language": "en",
        "type": None,  # the stage fills it
        "dates": ["2026-03-24"],
        "emails": ["house@maple.example"],
        "phones": ["+49301234567"],
        "urls": ["https://maple.example/water"],
        "amounts": ["1250.00 USD"],
    }
    by_path = {evidence.path: evidence for evidence in record.evidence}
    assert (by_path["dates[0]"].quote, len(by_path["dates[0]"].boxes)) == ("24 March 2026", 2)
    assert (by_path["phones[0]"].page, by_path["phones[0]"].quote) == (2, "+49 30 1234567")
    assert all(evidence.found for evidence in record.evidence)


def test_chinese() -> None:
    record = extract("# 技术服务合同\n\n服务期限自2026年5月1日起至2027年4月30日止，合同金额为486,000元。")
    assert record.fields["title"] == "技术服务合同"
    assert record.fields["language"] == "zh"
    assert record.fields["dates"] == ["2026-05-01", "2027-04-30"]
    assert record.fields["amounts"] == ["486000.00 CNY"]


def test_american_dates_are_seen_by_their_neighbours() -> None:
    assert extract("Due 04/05/2023, paid 03/20/2023").fields["dates"] == ["2023-04-05", "2023-03-20"]


def test_nothing_gives_nothing() -> None:
    record = extract("")
    assert record.fields["title"] is None
    assert record.fields["dates"] == []


@pytest.mark.parametrize("note", ["(Dollars in millions)", "In Mio. €", "单位：万元", ""])
def test_amounts_of_tables_in_millions_are_left_out(note: str) -> None:
    page = printed_page(
        f"""
        The loss was at most $92
        million at the end of the year, and {note or "no more"} after it.

        Revenue     $9,500
        """
    )
    text = page.text
    assert text is not None
    blocks = (text.blocks[0], replace(text.blocks[1], label=Label.TABLE))
    record = DocumentRules().extract(SCHEMA, [replace(page, text=replace(text, blocks=blocks))], "report.pdf")
    assert record.fields["amounts"] == (["92000000.00 USD"] if note else ["92000000.00 USD", "9500.00 USD"])


def test_a_name_of_a_standard_is_no_address() -> None:
    assert extract("Profile: urn:cen.eu:en16931:2017 of cen.eu").fields["urls"] == ["cen.eu"]
    assert not extract("Profile: urn:cen.eu:en16931:2017").fields["urls"]

"""What the names of fonts say of how a text is set."""

from __future__ import annotations

import pytest

from pipeline.engines.layout.lines.glyphs import PrintedLine
from pipeline.engines.layout.lines.styles import style_of
from pipeline.engines.layout.regions.regions import is_listing


@pytest.mark.parametrize(
    ("font", "mono"),
    [
        ("ABCDEF+DFKaiShu-SB-Estd-BF", False),
        ("MingLiU", False),
        ("SimSun", False),
        ("MS-Mincho", False),
        ("NSimSun", True),
        ("CourierNewPSMT", True),
        ("LetterGothicStd", True),
        ("NotoSansMonoCJKtc-Regular", True),
    ],
)
def test_faces_of_ideographs_are_no_typewriters_though_they_have_one_width(font: str, mono: bool) -> None:
    span = {"flags": 8, "char_flags": 16, "font": font, "size": 12.0}
    assert style_of(span, raised=False).mono is mono


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["在民國一○七年九月，教育部國民及學前教育署發布了", "一○八年之十二年國民基本教育課程綱要"], False),
        (["for name in names:  # 逐一印出", "    print(name)"], True),
    ],
)
def test_lines_of_ideographs_are_no_listing_whatever_their_font_says(texts: list[str], code: bool) -> None:
    lines = [PrintedLine(text, (0.0, 0.0, 100.0, 10.0), 10.0, bold=False, mono=True) for text in texts]
    assert is_listing(lines) is code

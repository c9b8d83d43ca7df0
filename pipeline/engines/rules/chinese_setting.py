"""How Chinese is set on forms: blanks that stretch labels, and letters, digits and signs of full width."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipeline.engines.evidence.page_lines import PageLine

_CJK = r"[\u2e80-\u9fff\uf900-\ufaff]"
_STRETCH = re.compile(rf"(?<={_CJK})\s+(?={_CJK})")
_CHINESE = re.compile(rf"{_CJK}{{2,8}}")
_NARROW = {0xFF01 + at: 0x21 + at for at in range(94)}


def unspaced(text: str) -> str:
    """A text without blanks between Chinese characters: a label that is stretched to the width of its column."""
    return _STRETCH.sub("", text)


def is_chinese(text: str) -> bool:
    """Whether Chinese characters stand side by side in a text."""
    return _CHINESE.search(text) is not None


def narrow(text: str) -> str:
    """Letters, digits and signs of full width as those that they stand for; as many characters as before."""
    return text.translate(_NARROW)


def stretched(word: str) -> str:
    """A pattern of a word of a label; blanks may stand between its characters where it is Chinese."""
    return r"\s*".join(word) if _CHINESE.fullmatch(word) else re.escape(word)


def joined_labels(cells: Sequence[PageLine]) -> list[PageLine]:
    """The cells of a header; a label whose two characters are set so far apart that they were read as cells is one."""
    joined: list[PageLine] = []
    alone = False  # whether the last one is a lone character
    for cell in cells:
        lone = bool(re.fullmatch(_CJK, cell.text.strip()))
        if lone and alone:
            first = joined[-1]
            box = first.box[0], min(first.box[1], cell.box[1]), cell.box[2], max(first.box[3], cell.box[3])
            joined[-1] = replace(first, box=box, text=first.text.strip() + cell.text.strip())
            alone = False
        else:
            joined.append(cell)
            alone = lone
    return joined

"""Formulas between dollar signs in Markdown, told from amounts of dollars. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

_SPAN = re.compile(r"\$\$[^$]{1,2000}\$\$|\$(?=[^$\n]*[\\^_={}<>])(?=\S)[^$\n]{1,500}(?<=\S)\$(?!\d)")


def blanked_math(text: str) -> str:
    """The text with spaces for its formulas: the same length, so that places in it stay right."""
    return _SPAN.sub(lambda span: " " * len(span[0]), text) if "$" in text else text


def map_around_math(text: str, change: Callable[[str], str], change_math: Callable[[str], str]) -> str:
    """The text with its formulas changed by ``change_math``, and what stands between them by ``change``."""
    parts, at = [], 0
    for span in _SPAN.finditer(text):
        parts += [change(text[at : span.start()]), change_math(span[0])]
        at = span.end()
    return "".join([*parts, change(text[at:])])

"""The signs of a formula as TeX, from the innermost parts out. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.engines.math.bars import with_bars
from pipeline.engines.math.braces import with_braces, without_brace_lines
from pipeline.engines.math.brackets import between, matrix_body, rows_of, with_pairs, with_whole_brackets
from pipeline.engines.math.rows import row_tex, with_accents
from pipeline.engines.math.signs import Rule, Sign


def tex_of(signs: Sequence[Sign], rules: Sequence[Rule]) -> str:
    """The TeX of a formula, without dollar signs. ``rules``: the level lines drawn among its signs."""
    whole = with_braces(with_whole_brackets(signs), _row)
    drawn = without_brace_lines(signs, rules)
    return _tidied(_written(with_bars(with_accents(whole, _row), drawn, _written)))


def rows_tex(opened: Sign, inside: list[Sign], closed: Sign) -> str:
    """The TeX of small rows between brackets, as they are set within a line of text."""
    return between(opened, with_accents(inside, _row), closed, _written_row, small=True)


def _tidied(tex: str) -> str:
    tex = re.sub(r"\\cdot\s*\\cdot\s*\\cdot(?![A-Za-z])", r"\\cdots", tex)
    return re.sub(r"(?<!\.)\.\s?\.\s?\.(?!\.)", r"\\ldots ", tex).strip()


def _written(signs: list[Sign]) -> str:
    left = with_pairs(signs, _written_row) if len(signs) > 2 else signs
    return _written_row(left)


def _written_row(signs: list[Sign]) -> str:
    rows = rows_of(signs) if len(signs) > 1 else [signs]
    if len(rows) > 1:
        return f"\\begin{{matrix}} {matrix_body(rows, _row)} \\end{{matrix}}"
    return _row(list(signs))


def _row(signs: Sequence[Sign]) -> str:
    return row_tex(signs, _written)

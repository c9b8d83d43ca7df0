"""PyMuPDF's rectangles are the same after the table finder made them quicker."""

from __future__ import annotations

import subprocess
import sys

_SCRIPT = """
import itertools, random, sys
from pipeline.engines.pdf import mupdf
pymupdf = mupdf.load()
from pipeline.engines.layout.cells import finder
chance = random.Random(4)
def rect():
    x, y = chance.uniform(-90, 600), chance.uniform(-90, 800)
    return x, y, x + chance.uniform(0.01, 300), y + chance.uniform(0.01, 300)
sides = [rect() for _ in range(60)] + [(0, 0, 0, 0), (5, 5, 1, 9), tuple(pymupdf.INFINITE_RECT()), (1, 2, 3, 4)]
def crossed():
    made = [pymupdf.Rect(*one) for one in sides]
    return [tuple(one & other) for one, other in itertools.product(made, made + sides[-9:])]
ways = [(), ((1, 2, 3, 4),), ([1, 2, 3, 4],), (1, 2, 3, 4), (pymupdf.Rect(1, 2, 3, 4),), (pymupdf.IRect(1, 2, 3, 4),),
        (pymupdf.Point(1, 2), pymupdf.Point(3, 4)), ((1, 2), (3, 4)), (pymupdf.Point(1, 2), 3, 4), (((1, 2), (3, 4)),)]
def made():
    return [tuple(pymupdf.Rect(*way)) for way in ways] + [tuple(pymupdf.Rect(1, 2, 3, 4, x1=9))]
before = crossed(), made()
finder.lighten()
print(before == (crossed(), made()), type(pymupdf.Rect(1, 2, 3, 4).x0) is float)
"""


def test_rectangles_are_made_and_crossed_as_before() -> None:
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"], done.stdout

"""How doubtful a value is by the confidence of the OCR for its page."""

from __future__ import annotations

from bisect import bisect_right

# (confidence of the page, share of the values from there on that are right), as `scripts/bench confidence` measures
# it on receipts and generated CVs, scanned well and badly. What an OCR engine says of itself is far too high: of the
# values on pages of 0.83 it got four in ten.
SHARE_RIGHT = ((0.0, 0.4), (0.85, 0.8), (0.96, 0.96))
LEAST_SURE = SHARE_RIGHT[-1][0]
"""Pages of this confidence and more make no value doubtful."""


def ocr_doubt(confidence: float) -> float:
    """The share of the values on pages of this confidence that are wrong, 0 to 1."""
    at = bisect_right(SHARE_RIGHT, confidence, key=lambda entry: entry[0]) - 1
    return round(1.0 - SHARE_RIGHT[max(at, 0)][1], 2)

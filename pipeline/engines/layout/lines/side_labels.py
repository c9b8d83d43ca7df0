"""Labels that stand at the side of a text, as ``Step 2: Multiple Jobs or Spouse Works`` does on tax forms. Pure.

The lines of such a label run on below one another, and are no part of the lines beside them. So are the headings that
manuals have in their margin.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.engines.layout.lines.glyphs import Fragment, PrintedLine, printed_lines, split_at_wide_gaps

_GUTTER_EM = 1.0  # between a label and its text, at least
_NARROW = 0.3  # of the width of both
_LEAST = 2  # lines of a label, and of its text
_LONG, _TIMES = 4, 3  # lines of a text, and times as many as those of its heading in the margin
_LEVEL_EM = 0.7  # between the tops of a label and its text
_PITCH_EM = 1.0  # between two lines of a label, at most
_BOLD = 0.5  # of the lines of the text: more say that bold letters make no label
_SAME_PT, _ROWS = 2.0, 0.5  # points, and the share of the lines of a label that stand level with others: rows
_WORDS, _MOSTLY, _RUNS_ON = 5, 0.6, 0.3  # of a full line; shares of the lines of a text that are, and that go on

Sides = tuple[list[Fragment], list[Fragment], list[Fragment]]


def parted_at_label(fragments: Sequence[Fragment]) -> Sides | None:
    """The pieces of a bold label of several lines, of the text to its right, and of what stands below both.

    None where no text begins with such a label.
    """
    if len(fragments) < _LONG or not any(part.glyphs[0].style.bold for part in fragments):
        return None
    pieces = sorted((piece for part in fragments for piece in split_at_wide_gaps(part)), key=lambda piece: piece.box[1])
    left, right = min(piece.box[0] for piece in pieces), max(piece.box[2] for piece in pieces)
    label = _label_of(pieces, left, left + _NARROW * (right - left))
    if not label:
        return None
    others = [piece for piece in pieces if piece not in label]
    gutter = max(piece.box[2] for piece in label) + _GUTTER_EM * label[0].glyphs[0].style.size
    end = min((piece.box[1] for piece in others if piece.box[0] < gutter), default=float("inf"))
    text = [piece for piece in others if (piece.box[1] + piece.box[3]) / 2 < end]
    below = [piece for piece in others if piece not in text]
    whole = bool(text) and max(piece.box[3] for piece in label) < end
    return (label, text, below) if whole and _is_label(printed_lines(label), printed_lines(text)) else None


def _label_of(pieces: Sequence[Fragment], left: float, right: float) -> list[Fragment]:
    """The bold pieces that begin at the left edge, from the first one on as far as they follow one another."""
    label: list[Fragment] = []
    for piece in pieces:
        size = piece.glyphs[0].style.size
        bold = all(glyph.style.bold for glyph in piece.glyphs if not glyph.char.isspace())
        if not (bold and piece.box[0] < left + size and piece.box[2] < right):
            continue
        if label and piece.box[1] - label[-1].box[3] > _PITCH_EM * size:
            break
        label.append(piece)
    return label


def _is_label(lines: Sequence[PrintedLine], text: Sequence[PrintedLine]) -> bool:
    if not all(line.bold for line in lines):
        return False
    size = lines[0].size
    begins = abs(lines[0].box[1] - text[0].box[1]) < _LEVEL_EM * size
    plain = sum(line.bold for line in text) < _BOLD * len(text)
    level = sum(any(abs(line.box[3] - other.box[3]) < _SAME_PT for other in text) for line in lines)
    rows = level > _ROWS * len(lines) or min(len(lines), len(text)) < _LEAST
    return begins and plain and (not rows or _is_text(text, len(lines)))


def _is_text(lines: Sequence[PrintedLine], beside: int) -> bool:
    """Whether these are running text, far longer than the lines beside it."""
    words = sum(len(line.text.split()) >= _WORDS for line in lines)
    small = sum(line.text[0].islower() for line in lines)
    return len(lines) >= max(_LONG, _TIMES * beside) and words > _MOSTLY * len(lines) and small > _RUNS_ON * len(lines)

"""What the large layout model's image part sees at each text: means and extremes of its maps over the box of the text.

The image part computes five maps of the page, of 150 down to 9 cells a side, and enlarges each to 300 before all
are read together: 58 MB, of which the texts cover a part. The same numbers come from the small maps: an enlarged map
is linear between the middles of two cells, so that its mean follows from sums of weights, and its largest value in a
row lies at the first or last step between two middles.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

_TINY = 1e-12  # added before logarithms, and to sums that are divided by

ENLARGED = 2  # of the maps, the largest first: they have two or four steps between middles, nothing is gained there


class _Cells(NamedTuple):
    """The cells of the maps that boxes cover, the last ones included: arrays of one length."""

    left: Any
    top: Any
    right: Any
    bottom: Any

    @property
    def columns(self) -> Any:
        return self.right - self.left + 1

    @property
    def rows(self) -> Any:
        return self.bottom - self.top + 1


def features_of(maps: Sequence[Any], logits: Any, boxes: Sequence[Sequence[float]], width: int, height: int) -> Any:
    """float32 (boxes, features): as ``pymupdf.layout.roi_pooling`` makes them of the joined maps and of the logits.

    ``maps``: arrays (1, channels, side, side), the first ``ENLARGED`` of them as large as the logits (1, classes, side,
    side). ``boxes`` in pixels of a picture of ``width`` and ``height``.
    """
    side = logits.shape[-1]
    cells = _cells_of(np.asarray(boxes, dtype=np.float64), side, width, height)
    pooled = [_pooled(one[0], cells) for one in maps[:ENLARGED]]
    pooled += [_pooled_as_enlarged(one[0], side, cells) for one in maps[ENLARGED:]]
    means, largest = zip(*pooled, strict=True)
    return np.concatenate([*means, *largest, _of_classes(logits[0], cells)], axis=1)


def _cells_of(boxes: Any, side: int, width: int, height: int) -> _Cells:
    x, y = side / width, side / height
    left = np.floor(boxes[:, 0] * x).astype(np.intp).clip(0, side - 1)
    top = np.floor(boxes[:, 1] * y).astype(np.intp).clip(0, side - 1)
    right = (np.ceil(boxes[:, 2] * x).astype(np.intp) - 1).clip(0, side - 1)
    bottom = (np.ceil(boxes[:, 3] * y).astype(np.intp) - 1).clip(0, side - 1)
    return _Cells(left, top, np.maximum(right, left), np.maximum(bottom, top))


def _patches(of: Any, cells: _Cells) -> list[Any]:
    """The parts of an array (..., rows, columns) that lie in the boxes."""
    return [of[..., y0 : y1 + 1, x0 : x1 + 1] for x0, y0, x1, y1 in zip(*cells, strict=True)]


def _pooled(of: Any, cells: _Cells) -> tuple[Any, Any]:
    """Means and largest values of each channel over each box: two arrays (boxes, channels)."""
    patches = _patches(of, cells)
    return np.array([p.mean(axis=(1, 2)) for p in patches]), np.array([p.max(axis=(1, 2)) for p in patches])


def _pooled_as_enlarged(of: Any, side: int, cells: _Cells) -> tuple[Any, Any]:
    """The same of a map that is enlarged to ``side``, from the map as it is: (channels, cells, cells)."""
    channels, small = of.shape[:2]
    weights = _weights(small, side)
    sums = np.concatenate([np.zeros((1, small)), np.cumsum(weights, axis=0, dtype=np.float64)])
    across = ((sums[cells.right + 1] - sums[cells.left]) / cells.columns[:, None]).astype(np.float32)
    down = ((sums[cells.bottom + 1] - sums[cells.top]) / cells.rows[:, None]).astype(np.float32)
    by_row = (of.reshape(-1, small) @ across.T).reshape(channels, small, -1)
    means = np.einsum("chb,bh->bc", by_row, down)
    steps = np.unique(np.concatenate([_turns(small, side), cells.left, cells.right]))
    values = (weights @ of) @ weights[steps].T
    first, last = np.searchsorted(steps, cells.left), np.searchsorted(steps, cells.right)
    return means, np.array([p.max(axis=(1, 2)) for p in _patches(values, _Cells(first, cells.top, last, cells.bottom))])


@functools.cache
def _weights(small: int, side: int) -> Any:
    """float32 (side, small): what each of ``small`` cells in a row counts for each step of the enlarged row."""
    places = np.maximum((np.arange(side) + 0.5) * small / side - 0.5, 0.0)
    before = np.minimum(places.astype(np.intp), small - 1)
    share = (places - before).astype(np.float32)
    weights = np.zeros((side, small), np.float32)
    rows = np.arange(side)
    weights[rows, before] = 1 - share
    weights[rows, np.minimum(before + 1, small - 1)] += share
    return weights


@functools.cache
def _turns(small: int, side: int) -> Any:
    """The first and the last step between the middles of each two neighbours."""
    places = np.floor((np.arange(side) + 0.5) * small / side - 0.5)
    turn = np.flatnonzero(np.diff(places))
    return np.unique(np.concatenate([[0], turn, turn + 1, [side - 1]]))


def _of_classes(logits: Any, cells: _Cells) -> Any:
    """Mean, least and largest probability of each class over each box, mean entropy, mean lead of the likeliest."""
    shares = np.exp(logits - logits.max(axis=0))
    shares /= shares.sum(axis=0) + _TINY
    lead = _lead(shares)
    rows = []
    for part, leads in zip(_patches(shares, cells), _patches(lead, cells), strict=True):
        entropy = -(part * np.log(part + _TINY)).sum(axis=0).mean()
        by_class = (part.mean(axis=(1, 2)), part.min(axis=(1, 2)), part.max(axis=(1, 2)))
        rows.append(np.concatenate([*by_class, [entropy, leads.mean()]]))
    return np.array(rows, dtype=np.float32)


def _lead(shares: Any) -> Any:
    """By how much the largest of the values along the first axis exceeds the second."""
    largest = np.maximum(shares[0], shares[1])
    second = np.minimum(shares[0], shares[1])
    for one in shares[2:]:
        np.maximum(second, np.minimum(largest, one), out=second)
        np.maximum(largest, one, out=largest)
    return largest - second

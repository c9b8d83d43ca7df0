"""A small network that weighs the signals of segments twice: first alone, then with what it thought of those around.

Each pass adds a linear part to one hidden layer. Of the second one the first thoughts are signals, too: of the
segments before and behind, of the rows above and below, and of those that are set alike in the other entries, so that
the entries of a section agree. Several networks that were trained on different documents vote: the mean of their
chances is nearer to the truth than any of them. ``scripts/train_resume_tagger`` makes the weights.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

PARTS = ("straight", "constant", "inner", "inner_constant", "outer")  # of the weights of a pass
TAGS = ("none", "company", "position", "institution", "degree")
_WEIGHTS = Path(__file__).with_name("weights.npz")
_WINDOW = 8  # segments on either side
_STEPS = (-1, 1, -2, 2)  # to the segments, and the rows, that are looked at one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """Weights of one pass: straight from the signals to the tags, and over a hidden layer."""

    straight: Array
    constant: Array
    inner: Array
    inner_constant: Array
    outer: Array

    def chances(self, signals: Array) -> Array:
        """The chance of each tag, for each row of ``signals``."""
        hidden = np.maximum(signals @ self.inner + self.inner_constant, 0)
        sums = signals @ self.straight + self.constant + hidden @ self.outer
        powers = np.exp(sums - sums.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Both passes, and the names of the signals in the order of their weights."""

    names: tuple[str, ...]
    first: Pass
    second: Pass

    def chances(
        self, signals: Sequence[Mapping[str, float]], rows: Sequence[int], settings: Sequence[tuple[Any, ...]]
    ) -> Array:
        """The chance of each tag for the segments of a document, of which ``rows`` and ``settings`` belong together."""
        if not signals:
            return np.zeros((0, len(TAGS)), dtype=np.float32)
        matrix = signal_matrix(self.names, signals)
        thoughts = self.first.chances(matrix)
        return self.second.chances(np.hstack([matrix, context_of(thoughts, rows, settings)]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Committee:
    """Networks whose chances are averaged, each with signals of its own and so many votes."""

    networks: tuple[Network, ...]
    votes: tuple[float, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The signals that any of them knows."""
        return tuple(sorted({name for network in self.networks for name in network.names}))

    def chances(
        self, signals: Sequence[Mapping[str, float]], rows: Sequence[int], settings: Sequence[tuple[Any, ...]]
    ) -> Array:
        """The mean of what the networks say: the chance of each tag for the segments of a document."""
        told = [network.chances(signals, rows, settings) for network in self.networks]
        return np.asarray(np.average(told, axis=0, weights=self.votes), dtype=np.float32)


def signal_matrix(names: Sequence[str], signals: Sequence[Mapping[str, float]]) -> Array:
    """One row for each segment, one column for each name."""
    places = {name: at for at, name in enumerate(names)}
    matrix = np.zeros((len(signals), len(names)), dtype=np.float32)
    for at, own in enumerate(signals):
        for name, value in own.items():
            if name in places:
                matrix[at, places[name]] = value
    return matrix


def context_of(thoughts: Array, rows: Sequence[int], settings: Sequence[tuple[Any, ...]]) -> Array:
    """What the first pass thought of a segment, its neighbours, the rows around it, and those that are set alike."""
    alike = (_means_of_others(thoughts, settings), _means_of_others(thoughts, [one[:5] for one in settings]))
    window = [thoughts[max(0, at - _WINDOW) : at + _WINDOW + 1].max(axis=0) for at in range(len(thoughts))]
    beside = [_shifted(thoughts, step) for step in _STEPS]
    around = [_of_rows(thoughts, rows, step)[:, 1:] for step in (0, *_STEPS)]
    return np.hstack([thoughts, *beside, *around, *alike, np.asarray(window, dtype=np.float32)])


def _shifted(thoughts: Array, step: int) -> Array:
    moved = np.zeros_like(thoughts)
    for at in range(len(thoughts)):
        if 0 <= at + step < len(thoughts):
            moved[at] = thoughts[at + step]
    return moved


def _of_rows(thoughts: Array, rows: Sequence[int], step: int) -> Array:
    """The highest thoughts of the other segments in the row so many below."""
    members = _groups(rows)
    highest = np.zeros_like(thoughts)
    for at, row in enumerate(rows):
        others = [other for other in members.get(row + step, ()) if other != at]
        if others:
            highest[at] = thoughts[others].max(axis=0)
    return highest


def _means_of_others(thoughts: Array, settings: Sequence[Hashable]) -> Array:
    means = np.zeros_like(thoughts)
    for members in _groups(settings).values():
        if len(members) > 1:
            total = thoughts[members].sum(axis=0)
            means[members] = (total - thoughts[members]) / (len(members) - 1)
    return means


def _groups(keys: Iterable[Hashable]) -> dict[Hashable, list[int]]:
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for at, key in enumerate(keys):
        groups[key].append(at)
    return groups


@cache
def trained_network(path: Path = _WEIGHTS) -> Committee:
    """The networks with the weights of a file."""
    with np.load(path) as kept:
        votes = tuple(map(float, kept["votes"]))
        return Committee(networks=tuple(_network_of(kept, at) for at in range(len(votes))), votes=votes)


def _network_of(kept: Mapping[str, Any], at: int) -> Network:
    names = tuple(str(name) for name in kept[f"{at}_names"])
    return Network(names=names, first=_pass_of(kept, f"{at}_first"), second=_pass_of(kept, f"{at}_second"))


def _pass_of(kept: Mapping[str, Any], name: str) -> Pass:
    return Pass(**{part: kept[f"{name}_{part}"].astype(np.float32) for part in PARTS})


def save(committee: Committee, path: Path) -> None:
    """Write the weights in half precision, 16 bits each."""
    kept: dict[str, Any] = {"votes": np.array(committee.votes)}
    for at, network in enumerate(committee.networks):
        kept[f"{at}_names"] = np.array(network.names)
        for name, one in (("first", network.first), ("second", network.second)):
            kept |= {f"{at}_{name}_{part}": getattr(one, part).astype(np.float16) for part in PARTS}
    np.savez_compressed(path, **kept)

"""The levels of a document's headings: from their numbers, how they are set, and the outline. Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.structure.candidates import HeadingCandidate
from pipeline.structure.guides import heads_contents
from stores.models import Label

_NEAR, _NEAR_RECOGNISED = 0.05, 0.12  # shares by which sizes differ from the common one of their level
_RARE = 0.03  # of the headings of a scan: fewer that are set alike open no level
_RARE_OF_MANY = 0.01  # of the headings of a document that are set in more ways than there are levels
_DEEPEST = 6
_RANK = {  # where numbers of these forms stand among headings that are set alike
    "part": 0.0,
    "chapter": 1.0,
    "appendix": 1.0,
    "section": 2.0,
    "article": 3.0,
    "han": 4.0,
    "han brackets": 5.0,
    "roman": 5.5,
    "dotted": 6.0,  # and one more for each further number
    "letter": 7.5,
    "brackets": 13.0,
}
_UNNUMBERED = 14.0
_CHINESE_KINDS = ("chapter", "section", "article", "han")
_SECTION_KINDS = ("dotted", "chapter", "roman", "letter", "appendix")
_MATTER = re.compile(
    r"\W*(?:abstract|summary|executive summary|introduction|preface|foreword|acknowledge?ments?|references|bibliography"
    r"|conclusions?|glossary|index|notes|zusammenfassung|literatur(?:verzeichnis)?|vorwort|résumé|conclusion|références"
    r"|摘\s*要|前\s*言|引\s*言|[绪緒]\s*[论論]|[结結]\s*[论論]|[结結]\s*[语語]|致\s*[谢謝]|参考文献|參考文獻|附\s*[录錄])\W*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Class:
    """Headings of one kind. ``kind`` is None for those without a number; ``size``: index from the largest."""

    kind: tuple[str, int] | None
    size: int
    bold: bool


def levels_of(headings: Sequence[HeadingCandidate]) -> dict[HeadingCandidate, int]:
    """The level of each heading, 1 to 6."""
    sizes = _size_classes(headings)
    titles = _titles(headings, sizes)
    classes: dict[_Class, list[HeadingCandidate]] = defaultdict(list)
    for heading in headings:
        if heading not in titles:
            classes[_class_of(heading, headings, sizes)].append(heading)
    guided = _by_guide(classes)
    levels = guided or _by_rank(classes)
    base = min((heading.guided_level for heading in headings if heading.guided_level), default=1)
    below = 1 if titles else 0
    decided = dict.fromkeys(titles, 1)
    for key, members in classes.items():
        for heading in members:
            own = heading.guided_level - base + 1 if guided and heading.guided_level else levels[key]
            own = 1 if heading.apart and _MATTER.fullmatch(heading.text) else own
            decided[heading] = min(_DEEPEST, own + below)
    return decided | _before_sections(headings, decided)


def _before_sections(
    headings: Sequence[HeadingCandidate], decided: Mapping[HeadingCandidate, int]
) -> dict[HeadingCandidate, int]:
    """What stands before the first numbered section is not below it: a cover in small print, a preface."""
    first = next((at for at, heading in enumerate(headings) if heading.kind), None)
    before = headings[:first] if first is not None else ()
    return {heading: min(decided[heading], decided[headings[first or 0]]) for heading in before}


def _size_classes(headings: Sequence[HeadingCandidate]) -> dict[float, int]:
    """Font size in points -> index of its class, the largest 0; sizes near a common one are in its class."""
    counts = Counter(heading.style.size_pt for heading in headings)
    near = _NEAR_RECOGNISED if _are_recognised(headings) else _NEAR
    common: list[float] = []
    nearest: dict[float, float] = {}
    for size, _ in sorted(counts.items(), key=lambda pair: (-pair[1], -pair[0])):
        centre = min(common, key=lambda other: abs(other - size), default=None)
        if centre is None or abs(centre - size) > near * centre:
            common.append(size)
            centre = size
        nearest[size] = centre
    order = {size: at for at, size in enumerate(sorted(common, reverse=True))}
    return {size: order[centre] for size, centre in nearest.items()}


def _are_recognised(headings: Sequence[HeadingCandidate]) -> bool:
    """Whether most of the headings stand on scans, whose font sizes are only nearly right."""
    return 2 * sum(heading.recognised for heading in headings) > len(headings)


def _titles(headings: Sequence[HeadingCandidate], sizes: Mapping[float, int]) -> list[HeadingCandidate]:
    """The title of the document: the largest heading, without a section's number, before all others."""
    first = [h for h in headings if h.page == headings[0].page and not heads_contents(h.text)] if headings else []
    top = [
        h
        for h in first
        if not h.kind and not h.guided_level and (h.style.label == Label.TITLE or sizes[h.style.size_pt] == 0)
    ]
    if not top or len(headings) < 2:
        return []
    if _opens_chinese_numbers(headings, sizes):
        return [headings[0]]
    largest = min(sizes[h.style.size_pt] for h in top)
    alike = [h for h in headings if sizes[h.style.size_pt] == largest]
    alone = len(alike) <= 3 and all(h.page == headings[0].page for h in alike)
    return [h for h in top if sizes[h.style.size_pt] == largest] if alone else []


def _opens_chinese_numbers(headings: Sequence[HeadingCandidate], sizes: Mapping[float, int]) -> bool:
    """Whether the first heading is the title of articles or of 一、二、三、 that are set as large as it."""
    first, *others = headings
    alike = [heading for heading in others if sizes[heading.style.size_pt] == sizes[first.style.size_pt] == 0]
    numbered = all(heading.kind and heading.kind[0] in _CHINESE_KINDS for heading in alike)
    return first.kind is None and bool(alike) and numbered and not _MATTER.fullmatch(first.text)


def _class_of(heading: HeadingCandidate, headings: Sequence[HeadingCandidate], sizes: Mapping[float, int]) -> _Class:
    size, bold = sizes[heading.style.size_pt], heading.style.bold
    if heading.kind is None:
        return _Class(None, size, bold)
    alike = [h for h in headings if h.kind == heading.kind]
    common = Counter((sizes[h.style.size_pt], h.style.bold) for h in alike).most_common(1)[0][0]
    return _Class(heading.kind, *common)


def _by_guide(classes: Mapping[_Class, list[HeadingCandidate]]) -> dict[_Class, int]:
    """Levels as the outline has them; empty where it has one level only, or names few of the headings."""
    guided = [h for members in classes.values() for h in members if h.guided_level]
    depths = {h.guided_level for h in guided}
    if len(depths) < 2 or len(guided) * 2 < sum(map(len, classes.values())):
        return {}
    base = min(depths)
    levels: dict[_Class, int] = {}
    for key, members in classes.items():
        named = Counter(h.guided_level for h in members if h.guided_level)
        if named:
            levels[key] = named.most_common(1)[0][0] - base + 1
    if not _agrees(levels):
        return {}
    for key in classes:
        if key not in levels:
            levels[key] = _beside(key, levels)
    return levels


def _agrees(levels: Mapping[_Class, int]) -> bool:
    """Whether deeper numbers are on deeper levels."""
    depth = {key.kind[1]: level for key, level in levels.items() if key.kind and key.kind[0] == "dotted"}
    chapters = [level for key, level in levels.items() if key.kind and key.kind[0] == "chapter"]
    ordered = [depth[at] for at in sorted(depth)]
    rising = all(one < other for one, other in pairwise(ordered))
    return rising and all(chapter < level for chapter in chapters for level in ordered)


def _beside(key: _Class, levels: Mapping[_Class, int]) -> int:
    """The level of headings that no guide names: that of others set alike, else one below those set larger."""
    alike = [level for other, level in levels.items() if (other.size, other.bold) == (key.size, key.bold)]
    if alike:
        return min(alike) if key.kind is None else max(alike)
    larger = [level for other, level in levels.items() if _is_larger(other, key)]
    return max(larger) + 1 if larger else 1


def _is_larger(one: _Class, other: _Class) -> bool:
    return (one.size, not one.bold) < (other.size, not other.bold)


def _by_rank(classes: Mapping[_Class, list[HeadingCandidate]]) -> dict[_Class, int]:
    """Levels by size, weight and number: each class of headings is one below those that rank before it."""
    ranks = {key: _rank(key) for key in classes}
    _raise_letters(ranks)
    _lower_appendices(ranks)
    _order_numbers(ranks, classes)
    for key, members in classes.items():
        if key.kind is None:
            ranks[key] = _rank_of_unnumbered(key, members, classes, ranks)
    order = sorted(set(ranks.values()))
    rare = _rare_ranks(classes, ranks)
    steps = [rank for rank in order if rank not in rare] or order
    return {key: 1 + sum(step < rank for step in steps) for key, rank in ranks.items()}


_Rank = tuple[float, bool, float]


def _rank(key: _Class) -> _Rank:
    form = _UNNUMBERED if key.kind is None else _RANK[key.kind[0]] + (key.kind[1] - 1)
    return float(key.size), not key.bold, form


def _raise_letters(ranks: dict[_Class, _Rank]) -> None:
    """Let appendices, which have letters, rank like numbered sections; below Roman numbers letters are one deeper."""
    if any(key.kind == ("roman", 1) for key in ranks):
        return
    for key, (size, light, _) in ranks.items():
        if key.kind == ("letter", 1):
            ranks[key] = (size, light, _RANK["dotted"])


def _lower_appendices(ranks: dict[_Class, _Rank]) -> None:
    """Let appendices rank like sections ("1", "2") where there are no chapters."""
    kinds = {key.kind for key in ranks}
    if ("dotted", 1) not in kinds or kinds & {("chapter", 1), ("part", 1)}:
        return
    for key, (size, light, _) in ranks.items():
        if key.kind == ("appendix", 1):
            ranks[key] = (size, light, _RANK["dotted"])


def _order_numbers(ranks: dict[_Class, _Rank], classes: Mapping[_Class, Sequence[HeadingCandidate]]) -> None:
    """Let numbers with more parts rank behind those with fewer, and sections behind chapters, however they are set."""
    numbered = sorted((key for key in ranks if key.kind), key=lambda key: _rank(key)[2])
    before: _Rank | None = None
    for key in numbered:
        if not _opens_numbers(key, classes):
            continue
        if before is not None and ranks[key] < before:
            ranks[key] = (before[0], before[1], ranks[key][2])
        before = ranks[key]


def _opens_numbers(key: _Class, classes: Mapping[_Class, Sequence[HeadingCandidate]]) -> bool:
    """Whether numbers of this form stand above others by their form alone: "1." does not where "9.1" is above it."""
    if key.kind is None or key.kind[0] not in ("part", "chapter", "section", "dotted"):
        return False
    if key.kind != ("dotted", 1):
        return True
    own = {member.number.value for member in classes[key] if member.number}
    below = {
        member.number.prefix[0]
        for other, members in classes.items()
        if other.kind and other.kind[0] == "dotted" and other.kind[1] > 1
        for member in members
        if member.number
    }
    return bool(own & below)


def _rank_of_unnumbered(
    key: _Class,
    members: Sequence[HeadingCandidate],
    classes: Mapping[_Class, list[HeadingCandidate]],
    ranks: Mapping[_Class, _Rank],
) -> _Rank:
    """Beside numbered headings that are set alike: as high as they where few, below them where many."""
    alike = [other for other in classes if other.kind and (other.size, other.bold) == (key.size, key.bold)]
    if not alike:
        return ranks[key]
    first = min(alike, key=lambda other: ranks[other])
    matter = sum(bool(_MATTER.fullmatch(member.text)) for member in members)
    places = [(member.page, member.index) for member in classes[first]]
    inside = sum(min(places) < (member.page, member.index) < max(places) for member in members)
    few = inside <= len(places) and first.kind is not None and first.kind[0] in _SECTION_KINDS
    return ranks[first] if few or 2 * matter >= len(members) else ranks[key]


def _rare_ranks(classes: Mapping[_Class, list[HeadingCandidate]], ranks: Mapping[_Class, _Rank]) -> set[_Rank]:
    """Ranks of a single heading without a number: they open no level of their own."""
    count: Counter[_Rank] = Counter()
    for key, members in classes.items():
        count[ranks[key]] += len(members) + (2 if key.kind else 0)
    headings = [heading for members in classes.values() for heading in members]
    least = max(2.0, _RARE * len(headings)) if _are_recognised(headings) else 2.0
    if len(count) > _DEEPEST:
        least = max(least, _RARE_OF_MANY * len(headings))
    return {rank for rank, number in count.items() if number < least} if len(count) > 2 else set()

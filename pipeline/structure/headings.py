"""Tells which blocks of a document are headings, and of which level, from all of its pages. Pure.

A page's reader sees how a line is set against the lines around it. Here the whole document is known: how its text is
set and how its headings are, which numbers follow one another, what its outline and its contents name.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.structure.candidates import (
    BodyStyle,
    HeadingCandidate,
    begins_within,
    body_style,
    candidates_of,
    has_words,
    is_no_title,
    is_sentence,
    leads_in,
)
from pipeline.structure.guides import contents_pages, heads_contents, is_entry, is_nothing_but_contents, mark_guided
from pipeline.structure.levels import levels_of
from stores.models import Label, OutlineEntry, Page

_SURE_KINDS = frozenset({"part", "chapter", "section", "appendix"})
_LIST_KINDS = frozenset({("dotted", 1), ("brackets", 1), ("letter", 1), ("roman", 1)})
_GUIDED = 3  # headings that the outline or the contents name: then they say what is a heading
_ESTABLISHED = 3  # headings that are set alike: what else is set so and stands alone is one, too
_SHORT, _LONG = 80, 140  # characters
_LEADS_IN, _SMALL = 1.06, 0.94  # of the body's size: what ends with a colon is larger, and no heading is smaller
_NOISE = 1.35  # times the body's size: OCR measures lines of the text so large at times
_NEAR = 0.95  # of the size of the smallest heading that a guide names


@dataclass(frozen=True, slots=True)
class _Guide:
    """What the outline or the contents say: whether they name headings, and the size of the smallest in points.

    ``one_level``: all that they name are set alike, as where contents name chapters alone.
    """

    given: bool
    least: float
    one_level: bool


def headings_of(pages: Sequence[Page], outline: Sequence[OutlineEntry] = ()) -> dict[tuple[int, int], int]:
    """(page number, index of the block) -> level 1 to 6, of all headings of a document."""
    contents = contents_pages(pages)
    listing = {page.number for page in pages if is_nothing_but_contents(page, contents.get(page.number, ()))}
    listing &= contents.keys()
    candidates = [c for c in candidates_of(pages) if c.page not in listing or _titles_first_page(c, pages[0])]
    guided = mark_guided(candidates, outline, contents)
    _check_letters(candidates)
    accepted = _accepted(candidates, guided, body_style(pages))
    levels = levels_of(accepted)
    return {(candidate.page, candidate.index): levels[candidate] for candidate in accepted}


def _titles_first_page(candidate: HeadingCandidate, first: Page) -> bool:
    """Whether a candidate is the title of a document whose list of contents stands on the same page."""
    begins = candidate.page == first.number and candidate.index == 0 and candidate.read_as_heading
    return begins and not (heads_contents(candidate.text) or is_entry(candidate.text))


def _check_letters(candidates: Sequence[HeadingCandidate]) -> None:
    """Forget numbers that are words: a letter or a Roman number counts where headings have the first two of them."""
    for kind in ("letter", "roman"):
        lettered = [c for c in candidates if c.kind == (kind, 1) and (c.read_as_heading or c.guided)]
        values = {candidate.number.value for candidate in lettered if candidate.number}
        if not {1, 2} <= values:
            for candidate in lettered:
                candidate.number = None


def _accepted(candidates: Sequence[HeadingCandidate], guided: int, body: BodyStyle) -> list[HeadingCandidate]:
    """The candidates that are headings."""
    possible = [candidate for candidate in candidates if candidate.guided or _is_possible(candidate)]
    styled = sum(c.distinct and c.read_as_heading and not leads_in(c.text) for c in possible)
    sizes = [c.style.size_pt for c in possible if c.guided and c.distinct and not c.recognised]
    levels = len({round(2 * size) for size in sizes})
    guide = _Guide(given=guided >= _GUIDED, least=min(sizes, default=0.0), one_level=levels < 2)
    chosen = [
        candidate
        for candidate in possible
        if candidate.guided or (candidate.read_as_heading and not _is_doubtful(candidate, guide, styled > 2, body))
    ]
    more = _promoted(possible, chosen, body)
    listed = _list_items([*chosen, *more]) | _after_items(candidates, [*chosen, *more])
    return [c for c in possible if (c in more or c in chosen) and c not in listed]


def _is_possible(candidate: HeadingCandidate) -> bool:
    """Whether the words of a block may be a heading's."""
    text = candidate.text
    if is_no_title(text) or not has_words(text) or (is_sentence(text) and not _is_titled_article(candidate)):
        return False
    return not (leads_in(text) and not candidate.distinct)


def _is_titled_article(candidate: HeadingCandidate) -> bool:
    """Whether a block is the bold title of an article, section or item: titles of laws and filings end with a stop."""
    titled = candidate.kind is not None and candidate.kind[0] == "article" and candidate.style.bold
    return (
        titled and candidate.distinct and len(candidate.text) <= _LONG and not is_sentence(candidate.text.rstrip("."))
    )


def _is_doubtful(candidate: HeadingCandidate, guide: _Guide, has_styles: bool, body: BodyStyle) -> bool:
    """Whether what the reader of a page took for a heading is none beside the others of the document.

    ``has_styles``: others are set in another way than the text.
    """
    if candidate.kind and candidate.kind not in _LIST_KINDS:
        return False
    if not candidate.distinct or (not candidate.kind and begins_within(candidate.text)):
        return has_styles or guide.given
    if candidate.apart and not leads_in(candidate.text):
        return False
    size = candidate.style.size_pt
    if candidate.recognised and candidate.stacked and size < _NOISE * body.size_pt:
        return True
    least_size = body.size_pt * (_LEADS_IN if leads_in(candidate.text) else _SMALL)
    if has_styles and not candidate.kind and 0 < size < least_size:
        return True
    below = guide.one_level and candidate.kind is not None and _is_weighty(candidate, body)
    return guide.given and 0 < size < _NEAR * guide.least and not below


def _promoted(
    possible: Sequence[HeadingCandidate], chosen: Sequence[HeadingCandidate], body: BodyStyle
) -> set[HeadingCandidate]:
    """Candidates that are set or numbered like chosen headings, though the readers of their pages saw text."""
    looks = Counter(_look(candidate) for candidate in chosen if candidate.distinct and candidate.style.size_pt)
    series = {(candidate.kind, _look(candidate)) for candidate in chosen if candidate.distinct and candidate.kind}
    kinds = {candidate.kind for candidate in chosen if candidate.kind} - _LIST_KINDS
    taken = set(chosen)
    left = [c for c in possible if c not in taken and (len(c.text) <= _SHORT or _is_titled_article(c))]
    left = [candidate for candidate in left if not _is_item(candidate, body)]
    promoted: set[HeadingCandidate] = set()
    for candidate in left:
        kind, look = candidate.kind, _look(candidate)
        alike = candidate.distinct and looks[look] >= _ESTABLISHED
        if kind in _LIST_KINDS:
            numbered = candidate.distinct and (kind, look) in series
        else:
            numbered = kind is not None and (alike or kind in kinds or kind[0] in _SURE_KINDS)
            numbered = numbered or _is_titled_article(candidate)
        if numbered or (alike and _may_be_unnumbered(candidate, body)):
            promoted.add(candidate)
    counted = _sequences([candidate for candidate in left if candidate not in promoted])
    members = Counter(candidate.kind for candidate in counted if candidate.kind not in _LIST_KINDS)
    return promoted | counted | {c for c in left if members[c.kind] >= _ESTABLISHED}


def _is_item(candidate: HeadingCandidate, body: BodyStyle) -> bool:
    """Whether what its reader took for an item of a list is one: neither a section's number nor its look denies it."""
    if candidate.style.label != Label.LIST:
        return False
    numbered = candidate.kind is not None and candidate.kind not in _LIST_KINDS
    return not numbered and not (candidate.kind and candidate.distinct and _is_weighty(candidate, body))


def _may_be_unnumbered(candidate: HeadingCandidate, body: BodyStyle) -> bool:
    """Whether a block that its reader took for text may be a heading by its look: no label, no piece of a sentence."""
    whole = not leads_in(candidate.text) and not begins_within(candidate.text) and candidate.text[0].isalpha()
    return whole and not candidate.recognised and _is_weighty(candidate, body)


def _is_weighty(candidate: HeadingCandidate, body: BodyStyle) -> bool:
    """Whether a block is set bold or larger than the text: another font alone also sets names and terms."""
    return candidate.style.bold or candidate.style.size_pt > _LEADS_IN * body.size_pt


def _look(candidate: HeadingCandidate) -> tuple[float, bool, str]:
    style = candidate.style
    font = "" if style.font.startswith("Type3") else style.font  # one Chinese font is many of those
    return round(style.size_pt * 2) / 2, style.bold, font


def _sequences(candidates: Sequence[HeadingCandidate]) -> set[HeadingCandidate]:
    """Candidates whose section numbers follow one another, with text between them."""
    by_kind: dict[tuple[str, int], list[HeadingCandidate]] = defaultdict(list)
    for candidate in candidates:
        if candidate.kind and (candidate.kind not in _LIST_KINDS or _is_bold_number(candidate)):
            by_kind[candidate.kind].append(candidate)
    members: set[HeadingCandidate] = set()
    for group in by_kind.values():
        for one, other in pairwise(group):
            if _counts_on(one, other) and not _are_neighbours(one, other):
                members |= {one, other}
    return members


def _is_bold_number(candidate: HeadingCandidate) -> bool:
    """Whether a line is set bold and begins with a number: an item of a list has its words in the type of the text."""
    numbered = candidate.kind is not None and "brackets" not in candidate.kind[0]
    return numbered and candidate.distinct and candidate.style.bold


def _counts_on(one: HeadingCandidate, other: HeadingCandidate) -> bool:
    first, second = one.number, other.number
    return bool(first and second and second.value == first.value + 1 and first.prefix == second.prefix)


def _list_items(candidates: Sequence[HeadingCandidate]) -> set[HeadingCandidate]:
    """Candidates that are items of a list: numbered alike, set like the text, and one directly behind the other."""
    items: set[HeadingCandidate] = set()
    ordered = sorted(candidates, key=lambda c: (c.page, c.index))
    for one, other in pairwise(ordered):
        plain = not one.distinct and not other.distinct and not one.guided and not other.guided
        if plain and one.kind and one.kind == other.kind and _are_neighbours(one, other):
            items |= {one, other}
    return items - _without_text(ordered, items)


def _without_text(ordered: Sequence[HeadingCandidate], items: Collection[HeadingCandidate]) -> set[HeadingCandidate]:
    """Those of items that are sections without text: others of their form count on to them, or from them."""
    others = [candidate for candidate in ordered if candidate not in items]
    sections: set[HeadingCandidate] = set()
    for one, other in pairwise(candidate for candidate in ordered if candidate in items):
        alike = one.kind == other.kind and one.kind not in _LIST_KINDS and _are_neighbours(one, other)
        framed = any(_counts_on(c, one) and c.kind == one.kind for c in others)
        framed = framed and any(_counts_on(other, c) and c.kind == other.kind for c in others)
        if alike and framed:
            sections |= {one, other}
    return sections


def _after_items(candidates: Sequence[HeadingCandidate], accepted: Sequence[HeadingCandidate]) -> set[HeadingCandidate]:
    """Accepted candidates of recognised pages that go on counting directly below an item of a list."""
    taken, items = set(accepted), set[HeadingCandidate]()
    for one, other in pairwise(candidates):
        plain = other.recognised and not other.guided and other.kind in _LIST_KINDS and one.kind == other.kind
        is_item = one not in taken or one in items
        if plain and other in taken and is_item and _counts_on(one, other) and _are_neighbours(one, other):
            items.add(other)
    return items


def _are_neighbours(one: HeadingCandidate, other: HeadingCandidate) -> bool:
    return one.page == other.page and other.index == one.index + 1

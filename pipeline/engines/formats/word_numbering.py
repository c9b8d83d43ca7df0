"""The numbers that Word counts: of list items, clauses and headings, which stand in no text of a document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.engines.formats.elements import Element
from pipeline.engines.formats.number_words import counted
from pipeline.engines.formats.numbered_items import labelled
from pipeline.engines.formats.packages import attribute, local, whole
from stores.models import Label

_BEGIN, _END = "\ue010", "\ue011"  # around a number that is put into a paragraph, so that it is known afterwards
_NUMBER = re.compile(rf"(?:\d+\. )?{_BEGIN}([^{_END}]*){_END}\s*")  # behind the number that HTML gives the item
_OWN = re.compile(rf"\s*{_BEGIN}([^{_END}]*){_END}\s*")
_LONGEST = 80  # characters of a number
_DEEPEST = 20  # styles that are based on others


@dataclass(frozen=True, slots=True)
class _Level:
    """How one level of a list counts: ``text`` is ``%1.%2`` or ``第%1条``."""

    start: int
    form: str
    text: str
    legal: bool
    restart: int | None  # the level, from 1, after which it begins anew; 0: never, None: after each above it


@dataclass(slots=True)
class Numbering:
    """Counts the paragraphs of a document in their order."""

    levels: Mapping[str, Mapping[int, _Level]]
    lists: Mapping[str, tuple[str, Mapping[int, int], Mapping[int, _Level]]]  # list, where levels begin, own levels
    styles: Mapping[str, tuple[str, int | None, str]]  # by style: number, level, the style that it is based on
    _counts: dict[str, dict[int, int]] = field(default_factory=dict)
    _begun: set[str] = field(default_factory=set)

    def label(self, paragraph: Any) -> str | None:
        """The number of the next paragraph as it is printed; None where it has none, or a bullet."""
        number, depth = self._place(paragraph)
        name, anew, own = self.lists.get(number, ("", {}, {}))
        levels = {**self.levels.get(name, {}), **own}
        if depth not in levels:
            return None
        counts = self._counts.setdefault(name, {})
        if number not in self._begun:
            self._begun.add(number)
            for level, start in anew.items():
                counts[level] = start - 1
        for level in range(depth):  # those that were skipped are printed, too
            counts.setdefault(level, levels[level].start if level in levels else 1)
        counts[depth] = counts.get(depth, levels[depth].start - 1) + 1
        for level in [one for one in counts if one > depth and _begins_anew(levels.get(one), depth)]:
            del counts[level]
        return None if levels[depth].form == "bullet" else _printed(levels, counts, depth)

    def _place(self, paragraph: Any) -> tuple[str, int]:
        """The number of a paragraph's list, "" for none, and the level: its own, or those of its style."""
        properties = next((child for child in paragraph if local(child) == "pPr"), None)
        own = _number_and_level(properties) if properties is not None else ("", None)
        number, level = own
        style = _value(properties, "pStyle") if properties is not None else ""
        for _ in range(_DEEPEST):
            if (number and level is not None) or style not in self.styles:
                break
            of_style, depth, below = self.styles[style]
            number, level, style = number or of_style, level if level is not None else depth, below
        return number, level or 0


def _begins_anew(level: _Level | None, depth: int) -> bool:
    return level is None or level.restart is None or depth < level.restart


def _printed(levels: Mapping[int, _Level], counts: Mapping[int, int], depth: int) -> str:
    own = levels[depth]

    def number(match: re.Match[str]) -> str:
        level = int(match[1]) - 1
        there = levels.get(level, own)
        return counted(counts.get(level, there.start), "decimal" if own.legal else there.form)

    return re.sub(r"%([1-9])", number, own.text[:_LONGEST]).strip()[:_LONGEST]


def numbering_of(numbers: Any, styles: Any) -> Numbering:
    """What the roots of ``numbering.xml`` and ``styles.xml`` say; None for a part that is not there."""
    levels: dict[str, dict[int, _Level]] = {}
    lists: dict[str, tuple[str, dict[int, int], dict[int, _Level]]] = {}
    for node in numbers if numbers is not None else ():
        if local(node) == "abstractNum":
            levels[attribute(node, "abstractNumId")] = dict(_levels(node))
        elif local(node) == "num":
            anew = {
                whole(attribute(one, "ilvl")): whole(_value(one, "startOverride"))
                for one in node
                if local(one) == "lvlOverride" and _value(one, "startOverride").isdigit()
            }
            own = {at: one for holder in node if local(holder) == "lvlOverride" for at, one in _levels(holder)}
            lists[attribute(node, "numId")] = _value(node, "abstractNumId"), anew, own
    return Numbering(levels=levels, lists=lists, styles=dict(_styles(styles) if styles is not None else ()))


def _levels(node: Any) -> Iterable[tuple[int, _Level]]:
    for one in node:
        depth = attribute(one, "ilvl")
        if local(one) == "lvl" and depth.isdigit():
            start, restart = _value(one, "start"), _value(one, "lvlRestart")
            yield (
                whole(depth),
                _Level(
                    start=whole(start),
                    form=_value(one, "numFmt") or "decimal",
                    text=_value(one, "lvlText"),
                    legal=any(local(child) == "isLgl" for child in one),
                    restart=whole(restart) if restart else None,
                ),
            )


def _styles(root: Any) -> Iterable[tuple[str, tuple[str, int | None, str]]]:
    for style in root:
        if local(style) == "style":
            properties = next((child for child in style if local(child) == "pPr"), None)
            number, level = _number_and_level(properties) if properties is not None else ("", None)
            yield attribute(style, "styleId"), (number, level, _value(style, "basedOn"))


def _number_and_level(properties: Any) -> tuple[str, int | None]:
    for child in properties:
        if local(child) == "numPr":
            level = _value(child, "ilvl")
            return _value(child, "numId"), whole(level) if level else None
    return "", None


def _value(node: Any, name: str) -> str:
    return next((attribute(child, "val") for child in node if local(child) == name), "")


def with_numbers_in_text(root: Any, numbering: Numbering) -> None:
    """Put its number in front of each paragraph that counts, in a run of its own."""
    from lxml import etree

    for paragraph in [node for node in root.iter() if local(node) == "p" and node.prefix == "w"]:
        if any(local(above) == "Fallback" for above in paragraph.iterancestors()):
            continue  # the same box again, for old programs
        label = numbering.label(paragraph)
        if label is None or not (_says_something(paragraph) or _is_in_cell(paragraph)):
            continue
        name = paragraph.tag.removesuffix("p")
        run = etree.Element(f"{name}r")
        etree.SubElement(run, f"{name}t").text = f"{_BEGIN}{label}{_END}"
        at = next((index + 1 for index, child in enumerate(paragraph) if local(child) == "pPr"), 0)
        paragraph.insert(at, run)


def _says_something(paragraph: Any) -> bool:
    return any(local(node) == "t" and (node.text or "").strip() for node in paragraph.iter())


def _is_in_cell(paragraph: Any) -> bool:
    """Whether a paragraph stands in a table, where a number alone may be all that is printed: of a row."""
    return any(local(above) == "tc" for above in paragraph.iterancestors())


def with_own_numbers(elements: Iterable[Element]) -> list[Element]:
    """The elements with the numbers that were put into their text: those of list items as their markers."""
    return [_with_own_number(element) for element in elements]


def _with_own_number(element: Element) -> Element:
    number = _OWN.match(element.text)
    cells = tuple(replace(cell, text=_NUMBER.sub(_spaced, cell.text).strip()) for cell in element.cells)
    text, markdown = (_NUMBER.sub(_spaced, one) for one in (element.text, element.markdown))
    if element.label is Label.LIST and number:
        text, markdown = (_OWN.sub("", one, count=1) for one in (element.text, element.markdown))
        return labelled(replace(element, text=text, markdown=markdown), number[1])
    return replace(element, text=text, markdown=markdown, cells=cells)


def _spaced(match: re.Match[str]) -> str:
    return f"{match[1]} " if match[1] else ""

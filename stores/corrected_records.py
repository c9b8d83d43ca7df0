"""Records with the corrections that people made: pure functions from what was extracted to what is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from stores.correction_marks import CorrectionMark, Verdict
from stores.corrections import REMARKS, Correction, ValuePath, missing_remark
from stores.models import Box, Evidence, Record
from stores.sum_remarks import Shown, recomputed

_ALIKE = 0.5  # of the cells of a row that must be as they were, for it to be the same row
_OVERLAP = 0.5  # of the smaller of two boxes, for an element to stand where it stood


@dataclass(slots=True)
class _Element:
    """An element of a list with the evidence of its parts, by what follows its index in their paths."""

    index: str  # as extracted, "+1" for the first that was added
    value: Any
    evidence: dict[str, Evidence] = field(default_factory=dict)
    marks: dict[str, CorrectionMark] = field(default_factory=dict)
    removed: bool = False


@dataclass(slots=True)
class CorrectedRecord:
    """A record under its corrections, made by applying one after the other."""

    extracted: Record
    corrections: Sequence[Correction]
    _fields: dict[str, Any] = field(default_factory=dict)
    _evidence: dict[str, Evidence] = field(default_factory=dict)
    _marks: dict[str, CorrectionMark] = field(default_factory=dict)
    _lists: dict[str, list[_Element]] = field(default_factory=dict)
    _unplaced: list[CorrectionMark] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._read_extracted()
        for correction in sorted(self.corrections, key=lambda one: one.number):
            path = ValuePath.read(correction.path)
            placed = path is not None and self._apply(path, correction)
            if not placed:
                self._unplaced.append(correction.mark(correction.path, applied=False))

    def record(self) -> Record:
        """The record that is shown."""
        fields, evidence, marks = dict(self._fields), list(self._evidence.values()), list(self._marks.values())
        for name, elements in self._lists.items():
            kept = [element for element in elements if not element.removed]
            if name != REMARKS:
                fields[name] = [element.value for element in kept]
            for at, element in enumerate(kept):
                evidence += [replace(one, path=f"{name}[{at}]{rest}") for rest, one in element.evidence.items()]
                marks += [replace(one, path=f"{name}[{at}]{rest}") for rest, one in element.marks.items()]
            marks += [
                replace(one, path=name)
                for element in elements
                if element.removed
                for one in list(element.marks.values())[-1:]
            ]
        return replace(
            self.extracted,
            fields=fields,
            evidence=tuple(evidence),
            remarks=tuple(remark for _, remark in self._remarks(fields)),
            corrections=(*marks, *self._unplaced),
        )

    def _remarks(self, fields: Mapping[str, Any]) -> list[Shown]:
        """The remarks that still hold, with sums as they are now."""
        filled = {missing_remark(name) for name, value in fields.items() if value not in (None, "", [])}
        return [one for one in recomputed(self.extracted, fields) if one[1] not in filled]

    def extracted_path(self, path: ValuePath) -> ValuePath | None:
        """The path under which a value that is shown is corrected; None where there is none.

        The index behind the last element of a list is that of an element to be added.
        """
        if path.index is None:
            return path
        if path.name == REMARKS:
            return self._remark_path(path)
        elements = self._lists.get(path.name)
        if elements is None:
            return None
        kept = [element.index for element in elements if not element.removed]
        at = int(path.index)
        if at > len(kept):
            return None
        return replace(path, index=kept[at] if at < len(kept) else self._next_added(path.name))

    def anchor(self, path: ValuePath) -> Any:
        """What the element of an extracted path is found by in later extractions; None for what is no element."""
        element = self._element(path) if path.index is not None and not path.added else None
        if element is None:
            return None
        first = next((one for one in element.evidence.values() if one.found and one.boxes), None)
        place = {"page": first.page, "box": list(first.boxes[0])} if first else {}
        value = self._extracted_element(path)
        return {"value": value, **place}

    def _extracted_element(self, path: ValuePath) -> Any:
        values = self.extracted.remarks if path.name == REMARKS else self.extracted.fields.get(path.name, ())
        at = int(path.index or 0)
        return values[at] if at < len(values) else None

    def _remark_path(self, path: ValuePath) -> ValuePath | None:
        shown, at = self._remarks(self.record().fields), int(path.index or 0)
        extracted = shown[at][0] if at < len(shown) else None
        return None if extracted is None else replace(path, index=str(extracted))

    def _next_added(self, name: str) -> str:
        numbers = [int(element.index) for element in self._lists[name] if element.index.startswith("+")]
        taken = [
            int(path.index or 0)
            for one in self.corrections
            if (path := ValuePath.read(one.path)) and path.name == name and path.added
        ]
        return f"+{max([*numbers, *taken], default=0) + 1}"

    def _read_extracted(self) -> None:
        for name, value in self.extracted.fields.items():
            if isinstance(value, list):
                self._lists[name] = [
                    _Element(str(at), dict(one) if isinstance(one, Mapping) else one) for at, one in enumerate(value)
                ]
            self._fields[name] = value
        self._lists[REMARKS] = [_Element(str(at), text) for at, text in enumerate(self.extracted.remarks)]
        for one in self.extracted.evidence:
            path = ValuePath.read(one.path)
            element = self._element(path) if path and path.index is not None else None
            if element is not None and path is not None:
                element.evidence[_rest(path)] = one
            elif path is not None:
                self._evidence[one.path] = one

    def _element(self, path: ValuePath) -> _Element | None:
        elements = self._lists.get(path.name, ())
        return next((element for element in elements if element.index == path.index), None)

    # Applying

    def _apply(self, path: ValuePath, correction: Correction) -> bool:
        """Apply one correction; False where its value is not there any more."""
        if path.index is not None:
            return self._apply_to_list(path, correction)
        if path.name not in self._fields or path.name in self._lists:
            return False
        if not _fits(self._fields[path.name], correction.value):
            return False
        same = self._fields[path.name] == correction.value
        self._fields[path.name] = correction.value
        _set_evidence(self._evidence, path.name, path.name, correction, same=same)
        self._marks[path.name] = correction.mark(path.name)
        return True

    def _apply_to_list(self, path: ValuePath, correction: Correction) -> bool:
        if path.name not in self._lists:
            return False
        element = self._added(path, correction) if path.added else self._found(path, correction)
        if element is None or (path.column is not None and not _has_column(element.value, path.column)):
            return False
        if path.name != REMARKS and not _apply_to_element(element, path, correction):
            return False
        element.marks[_rest(path)] = correction.mark("")
        return True

    def _found(self, path: ValuePath, correction: Correction) -> _Element | None:
        """The element that a correction was made for, wherever it stands in this extraction."""
        anchor = correction.anchor if isinstance(correction.anchor, Mapping) else {}
        wanted = anchor.get("value")
        elements = [element for element in self._lists[path.name] if not element.index.startswith("+")]
        had = {element.index: self._extracted_element(replace(path, index=element.index)) for element in elements}
        by_place = sorted(elements, key=lambda element: abs(int(element.index) - int(path.index or 0)))
        wants = [wanted, correction.value if path.column is None else _with_cell(wanted, path, correction)]
        for want in wants:
            same = next((element for element in by_place if want is not None and had[element.index] == want), None)
            if same is not None:
                return same
        there = next((element for element in by_place if _stands_at(element, anchor)), None)
        if there is not None:
            return there
        alike = [element for element in by_place if _alike(had[element.index], wanted) >= _ALIKE]
        return alike[0] if len(alike) == 1 else None

    def _added(self, path: ValuePath, correction: Correction) -> _Element | None:
        """The element that a person added; one that was extracted since then takes its place."""
        element = self._element(path)
        if element is not None:
            return element
        if path.column is None:
            equal = next((one for one in self._lists[path.name] if _covers(one.value, correction.value)), None)
            if equal is not None:
                return equal
        if path.column is not None:
            return None  # its row is no more: adding it was withdrawn
        element = _Element(path.index or "", {} if isinstance(correction.value, Mapping) else correction.value)
        self._lists[path.name].append(element)
        return element


def corrected(extracted: Record, corrections: Sequence[Correction]) -> Record:
    """The record that is shown, of what was extracted and the corrections that count."""
    return CorrectedRecord(extracted, corrections).record() if corrections else extracted


def _apply_to_element(element: _Element, path: ValuePath, correction: Correction) -> bool:
    if path.column is None and correction.verdict is Verdict.REJECTED:
        element.removed = True
        return True
    if path.column is not None:
        if not _fits(element.value[path.column], correction.value):
            return False
        same = element.value[path.column] == correction.value
        element.value[path.column] = correction.value
        _set_evidence(element.evidence, _rest(path), path.column, correction, same=same)
    elif isinstance(correction.value, Mapping):
        for name, value in correction.value.items():
            same = element.value.get(name) == value
            element.value[name] = value
            if same:
                continue
            element.evidence.pop(f".{name}", None)
            if value is not None:
                element.evidence[f".{name}"] = _nowhere(name)
        if correction.evidence is not None and correction.value.get(correction.evidence.path) is not None:
            element.evidence[f".{correction.evidence.path}"] = correction.evidence
    else:
        same = element.value == correction.value
        element.value = correction.value
        _set_evidence(element.evidence, "", path.name, correction, same=same)
    element.removed = False
    return True


def _set_evidence(evidence: dict[str, Evidence], key: str, path: str, correction: Correction, *, same: bool) -> None:
    """Give a value the evidence of its correction; without any, an unchanged value keeps that of the extraction."""
    if correction.value is None:
        evidence.pop(key, None)
    elif correction.evidence is not None and not (same and key in evidence and not correction.evidence.found):
        evidence[key] = replace(correction.evidence, path=path)
    elif not same:
        evidence[key] = _nowhere(path)


def _nowhere(path: str) -> Evidence:
    return Evidence(path=path, page=0, boxes=(), quote="", found=False)


def _rest(path: ValuePath) -> str:
    return f".{path.column}" if path.column else ""


def _fits(before: Any, value: Any) -> bool:
    """Tell whether a value is of the type that the field has now; nothing is known of an empty field."""
    if before is None or value is None:
        return True
    kinds = [(bool,), (int, float), (str,)]
    return any(isinstance(before, kind) and isinstance(value, kind) for kind in kinds)


def _has_column(value: Any, column: str) -> bool:
    return isinstance(value, Mapping) and column in value


def _with_cell(row: Any, path: ValuePath, correction: Correction) -> Any:
    """The row as it was, with the corrected cell: a later extraction may have read it right."""
    return {**row, path.column: correction.value} if isinstance(row, Mapping) else None


def _covers(value: Any, wanted: Any) -> bool:
    """Tell whether an element has all that was given of one."""
    if isinstance(wanted, Mapping) and isinstance(value, Mapping):
        given = {name: one for name, one in wanted.items() if one is not None}
        return bool(given) and all(value.get(name) == one for name, one in given.items())
    return bool(value == wanted)


def _alike(value: Any, wanted: Any) -> float:
    """The share of cells that two rows have in common, of those that either has."""
    if not isinstance(value, Mapping) or not isinstance(wanted, Mapping):
        return 0.0
    names = [name for name in {*value, *wanted} if value.get(name) is not None or wanted.get(name) is not None]
    return sum(value.get(name) == wanted.get(name) for name in names) / len(names) if names else 0.0


def _stands_at(element: _Element, anchor: Mapping[str, Any]) -> bool:
    if "box" not in anchor:
        return False
    here = (one for one in element.evidence.values() if one.found and one.page == anchor["page"])
    return any(_overlap(box, anchor["box"]) >= _OVERLAP for one in here for box in one.boxes)


def _overlap(one: Box, other: Sequence[float]) -> float:
    """The share of the smaller of two boxes that lies in the other."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    smaller = min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return wide * high / smaller if wide > 0 and high > 0 and smaller > 0 else 0.0

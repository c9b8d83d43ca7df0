"""``bench records``: how right the records are that rules extract from generated documents, whose truth is known.

People of ``layouts/resume_people`` are set in the layouts of ``layouts/resumes``; recall and precision of each field
are printed by layout. ``--tables`` sets long tables in the layouts of ``layouts/tables`` instead and prints the share
of their rows that are right and in order, ``--scanned`` of scans as in ``layouts/scan_looks``.
``--mixed`` sets invoices, receipts, statements, papers, contracts and CVs and counts the wrong values of all schemas.
Texts are compared by their letters and digits, nearly (85 % alike) or as a part that holds at least half of the other.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.engines.evidence.located_values import squash
from scripts.bench_mixed import HALVES, measure_mixed
from scripts.bench_tables import measure_tables
from scripts.document_pages import read_pages
from scripts.layouts.resume_parts import LayoutOf
from scripts.layouts.resume_people import Person, person
from scripts.layouts.resumes import FIFTH, FIRST, FOURTH, SECOND, SIXTH, THIRD
from scripts.layouts.scan_looks import LOOKS
from scripts.text_likeness import alike

_SETS = {"first": FIRST, "second": SECOND, "third": THIRD, "fourth": FOURTH, "fifth": FIFTH, "sixth": SIXTH}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench records", description=__doc__)
    parser.add_argument("--set", choices=tuple(_SETS), action="append", help="which layouts; all by default")
    parser.add_argument("--layout", action="append", help="only these layouts")
    parser.add_argument("--seeds", type=int, default=3, help="people in each layout")
    parser.add_argument("--tables", type=int, metavar="ROWS", default=0, help="long tables of so many rows instead")
    looks = parser.add_argument("--scanned", action="append", choices=tuple(LOOKS), metavar="LOOK", default=[])
    looks.help = f"scans of these tables, given several times in turn: {', '.join(LOOKS)}"
    parser.add_argument("--mixed", choices=tuple(HALVES), help="mixed documents with all schemas instead of CVs")
    parser.add_argument("--misses", action="store_true", help="also what was missed, and what is not in the truth")
    parser.add_argument("--keep", type=Path, help="a folder that the documents are kept in")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="ingot-records-") as folder:
        if given.tables:
            measure_tables(given.keep or Path(folder), given.tables, given.layout or (), given.scanned)
            return
        if given.mixed:
            measure_mixed(given.mixed, given.seeds, given.keep or Path(folder), misses=given.misses)
            return
        for name in given.set or tuple(_SETS):
            chosen = {key: one for key, one in _SETS[name].items() if not given.layout or key in given.layout}
            _print_set(name, chosen, given.seeds, given.keep or Path(folder), misses=given.misses)


def _print_set(title: str, layouts: Mapping[str, LayoutOf], seeds: int, folder: Path, *, misses: bool) -> None:
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    print(f"\n{title}: recall and precision\n{'':24}" + "".join(f"{field:>14}" for field in FIELDS))
    for name, layout in layouts.items():
        counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        for label, truth, values in _cases(name, layout, seeds, folder):
            for field in FIELDS:
                missed, wrong, right = compared(truth[field], values[field], field)
                for all_of in (counts, totals):
                    for at, more in enumerate((right, len(values[field]), len(truth[field]))):
                        all_of[field][at] += more
                if misses and (missed or wrong):
                    print(f"    {label} {field}: missed {missed}, wrong {wrong}")
        print(f"{name:24}" + "".join(f"{_shares(counts[field]):>14}" for field in FIELDS))
    print(f"{'all':24}" + "".join(f"{_shares(totals[field]):>14}" for field in FIELDS))


def _cases(name: str, layout: LayoutOf, seeds: int, folder: Path) -> Iterator[tuple[str, Any, Any]]:
    from pipeline.engines.rules.resume.extractor import ResumeRules
    from pipeline.schemas.loader import load_schemas

    schema = load_schemas(None)["resume"]
    for language in layout.languages:
        for seed in range(seeds):
            who = person(language, seed + 100 * (sum(map(ord, name)) % 97))
            path = folder / f"{name}-{language}-{seed}.pdf"
            layout.make(who).save(path)
            record = ResumeRules().extract(schema, read_pages(path), path.name)
            truth = truth_of(who, layout.place)
            path.with_suffix(".json").write_text(json.dumps(truth, ensure_ascii=False, indent=1))
            yield path.stem, truth, values_of(record.fields)


FIELDS = ("name", "email", "phone", "location", "company", "position", "institution", "degree", "periods")


def truth_of(who: Person, place: bool) -> dict[str, list[str]]:
    """The values of each field, as a list."""
    return {
        "name": [who.name],
        "email": [who.email],
        "phone": [who.phone],
        "location": [who.place] if place else [],
        "company": [job.company for job in who.jobs],
        "position": [job.position for job in who.jobs],
        "institution": [study.institution for study in who.studies],
        "degree": [study.degree for study in who.studies],
        "periods": [str(one.end[0] if one.end else "present") for one in (*who.jobs, *who.studies)],
    }


def values_of(fields: Mapping[str, Any]) -> dict[str, list[str]]:
    """The extracted values of each field, as a list; of periods the year of their end."""
    values = {name: [fields[name]] if fields[name] else [] for name in ("name", "email", "phone", "location")}
    for table, columns in (("experience", ("company", "position")), ("education", ("institution", "degree"))):
        for column in columns:
            values[column] = [row[column] for row in fields[table] if row[column]]
    ends = [str(row["end_date"]) for table in ("experience", "education") for row in fields[table] if row["end_date"]]
    return values | {"periods": [end if end == "present" else end[:4] for end in ends]}


def compared(truth: Sequence[str], values: Sequence[str], field: str) -> tuple[list[str], list[str], int]:
    """What was missed, what is wrong, and how many are right; each value counts for one true one."""
    same = _lies_in if field == "location" else alike
    free = Counter(values)
    missed = []
    for wanted in truth:
        fitting = next((value for value in free if free[value] and same(wanted, value)), None)
        if fitting is None:
            missed.append(wanted)
        else:
            free[fitting] -= 1
    return missed, list(free.elements()), len(truth) - len(missed)


def _lies_in(town: str, address: str) -> bool:
    return squash(town) in squash(address)


def _shares(counts: Sequence[int]) -> str:
    right, extracted, true = counts
    recall = f"{right / true:.2f}" if true else "-"
    return f"{recall} {right / extracted:.2f}" if extracted else f"{recall} -"


if __name__ == "__main__":
    main()

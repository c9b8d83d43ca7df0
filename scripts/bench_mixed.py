"""Mixed documents of known content, and how right the records are that ``--schema auto`` makes of them.

Invoices, receipts, statements, papers, contracts, CVs and business papers of other types are set in three parts of
layouts: ``repaired``, by which rules were mended, ``held``, by which they were mended after a first look, and
``last``. A value is right where the document says it, wrong where the document does not, and missing where it says
one and none was extracted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.document_pages import read_pages
from scripts.layouts import agreements, contracts, invoices, papers, receipts, statements
from scripts.layouts import invoice_shapes as shapes
from scripts.layouts import mixed_papers as mixed
from scripts.layouts.business_world import Printer, Truth
from scripts.layouts.printed_sheet import Sheet

ALL = ("en", "de", "fr", "zh")


@dataclass(frozen=True, slots=True)
class MixedLayout:
    """How documents of one kind are set, and in which languages; ``type`` is "" for those of no known type."""

    type: str
    make: Callable[[Printer], Sheet]
    languages: tuple[str, ...]


def _of(kind: str, *rows: tuple[Callable[[Printer], Sheet], tuple[str, ...]]) -> list[MixedLayout]:
    return [MixedLayout(kind, make, languages) for make, languages in rows]


HALVES: Mapping[str, Sequence[MixedLayout]] = {
    "repaired": (
        *_of("invoice", (invoices.letterhead_right, ("en",)), (invoices.din_letter, ("de",))),
        *_of("invoice", (invoices.facture_artisan, ("fr",)), (invoices.fapiao, ("zh",))),
        *_of("invoice", (invoices.stripe_like, ("en",))),
        *_of("receipt", (receipts.grocer, ("en",)), (receipts.kassenbon, ("de",)), (receipts.ticket_caisse, ("fr",))),
        *_of("receipt", (receipts.chinese_slip, ("zh",))),
        *_of("statement", (statements.high_street, ("en",)), (statements.kontoauszug, ("de",))),
        *_of("statement", (statements.releve, ("fr",)), (statements.chinese_flow, ("zh",))),
        *_of("paper", (papers.journal, ("en",)), (papers.two_columns, ("en",)), (papers.chinese_journal, ("zh",))),
        *_of("contract", (contracts.services, ("en",)), (contracts.tenancy, ("en",))),
        *_of("contract", (contracts.dienstvertrag, ("de",)), (contracts.chinese_purchase, ("zh",))),
        *_of("", (contracts.delivery_note, ("de", "en")), (contracts.letter, ("en",))),
    ),
    "held": (
        *_of("invoice", (invoices.shop_order, ("en",)), (invoices.freelancer, ("de",)), (invoices.telecom, ("fr",))),
        *_of("invoice", (invoices.chinese_commercial, ("zh",)), (invoices.labels_above, ("en",))),
        *_of("receipt", (receipts.diner, ("en",)), (receipts.card_slip, ("en",)), (receipts.petrol, ("de",))),
        *_of("receipt", (receipts.chinese_restaurant, ("zh",))),
        *_of("statement", (statements.card_account, ("en",)), (statements.brought_forward, ("en",))),
        *_of("statement", (statements.soll_haben, ("de",)), (statements.chinese_credit_debit, ("zh",))),
        *_of("paper", (papers.preprint, ("en",)), (papers.german_article, ("de",)), (papers.french_article, ("fr",))),
        *_of("contract", (contracts.employment, ("en",)), (contracts.contrat_prestation, ("fr",))),
        *_of("contract", (contracts.chinese_labour, ("zh",)), (contracts.loan, ("en",))),
        *_of("", (contracts.offer, ("en", "zh")), (contracts.minutes, ("en", "zh"))),
    ),
    "last": (
        *_of("invoice", (mixed.generator_invoice, ("en",)), (mixed.swiss_bill, ("de",))),
        *_of("invoice", (mixed.small_business_fr, ("fr",)), (mixed.special_fapiao, ("zh",))),
        *_of("receipt", (mixed.fuel_slip, ("en",)), (mixed.addition, ("fr",)), (mixed.chinese_supermarket, ("zh",))),
        *_of("statement", (mixed.card_bill, ("de",)), (mixed.extrait, ("fr",))),
        *_of("paper", (mixed.medical, ("en",)), (mixed.bilingual_paper, ("zh",))),
        *_of("contract", (agreements.nda, ("en",)), (agreements.mietvertrag, ("de",))),
        *_of("contract", (agreements.chinese_lease, ("zh",))),
        *_of("", (agreements.purchase_order, ("en",)), (agreements.reminder, ("de",))),
    ),
    "shapes": (
        *_of("invoice", (shapes.paid_in_part, ("en",)), (shapes.belegnummer, ("de",))),
        *_of("invoice", (shapes.reference_emise, ("fr",)), (shapes.digital_fapiao, ("zh",))),
        *_of("invoice", (shapes.sums_in_columns, ("en",))),
    ),
    "held-shapes": (
        *_of("invoice", (shapes.contractor, ("en",)), (shapes.tax_included, ("de",))),
        *_of("invoice", (shapes.grid_of_france, ("fr",)), (shapes.electronic_fapiao, ("zh",))),
        *_of("invoice", (shapes.bilingual_export, ("zh",))),
    ),
}  # fmt: skip


@dataclass(slots=True)
class Counts:
    """How many values are right, wrong and missing."""

    right: int = 0
    wrong: int = 0
    missing: int = 0

    def add(self, right: int, wrong: int, missing: int) -> None:
        self.right, self.wrong, self.missing = self.right + right, self.wrong + wrong, self.missing + missing

    def row(self) -> str:
        extracted = self.right + self.wrong
        share = f"{100 * self.wrong / extracted:.1f}" if extracted else "-"
        return f"{self.right:7}{self.wrong:7}{self.missing:9}{share:>14}"


def measure_mixed(half: str, seeds: int, folder: Path, *, misses: bool) -> None:
    """Print how many values of a half are right, wrong and missing, by schema and field."""
    counts: dict[tuple[str, str], Counts] = defaultdict(Counts)
    types = Counts()
    for name, truth, type_name, records in _documents(half, seeds, folder):
        same = type_name == truth.type
        types.add(same, bool(type_name) and not same, bool(truth.type) and not type_name)
        if misses and not same:
            print(f"    {name}: type {type_name!r}, not {truth.type!r}")
        for schema, fields in records.items():
            for field, wanted, values in _compared_fields(schema, truth, fields):
                right, wrong, missing = _count(field, wanted, values)
                counts[schema, field].add(right, len(wrong), len(missing))
                if misses and (wrong or missing):
                    print(f"    {name} {schema}.{field}: missing {missing}, wrong {wrong}")
    _print(half, counts, types)


def _print(half: str, counts: Mapping[tuple[str, str], Counts], types: Counts) -> None:
    print(f"\n{half:31}  right  wrong  missing  wrong in 100")
    print(f"{'types':31}{types.row()}")
    everything = Counts()
    for schema in sorted({schema for schema, _ in counts}):
        whole = Counts()
        for (own, field), count in sorted(counts.items()):
            if own == schema:
                print(f"{schema + '.' + field:31}{count.row()}")
                whole.add(count.right, count.wrong, count.missing)
        print(f"{schema + ' (all)':31}{whole.row()}")
        everything.add(whole.right, whole.wrong, whole.missing)
    print(f"{'all':31}{everything.row()}")


def _documents(half: str, seeds: int, folder: Path) -> Iterator[tuple[str, Truth, str, dict[str, Any]]]:
    for layout in HALVES[half]:
        for language in layout.languages:
            for seed in range(seeds):
                say = Printer(layout.make.__name__, language, seed)
                say.truth.type = layout.type
                path = folder / f"{layout.make.__name__}-{language}-{seed}.pdf"
                layout.make(say).save(path)
                yield path.stem, say.truth, *_records(path)
    if half == "repaired":
        yield from _resumes(seeds, folder)


def _resumes(seeds: int, folder: Path) -> Iterator[tuple[str, Truth, str, dict[str, Any]]]:
    from scripts.layouts.resume_people import person
    from scripts.layouts.resumes import FOURTH

    for name, layout in FOURTH.items():
        for seed in range(seeds):
            who = person(layout.languages[0], 500 + seed)
            path = folder / f"{name}-{seed}.pdf"
            layout.make(who).save(path)
            truth = Truth("resume", who.language, titles=[who.name], emails=[who.email], phones=[who.phone])
            truth.fields = {"name": who.name, "email": who.email, "phone": who.phone, "location": who.place}
            truth.fields["experience"] = [{"company": job.company, "position": job.position} for job in who.jobs]
            truth.fields["education"] = [{"institution": s.institution, "degree": s.degree} for s in who.studies]
            yield path.stem, truth, *_records(path)


def _records(path: Path) -> tuple[str, dict[str, Any]]:
    """The type of a document, and the values of each schema that ``auto`` fills."""
    from pipeline import wiring
    from pipeline.document_types import type_of
    from pipeline.schemas.loader import load_schemas
    from pipeline.settings import Settings

    resources, schemas, pages = wiring.build(Settings()), load_schemas(None), read_pages(path)
    kind = type_of(pages).name
    chosen = [schema for name, schema in schemas.items() if name == "document" or kind in schema.types]
    records = {s.name: dict(resources.extractor(s.engine).extract(s, pages, path.name).fields) for s in chosen}
    return kind, records


def _compared_fields(schema: str, truth: Truth, fields: Mapping[str, Any]) -> Iterator[tuple[str, Any, list[Any]]]:
    """Each field of a record that the truth speaks of, with the true values and the extracted ones."""
    if schema == "document":
        yield (
            "title",
            truth.titles[:1] if fields.get("title") in ("", None) else truth.titles,
            _listed(fields.get("title")),
        )
        yield "language", [truth.language], _listed(fields.get("language"))
        yield "emails", truth.emails, _listed(fields.get("emails"))
        yield "phones", truth.phones, _listed(fields.get("phones"))
        if truth.type != "resume":
            yield "dates", sorted(truth.dates), _listed(fields.get("dates"))
            values = [float(text.split()[0]) for text in _listed(fields.get("amounts"))]
            yield (
                "amounts",
                sorted(truth.must),
                [abs(v) for v in values if abs(v) in truth.must or abs(v) not in truth.amounts],
            )
        return
    own = truth.fields if schema == truth.type else {}
    for name, value in fields.items():
        if truth.type == "resume" and name not in own:
            continue
        wanted = own.get(name, [])
        rows = [row for row in (*_listed(wanted), *_listed(value)) if isinstance(row, Mapping)]
        if not rows:
            yield name, _listed(wanted), _listed(value)
            continue
        columns = [c for c in rows[0] if truth.type != "resume" or any(c in row for row in _listed(wanted))]
        for column in columns:
            yield f"{name}.{column}", _column(wanted, column), _column(value, column)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [] if value in (None, "") else [value]


def _column(rows: Any, name: str) -> list[Any]:
    return [row[name] for row in _listed(rows) if row.get(name) not in (None, "")]


def _count(field: str, wanted: Sequence[Any], values: Sequence[Any]) -> tuple[int, list[Any], list[Any]]:
    """How many values are right, which are wrong, and which true ones are missing."""
    if field == "title":
        right = [value for value in values if any(_same(field, true, value) for true in wanted)]
        return len(right), [v for v in values if v not in right], [] if values else list(wanted[:1])
    free, missing = Counter(map(_key, values)), []
    for true in wanted:
        fitting = next((value for value in free if free[value] and _same(field, true, value)), None)
        if fitting is None:
            missing.append(true)
        else:
            free[fitting] -= 1
    wrong = list(free.elements())
    return len(wanted) - len(missing), wrong, missing


def _key(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _same(field: str, true: Any, value: Any) -> bool:
    from pipeline.engines.evidence.located_values import squash
    from scripts.text_likeness import alike

    if isinstance(true, int | float):
        return isinstance(value, int | float) and abs(abs(true) - abs(value)) < 0.005 and (true < 0) == (value < 0)
    if field.rpartition(".")[2] in ("date", "due_date", "period_start", "period_end", "dates", "currency", "language"):
        return bool(str(true) == str(value))
    if field.rpartition(".")[2] in ("invoice_number", "account", "doi"):
        return bool(squash(str(true)) == squash(str(value)))
    return alike(str(true), str(value))

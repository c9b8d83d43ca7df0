"""Fingerprints: what each stage used, as one short hash; and what of an earlier generation may therefore be kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from pipeline.document_types import TYPE_VERSION
from pipeline.profiles import ProcessingProfile
from pipeline.schemas.selection import AUTO, wanted_names
from pipeline.stage_specs import READING, RESULT_STAGES
from pipeline.step_context import Resources
from pipeline.structure.document import STRUCTURE_VERSION
from stores.models import DocumentState, Options, Outcome, Route, Schema, Stage

if TYPE_CHECKING:
    from stores.contracts.registration import KnownGeneration

PLAN_VERSION = "plan-4"
CHUNK_VERSION = "chunk-2"

#: Failures that the next request tries again by itself; the others would only fail again.
WORTH_RETRYING = frozenset({"unavailable", "transient", "damaged_index", "cancelled", "other_embedder"})


def fingerprints(resources: Resources, options: Options, definitions: Mapping[str, Schema]) -> dict[str, str]:
    """Compute the fingerprint of each stage for documents made with these options and schema definitions, by name."""
    settings, embedder = resources.settings, resources.embedder()
    names = wanted_names(options.schemas, definitions)
    schemas = {name: _of_schema(resources, definitions[name]) for name in names if name in definitions}
    chunks = (CHUNK_VERSION, settings.chunk_tokens, settings.chunk_overlap)
    documents = resources.documents()
    return {
        "plan": digest(PLAN_VERSION, documents.plan_fingerprint, options.ocr, options.pages),
        "parse": digest(resources.text_reader().fingerprint),
        "ocr": digest(documents.fingerprint, resources.page_reader().fingerprint),
        "extract": digest(STRUCTURE_VERSION, TYPE_VERSION, options.type, *sorted(schemas.items())),
        "embedder": embedder.fingerprint,
        "embed": digest(*chunks, embedder.fingerprint, STRUCTURE_VERSION, schemas["document"]),
    }


def _of_schema(resources: Resources, schema: Schema) -> str:
    rules = resources.extractor(schema.engine).fingerprint
    mode = extractor_of(resources, schema)
    if mode == "rules":
        return digest(schema, rules)
    return digest(schema, resources.model_extractor().fingerprint, rules if mode == "auto" else "")


def extractor_of(resources: Resources, schema: Schema) -> str:
    """What fills a schema: ``rules``, ``model`` or ``auto``. Title and language of a document come from rules alone."""
    return "rules" if schema.name == "document" else resources.settings.extractor


def digest(*parts: object) -> str:
    return hashlib.sha256("\x1f".join(repr(part) for part in parts).encode()).hexdigest()[:16]


def kept_stages(known: KnownGeneration, wanted: Mapping[str, str]) -> frozenset[Stage]:
    """Find the stages whose results in an earlier generation have the fingerprints that are wanted now."""
    had = known.fingerprints
    read_alike = (
        had.get("plan") == wanted["plan"]
        and (Route.TEXT not in known.routes or had.get("parse") == wanted["parse"])
        and (Route.OCR not in known.routes or had.get("ocr") == wanted["ocr"])
    )
    if not read_alike or not known.routes:
        return frozenset()
    return READING | {stage for stage in RESULT_STAGES if had.get(stage) == wanted[stage]}


def with_undefined_schemas(
    wanted: Mapping[str, str], options: Options, profile: ProcessingProfile, known: KnownGeneration | None
) -> Mapping[str, str]:
    """Keep the records of a schema that is defined nowhere any more: nothing says that they are outdated."""
    undefined = set(options.schemas) - {AUTO} - profile.schemas.keys()
    if known and undefined and "extract" in known.fingerprints:
        return {**wanted, "extract": known.fingerprints["extract"]}
    return wanted


def with_earlier_schemas(options: Options, known: KnownGeneration | None) -> Options:
    """Add the schemas of a request to those that a document has; none is taken away, nor the type that it was given."""
    if known is None:
        return options
    schemas = tuple(dict.fromkeys((*known.options.schemas, *options.schemas)))
    return replace(options, schemas=schemas, type=options.type or known.options.type)


class RequiredWork(NamedTuple):
    """What a document needs: to be made or not, with the results of some stages kept, or retried where it failed."""

    outcome: Outcome
    make: bool
    keep: frozenset[Stage] = frozenset()
    retry: bool = False


def required_work(
    known: KnownGeneration | None, wanted: Mapping[str, str], options: Options, *, passwords: bool, profile: str
) -> RequiredWork:
    """Compare the newest generation of a document with the fingerprints that are wanted now."""
    if known is None or (known.withdrawn and known.state.final):
        return RequiredWork(Outcome.NEW, make=True)
    if not known.state.final:
        if dict(known.fingerprints) != dict(wanted):
            return RequiredWork(Outcome.FAILED, make=False)  # see ``KnownState.standing_fault``
        return RequiredWork(Outcome.SAME, make=True)  # joined, so that this request can wait for it
    if options.force:
        return RequiredWork(Outcome.AGAIN, make=True)
    if known.state in (DocumentState.FAILED, DocumentState.CANCELLED):
        return _after_failure(known, wanted, passwords=passwords, profile=profile)
    kept = kept_stages(known, wanted)
    if kept >= READING | RESULT_STAGES:
        return RequiredWork(Outcome.SAME, make=False, keep=kept)
    return RequiredWork(Outcome.AGAIN, make=True, keep=kept)


def _after_failure(known: KnownGeneration, wanted: Mapping[str, str], *, passwords: bool, profile: str) -> RequiredWork:
    """Make what failed again where settings changed, limits among them; retry it where the failure may be over."""
    code = known.error.code if known.error else "cancelled"
    worth = code in WORTH_RETRYING or (code == "encrypted" and passwords)
    if dict(known.fingerprints) != dict(wanted) or (known.profile and known.profile != profile):
        return RequiredWork(Outcome.AGAIN, make=True)
    if not worth:
        return RequiredWork(Outcome.FAILED, make=False)
    return RequiredWork(Outcome.AGAIN, make=True, retry=True)

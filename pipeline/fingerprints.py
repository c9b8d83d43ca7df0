"""What a stage used, as one short text per stage; and what of an earlier generation may therefore be kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.profiles import ProcessingProfile
from pipeline.running_lines import RUNNING_VERSION
from pipeline.step_context import Resources
from stores.models import DocumentState, Options, Outcome, Route, Schema, Stage

if TYPE_CHECKING:
    from stores.lifecycle.registration import KnownGeneration

PLAN_VERSION = "plan-1"
CHUNK_VERSION = "chunk-1"
READING = frozenset({Stage.PLAN, Stage.RENDER, Stage.OCR, Stage.PARSE})

#: Failures that the next request tries again by itself; the others would only fail again.
WORTH_TRYING = frozenset({"unavailable", "transient", "damaged_index", "cancelled", "other_embedder"})


def fingerprints(resources: Resources, options: Options, definitions: Mapping[str, Schema]) -> dict[str, str]:
    """Of each stage that leaves something behind, for documents made with these options and definitions of schemas."""
    settings, embedder = resources.settings, resources.embedder()
    names = dict.fromkeys(("document", *options.schemas))
    schemas = {name: _of_schema(resources, definitions[name]) for name in names if name in definitions}
    chunks = (CHUNK_VERSION, settings.chunk_tokens, settings.chunk_overlap)
    documents = resources.documents().fingerprint
    return {
        "plan": digest(PLAN_VERSION, documents, options.ocr, options.pages),
        "parse": digest(resources.text_reader().fingerprint),
        "ocr": digest(documents, resources.page_reader().fingerprint),
        "extract": digest(RUNNING_VERSION, *sorted(schemas.items())),
        "embedder": embedder.fingerprint,
        "embed": digest(*chunks, embedder.fingerprint, RUNNING_VERSION, schemas["document"]),
    }


def _of_schema(resources: Resources, schema: Schema) -> str:
    return digest(schema, resources.extractor(schema.engine).fingerprint)


def digest(*parts: object) -> str:
    return hashlib.sha256("\x1f".join(repr(part) for part in parts).encode()).hexdigest()[:16]


def kept_stages(known: KnownGeneration, wanted: Mapping[str, str]) -> frozenset[Stage]:
    """The stages whose results an earlier generation has already, made just as is wanted now."""
    had = known.fingerprints
    read_alike = (
        had.get("plan") == wanted["plan"]
        and (Route.TEXT not in known.routes or had.get("parse") == wanted["parse"])
        and (Route.OCR not in known.routes or had.get("ocr") == wanted["ocr"])
    )
    if not read_alike or not known.routes:
        return frozenset()
    later = {Stage.EXTRACT: "extract", Stage.EMBED: "embed"}
    return READING | {stage for stage, name in later.items() if had.get(name) == wanted[name]}


def with_undefined_schemas(
    wanted: Mapping[str, str], options: Options, profile: ProcessingProfile, known: KnownGeneration | None
) -> Mapping[str, str]:
    """Of a schema that nobody defines any more it cannot be said that its records are outdated: they stay."""
    if known and not profile.schemas.keys() >= set(options.schemas) and "extract" in known.fingerprints:
        return {**wanted, "extract": known.fingerprints["extract"]}
    return wanted


def with_earlier_schemas(options: Options, known: KnownGeneration | None) -> Options:
    """A request adds schemas to those that a document has; it takes none away."""
    if known is None:
        return options
    schemas = tuple(dict.fromkeys((*known.options.schemas, *options.schemas)))
    return replace(options, schemas=schemas)


def what_to_do(
    known: KnownGeneration | None, wanted: Mapping[str, str], options: Options, *, passwords: bool, profile: str
) -> tuple[Outcome, bool, frozenset[Stage], bool]:
    """(outcome, make it?, stages kept, take up the same generation again?) for bytes that are known already."""
    if known is None or (known.withdrawn and known.state.final):
        return Outcome.NEW, True, frozenset(), False
    if not known.state.final:
        if dict(known.fingerprints) != dict(wanted):
            return Outcome.FAILED, False, frozenset(), False  # see ``Memory.standing_fault``
        return Outcome.SAME, True, frozenset(), False  # joined, so that this request can wait for it
    if options.force:
        return Outcome.AGAIN, True, frozenset(), False
    if known.state in (DocumentState.FAILED, DocumentState.CANCELLED):
        return _after_failure(known, wanted, passwords=passwords, profile=profile)
    kept = kept_stages(known, wanted)
    if kept >= READING | {Stage.EXTRACT, Stage.EMBED}:
        return Outcome.SAME, False, kept, False
    return Outcome.AGAIN, True, kept, False


def _after_failure(
    known: KnownGeneration, wanted: Mapping[str, str], *, passwords: bool, profile: str
) -> tuple[Outcome, bool, frozenset[Stage], bool]:
    """What failed is made again with other settings, other limits among them: it may have failed at one."""
    code = known.error.code if known.error else "cancelled"
    worth = code in WORTH_TRYING or (code == "encrypted" and passwords)
    if dict(known.fingerprints) != dict(wanted) or (known.profile and known.profile != profile):
        return Outcome.AGAIN, True, frozenset(), False
    if not worth:
        return Outcome.FAILED, False, frozenset(), False
    return Outcome.AGAIN, True, frozenset(), True

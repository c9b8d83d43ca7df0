"""A document that walks through a knowledge store step by step, as stages and their workers would let it."""

from __future__ import annotations

import struct
import time

from pipeline.stage_specs import NEEDS
from stores.contracts import KnowledgeStore
from stores.contracts.registration import NewJob
from stores.effects import Batch, Claim, Extracted, Nothing, PageResult, Planned, Published
from stores.models import (
    Block,
    Chunk,
    Evidence,
    Field,
    FieldKind,
    Label,
    Options,
    Outcome,
    PagePlan,
    PageText,
    PlacedBox,
    Record,
    Route,
    Schema,
    Stage,
    StepKey,
    document_id,
)
from stores.placement import PlacementDecision, StagedFile

KB = "kb-contract"
SHA256 = "5" * 64
DOCUMENT = document_id(SHA256)
BOX = (10.0, 20.0, 30.0, 40.0)
EMBEDDER = "test/1"
SCHEMA = Schema(
    name="bill",
    description="",
    fields=(
        Field(name="issuer", kind=FieldKind.TEXT),
        Field(name="total", kind=FieldKind.NUMBER),
        Field(name="marks", kind=FieldKind.TEXTS),
        Field(
            name="lines",
            kind=FieldKind.ROWS,
            fields=(Field(name="what", kind=FieldKind.TEXT), Field(name="pieces", kind=FieldKind.INTEGER)),
        ),
    ),
)
RECORD = Record(
    schema="bill",
    fields={"issuer": "Ø合同", "total": 9.5, "marks": ["a", "b"], "lines": [{"what": "tea", "pieces": 2}]},
    evidence=(
        Evidence(path="issuer", page=1, boxes=(BOX,), quote="Ø合同"),
        Evidence(path="total", page=0, boxes=(), quote="", found=False),
    ),
)
TEXT = PageText(
    markdown="Herons fish", blocks=(Block(label=Label.TEXT, box=BOX, text="Herons fish", end=11),), engine="test"
)


def staged(name: str = "a.pdf", sha256: str = SHA256) -> StagedFile:
    return StagedFile(root="/docs", name=name, size_bytes=9, sha256=sha256, media_type="application/pdf")


def submitted(store: KnowledgeStore, number: int = 1, file: StagedFile | None = None) -> str:
    """Open a job for one new file, and return its id."""
    job, given = f"{KB}.{number:026}", file or staged()
    fingerprints = {"embedder": EMBEDDER}
    decision = PlacementDecision(file=given, outcome=Outcome.NEW, options=Options(), fingerprints=fingerprints)
    with store.registration.together(time.time()) as unit:
        unit.open_jobs([NewJob(job=job, options=Options(), accepting=True)])
        assert unit.register([(job, decision)], NEEDS) == [given.name]
        unit.seal_job(job)
    return job


def key(stage: Stage, batch: int = 0, document: str = DOCUMENT) -> StepKey:
    return StepKey(knowledge_id=KB, document=document, generation=1, stage=stage, batch=batch)


def claimed(store: KnowledgeStore, stage: Stage, batch: int = 0, owner: str = "owner") -> Claim:
    claim = store.steps.claim(key(stage, batch), owner, "worker")
    assert claim is not None
    return claim


def planned(store: KnowledgeStore, pages: int = 2) -> None:
    """Plan a document of pages with text, a batch for each."""
    plans = [
        PagePlan(number=at, width_pt=595.0, height_pt=842.0, route=Route.TEXT, reason="") for at in range(1, pages + 1)
    ]
    batches = [Batch(stage=Stage.PARSE, number=at, first=at, last=at, pages=1) for at in range(1, pages + 1)]
    effect = Planned(password="", pages=tuple(plans), batches=tuple(batches))
    due = store.steps.finish(claimed(store, Stage.PLAN), effect, NEEDS, 0.5)
    assert sorted(step.batch for step in due) == list(range(1, pages + 1))


def parsed(store: KnowledgeStore, batch: int, text: PageText = TEXT) -> list[StepKey]:
    """Read the page of a batch; return what became due."""
    claim = claimed(store, Stage.PARSE, batch)
    store.steps.begin_page(claim, batch)
    store.steps.save_page(claim, PageResult(number=batch, text=text))
    return store.steps.finish(claim, Nothing(), NEEDS, 0.25)


def chunk(ordinal: int, text: str) -> Chunk:
    boxes = (PlacedBox(page=1, box=BOX),)
    vector = struct.pack("<3f", ordinal, 0.5, 1.0)
    return Chunk(ordinal=ordinal, text=text, heading="", first_page=1, last_page=2, boxes=boxes, embedding=vector)


def published(store: KnowledgeStore, text: PageText = TEXT) -> None:
    """Walk a submitted document of two pages through all stages."""
    planned(store)
    parsed(store, 1, text)
    parsed(store, 2, text)
    store.steps.finish(
        claimed(store, Stage.EXTRACT), Extracted(records=(RECORD,), title="Birds", language="en"), NEEDS, 0.1
    )
    embed = claimed(store, Stage.EMBED)
    store.pages.save_chunks(embed, [chunk(0, "Herons fish"), chunk(1, "Otters swim")])
    store.steps.finish(embed, Nothing(), NEEDS, 0.1)
    publish = claimed(store, Stage.PUBLISH)
    store.publication.index_keywords(store.pages.chunk_rows(DOCUMENT, 1, -1, 10), "Birds")
    store.publication.switch(publish)
    assert store.steps.finish(publish, Published(), NEEDS, 0.1) == []

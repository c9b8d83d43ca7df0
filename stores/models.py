"""Frozen records that travel between stages, and the enums of their states.

Boxes are ``(x0, y0, x1, y1)`` in PDF points (1/72 inch) from the top left of the page as displayed. Pages count from
1, times are UTC seconds since the epoch, units stand in the names. Text from outside is made storable in records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from stores.clean_text import clean_fields as _cleaned
from stores.correction_marks import CorrectionMark
from stores.ids import HOME as HOME
from stores.ids import KNOWLEDGE_ID_RULE as KNOWLEDGE_ID_RULE
from stores.ids import check_knowledge_id as check_knowledge_id
from stores.ids import chunk_id as chunk_id
from stores.ids import document_id as document_id
from stores.ids import slug_of as slug_of
from stores.print_style import OutlineEntry as OutlineEntry
from stores.print_style import PrintStyle as PrintStyle
from stores.token_count import TokenCount

Box = tuple[float, float, float, float]

EMPTY_PAGE = "empty_page"  # code of a page that shows something and gave no text
UNREAD_PAGE = "unread_page"  # the code of the fault of a page of which everything is named that it holds, and not read


class Stage(StrEnum):
    """The stages in their order; a step belongs to one of them."""

    PLAN = "plan"
    RENDER = "render"
    OCR = "ocr"
    PARSE = "parse"
    EXTRACT = "extract"
    EMBED = "embed"
    PUBLISH = "publish"

    @property
    def reads_pages(self) -> bool:
        """Does a step of it work on a batch of pages? The others work on the whole document."""
        return self in (Stage.RENDER, Stage.OCR, Stage.PARSE)

    @property
    def follows_reading(self) -> bool:
        """Tell whether it runs once, after the fan-in of the batches."""
        return self in (Stage.EXTRACT, Stage.EMBED, Stage.PUBLISH)


PAGE_STAGES = tuple(stage for stage in Stage if stage.reads_pages)
DOCUMENT_STAGES = tuple(stage for stage in Stage if stage.follows_reading)


class Route(StrEnum):
    """Where the text of a page comes from."""

    TEXT = "text"
    OCR = "ocr"
    BLANK = "blank"


class Label(StrEnum):
    """What a block is."""

    TITLE = "title"
    HEADING = "heading"
    TEXT = "text"
    LIST = "list"
    TABLE = "table"
    FIGURE = "figure"
    FORMULA = "formula"
    CAPTION = "caption"
    HEADER = "header"
    FOOTER = "footer"


class DocumentState(StrEnum):
    """The state of a document's newest generation; the last four are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        return self not in (DocumentState.QUEUED, DocumentState.RUNNING)


class JobState(StrEnum):
    """The state of a job: accepting while files are added to it, running until every document of it is final."""

    ACCEPTING = "accepting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class StepState(StrEnum):
    """waiting: steps before it are not done; due: may be claimed; the last four are final."""

    WAITING = "waiting"
    DUE = "due"
    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """What an ingest request found of one file."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    DUPLICATE = "duplicate"
    AGAIN = "again"
    GONE = "gone"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One printed line, or one table cell, inside a block."""

    box: Box
    text: str
    place: str = ""  # its name where the format has one: "Prices!B7", "paragraph 12"

    def __post_init__(self) -> None:
        _cleaned(self, "text", "place")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One laid-out piece of a page.

    ``start`` and ``end`` are character offsets into the page's Markdown; running headers and footers stand outside it
    (both offsets 0). ``lines`` locate quotes more finely than ``box``. A reader leaves all headers and footers
    outside; which of them run is known when all pages are (``running_lines``).
    """

    label: Label
    box: Box
    text: str
    start: int = 0
    end: int = 0
    level: int = 0  # heading level 1 to 6, 0 where the block is no heading
    lines: tuple[Line, ...] = ()
    style: PrintStyle | None = None
    confidence: float | None = None  # 0 to 1, of OCR where it read lines of it on a page with a text layer

    def __post_init__(self) -> None:
        _cleaned(self, "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageText:
    """What a reader made of one page."""

    markdown: str
    blocks: tuple[Block, ...]
    engine: str
    confidence: float | None = None  # 0 to 1, None where the reader cannot say
    warning: Fault | None = None  # what of the page could not be read, though the rest is here

    def __post_init__(self) -> None:
        _cleaned(self, "markdown", "engine")


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePlan:
    """What ``plan`` decided for one page. Width and height are those of the page as displayed."""

    number: int
    width_pt: float
    height_pt: float
    route: Route
    reason: str
    warning: Fault | None = None  # what of the page will not be read

    def __post_init__(self) -> None:
        _cleaned(self, "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of one generation; ``text`` is None until it is read, ``error`` says why it could not be."""

    number: int
    width_pt: float
    height_pt: float
    route: Route
    reason: str
    text: PageText | None = None
    error: str | None = None
    error_code: str | None = None
    warning: Fault | None = None  # what was given up of a page that was read

    @property
    def read(self) -> bool:
        """Is all known of it that there is to know? Nothing is read of a blank page."""
        return self.text is not None or (self.route is Route.BLANK and not self.error)

    @property
    def has_image(self) -> bool:
        """Whether it can be drawn; pages of text without a layout have no size."""
        return self.width_pt > 0 or self.route is Route.OCR

    @property
    def markdown(self) -> str:
        return self.text.markdown if self.text else ""

    @property
    def blocks(self) -> tuple[Block, ...]:
        return self.text.blocks if self.text else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedBox:
    """A box and the page it lies on."""

    page: int
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of a document's Markdown that is embedded and searched.

    ``text`` is what a reader sees; ``heading`` is the path of headings above it, joined by " > ".
    """

    ordinal: int
    text: str
    heading: str
    first_page: int
    last_page: int
    boxes: tuple[PlacedBox, ...]
    embedding: bytes = b""  # float32, little-endian (4 x dimension bytes); empty until embedded
    place: str = ""  # the lines that it holds, by their names in the format: "Prices!B2 – Prices!F40"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where one value stands in the document, and how it is printed there.

    ``path`` names the value, such as ``education[0].institution``. Where it is not ``found``, page is 0, quote empty.
    """

    path: str
    page: int
    boxes: tuple[Box, ...]
    quote: str
    found: bool = True
    place: str = ""  # of its lines

    def __post_init__(self) -> None:
        _cleaned(self, "path", "quote", "place")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What one schema extracted from one document.

    Values: str, int, float, bool, None, lists of str, lists of mappings. ``not_applicable``: why the schema was not
    filled, though it was asked for; empty where it was. ``remarks``: sentences about what does not add up.
    """

    schema: str
    fields: Mapping[str, Any]
    evidence: tuple[Evidence, ...] = ()
    not_applicable: str = ""
    remarks: tuple[str, ...] = ()
    tokens: TokenCount = field(default_factory=TokenCount)  # what a language model read and wrote for it
    fault: Fault | None = None  # why a part of it is missing
    corrections: tuple[CorrectionMark, ...] = ()  # what people said of its values

    def __post_init__(self) -> None:
        _cleaned(self, "fields", "not_applicable", "remarks")


class FieldKind(StrEnum):
    """The type of a field; dates are ISO strings as exact as printed (2018, 2018-09, 2018-09-14)."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    DATE = "date"
    BOOLEAN = "boolean"
    TEXTS = "texts"
    ROWS = "rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a schema. ``fields``: columns of a ``rows`` field; ``labels``: how documents print its name.

    ``form`` narrows a text: ``email``, ``uri``, ``phone`` or ``money``. ``choices``: the only texts that it may be.
    ``examples`` of values; a ``required`` field that stays empty is remarked upon.
    """

    name: str
    kind: FieldKind
    description: str = ""
    labels: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    form: str = ""
    choices: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    required: bool = False

    def __post_init__(self) -> None:
        _cleaned(self, "name", "description", "labels", "form", "choices", "examples")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """What is extracted: a name, its fields, and the engine that fills them.

    ``types``: the types of documents that it is for (``pipeline.document_types``); empty: any document.
    """

    name: str
    description: str
    fields: tuple[Field, ...]
    engine: str = "labels"
    types: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _cleaned(self, "name", "description")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepKey:
    """What a message carries: the name of one step, ids only."""

    knowledge_id: str
    document: str
    generation: int
    stage: Stage
    batch: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One found chunk. Ranks count from 1 and are None in the half that did not find it."""

    chunk: str
    document: str
    source: str
    first_page: int
    last_page: int
    heading: str
    text: str
    boxes: tuple[PlacedBox, ...]
    score: float
    keyword_rank: int | None = None
    vector_rank: int | None = None
    more_on_page: int = 0  # further chunks of its pages that were found and are no hits of their own
    knowledge_id: str = ""
    place: str = ""  # as in Chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What an ingest request asks for; part of the fingerprints of the stages that it concerns."""

    ocr: str = "auto"  # auto, always, never
    pages: str = ""  # "1-5,9"; empty: all
    schemas: tuple[str, ...] = ()  # besides "document"; "auto": those that fit the type of the document
    force: bool = False
    type: str = ""  # the type of the document, set by a person; empty: as found

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Options:
        """Read what ``asdict`` of options made, with its lists as JSON keeps them."""
        return cls(**{**stored, "schemas": tuple(stored.get("schemas", ()))})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why something failed, in one sentence, and what to do about it."""

    code: str
    message: str
    detail: str = field(default="", repr=False)  # traceback of a bug; never printed without --debug

    def __post_init__(self) -> None:
        _cleaned(self, "code", "message", "detail")

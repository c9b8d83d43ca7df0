"""What a stage leaves behind: rows that are written in the transaction that ends its step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stores.models import Fault, Options, OutlineEntry, PagePlan, PageText, Record, Route, Stage, StepKey
from stores.token_count import TokenCount


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The pages ``first`` to ``last`` (inclusive) of one route, ``pages`` of them, read by one step."""

    stage: Stage
    number: int
    first: int
    last: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """Effect of plan: page rows, and the steps that read them."""

    password: str
    pages: tuple[PagePlan, ...]
    batches: tuple[Batch, ...]
    outline: tuple[OutlineEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """Effect of extract. ``fault``: why records, or parts of them, are missing; the step counts as failed then."""

    records: tuple[Record, ...]
    title: str
    language: str
    fault: Fault | None = None

    @property
    def tokens(self) -> TokenCount:
        """What a language model read and wrote for all records."""
        return sum((record.tokens for record in self.records), TokenCount())


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Effect of publish: the generation becomes final, partial where pages or stages of it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageResult:
    """What was read of a page, or why it could not be read."""

    number: int
    text: PageText | None = None
    fault: Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """Effect of stages that save page by page: none is left for the end."""


Effect = Planned | Extracted | Published | Nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A step that is ours until ``lease_s`` pass without a heartbeat. ``owner`` fences every write."""

    key: StepKey
    owner: str
    attempt: int
    lost_attempts: int
    first_page: int
    last_page: int
    options: Options
    passwords: tuple[str, ...]
    password: str
    sha256: str
    media_type: str
    source: str
    title: str
    language: str
    embedder: str = ""  # the fingerprint of the embedder that the generation was registered for
    backlog: bool = False  # steps of the knowledge base are due, and were not sent yet
    job: str = ""  # the newest that asked for this generation
    profile: Mapping[str, Any] | None = None  # the settings and schemas of the job; None: those of the worker
    page_in_work: int | None = None  # the page that was being read when an earlier attempt ended without a word
    lost_to: str = ""  # what that attempt died of: the code of a fault, "" where nobody knows
    started_at: float = 0.0  # of its first attempt

    @property
    def route(self) -> Route:
        """The route of the pages that this step reads."""
        return Route.TEXT if self.key.stage is Stage.PARSE else Route.OCR


@dataclass(frozen=True, slots=True, kw_only=True)
class Obsolete:
    """What answers no more: every generation of ``document`` but ``keep``; all of it where ``keep`` is None."""

    document: str
    keep: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A step may begin when the steps of ``stage`` are final: all of them, or the one of the same batch."""

    stage: Stage
    same_batch: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StraightRun:
    """Steps that one message carries, each after the one before. ``priority``: the largest that their jobs have."""

    steps: tuple[StepKey, ...]
    priority: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How many steps of some stages may wait in the broker: as many as run now, within bounds.

    The others wait in SQL, where whose turn it is can still be decided.
    """

    stages: frozenset[Stage]
    least: int
    most: int


Order = Mapping[Stage, tuple[Need, ...]]
"""What each stage needs before its steps may begin."""

"""The display of a running job: live bars in a terminal, otherwise a line or a JSON line per finished document."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from ingest import serializers
from ingest.cli import console
from ingest.cli.global_options import cli_context
from ingest.quantities import clock_duration
from stores.models import DocumentState, Outcome, Stage
from stores.views import JobDocumentView, JobView, StageProgress

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_WINDOW_S = 30.0  # the speed is an average over this time
_SETTLED_S = 3.0  # until then a speed would be mostly noise
_HEARTBEAT_S = 30.0
_SILENT_S = 20.0
_BAR = 24
_MOST_WORKING = 4


class Progress(Protocol):
    """A display of a job."""

    def show(self, view: JobView) -> None:
        """Update the display; called a few times a second with the newest view."""

    def tell(self, text: str) -> None:
        """Print a message that the user must see, even with ``--quiet``."""

    def close(self) -> None:
        """Remove what is drawn in place; may be called twice."""


class Pace:
    """Speed of the stages and time left, estimated from the recent views of a job."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[Stage, deque[tuple[float, int]]] = {}

    def see(self, view: JobView) -> None:
        """Record the counts of a view."""
        now = self._clock()
        for stage in view.stages:
            seen = self._seen.setdefault(stage.stage, deque())
            seen.append((now, stage.done))
            while now - seen[0][0] > _WINDOW_S:
                seen.popleft()

    def per_s(self, stage: Stage) -> float | None:
        """Return the pages (or other units) of a stage per second; None while unknown or without progress."""
        seen = self._seen.get(stage)
        if not seen:
            return None
        seconds, pages = seen[-1][0] - seen[0][0], seen[-1][1] - seen[0][1]
        return pages / seconds if seconds >= _SETTLED_S and pages > 0 else None

    def left_s(self, view: JobView) -> float | None:
        """Return the seconds left of the slowest stage, as stages run in parallel; None while a speed is unknown."""
        longest: float | None = None
        for stage in view.stages:
            if stage.left <= 0:
                continue
            rate = self.per_s(stage.stage)
            if rate is None:
                return None
            longest = max(longest or 0.0, stage.left / rate)
        return longest


class FinishedDocuments:
    """Filter that passes every document once, when it has become final."""

    def __init__(self) -> None:
        self._reported: set[str] = set()

    def new(self, view: JobView) -> list[JobDocumentView]:
        """Return the documents that have become final since the last call."""
        finished = [one for one in view.documents if one.state.final and one.source not in self._reported]
        self._reported.update(one.source for one in finished)
        return finished


class JsonLines:
    """Display that prints a JSON object per finished document on stdout."""

    def __init__(self) -> None:
        self._finished = FinishedDocuments()

    def show(self, view: JobView) -> None:
        for document in self._finished.new(view):
            console.print_line(serializers.job_document(document))

    def tell(self, text: str) -> None:
        console.say(text)

    def close(self) -> None:
        """Do nothing: nothing is drawn in place."""


class Lines:
    """Display that prints a line per finished document on stderr, and a status line when none finishes for a while."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._finished = FinishedDocuments()
        self._last_line = clock()

    def show(self, view: JobView) -> None:
        for document in self._finished.new(view):
            self._say(document_line(document))
        if self._clock() - self._last_line > _HEARTBEAT_S:
            self._say(f"... {headline(view)}; {'; '.join(map(stage_words, unfinished(view.stages)))}")

    def tell(self, text: str) -> None:
        console.say(text)

    def _say(self, text: str) -> None:
        console.note(text)
        self._last_line = self._clock()

    def close(self) -> None:
        """Do nothing: nothing is drawn in place."""


class Live:
    """Display of a bar per stage, redrawn in place on stderr; finished documents scroll by above the bars."""

    def __init__(self) -> None:
        from rich.live import Live as Screen

        self._finished = FinishedDocuments()
        self._pace = Pace()
        self._started = time.monotonic()
        self._screen = Screen(console=console.screen(sys.stderr), auto_refresh=False, transient=True)
        self._screen.start()

    def show(self, view: JobView) -> None:
        self._pace.see(view)
        for document in self._finished.new(view):
            self._screen.console.print(_styled(document_line(document), str(document.state)))
        self._screen.update(live_view(view, self._pace, time.monotonic() - self._started), refresh=True)

    def tell(self, text: str) -> None:
        self._screen.console.print(_styled(text, "yellow"), soft_wrap=True)

    def close(self) -> None:
        self._screen.stop()


def for_this_terminal(as_lines: bool) -> Progress:
    """Return the display for the options and the terminal of this run."""
    if as_lines:
        return JsonLines()
    return Live() if sys.stderr.isatty() and not cli_context().quiet else Lines()


def headline(view: JobView) -> str:
    """Summarize a job: ``3 of 12 documents, 1 failed``."""
    counts = view.counts()
    final = sum(count for state, count in counts.items() if state.final)
    bad = [
        f"{counts[state]} {state}"
        for state in (DocumentState.PARTIAL, DocumentState.FAILED, DocumentState.CANCELLED)
        if counts[state]
    ]
    return ", ".join([f"{final} of {console.plural(len(view.documents), 'document')}", *bad])


def times_words(view: JobView) -> str:
    """Describe the times of a job: ``; 4.0 s of work after 51.0 s of waiting``; empty until it is over."""
    if view.work_s is None:
        return ""
    waited = f" after {clock_duration(view.waited_s)} of waiting" if view.waited_s else ""
    return f"; {clock_duration(view.work_s)} of work{waited}"


def document_line(document: JobDocumentView) -> str:
    """Describe a document: ``done     invoice.pdf  3 pages  2.1 s``, with the reason of a failure."""
    parts = [f"{document.state!s:<9}", console.printable(document.source)]
    if document.unchanged:
        parts.append("(unchanged)" if document.outcome is Outcome.SAME else "(same content as another file)")
    elif document.pages:
        parts.append(console.plural(document.pages, "page"))
    if document.work_s is not None:
        parts.append(clock_duration(document.work_s))
    if document.error:
        parts.append(f"- {console.one_line(document.error.message)}")
    elif document.warnings:
        parts.append(f"- {warnings_in_words(document.warnings)}")
    return "  ".join(parts)


def warnings_in_words(warnings: Mapping[int, str]) -> str:
    """Describe warnings: ``page 2: it shows something, but no text was found on it (and 3 more pages)``."""
    if not warnings:
        return ""
    (number, first), *more = sorted(warnings.items())
    return f"page {number}: {console.one_line(first)}" + (
        f" (and {console.plural(len(more), 'more page')})" * bool(more)
    )


def unfinished(stages: Iterable[StageProgress]) -> list[StageProgress]:
    return [stage for stage in stages if stage.left > 0]


def stage_words(stage: StageProgress) -> str:
    return f"{stage.stage} {stage.done}/{stage.total}"


def live_view(view: JobView, pace: Pace, elapsed_s: float) -> RenderableType:
    """Build what rich draws in place: a title, a bar per stage, and the documents in work."""
    from rich.console import Group
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    for stage in view.stages:
        if stage.total:
            table.add_row(*stage_cells(stage, pace.per_s(stage.stage)))
    return Group(_title(view, pace, elapsed_s), table, *working_lines(view))


def _title(view: JobView, pace: Pace, elapsed_s: float) -> Text:
    left = pace.left_s(view)
    parts = [view.knowledge_id, headline(view), clock_duration(elapsed_s)]
    if left is not None:
        parts.append(f"about {clock_duration(left)} left")
    return _styled("  ".join(parts), "bold")


def stage_cells(stage: StageProgress, per_s: float | None) -> list[str | Text]:
    """Return the cells of a stage: its name, a bar, done of all, what remains, and its speed."""
    filled = _BAR * (stage.total - stage.left) // max(stage.total, 1)
    finished = stage.left <= 0
    bar = _styled("━" * filled + "╌" * (_BAR - filled), "green" if finished else "cyan")
    speed = f"{per_s:.1f} {stage.unit}s/s" if per_s and not finished else ""
    return [f"  {stage.stage}", bar, f"{stage.done}/{stage.total}", rest_words(stage), speed]


def rest_words(stage: StageProgress) -> str:
    """Describe what of a stage is not done: ``3 waiting, 1 working, 2 failed, 4 cancelled``, without zeros."""
    rest = {
        "waiting": stage.waiting,
        "working": stage.working,
        "failed": stage.failed,
        "cancelled": stage.cancelled,
    }
    return ", ".join(f"{count} {word}" for word, count in rest.items() if count)


def working_lines(view: JobView) -> list[Text]:
    """Return a line per document in work, with the time since its last progress where that is long."""
    working = [one for one in view.documents if one.state is DocumentState.RUNNING and one.stage]
    lines = []
    for document in working[:_MOST_WORKING]:
        text = f"  {console.printable(document.source)}: {document.stage}"
        if document.page:
            text += f", page {document.page} of {document.pages}"
        if document.silent_s >= _SILENT_S:
            text += f"; silent for {document.silent_s:.0f} s"
        lines.append(_styled(text, "yellow" if document.silent_s >= _SILENT_S else "dim"))
    if len(working) > _MOST_WORKING:
        lines.append(_styled(f"  and {len(working) - _MOST_WORKING} more", "dim"))
    return lines


def _styled(text: str, style: str) -> Text:
    from rich.text import Text

    return Text(text, style=console.style_of(style), no_wrap=True, overflow="ellipsis")

"""How a job is shown while it runs: live bars in a terminal, elsewhere a line or JSON line per finished document."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from ingest import serializers
from ingest.cli import console
from ingest.cli.context import current
from stores.models import DocumentState, Outcome, Stage
from stores.views import JobDocumentView, JobView, StageProgress

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_WINDOW_S = 30.0  # speed is that of the last half minute
_SETTLED_S = 3.0  # before that a speed is mostly noise
_HEARTBEAT_S = 30.0
_SILENT_S = 20.0
_BAR = 24
_MOST_WORKING = 4


class Progress(Protocol):
    """Somebody who looks on. ``show`` is called a few times a second with the newest view, ``close`` once.

    ``tell`` is for a sentence that whoever waits must know, whatever is shown.
    """

    def show(self, view: JobView) -> None: ...

    def tell(self, text: str) -> None: ...

    def close(self) -> None: ...


class Pace:
    """Speed and time left, from what was seen of the pages done."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[Stage, deque[tuple[float, int]]] = {}

    def see(self, view: JobView) -> None:
        now = self._clock()
        for stage in view.stages:
            seen = self._seen.setdefault(stage.stage, deque())
            seen.append((now, stage.done))
            while now - seen[0][0] > _WINDOW_S:
                seen.popleft()

    def per_s(self, stage: Stage) -> float | None:
        """Pages, or what else the stage counts; None until enough was seen, and while it stands still."""
        seen = self._seen.get(stage)
        if not seen:
            return None
        seconds, pages = seen[-1][0] - seen[0][0], seen[-1][1] - seen[0][1]
        return pages / seconds if seconds >= _SETTLED_S and pages > 0 else None

    def left_s(self, view: JobView) -> float | None:
        """Stages run beside each other, so the slowest one counts. None as long as one of them has no speed yet."""
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
    """Tells of every document once, when it has become final."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def of(self, view: JobView) -> list[JobDocumentView]:
        found = [one for one in view.documents if one.state.final and one.source not in self._told]
        self._told.update(one.source for one in found)
        return found


class JsonLines:
    """One JSON object per finished document on stdout."""

    def __init__(self) -> None:
        self._finished = FinishedDocuments()

    def show(self, view: JobView) -> None:
        for found in self._finished.of(view):
            console.print_line(serializers.job_document(found))

    def tell(self, text: str) -> None:
        console.say(text)

    def close(self) -> None:
        """Nothing to take down."""


class Lines:
    """One line per finished document on stderr, and a sign of life when none finishes for a while."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._finished = FinishedDocuments()
        self._spoke = clock()

    def show(self, view: JobView) -> None:
        for found in self._finished.of(view):
            self._say(document_line(found))
        if self._clock() - self._spoke > _HEARTBEAT_S:
            self._say(f"... {headline(view)}; {'; '.join(map(stage_words, unfinished(view.stages)))}")

    def tell(self, text: str) -> None:
        console.say(text)

    def _say(self, text: str) -> None:
        console.note(text)
        self._spoke = self._clock()

    def close(self) -> None:
        """Nothing to take down."""


class Live:
    """Bars per stage, redrawn in place on stderr; finished documents scroll by above them."""

    def __init__(self) -> None:
        from rich.live import Live as Screen

        self._finished = FinishedDocuments()
        self._pace = Pace()
        self._started = time.monotonic()
        self._screen = Screen(console=console.screen(sys.stderr), auto_refresh=False, transient=True)
        self._screen.start()

    def show(self, view: JobView) -> None:
        self._pace.see(view)
        for found in self._finished.of(view):
            self._screen.console.print(_styled(document_line(found), str(found.state)))
        self._screen.update(live_picture(view, self._pace, time.monotonic() - self._started), refresh=True)

    def tell(self, text: str) -> None:
        self._screen.console.print(_styled(text, "yellow"), soft_wrap=True)

    def close(self) -> None:
        self._screen.stop()


def for_this_terminal(as_lines: bool) -> Progress:
    if as_lines:
        return JsonLines()
    return Live() if sys.stderr.isatty() and not current.quiet else Lines()


def headline(view: JobView) -> str:
    """``3 of 12 documents, 1 failed``."""
    counts = view.counts()
    final = sum(count for state, count in counts.items() if state.final)
    bad = [
        f"{counts[state]} {state}"
        for state in (DocumentState.PARTIAL, DocumentState.FAILED, DocumentState.CANCELLED)
        if counts[state]
    ]
    return ", ".join([f"{final} of {console.plural(len(view.documents), 'document')}", *bad])


def times_words(view: JobView) -> str:
    """``; 4.0 s of work after 51.0 s of waiting``; nothing of a job that is not over."""
    if view.work_s is None:
        return ""
    waited = f" after {console.duration(view.waited_s)} of waiting" if view.waited_s else ""
    return f"; {console.duration(view.work_s)} of work{waited}"


def document_line(found: JobDocumentView) -> str:
    """``done     invoice.pdf  3 pages  2.1 s`` or the reason of a failure."""
    parts = [f"{found.state!s:<9}", console.printable(found.source)]
    if found.unchanged:
        parts.append("(unchanged)" if found.outcome is Outcome.SAME else "(same content as another file)")
    elif found.pages:
        parts.append(console.plural(found.pages, "page"))
    if found.work_s is not None:
        parts.append(console.duration(found.work_s))
    if found.error:
        parts.append(f"- {console.one_line(found.error.message)}")
    elif found.warnings:
        parts.append(f"- {warnings_in_words(found.warnings)}")
    return "  ".join(parts)


def warnings_in_words(warnings: Mapping[int, str]) -> str:
    """``page 2: it shows something, but no text was found on it (and 3 more pages)``; empty where there is none."""
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


def live_picture(view: JobView, pace: Pace, elapsed_s: float) -> RenderableType:
    """Headline, a bar per stage, and what is being worked on, as something that rich can draw."""
    from rich.console import Group
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    for stage in view.stages:
        if stage.total:
            table.add_row(*stage_cells(stage, pace.per_s(stage.stage)))
    return Group(_title(view, pace, elapsed_s), table, *working_lines(view))


def _title(view: JobView, pace: Pace, elapsed_s: float) -> Text:
    left = pace.left_s(view)
    parts = [view.knowledge_id, headline(view), console.duration(elapsed_s)]
    if left is not None:
        parts.append(f"about {console.duration(left)} left")
    return _styled("  ".join(parts), "bold")


def stage_cells(stage: StageProgress, per_s: float | None) -> list[str | Text]:
    """Name, bar, done of all, what waits and what is worked on, speed in the stage's own unit."""
    filled = _BAR * (stage.total - stage.left) // max(stage.total, 1)
    finished = stage.left <= 0
    bar = _styled("━" * filled + "╌" * (_BAR - filled), "green" if finished else "cyan")
    speed = f"{per_s:.1f} {stage.unit}s/s" if per_s and not finished else ""
    return [f"  {stage.stage}", bar, f"{stage.done}/{stage.total}", rest_words(stage), speed]


def rest_words(stage: StageProgress) -> str:
    """``3 waiting, 1 working, 2 failed, 4 cancelled``: what of a stage is not done, zeros left out."""
    rest = {
        "waiting": stage.waiting,
        "working": stage.working,
        "failed": stage.failed,
        "cancelled": stage.cancelled,
    }
    return ", ".join(f"{count} {word}" for word, count in rest.items() if count)


def working_lines(view: JobView) -> list[Text]:
    """The documents that are worked on, and for how long nothing was heard of them."""
    working = [found for found in view.documents if found.state is DocumentState.RUNNING and found.stage]
    lines = []
    for found in working[:_MOST_WORKING]:
        text = f"  {console.printable(found.source)}: {found.stage}"
        if found.page:
            text += f", page {found.page} of {found.pages}"
        if found.silent_s >= _SILENT_S:
            text += f"; silent for {found.silent_s:.0f} s"
        lines.append(_styled(text, "yellow" if found.silent_s >= _SILENT_S else "dim"))
    if len(working) > _MOST_WORKING:
        lines.append(_styled(f"  and {len(working) - _MOST_WORKING} more", "dim"))
    return lines


def _styled(text: str, style: str) -> Text:
    from rich.text import Text

    return Text(text, style=console.style_of(style), no_wrap=True, overflow="ellipsis")

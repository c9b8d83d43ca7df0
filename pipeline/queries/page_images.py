"""Page images for people: drawn on demand by child processes and kept on disk up to a size limit.

Files are untrusted: drawing a page may crash, hang or exhaust memory. So it happens in a few child processes, which
are killed when a page takes too long and replaced after some hundred pages.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.settings import Settings
from pipeline.step_context import Resources
from pipeline.time_limits import Spending
from stores.errors import InputError, NotFoundError, PageError, TransientError

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore
    from stores.contracts.queries import OriginalAccess

log = logging.getLogger("ingot.pictures")

SMALLEST_DPI, LARGEST_DPI, USUAL_DPI = 24, 300, 110
MOST_WAITING = 12  # requests; further ones are refused and may come again
_CHILDREN = 2
_DRAW_S = 20.0  # CPU seconds, or seconds asleep, for one page
_LONGEST_S = 60.0  # wall-clock seconds for one page on a busy machine
_LOOK_S = 0.5  # between two looks at what the child has used
_PLACE_S = 15.0  # a request waits at most so long for a free process
_REFUSED_FOR_S = 600.0  # a page that could not be drawn is not tried again for so long
_MOST_REFUSED = 2000
_IDLE_S = 60.0  # then an idle process ends
_PAGES_PER_CHILD = 300
_SOURCE = Path(__file__).resolve().parents[2]
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


@dataclass(slots=True)
class _Child:
    """One drawing process. Requests and answers are lines of JSON, see ``page_image_worker``."""

    process: subprocess.Popen[bytes]
    drawn: int = 0
    used_at: float = field(default_factory=time.monotonic)

    def ask(self, order: dict[str, object], within_s: float) -> dict[str, str]:
        """Send one order and return the answer.

        TimeoutError where it takes too long, EOFError where the process died, TransientError on a busy machine.
        """
        assert self.process.stdin and self.process.stdout
        spending, asked = Spending(self.process.pid, within_s), time.monotonic()
        try:
            self.process.stdin.write(json.dumps(order).encode() + b"\n")
            self.process.stdin.flush()
        except OSError as error:
            raise EOFError from error
        poller = select.poll()  # select() takes no descriptor above 1,023, and a server has more
        poller.register(self.process.stdout, select.POLLIN)
        while not poller.poll(min(_LOOK_S, within_s) * 1000):
            if spending.used_up():
                raise TimeoutError
            if time.monotonic() - asked > _LONGEST_S:
                raise _busy()
        line = self.process.stdout.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        self.drawn += 1
        self.used_at = time.monotonic()
        answer: dict[str, str] = json.loads(line)
        return answer

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                with contextlib.suppress(OSError):  # an order that it did not take any more
                    stream.close()


class PageImageWorkers:
    """A small pool of drawing processes, started on first use and ended after a minute without requests."""

    def __init__(self, settings: Settings, within_s: float = _DRAW_S) -> None:
        self._settings = settings
        self._within_s = within_s
        self._idle: list[_Child] = []
        self._places = threading.BoundedSemaphore(_CHILDREN)
        self._waiting = threading.BoundedSemaphore(MOST_WAITING)
        self._lock = threading.Lock()

    @contextmanager
    def waiting_place(self) -> Iterator[None]:
        """Hold one of ``MOST_WAITING`` places: waiting requests occupy threads that others need."""
        if not self._waiting.acquire(blocking=False):
            raise _busy()
        try:
            yield
        finally:
            self._waiting.release()

    def draw(self, source: Path, password: str, number: int, dpi: int, target: Path) -> None:
        """Draw a page into ``target`` (PNG). PageError where it cannot be drawn, TransientError on a busy machine."""
        order = {"path": str(source), "password": password, "number": number, "dpi": dpi, "target": str(target)}
        with self._place():
            answer = self._ask(self._take(), order)
        if answer is None:
            raise PageError(f"page {number} cannot be drawn: it ended the process that drew it")
        if "error" in answer:
            raise PageError(answer["error"], code=answer["code"])

    def _ask(self, child: _Child, order: dict[str, object]) -> dict[str, str] | None:
        """The answer to an order, None where a fresh process died over it; one that drew before is replaced once."""
        try:
            answer = child.ask(order, self._within_s)
        except TimeoutError as error:
            child.end()
            raise PageError(f"page {order['number']} cannot be drawn: it takes too long") from error
        except TransientError:
            child.end()
            raise
        except (EOFError, ValueError):
            child.end()
            return self._ask(self._start(), order) if child.drawn else None
        self._give_back(child)
        return answer

    def close(self) -> None:
        """End all processes. The next page starts new ones."""
        self._end(self._idle_longer_than(0.0))

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(timeout=_PLACE_S):
            raise _busy()
        try:
            yield
        finally:
            self._places.release()

    def _take(self) -> _Child:
        self._end(self._idle_longer_than(_IDLE_S))
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._start()

    def _give_back(self, child: _Child) -> None:
        if child.drawn >= _PAGES_PER_CHILD:
            child.end()
            return
        with self._lock:
            self._idle.append(child)
        timer = threading.Timer(_IDLE_S + 1.0, lambda: self._end(self._idle_longer_than(_IDLE_S)))
        timer.daemon = True
        timer.start()

    def _idle_longer_than(self, seconds: float) -> list[_Child]:
        now = time.monotonic()
        with self._lock:
            old = [child for child in self._idle if now - child.used_at >= seconds]
            self._idle = [child for child in self._idle if child not in old]
        return old

    @staticmethod
    def _end(children: list[_Child]) -> None:
        for child in children:
            child.end()

    def _start(self) -> _Child:
        settings = self._settings
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        environment |= {
            "PYTHONPATH": os.pathsep.join(filter(None, (str(_SOURCE), os.environ.get("PYTHONPATH")))),
            "INGOT_HOME": str(settings.home.absolute()),
            "INGOT_TEXT_ENGINE": settings.text_engine,
            "INGOT_MAX_PAGE_MEGAPIXELS": str(settings.max_page_megapixels),
        }
        command = [sys.executable, "-m", "pipeline.queries.page_image_worker"]
        try:
            process = subprocess.Popen(
                command, env=environment, cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
        except OSError as error:
            raise TransientError(f"no process can be started to draw a page: {error.strerror}") from error
        return _Child(process)


def _busy() -> TransientError:
    return TransientError("too many pictures are being drawn: ask again in a moment", code="busy_pictures")


class PageImages:
    """The page images of one home, drawn once for each document, page and resolution."""

    def __init__(self, resources: Resources) -> None:
        self._resources, self._cache = resources, resources.image_cache
        self._workers = PageImageWorkers(resources.settings)
        self._drawing: dict[Path, threading.Lock] = {}
        self._refused: dict[Path, tuple[float, PageError]] = {}
        self._lock = threading.Lock()

    def image(self, store: KnowledgeStore, document: str, number: int, dpi: int) -> Path:
        """The PNG file of a page. NotFoundError, InputError (resolution), PageError where it cannot be drawn."""
        if not SMALLEST_DPI <= dpi <= LARGEST_DPI:
            raise InputError(f"the resolution must be between {SMALLEST_DPI} and {LARGEST_DPI} dpi")
        access = store.document_queries.original_access(document)
        pages = store.pages.read(document, access.generation, [number], blocks=False)
        if not pages:
            raise NotFoundError(f"there is no page {number}: the document has {access.pages} that are known")
        if not pages[0].has_image:
            raise NotFoundError(
                f"page {number} has no image: the file holds text without a fixed layout; read its Markdown",
                code="no_image",
            )
        target = self._cache.path_of(store.knowledge_id, document, f"{number}.{dpi}.png")
        if self._cache.touch(target):
            return target
        with self._workers.waiting_place(), self._one_at_a_time(target):
            if not self._cache.touch(target):
                self._draw_original(store, access, number, dpi, target)
        return target

    def close(self) -> None:
        self._workers.close()

    def _draw_original(
        self, store: KnowledgeStore, access: OriginalAccess, number: int, dpi: int, target: Path
    ) -> None:
        resources = self._resources
        with resources.workspaces.workspace(store.knowledge_id, "image") as folder:
            source = resources.files.local_original(store.knowledge_id, access.sha256, folder)
            self._draw(source, access.password, number, dpi, target)

    def _draw(self, source: Path, password: str, number: int, dpi: int, target: Path) -> None:
        part = target.with_name(f".part-{uuid.uuid4().hex}.png")
        self._cache.make_room(target)
        try:
            self._raise_if_refused(target)
            self._workers.draw(source, password, number, dpi, part)
            self._cache.keep(part, target)
        except PageError as error:
            self._refused.setdefault(target, (time.monotonic() + _REFUSED_FOR_S, error))
            raise
        finally:
            part.unlink(missing_ok=True)

    def _raise_if_refused(self, target: Path) -> None:
        """Raise the PageError of a page that could not be drawn a short while ago, instead of trying it again."""
        now = time.monotonic()
        if len(self._refused) > _MOST_REFUSED:
            self._refused.clear()
        until, error = self._refused.get(target, (0.0, None))
        if error and until > now:
            raise PageError(error.message, code=error.code)
        self._refused.pop(target, None)

    @contextmanager
    def _one_at_a_time(self, target: Path) -> Iterator[None]:
        """Draw an image once: other requests for it wait here and then find the file."""
        with self._lock:
            lock = self._drawing.setdefault(target, threading.Lock())
        try:
            with lock:
                yield
        finally:
            with self._lock:
                if not lock.locked():
                    self._drawing.pop(target, None)

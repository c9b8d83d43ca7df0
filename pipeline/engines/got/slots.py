"""Continuous batching: all documents' pages share the slots of one model; a finished page frees its slot for the next.

Any thread may submit a page; one thread runs the model in turns: fill free slots with micro-batches of images, decode
a few tokens in all slots at once, and examine the tokens. On a GPU it examines the previous turn while the GPU works on
the next one.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from pipeline.engines.got.card import arrived, fetch, is_out_of_memory, limited, release_memory
from pipeline.engines.got.got_model import GotModel
from pipeline.engines.got.guards import Finish, RepetitionGuard
from pipeline.engines.got.slot_cache import plan_shelves
from pipeline.engines.got.slot_state import SlotState
from stores.errors import StoppingError

log = logging.getLogger("ingot.got")

_LAST_TURN_S = 2.0
_TELL_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """``guard`` makes the watcher of one page, or is None; ``ahead`` and ``graphs`` are for GPUs.

    ``longest_turn_s``: a turn that takes longer ends the process, because a GPU that hangs never returns; 0: no limit.
    """

    slots: int
    max_tokens: int
    vision_batch: int = 4
    steps_per_turn: int = 8
    guard: Callable[[], RepetitionGuard] | None = None
    ahead: bool = False
    graphs: bool = False
    longest_turn_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Reading:
    """The model's tokens for one page, the last one included, and why the page ended."""

    tokens: tuple[int, ...]
    finish: Finish


@dataclass(slots=True)
class Counters:
    """Totals since the start."""

    pages: int = 0
    tokens: int = 0
    steps: int = 0
    slot_steps: int = 0  # steps times the slots that held a page
    halved: int = 0  # batches that failed and were split

    def occupancy(self, slots: int) -> float:
        """Share of the slots in use while any page was read, 0 to 1."""
        return self.slot_steps / (self.steps * slots) if self.steps else 0.0


@dataclass(slots=True)
class Ticket:
    """A page being read. ``length``: upper bound of the tokens in its row."""

    pixels: Any
    limit: int
    future: Future[Reading]
    guard: RepetitionGuard | None
    tokens: list[int] = field(default_factory=list)
    length: int = 0
    begun: bool = False
    paused: bool = False
    over: bool = False

    def accepted(self) -> bool:
        """Mark the page as begun; False where its future was cancelled."""
        self.begun = self.begun or self.future.set_running_or_notify_cancel()
        return self.begun


@dataclass(frozen=True, slots=True)
class Turn:
    """The tokens of one turn; ``pages`` holds (slot, ticket) pairs."""

    pages: tuple[tuple[int, Ticket], ...]
    recent: Any
    count: Any


class SlotBatcher:
    """Reads pages in the slots of one model; its thread starts with the first page."""

    def __init__(self, reader: GotModel, options: Options) -> None:
        self.reader, self.options, self.counters = reader, options, Counters()
        self._slots = options.slots  # fewer, once the card ran full
        self._waiting: deque[Ticket] = deque()
        self._bell = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = self._abandoned = False
        self._told, self._told_at = 0, 0.0
        self._state: SlotState | None = None
        self._owners: list[Ticket | None] = [None] * options.slots
        self._before: Turn | None = None

    def submit(self, pixels: Any, max_tokens: int | None = None) -> Future[Reading]:
        """Queue a prepared image; the future holds its reading, or the error of this page."""
        limit = min(max_tokens or self.options.max_tokens, self.options.max_tokens)
        guard = self.options.guard() if self.options.guard else None
        ticket = Ticket(pixels, limit, Future(), guard)
        with self._bell:
            if self._closed:
                raise StoppingError("the page batcher is closed")
            self._waiting.append(ticket)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="page batcher", daemon=True)
                self._thread.start()
            self._bell.notify()
        return ticket.future

    def close(self, within_s: float | None = None) -> None:
        """Finish the queued pages, then end the thread.

        With a limit, pages in slots finish if they can in this time; all others raise StoppingError.
        """
        with self._bell:
            self._closed = True
            waiting = [] if within_s is None else list(self._waiting)
            self._waiting = deque() if waiting else self._waiting
            self._bell.notify()
        fail([ticket.future for ticket in waiting], StoppingError())
        if self._thread is None:
            return
        self._thread.join(within_s)
        self._abandoned = True
        self._thread.join(_LAST_TURN_S)
        if self._thread.is_alive():
            fail([owner.future for owner in self._owners if owner is not None], StoppingError())

    def _run(self) -> None:
        import torch

        with torch.inference_mode():
            while self._is_called():
                try:
                    if self._abandoned:
                        raise StoppingError()
                    with limited(self.options.longest_turn_s):
                        self._turn()
                except StoppingError as error:
                    self._give_up(error)
                except Exception as error:
                    log.exception(
                        "the page batcher failed over %d pages", sum(owner is not None for owner in self._owners)
                    )
                    self._give_up(error)
        self._tell(at_once=True)

    def _is_called(self) -> bool:
        """Wait for pages; False once the batcher is closed and has none left."""
        with self._bell:
            while not (self._waiting or self._busy() or self._closed):
                self._tell()
                self._bell.wait()
            return bool(self._waiting) or self._busy()

    def _tell(self, *, at_once: bool = False) -> None:
        """Log how full the slots were, from time to time."""
        now = perf_counter()
        if self.counters.pages == self._told or (now - self._told_at < _TELL_S and not at_once):
            return
        self._told, self._told_at = self.counters.pages, now
        full = self.counters.occupancy(self.options.slots)
        log.info(
            "%d pages and %d tokens read so far, %d slots %.0f%% full",
            *(self.counters.pages, self.counters.tokens, self.options.slots, 100 * full),
        )

    def _busy(self) -> bool:
        return self._before is not None or any(self._owners)

    def _turn(self) -> None:
        if self._state is None:
            self._state = self._new_state()
        self._admit(self._state)
        self._grow(self._state)
        now = self._decode(self._state)
        due, self._before = (self._before, now) if self.options.ahead else (now, None)
        if due is not None:
            self._look(self._state, due)

    def _new_state(self) -> SlotState:
        limit = self.options.max_tokens
        self._owners = [None] * self._slots
        shelves = plan_shelves(self._slots, self.reader.prompt_tokens, limit)
        return SlotState(self.reader, shelves, limit, graphs=self.options.graphs)

    # -- pages come in ---------------------------------------------------------------------------------------------

    def _admit(self, state: SlotState) -> None:
        free = self._free_slots(state)
        while free:
            with self._bell:
                count = min(len(free), len(self._waiting), self.options.vision_batch)
                tickets = [self._waiting.popleft() for _ in range(count)]
            tickets = [ticket for ticket in tickets if ticket.accepted()]
            if not tickets:
                break
            self._begin(state, tickets, free[: len(tickets)])
            free = free[len(tickets) :]

    def _free_slots(self, state: SlotState) -> list[int]:
        """Free slots, short rows first; half of each longer shelf is kept for pages that grow."""
        usable: list[int] = []
        for index, span in enumerate(state.spans):
            free = [slot for slot in range(span.start, span.stop) if self._owners[slot] is None]
            kept = 0 if index == 0 else (span.stop - span.start) // 2
            usable += free[: max(len(free) - kept, 0)]
        return usable

    def _begin(self, state: SlotState, tickets: list[Ticket], slots: list[int]) -> None:
        """Begin pages together; where that fails (no memory, a bad page), in halves, so that only a bad page fails."""
        try:
            state.begin([ticket.pixels for ticket in tickets], slots, [ticket.limit for ticket in tickets])
        except Exception as error:
            if len(tickets) == 1:
                tickets[0].future.set_exception(error)
                return
            self.counters.halved += 1
            release_memory(error)
            middle = len(tickets) // 2
            self._begin(state, tickets[:middle], slots[:middle])
            self._begin(state, tickets[middle:], slots[middle:])
            return
        for slot, ticket in zip(slots, tickets, strict=True):
            ticket.length = self.reader.prompt_tokens + 1
            self._owners[slot] = ticket

    # -- pages go on -----------------------------------------------------------------------------------------------

    def _grow(self, state: SlotState) -> None:
        """Move pages that fill their row to a longer one; they pause while none is free."""
        for slot, ticket in enumerate(self._owners):
            if ticket is None or ticket.over:
                continue
            shelf, _ = state.shelf_of(slot)
            is_last = shelf == len(state.shelves) - 1
            if is_last or ticket.length + self.options.steps_per_turn < state.shelves[shelf].length:
                continue
            target = self._free_above(state, shelf)
            if target is None:
                if not ticket.paused:
                    state.rest([slot], idle=True)
                    ticket.paused = True
                continue
            state.move(slot, target, ticket.length)
            self._owners[slot], self._owners[target] = None, ticket
            if ticket.paused:
                state.rest([target], idle=False)
                ticket.paused = False

    def _free_above(self, state: SlotState, shelf: int) -> int | None:
        rows = range(state.spans[shelf].stop, len(self._owners))
        return next((slot for slot in rows if self._owners[slot] is None), None)

    def _decode(self, state: SlotState) -> Turn | None:
        pages = tuple((slot, ticket) for slot, ticket in enumerate(self._owners) if ticket is not None)
        if not pages:
            return None
        number = self.options.steps_per_turn
        last = state.spans[-1].start
        needed = max((ticket.length + number for slot, ticket in pages if slot >= last), default=0)
        state.steps(number, needed)
        for _, ticket in pages:
            ticket.length += 0 if ticket.paused else number
        recent, count = state.report(number + 1)
        self.counters.steps += number
        self.counters.slot_steps += number * sum(not ticket.paused for _, ticket in pages)
        return Turn(pages, *fetch(recent, count))

    # -- pages leave -----------------------------------------------------------------------------------------------

    def _look(self, state: SlotState, turn: Turn) -> None:
        recent, count = arrived(turn.recent, turn.count)
        stopped = []
        for slot, ticket in turn.pages:
            if ticket.over:
                continue
            new = recent[slot][: count[slot] - len(ticket.tokens)]
            finish = self._take(ticket, new)
            if finish is not None:
                stopped += self._leave(ticket, finish)
        if stopped:
            state.rest(stopped, idle=True)

    def _take(self, ticket: Ticket, new: list[int]) -> Finish | None:
        """Append new tokens to a page; returns why it ended, or None. Tokens after its end are dropped."""
        for token in new:
            ticket.tokens.append(token)
            if token in self.reader.stops:
                return Finish.STOP
            if ticket.guard is not None and ticket.guard.see(token):
                return Finish.REPETITION
            if len(ticket.tokens) >= ticket.limit:
                return Finish.LENGTH
        return None

    def _leave(self, ticket: Ticket, finish: Finish) -> list[int]:
        """End a page; returns the slots that became free."""
        ticket.over, ticket.pixels = True, None
        self.counters.pages += 1
        self.counters.tokens += len(ticket.tokens)
        slot = self._owners.index(ticket)
        self._owners[slot] = None
        ticket.future.set_result(Reading(tuple(ticket.tokens), finish))
        return [slot]

    def _give_up(self, error: Exception) -> None:
        """Handle a failed step: without memory its pages start again in half as many slots, otherwise they fail."""
        tickets = [ticket for ticket in self._owners if ticket is not None and not ticket.over]
        self._owners, self._before, self._state = [None] * self._slots, None, None
        release_memory(error)
        if is_out_of_memory(error) and self._slots > 1:
            self._slots //= 2
            log.warning("the GPU's memory is full: %d slots from now on", self._slots)
            with self._bell:
                self._waiting.extendleft(map(self._anew, reversed(tickets)))
            return
        if not tickets:  # not even empty slots can be had
            with self._bell:
                tickets, self._waiting = [ticket for ticket in self._waiting if ticket.accepted()], deque()
        for ticket in tickets:
            ticket.over = True
        fail([ticket.future for ticket in tickets], error)

    def _anew(self, ticket: Ticket) -> Ticket:
        guard = self.options.guard() if self.options.guard else None
        again = Ticket(ticket.pixels, ticket.limit, ticket.future, guard, begun=True)
        ticket.over = True
        return again


def fail(futures: Sequence[Future[Reading]], error: Exception) -> None:
    """Fail the futures of pages, unless they are already done."""
    for future in futures:
        with contextlib.suppress(InvalidStateError):  # it was read at the last moment, or nobody waits
            future.set_exception(error)

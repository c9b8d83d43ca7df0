"""The state of the slots on the device and its two operations: read prompts, and decode one token in all slots.

The decode step has static shapes and never waits for the host, so a GPU captures it once as a CUDA graph and replays
it: 900 small kernels cost the host one call.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.engines.got.got_model import GotModel
from pipeline.engines.got.slot_cache import Phase, Shelf, make_cache, spans_of, use_slot_attention

REACHES = (1024, 1536, 2048, 2560, 3072, 3584)  # tokens that are read of the last shelf; one graph for each
WARM_UP = 2  # runs before a capture, so that libraries allocate what they need


class SlotState:
    """Tensors of all slots. Belongs to one thread, and runs under ``torch.inference_mode``."""

    def __init__(self, reader: GotModel, shelves: Sequence[Shelf], max_tokens: int, *, graphs: bool) -> None:
        import torch

        self.reader, self.shelves, self.spans = reader, tuple(shelves), spans_of(shelves)
        self.max_tokens = max_tokens
        slots, device = sum(shelf.rows for shelf in shelves), reader.device
        self._phase = Phase()
        self._cache = make_cache(shelves, reader.text_config, reader.dtype, device, self._phase)
        use_slot_attention(reader.text_config)
        zeros = {"device": device, "dtype": torch.long}
        self.position = torch.zeros(slots, **zeros)
        self.token = torch.zeros(slots, **zeros)
        self.count = torch.zeros(slots, **zeros)  # tokens written
        self.reported = torch.zeros(slots, **zeros)  # of these, told to the host
        self.limit = torch.full((slots,), max_tokens, **zeros)
        self.written = torch.zeros(slots, max_tokens, **zeros)
        self.idle = torch.ones(slots, dtype=torch.bool, device=device)
        self._rows = torch.arange(slots, device=device)
        self._places = torch.arange(shelves[-1].length, device=device)
        self._lengths = torch.cat([torch.full((shelf.rows,), shelf.length, **zeros) for shelf in shelves])
        self._stops = torch.tensor(sorted(reader.stops), device=device)
        self._use_graphs = graphs
        self._graphs: dict[tuple[int, ...], Any] = {}
        self._memory: Any = None

    def begin(self, pixels: list[Any], slots: Sequence[int], limits: Sequence[int]) -> None:
        """Read images and their prompts into idle slots; the first token of each is written."""
        import torch

        device = self.reader.device
        prompts = self.reader.embed(pixels)
        self._phase.prompts = self._rows_on_shelves(slots)
        try:
            hidden = self._hidden(prompts, torch.arange(prompts.shape[1], device=device).expand(len(slots), -1), None)
        finally:
            self._phase.prompts = None
        first = self.reader.scores(hidden).argmax(-1)
        at = torch.tensor(slots, device=device)
        self.written[at, 0] = first
        self.token[at] = first
        self.count[at] = 1
        self.reported[at] = 0
        self.position[at] = prompts.shape[1]
        self.limit[at] = torch.tensor(limits, device=device)
        self.idle[at] = self._is_stop(first) | (self.count[at] >= self.limit[at])

    def steps(self, number: int, needed: int) -> None:
        """Decode ``number`` tokens in every slot that is not idle; ``needed``: tokens to be read of the last shelf."""
        reach = self._reach(needed)
        for _ in range(number):
            if self._use_graphs:
                self._graph(reach).replay()
            else:
                self._step(reach)

    def report(self, width: int) -> tuple[Any, Any]:
        """(slots, width) tokens since the last report and (slots,) tokens in all; copies, still on the device."""
        import torch

        at = (self.reported[:, None] + torch.arange(width, device=self.reader.device)).clamp_(max=self.max_tokens - 1)
        recent, count = self.written.gather(1, at), self.count.clone()
        self.reported.copy_(count)
        return recent, count

    def rest(self, slots: Sequence[int], idle: bool) -> None:
        """Pause slots, or resume them."""
        import torch

        self.idle[torch.tensor(slots, device=self.reader.device)] = idle

    def move(self, source: int, target: int, length: int) -> None:
        """Copy the first ``length`` tokens of a page to a row of another shelf; its old row becomes idle."""
        old, new = self.shelf_of(source), self.shelf_of(target)
        for layer in self._cache.layers:
            layer.move(old, new, min(length, self.shelves[old[0]].length))
        for tensor in (self.position, self.token, self.count, self.reported, self.limit, self.written, self.idle):
            tensor[target] = tensor[source]
        self.idle[source] = True

    def shelf_of(self, slot: int) -> tuple[int, int]:
        """(shelf, row on it)."""
        shelf = next(index for index, span in enumerate(self.spans) if slot < span.stop)
        return shelf, slot - self.spans[shelf].start

    def _rows_on_shelves(self, slots: Sequence[int]) -> list[tuple[int, Any, Any]]:
        import torch

        by_shelf: dict[int, tuple[list[int], list[int]]] = {}
        for place, slot in enumerate(slots):
            shelf, row = self.shelf_of(slot)
            rows, places = by_shelf.setdefault(shelf, ([], []))
            rows.append(row)
            places.append(place)
        device = self.reader.device
        return [
            (shelf, torch.tensor(rows, device=device), torch.tensor(places, device=device))
            for shelf, (rows, places) in by_shelf.items()
        ]

    def _hidden(self, inputs: Any, positions: Any, masks: Any) -> Any:
        """(batch, width): the last hidden state of each row."""
        return self.reader.language(
            inputs_embeds=inputs,
            past_key_values=self._cache,
            use_cache=True,
            position_ids=positions,
            attention_mask={"full_attention": masks},
        ).last_hidden_state[:, -1]

    def _step(self, reach: tuple[int, ...]) -> None:
        import torch

        live = ~self.idle
        self._phase.positions, self._phase.reach = self.position, reach
        masks = tuple(
            (self._places[:end] <= self.position[span, None])[:, None, None]
            for span, end in zip(self.spans, reach, strict=True)
        )
        hidden = self._hidden(self.reader.embed_tokens(self.token), self.position[:, None], masks)
        best = torch.where(live, self.reader.scores(hidden).argmax(-1), self.token)
        at = self.count.clamp(max=self.max_tokens - 1)
        self.written[self._rows, at] = torch.where(live, best, self.written[self._rows, at])
        self.token.copy_(best)
        self.count.add_(live)
        self.position.copy_(torch.minimum(self.position + live, self._lengths - 1))
        self.idle.logical_or_(live & (self._is_stop(best) | (self.count >= self.limit)))

    def _is_stop(self, tokens: Any) -> Any:
        return (tokens[:, None] == self._stops).any(-1)

    def _reach(self, needed: int) -> tuple[int, ...]:
        """All of the short shelves, and of the last as much as is written there, in few sizes."""
        longest = self.shelves[-1].length
        last = min((size for size in (*REACHES, longest) if size >= needed), default=longest)
        return (*(shelf.length for shelf in self.shelves[:-1]), min(last, longest))

    def _graph(self, reach: tuple[int, ...]) -> Any:
        """The captured step; while it is warmed up and captured all slots rest, so that nothing is written twice."""
        import torch

        if reach in self._graphs:
            return self._graphs[reach]
        resting = self.idle.clone()
        self.idle.fill_(True)
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(WARM_UP):
                self._step(reach)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._memory):
            self._step(reach)
        self._memory = self._memory or graph.pool()
        self.idle.copy_(resting)
        self._graphs[reach] = graph
        return graph

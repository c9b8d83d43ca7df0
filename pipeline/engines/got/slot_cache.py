"""Key-value rows of the slots, as a cache that an unmodified language model of transformers fills and reads.

Rows stand on shelves: many short rows for pages that have just begun, few long ones for longer pages. A page that
outgrows its row is copied to the next shelf, so attention reads about as many tokens as were written, not the longest
page times the number of slots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

ATTENTION = "ingot_slots"  # the name under which transformers knows ``attend``
STEP = 64  # lengths are multiples of this: attention kernels want aligned masks
SHORT, MIDDLE = 512, 1408  # tokens of an answer that fit on the first and the second shelf
SHARES = (0.5, 0.3)  # of the slots on these; the rest are long
SIZES = (256, 192, 128, 96, 64, 48, 32, 24, 16, 12, 8, 4, 2)  # slots
FOR_ROWS = 0.66  # of the free memory
FEWEST_TO_SORT = 32  # slots; fewer stand on one shelf


@dataclass(frozen=True, slots=True)
class Shelf:
    """``rows`` slots of ``length`` tokens each."""

    rows: int
    length: int


def plan_shelves(slots: int, prompt_tokens: int, max_tokens: int) -> tuple[Shelf, ...]:
    """Shelves for so many slots, shortest first; the last holds the longest page."""
    longest = rounded(prompt_tokens + max_tokens + 1)
    lengths = [rounded(prompt_tokens + part) for part in (SHORT, MIDDLE)]
    if slots < FEWEST_TO_SORT or longest <= lengths[-1]:
        return (Shelf(slots, longest),)
    counts = [int(slots * share) for share in SHARES]
    rows = [*counts, slots - sum(counts)]
    return tuple(Shelf(count, length) for count, length in zip(rows, (*lengths, longest), strict=True))


def slots_that_fit(free_bytes: int, prompt_tokens: int, max_tokens: int, bytes_per_token: int) -> int:
    """The number of slots that leaves a third of the free memory to images and scores; at least 1."""
    for slots in SIZES:
        tokens = sum(shelf.rows * shelf.length for shelf in plan_shelves(slots, prompt_tokens, max_tokens))
        if tokens * bytes_per_token < FOR_ROWS * free_bytes:
            return slots
    return 1


def rounded(length: int) -> int:
    return -(-length // STEP) * STEP


def spans_of(shelves: Sequence[Shelf]) -> list[slice]:
    """The slots of each shelf."""
    edges = [0, *accumulate(shelf.rows for shelf in shelves)]
    return [slice(start, end) for start, end in pairwise(edges)]


class Phase:
    """What the layers are to do with keys and values that come: write whole prompts, or one token per slot."""

    def __init__(self) -> None:
        self.prompts: list[tuple[int, Any, Any]] | None = None  # (shelf, its rows, rows of the batch) of a prefill
        self.positions: Any = None  # (slots,) where the token of each slot is written
        self.reach: tuple[int, ...] = ()  # tokens that are read of each shelf


def make_cache(shelves: Sequence[Shelf], config: Any, dtype: Any, device: Any, phase: Phase) -> Any:
    """A transformers Cache with zeroed rows for every layer; ``config`` is the language model's."""
    from transformers.cache_utils import Cache

    layer = _layer_class()
    return Cache(layers=[layer(shelves, config, dtype, device, phase) for _ in range(config.num_hidden_layers)])


def bytes_per_token(config: Any, element_bytes: int) -> int:
    """Keys and values of one token in all layers."""
    return int(2 * config.num_hidden_layers * config.num_key_value_heads * _head_size(config) * element_bytes)


def _head_size(config: Any) -> int:
    return int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)


def _layer_class() -> Any:
    import torch
    from transformers.cache_utils import CacheLayerMixin

    class SlotLayer(CacheLayerMixin):  # type: ignore[misc]
        is_sliding = False
        is_compileable = True

        def __init__(self, shelves: Sequence[Shelf], config: Any, dtype: Any, device: Any, phase: Phase) -> None:
            super().__init__()
            size = (config.num_key_value_heads, _head_size(config))
            self.shelves = [
                tuple(
                    torch.zeros(shelf.rows, size[0], shelf.length, size[1], dtype=dtype, device=device)
                    for _ in range(2)
                )
                for shelf in shelves
            ]
            self.spans = spans_of(shelves)
            self.phase = phase
            self.longest = shelves[-1].length
            self.is_initialized = True

        def lazy_initialization(self, key_states: Any, value_states: Any) -> None:
            """Do nothing: the rows exist from the start."""

        def update(self, key_states: Any, value_states: Any, *_: Any, **__: Any) -> tuple[Any, Any]:
            if self.phase.prompts is not None:
                self._write_prompts(key_states, value_states)
                return key_states, value_states
            for span, (keys, values) in zip(self.spans, self.shelves, strict=True):
                new_keys, new_values = key_states[span], value_states[span]
                at = self.phase.positions[span].view(-1, 1, 1, 1).expand_as(new_keys)
                keys.scatter_(2, at, new_keys)
                values.scatter_(2, at, new_values)
            read = list(zip(self.shelves, self.phase.reach, strict=True))
            return tuple(k[:, :, :end] for (k, _), end in read), tuple(v[:, :, :end] for (_, v), end in read)

        def _write_prompts(self, key_states: Any, value_states: Any) -> None:
            length = key_states.shape[2]
            for shelf, rows, batch in self.phase.prompts or ():
                keys, values = self.shelves[shelf]
                keys[rows, :, :length] = key_states[batch]
                values[rows, :, :length] = value_states[batch]

        def move(self, source: tuple[int, int], target: tuple[int, int], length: int) -> None:
            """Copy a row; source and target are (shelf, row on it)."""
            for old, new in zip(self.shelves[source[0]], self.shelves[target[0]], strict=True):
                new[target[1], :, :length] = old[source[1], :, :length]

        def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
            return self.longest, 0

        def get_seq_length(self) -> int:
            return 0

        def get_max_length(self) -> int:
            return self.longest

    return SlotLayer


def use_slot_attention(config: Any) -> None:
    """Make a language model attend shelf by shelf while it decodes, and as always while it reads a prompt."""
    from transformers import AttentionInterface

    AttentionInterface.register(ATTENTION, attend)
    config._attn_implementation = ATTENTION


def attend(
    module: Any, query: Any, keys: Any, values: Any, attention_mask: Any, scaling: float | None = None, **_: Any
) -> tuple[Any, None]:
    """Attention of transformers' interface; while decoding, keys, values and masks are tuples, one per shelf."""
    import torch
    from torch.nn.functional import scaled_dot_product_attention as dot_product

    grouped = {"enable_gqa": True} if getattr(module, "num_key_value_groups", 1) > 1 else {}
    if not isinstance(keys, tuple):
        seen = dot_product(query, keys, values, is_causal=query.shape[2] > 1, scale=scaling, **grouped)
        return seen.transpose(1, 2).contiguous(), None
    parts, start = [], 0
    for key, value, mask in zip(keys, values, attention_mask, strict=True):
        rows = query[start : start + key.shape[0]]
        parts.append(dot_product(rows, key, value, attn_mask=mask, scale=scaling, **grouped))
        start += key.shape[0]
    return torch.cat(parts).transpose(1, 2).contiguous(), None

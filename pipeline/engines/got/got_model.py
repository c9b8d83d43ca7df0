"""The steps of GOT-OCR2: image to pixels, pixels to a prompt of fixed length, hidden states to scores.

Every page has the same prompt around its image, so it is embedded once and nothing is ever padded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.engines.got.checkpoint import Loaded
from stores.errors import InputError

if TYPE_CHECKING:
    import numpy as np

END_OF_ANSWER = "<|im_end|>"


class GotModel:
    """One loaded GOT-OCR2. ``prepare`` may run in any thread; the rest belongs to the thread of the engine."""

    def __init__(self, loaded: Loaded) -> None:
        self.model, self.processor = loaded.model, loaded.processor
        self.device = loaded.model.device
        self.dtype = loaded.model.dtype
        self.language = loaded.model.model.language_model
        self.text_config = self.language.config
        self.stops = stop_ids(loaded)
        self.image_tokens = _image_tokens(self.model.config.vision_config)
        self._before, self._after = self._prompt()
        self.prompt_tokens = len(self._before) + self.image_tokens + len(self._after)
        self._edges: Any = None

    def prepare(self, picture: np.ndarray) -> Any:
        """uint8 tensor (3, side, side) of an image uint8 (height, width, 3) in RGB: what the processor would see."""
        import numpy as np
        import torch
        from PIL import Image

        settings = self.processor.image_processor
        size = (settings.size["width"], settings.size["height"])
        small = Image.fromarray(picture).resize(size, resample=Image.Resampling(int(settings.resample)))
        return torch.from_numpy(np.array(small)).permute(2, 0, 1).contiguous()

    def embed(self, pixels: list[Any]) -> Any:
        """Prompts (pages, prompt_tokens, width) of prepared images."""
        import torch

        features = self.model.get_image_features(self._normalised(torch.stack(pixels))).pooler_output
        before, after = self._prompt_edges()
        count = len(pixels)
        parts = (before.expand(count, -1, -1), features.to(before.dtype), after.expand(count, -1, -1))
        return torch.cat(parts, dim=1)

    def embed_tokens(self, tokens: Any) -> Any:
        """Inputs (slots, 1, width) of one token (slots,) each."""
        return self.language.embed_tokens(tokens)[:, None]

    def scores(self, hidden: Any) -> Any:
        """Logits (slots, vocabulary) of last hidden states (slots, width)."""
        return self.model.lm_head(hidden)

    def decode(self, tokens: list[int]) -> str:
        return str(self.processor.tokenizer.decode(tokens, skip_special_tokens=True))

    def _normalised(self, pixels: Any) -> Any:
        """Normalise pixels on the device as the processor does: rescale, then by channel."""
        import torch

        settings = self.processor.image_processor
        scaled = pixels.to(self.device, non_blocking=True).to(torch.float32) * settings.rescale_factor
        mean, deviation = (
            torch.tensor(values, device=self.device, dtype=torch.float32).view(1, 3, 1, 1)
            for values in (settings.image_mean, settings.image_std)
        )
        return ((scaled - mean) / deviation).to(self.dtype)

    def _prompt(self) -> tuple[list[int], list[int]]:
        """Return the ids before and after the image, as the processor makes them."""
        from PIL import Image

        blank = Image.new("RGB", (32, 32), "white")
        ids = self.processor(blank, return_tensors="pt", format=True, num_image_tokens=self.image_tokens)
        prompt = ids["input_ids"][0].tolist()
        image = self.model.config.image_token_id
        if prompt.count(image) != self.image_tokens:
            raise InputError("the processor of this GOT model does not fit its picture size", code="bad_model")
        start = prompt.index(image)
        return prompt[:start], prompt[start + self.image_tokens :]

    def _prompt_edges(self) -> tuple[Any, Any]:
        import torch

        if self._edges is None:
            ids = (torch.tensor(part, device=self.device) for part in (self._before, self._after))
            self._edges = tuple(self.language.embed_tokens(part)[None] for part in ids)
        before, after = self._edges
        return before, after


def stop_ids(loaded: Loaded) -> frozenset[int]:
    """The tokens that end an answer: those of the generation settings, and the end of a turn."""
    configured = loaded.model.generation_config.eos_token_id
    ids = set(configured) if isinstance(configured, list | tuple) else {configured}
    tokenizer = loaded.processor.tokenizer
    ids |= {tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids(END_OF_ANSWER)}
    return frozenset(int(token) for token in ids if token is not None and token != tokenizer.unk_token_id)


def _image_tokens(vision: Any) -> int:
    """Two convolutions of stride 2 follow the patches."""
    side = vision.image_size // vision.patch_size // 4
    return int(side * side)

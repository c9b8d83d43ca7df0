"""A GOT-OCR2 of 200 thousand random weights, saved as a real checkpoint, and pictures for it. Needs torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

SPECIALS = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<ref>", "</ref>", "<box>", "</box>", "<quad>", "</quad>", "<img>",
    "</img>", "<imgpad>",
)  # fmt: skip
SIDE, PATCH = 64, 4


def make_tokenizer(corpus: Sequence[str] = (), size: int = 256) -> Any:
    """One token per byte: every text can be written; the words of ``corpus`` get tokens of their own."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={char: index for index, char in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    if corpus:
        trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False)
        tokenizer.train_from_iterator(corpus, trainer)
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in SPECIALS])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_input_names=["input_ids", "attention_mask"],
        model_max_length=8000,
        pad_token="<|endoftext|>",
        bos_token="<|endoftext|>",
        eos_token="<|endoftext|>",
        padding_side="left",
    )


def make_model(tokenizer: Any, *, width: int = 64, layers: int = 2, side: int = SIDE, patch: int = PATCH) -> Any:
    """Untrained, as transformers makes it."""
    from transformers import GotOcr2Config, GotOcr2ForConditionalGeneration

    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in SPECIALS}
    vision = {
        "hidden_size": 32, "output_channels": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": side,
        "patch_size": patch, "window_size": 6, "global_attn_indexes": [1], "mlp_dim": 64,
    }  # fmt: skip
    text = {
        "model_type": "qwen2", "vocab_size": len(tokenizer), "hidden_size": width, "intermediate_size": 2 * width,
        "num_hidden_layers": layers, "num_attention_heads": 4, "num_key_value_heads": 4,
        "max_position_embeddings": 4096, "tie_word_embeddings": True, "bos_token_id": ids["<|endoftext|>"],
        "eos_token_id": ids["<|im_end|>"], "pad_token_id": ids["<|endoftext|>"],
    }  # fmt: skip
    config = GotOcr2Config(
        vision_config=vision,
        text_config=text,
        image_token_index=ids["<imgpad>"],
        image_seq_length=(side // patch // 4) ** 2,
    )
    return GotOcr2ForConditionalGeneration(config).eval()


def save(model: Any, tokenizer: Any, folder: Path, extra_stops: list[int] | None = None, side: int = SIDE) -> None:
    """As a checkpoint that AutoProcessor and AutoModelForImageTextToText open."""
    from transformers import GenerationConfig, GotOcr2ImageProcessorPil, GotOcr2Processor

    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in SPECIALS}
    model.generation_config = GenerationConfig(
        bos_token_id=ids["<|endoftext|>"],
        eos_token_id=[ids["<|im_end|>"], ids["<|endoftext|>"], *(extra_stops or [])],
        pad_token_id=ids["<|endoftext|>"],
        do_sample=False,
    )
    images = GotOcr2ImageProcessorPil(size={"height": side, "width": side})
    model.save_pretrained(folder)
    GotOcr2Processor(image_processor=images, tokenizer=tokenizer).save_pretrained(folder)


def build(folder: Path, *, stops: int = 6, seed: int = 0) -> Path:
    """Random weights, wide enough that every picture gives another text; some bytes end it, so that lengths differ."""
    import torch

    torch.set_num_threads(1)  # what is so small only waits for more of them
    torch.manual_seed(seed)
    tokenizer = make_tokenizer()
    model = make_model(tokenizer)
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if weights.ndim > 1:
                weights.normal_(0, 0.3 if "embed_tokens" in name else 2.0 / weights[0].numel() ** 0.5)
    chosen = torch.randperm(256, generator=torch.Generator().manual_seed(seed))[:stops].tolist()
    save(model, tokenizer, folder, chosen)
    return folder


def pictures(count: int) -> list[np.ndarray]:
    """Noise of many sizes, uint8 (height, width, 3)."""
    random = np.random.default_rng(0)
    return [random.integers(0, 255, (90 + 7 * index, 70 + 5 * index, 3), dtype=np.uint8) for index in range(count)]

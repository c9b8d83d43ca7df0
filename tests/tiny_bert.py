"""Sentence-transformers checkpoints of some thousand random weights, saved as real ones. Needs the extra gpu."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

POSITIONS = 64
SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
WORDS = (
    *("the", "invoice", "is", "due", "in", "thirty", "days", "a", "cat", "sleeps", "on", "sofa"),
    *("harbor", "garden", "letter", "payment", "of", "and", "when", "word", "question", "passage"),
)


def build(
    folder: Path,
    seed: int = 0,
    *,
    width: int = 32,
    pooling: str = "mean",
    prompts: dict[str, str] | None = None,
    dtype: str = "float32",
) -> Path:
    """A BERT with random weights, its pooling and its tokenizer; see _tokenizer."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel

    tokenizer = _tokenizer()
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=2 * width,
        max_position_embeddings=POSITIONS,
        initializer_range=0.1,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(seed)
    plain = folder.with_name(f"{folder.name}-plain")
    BertModel(config).to(getattr(torch, dtype)).save_pretrained(plain)
    tokenizer.save_pretrained(plain)
    body = Transformer(str(plain), max_seq_length=POSITIONS)
    model = SentenceTransformer(
        modules=[body, Pooling(width, pooling_mode=pooling)], prompts=prompts or {}, device="cpu"
    )
    model.save_pretrained(str(folder))
    return folder


def build_cross_encoder(folder: Path, seed: int = 0, labels: int = 1) -> Path:
    """A BERT with random weights that gives a number, or several, for a pair of texts."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    tokenizer = _tokenizer()
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=POSITIONS,
        initializer_range=0.5,
        pad_token_id=tokenizer.pad_token_id,
        num_labels=labels,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer() -> Any:
    """Known words are one token, others are spelled; what is not ASCII is unknown."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    letters = [chr(code) for code in range(33, 127)]
    names = dict.fromkeys([*SPECIALS, *WORDS, *letters, *(f"##{letter}" for letter in letters)])
    ids = {name: at for at, name in enumerate(names)}
    made = Tokenizer(models.WordPiece(vocab=ids, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[(name, ids[name]) for name in ("[CLS]", "[SEP]")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        model_max_length=POSITIONS,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    )


def build_static(folder: Path, width: int = 24) -> Path:
    """A model without attention and without a limit of length: one vector per token, their mean."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    torch.manual_seed(0)
    body = StaticEmbedding(_tokenizer().backend_tokenizer, embedding_dim=width)
    SentenceTransformer(modules=[body], device="cpu").save_pretrained(str(folder))
    return folder


def texts(count: int, longest: int = 2 * POSITIONS) -> Sequence[str]:
    """Texts of 1 to ``longest`` words, each different."""
    import random

    chance = random.Random(7)
    return [f"{number} " + " ".join(chance.choices(WORDS, k=chance.randint(1, longest))) for number in range(count)]

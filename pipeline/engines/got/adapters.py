"""The differences between the models that read pages: prompt, end of the answer, and format of the answer.

A family is chosen by ``model_type`` of the checkpoint's config.json. All are opened with AutoModelForImageTextToText
and AutoProcessor; torch and transformers are untyped here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.engines.got.doctags import doctags_to_markdown
from pipeline.engines.got.markdown import to_markdown
from stores.errors import InputError

_GROUNDING = re.compile(r"<\|ref\|>.*?<\|/ref\|><\|det\|>.*?<\|/det\|>[ \t]*\n?", re.DOTALL)
_SPECIAL = re.compile(r"<\|[^|>\n]{1,40}\|>|<[｜|]end▁of▁sentence[｜|]>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """``inputs`` makes a batch of a processor and RGB images (PIL), padded on the left; ``slots``: see ``slots.py``.

    ``skip_special``: special tokens are not part of the answer. ``markdown`` turns an answer into GitHub Markdown.
    """

    name: str
    inputs: Callable[[Any, Sequence[Any]], Any]
    markdown: Callable[[str], str]
    skip_special: bool = True
    slots: bool = False

    def decode(self, processor: Any, tokens: Sequence[int]) -> str:
        """Decode the tokens of an answer into Markdown."""
        return str(processor.tokenizer.decode(list(tokens), skip_special_tokens=self.skip_special))


def family_of(model_type: str, model: str) -> Family:
    """Return the family of an architecture. InputError that lists the supported ones where it is none."""
    family = FAMILIES.get(model_type)
    if family is None:
        raise InputError(
            f"the model {model} is of the architecture {model_type or 'unknown'!r}, which cannot read pages here: "
            f"choose one of {', '.join(sorted(FAMILIES))} (INGOT_OCR_MODEL)",
            code="unknown_model",
        )
    return family


def _got_inputs(processor: Any, pictures: Sequence[Any]) -> Any:
    return processor(list(pictures), return_tensors="pt", format=True, padding=True)


def _chat_inputs(words: str) -> Callable[[Any, Sequence[Any]], Any]:
    """A chat whose only turn is the image, with ``words`` after it where the model wants them."""
    said = [{"type": "text", "text": words}] if words else []

    def inputs(processor: Any, pictures: Sequence[Any]) -> Any:
        processor.tokenizer.padding_side = "left"
        chats = [[{"role": "user", "content": [{"type": "image", "image": picture}, *said]}] for picture in pictures]
        return processor.apply_chat_template(
            chats,
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            padding=True,
        )

    return inputs


def _deepseek_inputs(processor: Any, pictures: Sequence[Any]) -> Any:
    processor.tokenizer.padding_side = "left"
    words = ["<image>\n<|grounding|>Convert the document to markdown."] * len(pictures)
    return processor(images=[[picture] for picture in pictures], text=words, return_tensors="pt", padding=True)


def without_grounding(answer: str) -> str:
    """Remove the coordinates that DeepSeek-OCR writes before each block."""
    return _SPECIAL.sub("", _GROUNDING.sub("", answer)).strip()


FAMILIES: Mapping[str, Family] = {
    "got_ocr2": Family(name="got", inputs=_got_inputs, markdown=to_markdown, slots=True),
    "lighton_ocr": Family(name="lightonocr", inputs=_chat_inputs(""), markdown=str.strip),
    "deepseek_ocr2": Family(
        name="deepseek-ocr", inputs=_deepseek_inputs, markdown=without_grounding, skip_special=False
    ),
    "idefics3": Family(
        name="granite-docling",
        inputs=_chat_inputs("Convert this page to docling."),
        markdown=doctags_to_markdown,
        skip_special=False,
    ),
    "granite_docling": Family(
        name="granite-docling", inputs=_chat_inputs("<doclang>"), markdown=doctags_to_markdown, skip_special=False
    ),
}

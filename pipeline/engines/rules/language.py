"""Detects the main language of a text: by its script where that is enough, else by py3langid."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_SAMPLE_CHARACTERS = 20_000
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")),
    ("zh", re.compile(r"[\u4e00-\u9fff\u3400-\u4dbf]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
)
_LETTER = re.compile(r"[^\W\d_]")
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ]{2,}")
# Below this many words langid guesses; what is short and Latin is English more often than anything else.
_FEW_WORDS = 12
_COMMON = ("en", "de", "fr", "nl", "es", "it", "pt", "sv", "da", "no", "fi", "pl", "cs", "hu", "ro", "tr", "id", "vi")


def detect_language(text: str) -> str | None:
    """Return the ISO 639-1 code of the text's main language, None where it has no letters."""
    sample = text[:_SAMPLE_CHARACTERS]
    letters = len(_LETTER.findall(sample))
    if not letters:
        return None
    words = len(_LATIN_WORD.findall(sample))
    counts = {code: len(pattern.findall(sample)) for code, pattern in _SCRIPTS}
    if counts["ja"] > 0.1 * (counts["ja"] + counts["zh"]) and counts["ja"] + counts["zh"] > words:
        return "ja"
    for code in ("zh", "ko", "th", "el", "he"):
        # One Han character weighs about as much as one Latin word.
        if counts[code] > words * (1.0 if code == "zh" else 4.0):
            return code
    latin = sum(map(len, _LATIN_WORD.findall(sample)))
    if words < _FEW_WORDS and latin > 0.8 * letters:
        return "en"
    return _classified(sample, latin > 0.8 * letters)


def _classified(sample: str, latin: bool) -> str:
    classifier = _classifier(latin)
    code, _ = classifier.classify(sample)
    return str(code)


@lru_cache(maxsize=2)
def _classifier(latin: bool) -> Any:
    """Load langid's model, limited to common languages for Latin script: receipts and codes mislead it otherwise."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    if latin:
        identifier.set_languages(list(_COMMON))
    return identifier

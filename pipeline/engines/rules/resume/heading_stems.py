"""Headings of a curriculum vitae by the stems of their words, where no known heading has just these words.

``Berufstätigkeit``, ``Bildungsabschlüsse``, a heading with a letter too few or with a wrong accent.
"""

from __future__ import annotations

import re

from rapidfuzz import fuzz

from pipeline.engines.rules.month_names import without_accents
from pipeline.engines.rules.parties import has_company_suffix
from pipeline.engines.rules.resume.headings import SectionKind, plain_heading
from pipeline.engines.rules.resume.words import find_degree, names_job, names_school

_STEMS = {  # the first that a word holds counts: "Berufsausbildung" is about education
    SectionKind.EDUCATION: (
        r"educa|ausbildung|(?<!weiter)(?<!fort)bildung|schul|abschlu|scolar|etude|akadem|academ|qualifi|diplom(?!arb)|cursus|"
        r"stud(?:ium|ien|ies|ios?|i)\b|formation|formacion|formacao|istruzion|opleiding"
    ),
    SectionKind.EXPERIENCE: (
        r"exp[ei]rien|erfahr|beruf|werdegang|laufbahn|employ|emploi|career|karriere|carriere|profession|profesion|"
        r"^arbeit(?!sweise|spro|szeug)|tatigkeit|taetigkeit|anstellung|stationen|parcours|jobs?\b|esperienz|lavor|laboral|trayectoria"
    ),
}
_WORDS = {
    SectionKind.EDUCATION: ("education", "educational", "qualification", "ausbildung", "formation"),
    SectionKind.EXPERIENCE: ("experience", "experiences", "berufserfahrung", "employment", "professional"),
}
_JOINTS = re.compile(
    r"(?:and|co|und|et|y|e|en|of|in|the|my|mein|meine|mes|mon|ma|mi|mis|der|die|das|de|des|du|zum|history|verlauf)$"
)
_NO_SECTION = re.compile(
    r"merkmale|kompeten|competen|skill|fahigkeit|kenntnis|objecti|ziel|summary|profil|projekt|project"
)
_MOST_WORDS = 4
_LEAST_LETTERS = 4
_LEAST_MISSPELT = 7  # letters of a word that may be misspelt
_LEAST_LIKENESS = 88.0  # per cent


def kind_by_stems(text: str) -> SectionKind | None:
    """The kind of section that a line set as a heading begins, if each of its words speaks of schools or jobs."""
    text = plain_heading(text)
    words = [word for word in re.findall(r"[^\W\d_]+", without_accents(text)) if len(word) > 1]
    plain = not re.search(r"\d|[:：,;.]\S|@", text) and text[:1].isupper()
    told = [word for word in words if not _JOINTS.match(word)]
    if not plain or not told or len(words) > _MOST_WORDS or max(map(len, told)) < _LEAST_LETTERS:
        return None
    if names_job(text) or names_school(text) or find_degree(text) or has_company_suffix(text):
        return None
    kinds = [_kind_of_word(word) for word in told]
    if None in kinds:
        return None
    return SectionKind.EDUCATION if SectionKind.EDUCATION in kinds else kinds[0]


def has_misspelt_word(text: str) -> bool:
    """Whether a heading holds a word that only a wrong letter parts from a known one: ``Exprience``."""
    words = re.findall(r"[^\W\d_]+", without_accents(plain_heading(text)))
    return any(_misspelt_kind(word) and not any(re.search(stems, word) for stems in _STEMS.values()) for word in words)


def _kind_of_word(word: str) -> SectionKind | None:
    if _NO_SECTION.search(word):
        return None
    told = next((kind for kind, stems in _STEMS.items() if re.search(rf"(?:{stems})", word)), None)
    return told or _misspelt_kind(word)


def _misspelt_kind(word: str) -> SectionKind | None:
    return next((kind for kind, words in _WORDS.items() if any(_is_misspelt(word, one) for one in words)), None)


def _is_misspelt(word: str, right: str) -> bool:
    return len(word) >= _LEAST_MISSPELT and fuzz.ratio(word, right) >= _LEAST_LIKENESS

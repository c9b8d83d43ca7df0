"""How text becomes words: the same way when it is kept and when it is asked for. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from stores.simplified import simplified

# Scripts that are written without spaces: kana, Han, Hangul, Thai, Lao, Myanmar, Khmer.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
UNSPACED_LANGUAGES = frozenset({"zh", "ja", "ko", "th", "lo", "my", "km"})
_RUN = re.compile(f"[{_UNSPACED}]+")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_EMPHASIS = re.compile(r"\*+|(?<!\w)_+|_+(?!\w)|\\(?=[^\w\s])")
_PLAIN = re.compile(r"\w", re.UNICODE)
_WORD = re.compile(r"\w+")
_QUOTED = re.compile(r'"([^"]{2,200})"|“([^“”]{2,200})”|«([^«»]{2,200})»|「([^「」]{2,200})」|『([^『』]{2,200})』')
_IDENTIFIER = re.compile(r"(?=\S*\d)(?=\S*[^\W\d]|\S*[-/.:_]|\S*\d{5})\S{4,100}")
_EDGES = "?!.,;:()[]{}'\"“”‘’«»、，。？！；：（）"
_NAME_WORDS = 3  # a query of so many words, none of grammar among them, is looked for as a name

_STOP_WORDS = (
    "a about above after again all also am an and any are as at be because been before being below between "
    "both but by can could did do does doing down during each few for from further had has have having he her "
    "here hers him his how i if in into is it its itself just me more most my no nor not of off on once only "
    "or other our out over own please same she should so some such tell than that the their them then there "
    "these they this those through to too under until up very was we were what when where which while who whom "
    "why will with would you your"
)
_STOP = frozenset(_STOP_WORDS.split(" "))
# Words of questions and of grammar; taken out of a run before it is cut, so that they make no bigrams with neighbours.
_STOP_ZH = re.compile(
    "请问|为什么|為什麼|什么是|什麼是|是什么|是什麼|什么|什麼|哪些|哪个|哪個|哪种|哪種|怎么样|怎么|怎麼|怎样|怎樣|如何|多少|是否|是不是|有没有|能不能|"
    "可以|应该|以及|或者|吗|嗎|呢|吧|的|了|是|在|和|与|與|及|或|有"
)


@dataclass(frozen=True, slots=True)
class Query:
    """The words that are looked for: ``required`` is the strict reading, ``more`` what only adds to the score.

    Each is an FTS5 string, quoted; one with marks inside (``INV-2024/07``) is a phrase. ``exact`` are the texts that
    somebody who types them wants to see as they are: see ``exact_texts``. ``runs`` are the parts in scripts without
    spaces, without words of grammar; the pairs of their characters are among the required words.
    """

    required: tuple[str, ...]
    more: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()


def unspaced_share(text: str) -> float:
    """The share, 0 to 1, of the letters and digits that belong to scripts without spaces, as Chinese."""
    letters = len(_PLAIN.findall(text))
    return sum(len(run) for run in _RUN.findall(text)) / letters if letters else 0.0


def index_text(text: str) -> str:
    """The text as the index gets it: folded, marks and tags away, runs as single characters and pairs of them.

    Runs in traditional characters stand there a second time in simplified ones, so that they are found by either.
    """
    return _RUN.sub(lambda run: " " + " ".join(_grams_of_forms(run[0])) + " ", _folded(text))


def _folded(text: str) -> str:
    """NFKC (full width, ligatures), without tags, emphasis, invisible characters and commas between thousands."""
    plain = _CONTROL.sub(" ", text)
    if not plain.isascii():
        plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", plain))
    if "<" in plain:  # the looks spare most texts the slower patterns
        plain = _TAG.sub(" ", plain)
    if any(mark in plain for mark in "*_\\"):
        plain = _EMPHASIS.sub("", plain)
    return _THOUSANDS.sub("", plain) if "," in plain else plain


def _grams_of_forms(run: str) -> list[str]:
    plain = simplified(run)
    return _grams(run) if plain == run else [*_grams(run), *_grams(plain)]


def _grams(run: str) -> list[str]:
    pairs = [run[at : at + 2] for at in range(len(run) - 1)]
    return [gram for at, single in enumerate(run) for gram in (single, *pairs[at : at + 1])]


def query_words(text: str) -> Query:
    """What to look for. Nothing in the text is an operator; without any word at all both parts are empty."""
    folded = _folded(text)
    words = [word for word in _RUN.sub(" ", folded).split() if _PLAIN.search(word)]
    kept = [word for word in words if word.lower().strip("?!.,;:'\"()") not in _STOP]
    runs = _RUN.findall(folded)
    parts = [part for run in runs for part in _STOP_ZH.split(run) if part]
    grams = [gram for part in parts for pair in pairs_of(part) for gram in forms(pair)]
    if not kept and not grams:
        kept, parts = words, runs
        grams = [gram for run in runs for pair in pairs_of(run) for gram in forms(pair)]
    pieces = [piece for word in kept for piece in re.findall(r"\w{2,}", word) if piece.lower() not in _STOP]
    required = dict.fromkeys(as_word(word) for word in [*(word.strip(_EDGES) for word in kept), *grams])
    crossing = [gram for run in runs for pair in pairs_of(run) for gram in forms(pair)]
    more = dict.fromkeys(as_word(word) for word in [*pieces, *crossing])
    others = tuple(word for word in more if word not in required)
    return Query(tuple(required), others, tuple(exact_texts(folded)), tuple(parts))


def exact_texts(text: str) -> list[str]:
    """What is quoted in a query, and its identifiers: numbers and codes with a digit; else the whole of a short query.

    A text holds one of them where ``spelled(text)`` contains its spelling.
    """
    quoted = [next(filter(None, match.groups())) for match in _QUOTED.finditer(text)]
    words = [word.strip(_EDGES) for word in _RUN.sub(" ", _QUOTED.sub(" ", text)).split()]
    exact = [*quoted, *(word for word in words if _IDENTIFIER.fullmatch(word))]
    is_name = 0 < len(words) <= _NAME_WORDS and not _RUN.search(text) and not any(w.lower() in _STOP for w in words)
    return [part for part in dict.fromkeys(exact or ([text] if is_name else [])) if spelled(part).strip()]


def spelled(text: str) -> str:
    """The words of a text in lower case between single blanks, without marks; a character without spaces is a word.

    Chinese is in simplified characters.
    """
    apart = simplified(_folded(text))
    if not apart.isascii():
        apart = _RUN.sub(lambda run: f" {' '.join(run[0])} ", apart)
    return f" {' '.join(_WORD.findall(apart.lower()))} "


def pairs_of(run: str) -> list[str]:
    """The pairs of neighbouring characters of a run; a single character is its own."""
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


def forms(run: str) -> tuple[str, ...]:
    """A run as it is written, and in simplified characters where that is another way."""
    return tuple(dict.fromkeys((run, simplified(run))))


def as_term(text: str) -> str:
    """A text as one FTS5 string: its words must follow each other."""
    return as_word(_RUN.sub(lambda run: " " + " ".join(_grams(run[0])) + " ", _folded(text)))


def as_word(word: str) -> str:
    """A word of a query as an FTS5 string, as it is looked for."""
    return '"' + word.replace('"', " ").strip() + '"'

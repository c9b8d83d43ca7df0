"""Names of months, and words for an open end, in the languages that the rules read."""

from __future__ import annotations

import unicodedata

_MONTHS = (
    "january jan januari januar janvier janv enero ene gennaio gen janeiro",
    "february feb februari februar fevrier fevr fev febrero febbraio fevereiro",
    "march mar maart mrt marz maerz mrz mars marzo marco",
    "april apr avril avr abril abr aprile",
    "may mei mai mayo maggio mag maio",
    "june jun juni juin junio giugno giu junho",
    "july jul juli juillet juil julio luglio lug julho",
    "august aug augustus aout agosto ago",
    "september sept sep septembre septiembre settembre set setembro",
    "october oct oktober okt octobre octubre ottobre ott outubro out",
    "november nov novembre noviembre novembro",
    "december dec dezember dez decembre diciembre dic dicembre dezembro",
)
_SEASONS = frozenset(
    [
        "spring",
        "summer",
        "summers",
        "fall",
        "autumn",
        "winter",
        "printemps",
        "ete",
        "etes",
        "automne",
        "hiver",
        "fruhling",
        "fruhjahr",
        "sommer",
        "herbst",
        "primavera",
        "verano",
        "otono",
        "invierno",
        "autunno",
        "inverno",
    ]
)
OPEN_END = (
    r"(?:till\s+|until\s+|to\s+|bis\s+)?(?:pr[ée]sente?|current(?:ly)?|now|ongoing|running|today|(?:to|till)\s?date|heute|jetzt|laufend|andauernd|"
    r"aujourd.?hui|actuel(?:lement)?|maintenant|en\s+cours|"
    r"heden|huidig|actualidad|actual(?:mente)?|atual(?:mente)?|oggi|in\s+corso|em\s+(?:curso|andamento)|\.\.\.|…|至\s?今|现在|目前|今)"
)


def without_accents(text: str) -> str:
    """Return the text in lower case without accents."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in spread if not unicodedata.combining(c))


_NUMBERS = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}


def month_number(word: str) -> int | None:
    """Return 1 to 12 for a month's name or abbreviation in any of the languages, None for another word."""
    return _NUMBERS.get(without_accents(word).rstrip("."))


def is_season(word: str) -> bool:
    return without_accents(word) in _SEASONS

"""Amounts of money as documents print them: any decimal mark, any common currency sign, Chinese numerals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from pipeline.engines.rules.chinese_setting import narrow
from pipeline.math_spans import blanked_math

_SIGNS_OF = {
    "USD": "US$ $ 美元",
    "EUR": "€ euro euros 欧元",
    "CNY": "¥ ￥ RMB 元 圆 人民币",
    "GBP": "£ 英镑",
    "MYR": "RM",
    "JPY": "円 日元",
    "HKD": "HK$ 港币 港元",
    "TWD": "NT$",
    "SGD": "S$",
    "AUD": "A$ AU$",
    "CAD": "C$ CA$",
    "NZD": "NZ$",
    "BRL": "R$",
    "INR": "₹ Rs Rs.",
    "IDR": "Rp",
    "KRW": "₩",
    "RUB": "₽",
    "THB": "฿",
    "VND": "₫",
    "TRY": "₺",
    "UAH": "₴",
    "PHP": "₱",
    "ILS": "₪",
    "CHF": "Fr.",
    "PLN": "zł",
    "CZK": "Kč",
    "SEK": "kr",
    "DKK": "kr.",
}
_CODES = (*_SIGNS_OF, *"NOK HUF RON BGN ZAR MXN AED SAR EGP ARS CLP COP PEN".split())  # noqa: SIM905
_UNDECIMALED = frozenset({"JPY", "KRW", "VND", "IDR", "CLP"})
_BY_FOLDED = {sign.casefold(): code for code, signs in _SIGNS_OF.items() for sign in signs.split()}
_BY_FOLDED |= {code.casefold(): code for code in _CODES}

_FRACTION = r"(?:[.,]\d+|\s?[.,]\s?\d{1,4})"
_NO_AMOUNT = re.compile(
    r"~~[^~\n]+~~|(?<![\d.,])(?:\d{1,2}\.\s?\d{1,2}\.\s?(?:19|20)\d{2}|(?:19|20)\d{2}\.\s?\d{1,2}\.\s?\d{1,2})(?!\d)"
)
_WIDE_MARK = re.compile(r"(?<=[０-９])[．，](?=[０-９])")  # digits of full width are digits to Python
_INDIAN = r"\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?(?!,?\d)"
_NUMBER = rf"{_INDIAN}|\d{{1,3}}(?:[.,'’\u00a0\u202f ]\d{{3}})+(?:{_FRACTION})?|\d+(?:{_FRACTION})?"
_BEFORE = (
    r"(?:US\$|AU?\$|CA?\$|HK\$|NT\$|S\$|NZ\$|R\$|[$€£¥￥₹₩₽฿₫₺₴₱₪]|(?<![A-Za-z])(?:RMB|RM|Rs\.?|Rp|(?<![–-])(?<![–-]\s)Fr\.|"
    + "|".join(_CODES)
    + r")|人民币|美元|港币)"
)
_AFTER = (
    r"(?:[$€£¥￥₹₩₽฿₫₺₴₱₪]|(?:"
    + "|".join(_CODES)
    + r"|RMB|euros?|kr\.?|zł|Kč)(?![A-Za-z])|元|圆|円|美元|欧元|港币|港元|英镑|日元)"
)
_SCALES = (  # words behind a number, the power of ten that they stand for
    (12, r"trillions?|billionen"),
    (9, r"billions?|bn|milliarden?|milliards?|mrd|miliardi|mil\s+millones"),
    (6, r"millions?|mn|mio|millionen|mill[óo]n(?:es)?|milion[ei]|milh(?:ão|ões)"),
    (3, r"thousand|tsd|tausend"),
)
_SCALE = (
    r"\s?(?:百万|千万|[万亿億])|\s?(?:" + "|".join(words for _, words in _SCALES) + r")\b\.?"
    r"|(?(before)[km](?![^\W_])|(?!))"  # £5m, $250k
)
_AMOUNT = re.compile(
    rf"(?P<minus>[-−–(]\s?)?(?P<before>{_BEFORE})?\s{{0,3}}[:：]?\s{{0,3}}(?P<minus2>[-−])?(?P<number>(?<![\w.,]){_NUMBER}|(?<=[A-Za-z$€£¥￥元]){_NUMBER})"
    rf"(?![\d])(?P<scale>{_SCALE})?\s?(?P<after>{_AFTER})?(?P<trail>-(?!\s?\d))?",
    re.IGNORECASE,
)
_CURRENCY = re.compile(
    rf"{_BEFORE}(?![A-Za-z])|(?<![A-Za-z])(?:{'|'.join(_CODES)}|euros?)(?![A-Za-z])|人民币|[€£¥￥₹]", re.IGNORECASE
)

_MOST_DIGITS = 15
"""Every decimal of so many digits is the same again when it was kept as a double, in SQL, JSON and Chroma."""

_ZH_DIGIT = {c: i for i, c in enumerate("零壹贰叁肆伍陆柒捌玖")} | {c: i for i, c in enumerate("〇一二三四五六七八九")}
_ZH_DIGIT |= {"貳": 2, "參": 3, "叄": 3, "陸": 6, "两": 2, "兩": 2}
_ZH_UNIT = {"拾": 10, "十": 10, "佰": 100, "百": 100, "仟": 1000, "千": 1000}
_ZH_SCALES = {"万": 10**4, "億": 10**8, "亿": 10**8, "百万": 10**6, "千万": 10**7}
_ZH_GROUP = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """An amount at ``text[start:end]``. ``currency`` is ISO 4217, empty where none is printed beside the number."""

    start: int
    end: int
    value: float
    currency: str
    decimals: int  # digits printed behind the decimal mark


def find_amounts(text: str) -> list[Amount]:
    """Find the numbers that can be amounts, in their order; no percentages, dates, formulas, nor what is struck out."""
    text = _WIDE_MARK.sub(lambda mark: narrow(mark[0]), text)
    text = _NO_AMOUNT.sub(lambda struck: " " * len(struck[0]), blanked_math(text))
    return [amount for match in _AMOUNT.finditer(text) if (amount := _amount(text, match))]


def _amount(text: str, match: re.Match[str]) -> Amount | None:
    if re.match(r"\s?[%％‰]", text[match.end("number") :]):
        return None
    value, decimals = read_number(match["number"])
    if value is None:
        return None
    if match["scale"]:
        value = float(Decimal(repr(value)) * _times(match["scale"]))
    currency = currency_code(match["before"] or "") or currency_code(match["after"] or "")
    minus = (match["minus"] or "").strip()
    bracketed = minus == "(" and not text[: match.start()].strip() and text[match.end() :].strip() == ")"
    negative = match["minus2"] or match["trail"] or minus in {"-", "−"} or bracketed
    return Amount(
        start=match.start("before") if match["before"] else match.start("number"),
        end=match.end("after") if match["after"] else match.end("scale") if match["scale"] else match.end("number"),
        value=-value if negative else value,
        currency=currency,
        decimals=decimals,
    )


def _times(scale: str) -> int:
    """The number that a word or sign behind a number multiplies it by."""
    word = scale.strip().rstrip(".")
    if word in _ZH_SCALES:
        return _ZH_SCALES[word]
    powers = (power for power, words in _SCALES if re.fullmatch(words, word, re.IGNORECASE))
    return int(10 ** next(powers, 3 if word.casefold() == "k" else 6))


def read_number(text: str) -> tuple[float | None, int]:
    """Read value and number of decimals of ``1.234,56``, ``1'234.50``, ``1 234,5``, ``1,25,000.00``; else (None, 0).

    A number of more than 15 digits is an identifier and would lose digits as a float: it gives (None, 0).
    """
    digits = re.sub(r"[\s'’\u00a0\u202f]", "", text)
    mark = max(digits.rfind("."), digits.rfind(","))
    decimals = len(digits) - mark - 1 if mark >= 0 else 0
    other_marks = re.sub(r"\d", "", digits[:mark]) if mark >= 0 else ""
    if decimals == 3 and (not other_marks or other_marks[-1] == digits[mark]) and not digits.startswith("0"):
        decimals = 0  # a group of thousands
        whole, fraction = re.sub(r"[.,]", "", digits), ""
    elif mark >= 0:
        whole, fraction = re.sub(r"[.,]", "", digits[:mark]), digits[mark + 1 :]
    else:
        whole, fraction = digits, ""
    if not (whole + fraction).isdecimal() or len((whole + fraction).strip("0")) > _MOST_DIGITS:
        return None, 0
    return float(f"{whole or 0}.{fraction or 0}"), decimals


def currency_code(text: str) -> str:
    """Return the ISO 4217 code of a sign, a code or a name, "" for anything else."""
    return _BY_FOLDED.get(text.strip().casefold(), "")


def find_currencies(text: str) -> list[str]:
    """Find the ISO 4217 code of every sign and code in ``text``, in their order, with repetitions."""
    return [code for match in _CURRENCY.finditer(text) if (code := currency_code(match[0]))]


def read_chinese_amount(text: str) -> float | None:
    """Read an amount in Chinese numerals, ``壹亿贰仟万叁拾元伍角整`` -> 120000030.5; None where it is none."""
    whole, mark, rest = re.sub(r"[圆圓]", "元", text).partition("元")
    if not mark:
        return None
    total, section, digit = 0, 0, 0
    for c in whole:
        if c in _ZH_DIGIT:
            digit = _ZH_DIGIT[c]
        elif c in _ZH_UNIT:
            section += (digit or 1) * _ZH_UNIT[c]
            digit = 0
        elif c in _ZH_GROUP:
            size = _ZH_GROUP[c]
            total = (total + section + digit) * size if size > 10**4 else total + (section + digit) * size
            section = digit = 0
        else:
            return None
    tenths = re.search(r"(.)角", rest)
    cents = re.search(r"(.)分", rest)
    part = sum(_ZH_DIGIT.get(m[1], 0) * size for m, size in ((tenths, 10), (cents, 1)) if m)
    return (total + section + digit) + part / 100


def printed(amount: Amount) -> str:
    """Format the value with two decimals at least, and with all that it has: ``9.40``, ``132.7433628``."""
    value = Decimal(repr(amount.value))
    return f"{value:.{max(2, -int(value.normalize().as_tuple().exponent))}f}"


def has_cents(amount: Amount) -> bool:
    """Whether the amount is printed as money: with two decimals, or in a currency that has none."""
    return amount.decimals == 2 or amount.currency in _UNDECIMALED

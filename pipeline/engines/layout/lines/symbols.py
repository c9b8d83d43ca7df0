"""What a character of a text layer means: fonts of symbols decoded, ligatures taken apart, controls left out. Pure."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_FOLDED = {0xA0: " ", 0x2007: " ", 0x202F: " ", 0x2028: " ", 0x2029: " ", 0x9: " "}
_DROPPED = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x200B, 0x200C, 0x2060, 0xFEFF, 0xFFFE, 0xFFFF])
_SIGNS = _DROPPED | _FOLDED
_SYMBOLS = (  # Adobe's Symbol encoding from 0x20, and from 0xA0: such fonts put it at U+F020 and U+F0A0
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼",
    "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪ 〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭",
)
_RADICALS = dict(  # of the Radicals Supplement that are characters of their own, which normalization leaves as they are
    zip(
        "⺠⻁⻄⻅⻆⻉⻋⻌⻏⻐⻑⻓⻔⻗⻘⻙⻚⻛⻜⻝⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻬⻭⻮⻯⻰⺝⺮⺾⺡⺘⺖⺉⺅",
        "民虎西见角贝车辶阝钅長长门雨青韦页风飞食首马骨鬼鱼鸟卤麦黄黾齐歯齿竜龙月竹艹氵扌忄刂亻",
        strict=True,
    )
)
_DINGBATS = ("dingbats", "wingdings", "webdings")
_MARKS = {  # characters of Wingdings and of Zapf Dingbats, by their codes, that are no bullets
    "wingdings": {
        0x6F: "☐",
        0x72: "☐",
        0x78: "☒",
        0xA8: "☐",
        0xFB: "✗",
        0xFC: "✓",
        0xFD: "☒",
        0xFE: "☑",
        0xE0: "→",
        0xE8: "→",
    },
    "wingdings 2": {0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0xA3: "☐"},
    "dingbats": {0x33: "✓", 0x34: "✔", 0x35: "✕", 0x36: "✖", 0x37: "✗", 0x38: "✘", 0x6F: "❏", 0x71: "❑"},
}
_TYPOGRAPHIC = dict(enumerate("•○■•*¶§¡¿«»£¥₧ƒªº½¼¢²ⁿ®©¤¾³‛’‘‟”“–—‹›", 0x21))  # WordPerfect's font of this name
_ADVENT = {  # fonts of many journals, whose codes are those of TeX's or of their own
    "advp4c4e59": {"€": "¨", "^": "ˆ", "~": "˜", "_": "˙", "\ufffd": "´"},  # accents
    "advp4c4e74": {"¼": "=", "þ": "+", "ð": "(", "Þ": ")", "½": "[", "j": "|", "0": "′"},
    "advmathsymb": {"ð": "(", "Þ": ")", "½": "["},
    "advp4c4e51": {":": ".", ";": ",", "=": "/"},
}
_LIGATURES = {0xE062: "Th", 0xE092: "fb", 0xE09D: "ft"}  # of the fonts that Adobe calls Pro
_ICONS = ("awesome", "icon", "material", "emoji")


@lru_cache(maxsize=16_384)
def folded(char: str, font: str = "") -> str:
    """The character as text: ligatures and radicals taken apart, symbol fonts decoded, odd spaces plain, no controls.

    ``font`` is the lower-case name of the font: it says what a private-use character means.
    """
    code = ord(char[0]) if char else 0
    if 0x20 < code < 0x100 and any(name in font for name in _DINGBATS):
        return _mark(code, font)
    if 0x20 < code < 0x7F and "typographicsymbols" in font:
        return _TYPOGRAPHIC.get(code, char)
    for name in _ADVENT if font.startswith("adv") else ():
        if font.startswith(name):
            return _ADVENT[name].get(char, char)
    if 0x20 < code < 0x7F or 0x3000 < code < 0xE000:
        return char
    if 0xFB00 <= code <= 0xFDFF or 0xFE70 <= code <= 0xFEFC or 0x2E80 <= code <= 0x2FDF or 0xF900 <= code <= 0xFAFF:
        return _RADICALS.get(char) or unicodedata.normalize("NFKC", char)
    if 0xE000 <= code <= 0xF8FF:
        return private_use(code, font)
    if char == "\ufffd" and any(word in font for word in _ICONS):
        return ""
    return "" if code >= 0xF0000 else char.translate(_SIGNS)


def private_use(code: int, font: str) -> str:
    """What a private-use character of a symbol font means; "" for icons and whatever nobody can know."""
    if any(name in font for name in _DINGBATS):
        return _mark(code & 0xFF, font)
    if code in (0xF0B7, 0xF0A7):
        return "•"
    if code in _LIGATURES and "pro" in font:
        return _LIGATURES[code]
    if not 0xF020 <= code <= 0xF0FF or any(word in font for word in _ICONS):
        return ""
    if "symbol" in font or code >= 0xF0A0:
        row = _SYMBOLS[code >= 0xF0A0]
        index = code - (0xF0A0 if code >= 0xF0A0 else 0xF020)
        return row[index] if index < len(row) else ""
    return chr(code - 0xF000) if code < 0xF07F else ""


def within_word(char: str, before: str, font: str) -> str:
    """A private-use character that nobody knows, inside a word of letters: a ligature, which must not go unsaid."""
    icon = any(word in font for word in (*_ICONS, *_DINGBATS))
    unknown = "\ue000" <= char <= "\uf8ff" and before[-1:].islower() and not icon
    return "\ufffd" if unknown else ""


def _mark(code: int, font: str) -> str:
    """What a character of a font of ornaments means: a check mark or an arrow, else a bullet."""
    second = any(name in font for name in ("wingdings 2", "wingdings2", "wingdings-2"))
    marks = _MARKS["wingdings 2" if second else "wingdings" if "wingdings" in font else "dingbats"]
    return marks.get(code, "•") if "webdings" not in font else "•"

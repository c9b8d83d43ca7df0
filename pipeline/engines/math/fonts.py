"""What the fonts of formulas say: which families set nothing else, their own encodings, and alphabets. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from pipeline.engines.layout.lines.symbols import folded

_MATH = re.compile(
    r"^(?:cmmib?|cmsy|cmbsy|cmex|ms[ab]m|eu[fsre][mb]|eufm|rsfs|lmmi|lmsy|lmex|latinmodernmath|lmmath|lmroman.*math|"
    r"[a-z]*cambriamath|stix[a-z]*math|stixmath|stixsizeonesym|stixnonunicode|stixvariants|stixgeneral-italic|"
    r"xitsmath|asanamath|texgyre[a-z]*math|libertinus ?math|newcmmath|firamath|erewhonmath|[a-z]*xmi|[a-z]*xsy[abc]?|"
    r"[a-z]*xex[a]?|ntx(?:mi|sy|ex)|mathjax_(?!main-(?:regular|bold))|mathjax_main|katex_|mtmi|mtsy|mtex|mt-?extra|mt2m|"
    r"euclid|mathematica|wasy|stmary|bbm|dsrom|mnsymbol|fourier-math|esint|mathdesign|mathptm|psyr?|pzcmi8|rmtmi|zptmcm)",
)
_ITALIC = re.compile(r"^(?:cmmi|lmmi|mtmi|rmtmi|zptmcm7m|ntxmi|[a-z]*xmi|mathjax_math|katex_math)")
_SYMBOLS = re.compile(r"^(?:cmsy|cmbsy|lmsy|rsfs|eusm|[a-z]*xsys?$|mathjax_cal|mathjax_script|katex_cal)")
_EXTENSIONS = re.compile(r"^(?:cmex|lmex|[a-z]*xex|ntxex|mtex$)")
_ROMAN = re.compile(r"^(?:cmr|lmroman|sfrm|cmbx|cmss|cmcsc|cmti)")
_BOLD = re.compile(r"bold|black|heavy|^cmbx|^cmmib|^cmbsy|-bd$|\.b$|medi$|demi")
_SLANTED = re.compile(r"italic|oblique|^cmti|^cmsl|^cmmi|^lmmi|-it$|ital$|slanted")

_GREEK_AND_MORE = (  # OML: math italic from 0
    "ΓΔΘΛΞΠΣΥΦΨΩαβγδϵζηθικλμνξπρστυϕχψωεϑϖϱςφ↼↽⇀⇁↪↩▷◁0123456789.,</>⋆∂ABCDEFGHIJKLMNOPQRSTUVWXYZ♭♮♯⌣⌢ℓ"
    "abcdefghijklmnopqrstuvwxyzıȷ℘⃗⁀"
)
_SIGNS = (  # OMS: symbols from 0
    "−⋅×∗÷⋄±∓⊕⊖⊗⊘⊙◯∘•≍≡⊆⊇≤≥⪯⪰∼≈⊂⊃≪≫≺≻←→↑↓↔↗↘≃⇐⇒⇑⇓⇔↖↙∝′∞∈∋△▽̸↦∀∃¬∅ℜℑ⊤⊥ℵABCDEFGHIJKLMNOPQRSTUVWXYZ∪∩⊎∧∨"
    "⊢⊣⌊⌋⌈⌉{}⟨⟩|‖↕⇕∖≀√∐∇∫⊔⊓⊑⊒§†‡¶♣♦♥♠"
)
_LARGE = (  # OMX: brackets and operators that grow, from 0; pieces of brackets as Unicode has them
    "()[]⌊⌋⌈⌉{}⟨⟩|‖/\\()()[]⌊⌋⌈⌉{}⟨⟩/\\()[]⌊⌋⌈⌉{}⟨⟩/\\/\\⎛⎞⎡⎤⎣⎦⎢⎥⎧⎫⎩⎭⎨⎬⎪|⎝⎠⎜⎟⟨⟩⊔⨆∮∮⨀⨀⨁⨁⨂⨂∑∏∫⋃⋂⨄⋀⋁∑∏∫⋃⋂⨄⋀⋁∐∐ˆˆˆ˜˜˜"
    "[]⌊⌋⌈⌉{}√√√√⎷  ‖↑↓⏞⏞⏟⏟‖‖"
)
_PIECES = "⏐⎯®©™⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪⎮⎞⎟⎠⎤⎥⎦⎫⎬⎭"  # from U+F8E6, where Adobe's names of glyphs lead
_MT_EXTRA = {"I": "∩", "U": "∪", "K": "…", "L": "⋯", "M": "⋮", "O": "⋱", "h": "ℏ", "l": "ℓ", "m": "∓", "r": "⃗"}
_ESINT = str.maketrans("´ˆ˜¨˝˚¸˛", "∫∫∬∬∭∭∮∮")  # each sign in two sizes; the text layer has what stands there in T1
_WIDE = str.maketrans("，＜＞＝＋－（）；：｜", ",<>=+−();:|")
_ALPHABETS = {
    "BOLD ITALIC": "boldsymbol", "BOLD SCRIPT": "mathcal", "BOLD FRAKTUR": "mathfrak", "BOLD": "mathbf",
    "DOUBLE-STRUCK": "mathbb", "SCRIPT": "mathcal", "FRAKTUR": "mathfrak", "BLACK-LETTER": "mathfrak",
    "SANS-SERIF": "mathsf", "MONOSPACE": "mathtt", "ITALIC": "",
}  # fmt: skip
_TYPEWRITER = re.compile(
    r"consola|courier|mono(?!type)|menlo|monaco|typewriter|cmtt|sftt|lmtt|lettergothic|lucidacons|sourcecode|firacode",
    re.IGNORECASE,
)


class Letter(NamedTuple):
    """A character of a formula. ``alphabet``: TeX's name of its style, "" for italic, "mathrm" for upright."""

    char: str
    alphabet: str
    sure: bool  # set in a font, or a character, of formulas alone


def plain_name(font: str) -> str:
    """The name of a font in lower case, without the mark of a subset and blanks."""
    return font.rpartition("+")[2].lower().replace(" ", "")


@lru_cache(maxsize=1024)
def is_typewriter_font(font: str) -> bool:
    """Whether a font's name says that its letters are of one width; many documents do not say so otherwise."""
    return bool(_TYPEWRITER.search(font))


def is_math_font(font: str) -> bool:
    """Whether a font, by its name, sets formulas and nothing else."""
    return bool(_MATH.match(plain_name(font)))


@lru_cache(maxsize=1024)
def is_extension_font(font: str) -> bool:
    """Whether a font sets brackets and operators that hang from their origin instead of standing on a baseline."""
    return bool(_EXTENSIONS.match(plain_name(font)))


@lru_cache(maxsize=16_384)
def letter_of(char: str, code: str, font: str, bold: bool, italic: bool) -> Letter:
    """What a character of a text layer means in a formula.

    ``char``: what the layer says, U+FFFD where it does not know; ``code``: then the code of the character in its font.
    """
    name = plain_name(font)
    sure = is_math_font(font)
    char = _decoded(char, code, name).translate(_WIDE)
    if name.startswith(("mtextra", "mt-extra")):
        char = _MT_EXTRA.get(char, char)
    if name.startswith("esint"):
        char = char.translate(_ESINT)
    if 0x1D400 <= ord(char) <= 0x1D7FF or (0x2100 <= ord(char) <= 0x214F and char.isalpha()):
        return _of_plane(char)
    if not char.isalpha():
        return Letter(char, "", sure)
    if name.startswith(("msbm", "bbm", "dsrom")) and char.isascii():
        return Letter(char, "mathbb", True)
    if name.startswith(("eufm", "eufb", "eur")):
        return Letter(char, "mathfrak", True)
    if _SYMBOLS.match(name) and char.isascii() and char.isupper():
        return Letter(char, "mathcal", True)
    if _ITALIC.match(name):
        return Letter(char, _bold("", name), True)
    heavy, slanted = bold or bool(_BOLD.search(name)), italic or bool(_SLANTED.search(name))
    if heavy:
        return Letter(char, "boldsymbol" if slanted or not char.isascii() else "mathbf", sure)
    return Letter(char, "" if slanted or "\u0370" <= char <= "\u03ff" else "mathrm", sure)


def _bold(alphabet: str, name: str) -> str:
    return "boldsymbol" if _BOLD.search(name) else alphabet


def _decoded(char: str, code: str, name: str) -> str:
    """The character, by the encoding of its font where the text layer does not know it."""
    if char == "\ufffd" or (char < " " and char):
        number = ord(code) if len(code) == 1 else 0xFFFD
        table = _table(name)
        if number >= 0xA1:  # TeX's second place for what lies below 0x20
            number = 0 if number == 0xA1 else number - 0xA2 if number < 0xAD else number - 0xA3
        return table[number] if number < len(table) else "\ufffd"
    if "\uf8e6" <= char <= "\uf8fe":
        return _PIECES[ord(char) - 0xF8E6]
    return folded(char, name) or "\ufffd" if len(char) == 1 and 0xE000 <= ord(char) <= 0xF8FF else char


def _table(name: str) -> str:
    if _EXTENSIONS.match(name):
        return _LARGE
    if _ITALIC.match(name):
        return _GREEK_AND_MORE
    return _SIGNS if _SYMBOLS.match(name) else ""


def _of_plane(char: str) -> Letter:
    """A letter of Unicode's alphabets for mathematics: its plain letter and alphabet."""
    name = unicodedata.name(char, "")
    plain = unicodedata.normalize("NFKC", char)
    if char in "ℓℏ℘ℵℶ\u2126\u212a\u212b" or len(plain) != 1:
        return Letter(plain if char in "\u2126\u212a\u212b" else char, "", True)
    alphabet = next((tex for words, tex in _ALPHABETS.items() if words in name), "mathrm")
    return Letter(plain, "mathbf" if alphabet == "boldsymbol" and plain.isdigit() else alphabet, True)

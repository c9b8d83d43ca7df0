"""What the name of a font says of how its text is set. Pure."""

from __future__ import annotations

from functools import lru_cache

_HEAVY = ("bold", "black", "heavy", "simhei", "黑体", "黑體")
_ENDS = ("-bd", ".b")
# Of Chinese, Japanese and Korean: all of one width, as their characters are. NSimSun sets listings.
_TEXT_FACES = (
    *("dfkai", "mingliu", "msung", "simkai", "simfang", "kaiti", "fangsong", "songti", "heiti", "stsong", "mincho"),
    *("msgothic", "mspgothic", "yugothic", "batang", "gulim", "dotum", "gungsuh", "ゴシック"),
    *("宋体", "宋體", "仿宋", "楷", "细明", "細明", "明體", "明朝"),
)
_LISTING_FACES = ("nsimsun", "新宋体", "mono")
_ENCODINGS = ("utf-8", "gb2312")


@lru_cache(maxsize=1024)
def readable(name: str) -> str:
    """The name without the mark of a subset; Chinese names, which MuPDF reports byte by byte, in Chinese."""
    name = name.rpartition("+")[2]
    if name.isascii():
        return name
    try:
        raw = name.encode("latin-1")
    except UnicodeEncodeError:
        return name
    for encoding in _ENCODINGS:
        try:
            decoded = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if all(char.isascii() or "\u3400" <= char <= "\u9fff" for char in decoded):
            return decoded
    return name


@lru_cache(maxsize=1024)
def is_text_face(name: str) -> bool:
    """Whether a font is one of ideographs for running text, which has one width without being a typewriter's."""
    name = name.lower().replace(" ", "").replace("-", "")
    of_text = name.startswith("simsun") or any(word in name for word in _TEXT_FACES)
    return of_text and not any(word in name for word in _LISTING_FACES)


@lru_cache(maxsize=1024)
def is_heavy(name: str) -> bool:
    """Whether a font is bold by its name; Chinese headings have fonts that are heavy without being called bold."""
    name = name.lower()
    return any(word in name for word in _HEAVY) or name.endswith(_ENDS)

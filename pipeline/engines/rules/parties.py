"""Recognises names of firms and parts of postal addresses in a line of text."""

from __future__ import annotations

import re

_SUFFIX = re.compile(
    r"""
    (?:\bs[do0]n\.?\s?bhd|sdn\.?\s?bhd|\bbhd)\b\.?
    | (?<![a-z])(?:ltd|limited|llc|l\.l\.c|llp|plc|inc|incorporated|corp|corporation|pte|pty|gmbh|mbh|e\.\s?k|e\.\s?v|
      ohg|kgaa|s\.?a\.?r\.?l|sarl|s\.?a\.?s|sasu|eurl|s\.r\.l|srl|s\.p\.a|spa|s\.l|b\.v|bv|n\.v|v\.o\.f|vof|bvba|a/s|aps|oyj?|
      s\.?r\.o|sp\.\s?z\s?o\.\s?o)(?![a-z])\.?
    | (?<=[a-zà-ÿ.,&]\s)(?:co\.|kg|ag|ab|nv|s\.?a\.)(?![a-z])
    | (?:有限责任公司|股份有限公司|有限公司|公司|集团|商行|商店|超市|酒店|餐厅|饭店|事务所|工作室|经营部|株式会社)
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Words that end the names of firms, but stand in sentences as well.
_WEAK_SUFFIX = re.compile(
    r"^\W*(?:\S+\s+){0,5}(?:company|enterprises?|trading|holdings?|group|stores?|restaurant|cafe|café|pharmacy|supermarket)"
    r"\W*(?:\([^)]*\)?)?$",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"""
    (?<![a-z])(?:jalan|jln|jl\.|lorong|lrg|persiaran|lebuh(?:raya)?|taman|tmn|kampung|kg\.|lot|bandar|seksyen|kawasan|
      plaza|street|str\.|road|rd|avenue|ave|lane|drive|blvd|boulevard|highway|hwy|suite|floor|flr|level|unit|block|blk|
      building|bldg|square|court|p\.?\s?o\.?\s?box|postbus|postfach|rue|chemin|cours|place|calle|avenida|via|piazza|
      weg|plein|gracht|laan|allee|platz|walk|crescent|terrace|parade|circle|quay|industrial|park|mall|shopping|centre|center|ground|g/f)(?![a-z])
    | \b[a-zà-ÿ]{3,}(?:stra(?:ß|ss)e|str\.|weg|plein|gracht|laan|straat|kade|gasse|allee|platz|dijk|singel)(?![a-z])
    | (?<![a-z])(?:\d+\w?[ ,]+[a-z.' ]{3,}\s(?:st|dr|ct|ln|pl|way)\.?)(?![a-z])
    | [省市区县镇乡村路街道巷弄号楼层室栋座]
    """,
    re.IGNORECASE | re.VERBOSE,
)
_POSTCODE = re.compile(
    r"(?<![\d./:-])\d{5}(?![\d./:-])|\b\d{4}\s?[A-Z]{2}\b|\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b|\b[A-Z]\d[A-Z]\s\d[A-Z]\d\b"
    r"|(?<!\d)\d{6}(?!\d)|\b[A-Z]{2}\s\d{5}(?:-\d{4})?\b"
)
_LEADING_NUMBER = re.compile(r"^\W*(?:no\.?\s?[:.]?\s?\w|lot\b|unit\b|\d+[\w-]*\s?,)", re.IGNORECASE)
_REGISTRATION = re.compile(
    r"[(\[（【]?\s*(?:co(?:mpany)?\.?\s*(?:reg(?:istration)?)?\.?\s*(?:no)?\.?\s*:?|reg(?:istration)?\.?\s*(?:no)?\.?\s*:?|"
    r"roc\s*(?:no)?\.?\s*:?)?\s*(?=[\w-]*\d)[A-Z]{0,3}\d{4,12}\s?-?\s?[A-Z0-9]{0,2}\s*[)\]）】]?$",
    re.IGNORECASE,
)
_NOT_AN_ADDRESS = re.compile(
    r"(?<![a-z])(?:tel|te1|phone|fax|mobile|hp|h/p|whatsapp|e-?mail|www|http|gst|sst|vat|btw|tax|reg|roc|co\.?\s?reg|invoice|receipt|"
    r"bill|date|time|cashier|table|order|counter|ticket|terminal|website|iban|bic|kvk|kassa|station\s?id|company no|"
    r"customer|member|thank|welcome|manager|served|server|operator|staff|clerk|ust|uid|siret|hrb)(?![a-z])|@|电话|電話|传真|日期|时间|税号|单号|小票|收银|发票|桌号|会员",
    re.IGNORECASE,
)


def has_company_suffix(text: str) -> bool:
    """Whether the text names a legal form, as ``Sdn Bhd``, ``GmbH`` or ``有限公司``."""
    return bool(_SUFFIX.search(text) or _WEAK_SUFFIX.match(text.strip()))


def has_legal_form(text: str) -> bool:
    """Whether the text holds a legal form itself, not only a word that firms and other names end with."""
    return bool(_SUFFIX.search(text))


def is_legal_form_alone(text: str) -> bool:
    """Whether the line is a legal form alone, such as ``SDN BHD``: the end of the name above it."""
    rest = re.sub(r"\bco\b\.?|&", "", _SUFFIX.sub("", text), flags=re.IGNORECASE)
    return has_company_suffix(text) and not re.search(r"[^\W\d_]{2,}", re.sub(r"\([^)]*\)", "", rest))


def is_registration(text: str) -> bool:
    """Whether a registration number fills the line: ``(867388-U)``, ``Co. Reg. No: 750441-W``."""
    return bool(_REGISTRATION.fullmatch(text.strip()))


_OPEN_QUOTE = re.compile(r"^[\"“„](?=[^\"“”]*$)")


def company_name(text: str) -> str:
    """Return the name without the registration number behind it and with ``Sdn`` corrected where OCR misread it."""
    name = re.sub(r"\s*[(\[（][^()\[\]]*\d{4}[^()\[\]]*(?:[)\]）]|$).*$", "", text.strip())
    name = _REGISTRATION.sub("", name) if re.search(r"bhd\W*\S*\d{5}", name, re.IGNORECASE) else name
    name = re.sub(r"\bS[O0]N\.?(?=\s?BHD)", "SDN", name, flags=re.IGNORECASE)
    return name.strip(' \t,;:*-–|“”"„') or text.strip()


def looks_like_address(text: str) -> bool:
    """Whether a line looks like a part of a postal address: street words, a house number, a postcode."""
    if _NOT_AN_ADDRESS.search(text):
        return False
    return bool(_STREET.search(text) or has_postcode(text) or _LEADING_NUMBER.search(text))


def has_postcode(text: str) -> bool:
    return bool(_POSTCODE.search(text))


def names_town(text: str) -> bool:
    """Whether the line is a town with a postcode of four digits and nothing else: ``Auckland 1010``, ``3011 Bern``."""
    return bool(re.fullmatch(r"\W*(?:[^\W\d_]{3,}[ ,-]{1,3}){1,3}\d{4}\W*|\W*\d{4}\s+(?:[^\W\d_]{3,}\W*){1,3}", text))


def ends_address(text: str) -> bool:
    """Whether a line is certainly no part of an address: a telephone, tax or invoice number, a date and the like."""
    return bool(_NOT_AN_ADDRESS.search(text))

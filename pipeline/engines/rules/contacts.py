"""E-mail addresses, web addresses and phone numbers in a line of text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}", re.ASCII)
_GLUED_LABEL = re.compile(r"^(?:E-[Mm]ail|Email|Mail)(?=[a-z0-9])")  # set in bold, without a blank behind it
_URL = re.compile(
    r"(?:https?://|ftp://|www\.)[^\s<>\"'，。；）】》]+"
    r"|(?<![@\w.-])(?:linkedin\.com|github\.com|gitlab\.com|gitee\.com|orcid\.org|twitter\.com|x\.com|zhihu\.com|"
    r"scholar\.google\.[a-z.]+|(?:[\w-]+\.)?(?:github|gitlab)\.io)(?:/[^\s<>\"'，。；）】》|]*)?"
    r"|(?<![@\w./-])(?<!urn:)(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|me|edu|gov|co\.uk|de|nl|fr|eu|cn|com\.cn|com\.my|app|info)"
    r"(?:/[^\s<>\"'，。；）】》|]*)?(?![\w@.-])",
    re.IGNORECASE,
)
_HOSTLESS = re.compile(r"(?:\w+://)?(?:www)?", re.IGNORECASE)  # what stands at the end of a line, and goes on below
_PHONE = re.compile(r"(?<![\w.,/-])(?:\+|\(\+?|00)?\d[\d\s().\-–/]{5,22}\d(?![\w/%]|,\d)")
_MOST_DIGITS = 15  # of one number
_EXTENSION = re.compile(
    r"\s*[,;/-]?\s*(?:ext(?:ension)?\b\.?|x|durchwahl|poste|转|分机)\s*[:：]?\s*(\d{1,6})(?!\w)", re.IGNORECASE
)
_PHONE_LABEL = re.compile(
    r"(?:\btel|\bphone|\bmobile|\bmob\b|\bfax|\bcell|\bhandy|\bcall\b|\bhp\b|telefoon|telefon|\bcelular|\bm[óo]vil|\bportable|\bcellulare|t[ée]l[ée]phone|电话|電話|手机|手機|联系方式|传真)",
    re.IGNORECASE,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactMatch:
    """What stands at ``text[start:end]``; ``value`` is its normal form."""

    start: int
    end: int
    value: str


def find_emails(text: str) -> list[ContactMatch]:
    """Find e-mail addresses as printed, without a closing point."""
    matches = [(match.end(), _GLUED_LABEL.sub("", match[0].rstrip("."))) for match in _EMAIL.finditer(text)]
    matches = [(text.rindex(value, 0, end), value) for end, value in matches]
    return [ContactMatch(start=at, end=at + len(value), value=value) for at, value in matches]


def find_urls(text: str) -> list[ContactMatch]:
    """Find web addresses as printed, without closing punctuation; the host of an e-mail address does not count."""
    urls = []
    for match in _URL.finditer(text):
        value = match[0].rstrip(".,;:!?*_`")
        while value.endswith(")") and value.count("(") < value.count(")"):
            value = value[:-1].rstrip(".,;:")
        if not _HOSTLESS.fullmatch(value):
            urls.append(ContactMatch(start=match.start(), end=match.start() + len(value), value=value))
    return urls


def find_phones(text: str, region: str = "", expected: bool = False) -> list[ContactMatch]:
    """Find phone numbers: those that phonenumberslite accepts as valid, and those that a label announces.

    The value is in E.164 where the number carries its country code or is valid in ``region`` (ISO 3166), else as
    printed; an extension stands behind it (`` ext. 42``). With ``expected``, every number as long as a phone number is
    taken, as fits a letterhead or the head of a curriculum vitae.
    """
    text = text.replace("丨", "|")  # a stroke between contacts, though it counts as a letter
    labelled = expected or bool(_PHONE_LABEL.search(text))
    phones = []
    for match in (one for both in _PHONE.finditer(text) for one in _apart(both)):
        value = _normal_phone(match[0], region, labelled)
        if value:
            more = _EXTENSION.match(text, match.end())
            end, value = (more.end(), f"{value} ext. {more[1]}") if more else (match.end(), value)
            phones.append(ContactMatch(start=match.start(), end=end, value=value))
    return phones


def _apart(match: re.Match[str]) -> list[re.Match[str]]:
    """The two numbers that a dash or stroke with a blank parts, where both together are too long for one."""
    joint = re.search(r"\s+[-–/]\s*|[-–/]\s+", match[0]) if len(re.sub(r"\D", "", match[0])) > _MOST_DIGITS else None
    if joint is None:
        return [match]
    ends = [(match.start(), match.start() + joint.start()), (match.start() + joint.end(), match.end())]
    return [one for start, end in ends if (one := _PHONE.match(match.string, start, end))]


@lru_cache(maxsize=2048)
def _normal_phone(printed: str, region: str, labelled: bool) -> str | None:
    digits = re.sub(r"\D", "", printed)
    if not 7 <= len(digits) <= _MOST_DIGITS or _is_other_number(printed):
        return None
    import phonenumbers

    international = re.sub(r"^\(?(?:\+|00)", "+", printed) if re.match(r"\(?\+|00", printed) else printed
    regions = [region] if region else [None] if international.startswith("+") else ["CN", "US"]
    for country in regions:
        try:
            number = phonenumbers.parse(international, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number) and (region or country is None):
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
        if phonenumbers.is_valid_number(number) and (labelled or _looks_dialled(printed)):
            return printed.strip()
    return printed.strip() if labelled and len(digits) >= 8 else None


def _looks_dialled(printed: str) -> bool:
    """Whether the grouping is that of a phone number rather than of a part or account number."""
    return bool(
        re.fullmatch(
            r"1[3-9]\d{9}|\(?\d{3}\)?[\s.-]\s?\d{3}[\s.-]\d{4}|0\d{2,3}[\s-]\d{7,8}|1[3-9]\d[ -]\d{4}[ -]\d{4}",
            printed.strip(),
        )
    )


def _is_other_number(printed: str) -> bool:
    """Whether the number is a date, a period of years, a sum or the ORCID of an author."""
    printed = printed.strip("() ")
    return bool(
        re.match(r"(?:19|20)\d{2}\s?[./-]\s?\d{1,2}\s*[-–—]\s*(?:19|20)\d{2}", printed)
        or re.fullmatch(r"1[5-9]\d{2}\s?[-–]\s?(?:1[5-9]|20)\d{2}", printed)
        or re.search(r"(?<!\d)(?:19|20)\d{2}\s?[-–./]\s?(?:(?:19|20)\d{2}|\d{1,2}\s?[-./]\s?\d{1,2})(?!\d)", printed)
        or re.fullmatch(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(?:\s+\d.*)?", printed)
        or re.fullmatch(r"\d{1,3}(?:[ .]\d{3})+", printed)
        or re.match(r"0000-000\d-\d{4}", printed)
    )

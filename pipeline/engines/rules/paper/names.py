"""Names of people in the byline of a paper: without degrees, e-mails and the marks of their affiliations."""

from __future__ import annotations

import re

from pipeline.engines.rules.contacts import find_emails

_MARKS = re.compile(r"[\d⁰¹²³⁴-⁹∗*†‡§¶‖#✉⇑☆★♠♦♥♣♢♡♤♧□■○●◦◇◆△▽‡⊥]+|\(\s*\)|[,，]\s*(?=[,，])|(?<=\w)[.](?=\s*$)")
_SEPARATOR = re.compile(
    r"\s*(?:,|，|;|；|、|·|•|\||(?<=[\u4e00-\u9fff]{2})\s+(?=[\u4e00-\u9fff]{2})|\band\b|&|\bund\b|\bet\b)\s*"
)
_DEGREE = re.compile(r"(?:[A-Z][a-z]{0,3}\.?){2,5}")  # MD, ScD, Ph.D., FRCP: two capitals or more in one short word
_LONGEST_DEGREE = 8
_LEAD = re.compile(
    r"^\W*(?:(?:姓\s*名|作\s*者(?:\s*姓\s*名)?|学\s*生(?:\s*姓\s*名)?|authors?|autor(?:en|in)?|auteurs?|by|von|par)\s*[:：]"
    r"|by\s(?=[A-Z]))\s*",
    re.IGNORECASE,
)
_LABEL = re.compile(r"[^\W\d]\s*[:：]")
_TITLE = re.compile(r"(?:(?:Prof|Dr|Dipl|Ing|Mr|Mrs|Ms|Frau|Herr|M|Mme)\.?[\s-]+)*(?=[A-ZÀ-Ý])")
_NAME_WORD = (
    r"(?:[A-ZÀ-Ý][\w'’.-]*|de|la|van|von|der|den|di|da|del|della|dos|du|bin|bint|ibn|ul|ur|abu|al|el|le|ter|ten|zu|zur"
    r"|y|e|af|av)"
)
_NAME = re.compile(
    rf"(?:[A-ZÀ-Ý][\w'’.-]*)(?:\s+{_NAME_WORD}){{1,4}}|[\u4e00-\u9fff]{{2,4}}|[\u4e00-\u9fff]{{2}}\s[\u4e00-\u9fff]"
)
_ORCID_MARK = re.compile(r"(?<=[a-zß-ÿ])iD$|(?<=[a-zß-ÿ])ID$")  # the letters of its sign
_LETTERS_BETWEEN = re.compile(r"(?<=\w)\s+[a-zⁱⁿ](?:\s?,\s?[a-zⁱⁿ])*(?=\s+[A-ZÀ-Þ]|\s*$)")
_SIGNS = ("iD", "ID")
_ONE_WORD = re.compile(r"[A-ZÀ-Ý][a-zß-ÿ’'-]{2,}")
_MARK_LETTER = re.compile(r"[a-zⁱⁿ]|[a-z]\d|\d[a-z]")
_NO_NAME = re.compile(
    r"(?<![a-z])(?:universi\w+|institut[eo]?|department|school|college|laborator\w*|faculty|cent(?:re|er)|research|"
    r"inc|ltd|gmbh|corporation|abstract|journal|proceedings|conference|association|published|received|accepted|volume|"
    r"open|access|academy|hospital|station|observatory|museum|agency|ministry|team|society|council|library|labs?|clinic|"
    r"google|microsoft|facebook|amazon|openai|group|press|review|article|street|usa|china|germany|france|edited|draft|version|"
    r"hochschule|fakult[äa]t|lehrstuhl|école|facult[ée])(?![a-z])|@|大学|学院|研究|公司",
    re.IGNORECASE,
)
_LEAST_AROUND = 3  # full names in a list, for a name of one word among them to be believed
_LETTERED = 5  # names that all end in the letter of an affiliation


def separated(text: str) -> bool:
    """Whether a text enumerates: commas, bars or ``and`` stand in it."""
    return len(_LETTERS_BETWEEN.findall(text)) > 1 or _SEPARATOR.search(_without_contacts(text)) is not None


def ends_open(text: str) -> bool:
    """Whether an enumeration goes on behind the text, or in front of it: it ends or begins with a separator."""
    return bool(re.search(r"(?:[,，;；、·•|&]|\b(?:and|und|et))\s*$", _MARKS.sub("", text)))


def breaks_name(text: str, following: str) -> bool:
    """Whether a name goes on over the end of a line: ``…, Jane`` ``B. Doe, …``."""
    last, first = _parts(text)[-1:], _parts(following)[:1]
    if not last or not first or ends_open(text) or following.lstrip()[:1] in ",;，；、·":
        return False
    words = last[0].split()
    return len(words) == 1 or len(first[0].split()) == 1 or len(words[-1].strip(".")) == 1


def says_no_name(text: str) -> bool:
    """Whether the words are those of an affiliation, an address or a notice."""
    return _NO_NAME.search(_without_contacts(text)) is not None


def is_contact(text: str) -> bool:
    """Whether nothing but e-mails, addresses or ORCIDs stand in a text."""
    rest = re.sub(
        r"(?:https?://)?orcid\S*|\d{4}-\d{4}-\d{4}-\d{3}[\dX]|\S+@\S+|[{}(),;\s]|https?://\S+", "", text, flags=re.I
    )
    return not rest and bool(text.strip())


def names_of(text: str) -> list[str]:
    """The names of a text that holds nothing else; [] where it holds other words.

    In a list of several names one part may be something else, which is left out.
    """
    text = _without_contacts(text)
    if _NO_NAME.search(text) or _LABEL.search(_LEAD.sub("", text)):
        return []
    parts = [part for part in _parts(text) if not _is_degree(part)]
    full = [part for part in parts if _NAME.fullmatch(part)]
    if len(full) == len(parts):
        return full
    if len(full) < _LEAST_AROUND or len(parts) - len(full) > max(1, len(full) // 5):
        return []
    return [part for part in parts if part in full or _ONE_WORD.fullmatch(part)]


def without_letters(names: list[str], others: str) -> list[str]:
    """Names without the raised letter of an affiliation at their ends: ``Jane Doea``.

    All of them where each has one and ``others``, the text around, explains them; else those that stand there without.
    """
    ends = [name[-1] for name in names]
    glued = len(names) >= _LETTERED and all("a" <= end <= "j" for end in ends)
    if glued and re.search(r"(?<![A-Za-z])a(?=[A-Z][a-z]{3})", others):
        return [name[:-1] for name in names]
    return [name[:-1] if "a" <= name[-1] <= "j" and _is_longer(name, others) else name for name in names]


def _is_longer(name: str, others: str) -> bool:
    """Whether a text knows a name only without its last letter."""
    return name not in others and re.search(rf"{re.escape(name[:-1])}(?!\w)", others) is not None


def _without_contacts(text: str) -> str:
    for match in reversed(find_emails(text)):
        text = text[: match.start] + " " + text[match.end :]
    return re.sub(
        r"\(?\s*(?:https?://)?(?:www\.)?orcid(?:\.org/)?[\s:]*\S*|\d{4}-\d{4}-\d{4}-\d{3}[\dX]", " ", text, flags=re.I
    )


def _parts(text: str) -> list[str]:
    if len(_LETTERS_BETWEEN.findall(text)) > 1:  # nothing but the letters of affiliations parts the names
        text = _LETTERS_BETWEEN.sub(", ", text)
    return [part for part in map(_bare, _SEPARATOR.split(_MARKS.sub(" ", _LEAD.sub("", text)))) if part]


def _bare(part: str) -> str:
    part = _ORCID_MARK.sub("", " ".join(part.split()).strip(" .:：()"))
    match = _TITLE.match(part)
    part = part[match.end() :] if match else part
    words = part.split()
    while len(words) > 2 and (_MARK_LETTER.fullmatch(words[-1]) or words[-1] in _SIGNS):  # raised letters, signs
        words.pop()
    if len(words) == 1 and _MARK_LETTER.fullmatch(words[0]):
        return ""
    return " ".join(words)


def _is_degree(part: str) -> bool:
    return len(part) <= _LONGEST_DEGREE and _DEGREE.fullmatch(part) is not None

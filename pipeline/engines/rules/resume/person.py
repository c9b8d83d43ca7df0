"""The person of a curriculum vitae: name, e-mail, phone, location and links."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, zip_longest
from statistics import median

from rapidfuzz import fuzz

from pipeline.engines.evidence.located_values import LocatedValue, located_in, squash
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.chinese_surnames import may_be_person
from pipeline.engines.rules.contacts import find_emails, find_phones, find_urls
from pipeline.engines.rules.dates import find_dates
from pipeline.engines.rules.page_rows import Row
from pipeline.engines.rules.parties import has_company_suffix, is_legal_form_alone, looks_like_address
from pipeline.engines.rules.resume.headings import heading_kind
from pipeline.engines.rules.resume.words import find_degree, is_place, names_job, names_school, place_at_end
from stores.models import Label

_NAME_LABEL = re.compile(
    r"(?:^|[\s|])(?<!['’]s\s)(?:姓\s*名|full\s*name|name|naam|nom(?:\s+et\s+prénoms?)?|nombres?(?:\s+y\s+apellidos?)?|"
    r"nome(?:\s+e\s+cognome)?|name,\s*vorname|(?:vor-?\s*und\s*(?:nach|zu)?)name)\s*[:：]\s*",
    re.IGNORECASE,
)
_REST_OF_LABEL = re.compile(r"名\s*[:：]\s*")
_RARE_NAME = re.compile(r"([\u4e00-\u9fff]{2,3})(?:\s*[(（][\w.-]+[)）])?")  # perhaps with the name of an account
_WITH_SEX = re.compile(r"\W*([\u4e00-\u9fff]{2,4})\s*[/|｜丨,，]\s*[男女](?![\u4e00-\u9fff])")  # "林晓薇/女/1990"
_INTRODUCTION = re.compile(
    r"(?:\b(?:I['’]?\s?a?m|my name is|ich bin|mein name ist|je suis|je m['’]appelle)|我是|我叫)\s*", re.IGNORECASE
)
_LABEL_BEHIND = re.compile(r"[\s,;]+(?:tel|phone|mobile?|cell|fax|e-?mail|mail|web|t|m|e)\.?\s*:?\s*$", re.IGNORECASE)
_SENTENCE = re.compile(r"[a-z]{3}[.!?](?:\s|$)|[。！？]")
_PARTICLES = frozenset(
    [
        "van",
        "von",
        "de",
        "der",
        "den",
        "da",
        "di",
        "del",
        "la",
        "le",
        "bin",
        "binti",
        "al",
        "el",
        "y",
        "e",
        "dos",
        "ten",
        "zu",
        "und",
    ]
)
_NEXT_LABEL = re.compile(
    r"\s{2,}|\s+(?=[\u4e00-\u9fff]{2,4}[:：])|[|｜,，;；]|(?=\s(?:gender|age|phone|email|tel)\b)", re.IGNORECASE
)
_SURNAME_FIRST = re.compile(r"[A-ZÀ-Þ][^\W\d_]+(?:[-'’][^\W\d_]+)?,\s*[A-ZÀ-Þ][^\W\d_]+(?:[\s-][^\W\d_]+)?")
_INITIAL_AND_NAME = re.compile(r"(?:[A-Z]\.){1,3}[A-Z][a-z]{3,}")  # "J.Roe"
_SMALL_NAME = re.compile(r"[a-zà-ÿ]{3,}(?:\s[a-zà-ÿ]{3,}){1,2}")  # "jane roe"
_NAMES_TOGETHER = re.compile(r"(?:[A-ZÀ-Þ][a-zà-ÿ]{2,}){2,3}")  # "JaneRoe"
_SHORT_NAME = re.compile(r"(?<=[^\W\d_])\s*[(（][^()（）]+[)）]\s+(?=[^\W\d_])")  # "Elizabeth (Liz) Roe"
_LEGAL_FORM = re.compile(r"\s(?:GmbH|AG|KG|SE|Ltd|Limited|Inc|LLC|LLP|PLC|Corp|SARL|SàRL|B\.?V)\b\.?$")
_TITLE_OF_PAPER = re.compile(
    r"(?:['’]s\s+)?\b(?:curriculum\s+vitae|c\.?v\.?|r[ée]sum[ée]|lebenslauf|bewerbung)\b(?:\s+(?:of|von|de))?|"
    r"的?(?:个人|求职|应聘|工作|中文)简历|自荐信|求职信|[简履]\s*历(?:\s*[表书])?|自\s*传|学习历程",
    re.IGNORECASE,
)
_LATIN_NAME = re.compile(
    r"(?:(?:dr|prof|mr|mrs|ms|ir|ing|dipl)\.?[\s-]+)*[^\W\d_][^\W\d_'’.-]*(?:\.|[-'’][^\W\d_]+)*"
    r"(?:\s+(?:[^\W\d_]\.|(?:van|von|de|der|den|da|di|del|la|le|bin|binti|al|el|y|e|dos|ten|zu)|"
    r"[^\W\d_][^\W\d_'’.-]*(?:[-'’][^\W\d_]+)*\.?)){1,5}",
    re.IGNORECASE,
)
_HAN_NAME = re.compile(
    r"[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff]\s{1,3}[\u4e00-\u9fff](?:\s{1,3}[\u4e00-\u9fff])?|[\u4e00-\u9fff]{2,8}(?:·[\u4e00-\u9fff]{1,8})+"
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_WITH_LATIN_NAME = re.compile(r"([\u4e00-\u9fff]{2,4})\s*[A-Z][a-z]+(?:\s[A-Z][a-z]+){0,2}\W*")  # "林晓薇 Grace Lin"
_PLACE_LABEL = re.compile(
    r"(?:现?居住?地(?:址|点)?|现居(?:城市)?|所在(?:地|城市)|通讯地址|联系地址|家庭住址|住址|地址|城市|location|"
    r"(?:home\s*|current\s*)?address|residence|city|"
    r"adresse|anschrift|wohnort|adres|woonplaats|domicilio|direcci[óo]n|indirizzo)\s*[:：]\s*",
    re.IGNORECASE,
)
_PLACE_ICON = re.compile(r"[\uf3c5\uf041\uf276\uf279\uf015]\s*")
_ICON = re.compile(r"[\ue000-\uf8ff\ufffd]")
_BETWEEN_CONTACTS = re.compile(
    r"\s*[|｜•·⋄◇♦❖]\s*|\s+/\s+|\s{2,}|\t|\s+[-–—]\s+|[;；，]|(?<=\))\s|\s*[\ue000-\uf8ff\ufffd]\s*"
)
_CONTACT_LABEL = re.compile(
    r"^(?:tel|phone|mobile|cell|e-?mail|mail|web(?:site)?|linkedin|github|gitlab|twitter|skype|fax|born|birth|"
    r"date of birth|dob|nationality|age|"
    r"gender|sex|marital|visa|driving|orcid|google scholar|电话|手机|邮箱|电子邮箱|微信|姓名|简历|现居|性别|年龄|"
    r"民族|籍贯|"
    r"政治面貌|出生|学历|毕业|专业|求职|意向|工作年限|婚姻|身高|期望|qq)",
    re.IGNORECASE,
)
_FORM_LABEL = re.compile(
    r"(?:姓名|现?居住?地(?:址|点)?|现居(?:城市)?|所在(?:地|城市)|通讯地址|联系地址|住址|地址|城市|电话|手机|"
    r"联系电话|邮箱|电子邮箱|name|address|location|"
    r"city|phone|mobile|tel|e-?mail)[:：]?",
    re.IGNORECASE,
)
_MAIL_LABEL = re.compile(r"e-?mail|.*邮箱", re.IGNORECASE)
_NEXT_LINE = 2.6  # heights between the middles of two lines of one address
_SAME_LEFT = 2.0  # points
_DIGITS = re.compile(r"\+?(?:[\s()./-]*\d){9,15}")
_NEAR_CONTACTS = 8.0  # heights
_HEAD_LINES = 25
_FIRST_LINES = 8
_MUCH_HIGHER = 1.3  # times the usual height
_HIGHER = 1.1  # times the usual height
_ALIKE_HIGH = 0.25  # of the height of a line, which is that of its highest and lowest letters
_MOST_WORDS_OF_NAME = 4  # in two lines of one block
_MOST_AT_EDGE = 5  # in two lines of the highest rank at one left edge


def find_email(lines: Sequence[PageLine]) -> LocatedValue | None:
    for line, below in zip_longest(lines, lines[1:]):
        whole = f"{line.text.strip()}{below.text.strip()}" if below and _breaks_address(line, below) else ""
        if below and (matches := find_emails(whole)) and matches[-1].end == len(whole):
            return located_in(matches[-1].value, [line, below])
        for match in find_emails(line.text):
            return located_in(match.value, [line], line.text[match.start : match.end])
    return None


def _breaks_address(line: PageLine, below: PageLine) -> bool:
    """Whether an address without its end, or with a part of it, goes on at the same left edge of the line below."""
    near = line.page == below.page and 0 < below.middle - line.middle < _NEXT_LINE * line.height
    aligned = near and abs(line.box[0] - below.box[0]) < _SAME_LEFT
    begun = re.search(r"@[\w.-]+$", line.text.strip())
    rest = re.fullmatch(r"[\w-]*(?:\.[a-z]{2,})*", below.text.strip())
    broken = begun and (not find_emails(line.text) or re.fullmatch(r"co|or|ne|inf", begun[0].split(".")[-1]))
    return bool(aligned and broken and rest)


def find_phone(lines: Sequence[PageLine], expected: bool = False) -> LocatedValue | None:
    """Find the first phone number; with ``expected``, also one without a label that is valid in no known country."""
    for line in lines:
        for match in find_phones(line.text, expected=expected):
            return located_in(match.value, [line], line.text[match.start : match.end].strip())
    return None


def lines_near(lines: Sequence[PageLine], value: LocatedValue | None) -> list[PageLine]:
    """The lines of digits above and below a value at the same left edge, as the contacts of a sidebar stand."""
    own = next(iter(value.lines), None) if value else None
    if own is None:
        return []
    beside = [line for line in lines if line.page == own.page and _DIGITS.fullmatch(line.text.strip())]
    beside = [line for line in beside if abs(line.box[0] - own.box[0]) < _SAME_LEFT]
    return [line for line in beside if abs(line.middle - own.middle) < _NEAR_CONTACTS * own.height]


def find_links(lines: Sequence[PageLine]) -> list[LocatedValue]:
    return [
        located_in(match.value, [line], line.text[match.start : match.end])
        for line in lines
        for match in find_urls(line.text)
        if not any(match.start >= mail.start and match.end <= mail.end for mail in find_emails(line.text))
    ]


def with_labels_beside(rows: Sequence[Row]) -> list[PageLine]:
    """List the cells of ``rows``; a form's label in the cell before is put in front of its value: ``label：value``."""
    lines: list[PageLine] = []
    for row in rows:
        before = ""
        for cell in row.cells:
            label = re.sub(r"\s", "", before)
            named = bool(_FORM_LABEL.fullmatch(label)) and bool("@" not in cell.text or _MAIL_LABEL.match(label))
            lines.append(replace(cell, text=f"{label.rstrip(':：')}：{cell.text}") if named else cell)
            before = cell.text
    return lines


def _labelled_name(lines: Sequence[PageLine]) -> LocatedValue | None:
    """The name behind its label, which blanks may have torn apart: ``姓`` above or beside ``名：林晓薇``."""
    for before, line in zip_longest([None, *lines][:-1], lines):
        torn = before is not None and before.text.strip() == "姓" and _REST_OF_LABEL.match(line.text)
        if match := torn or _NAME_LABEL.search(line.text):
            rest = line.text[match.end() :].strip()
            turned = _SURNAME_FIRST.fullmatch(rest)
            value = rest if turned else _NEXT_LABEL.split(rest)[0].strip()
            if turned or _name_in(value):
                return located_in(value, [line], value)
    return None


def find_name(lines: Sequence[PageLine], about: Sequence[PageLine], email: LocatedValue | None) -> LocatedValue | None:
    """Find the labelled name, else the line of the head that is likeliest one: large, early, similar to the e-mail."""
    if labelled := _labelled_name([*about, *lines[: _HEAD_LINES * 2]]):
        return labelled
    for line in about[:_HEAD_LINES]:
        if match := _WITH_SEX.match(line.text):
            return located_in(match[1], [line], match[1])
        if match := _INTRODUCTION.search(line.text):
            value = re.split(r"[.,!。，！|]|\s[-–—]\s", line.text[match.end() :])[0].strip()
            if _name_in(value):
                return located_in(value, [line], value)
    typical = median(line.height for line in lines) if lines else 0.0
    large = [line for line in lines if line.page == lines[0].page and line.level == 1 and line.height > 1.5 * typical]
    tall = [line for line in lines[:_HEAD_LINES] if line.label is Label.TEXT and line.height > 1.5 * typical]
    tall = [line for line in tall if not _TITLE_OF_PAPER.fullmatch(line.text.strip())]
    for several in (_headings(about[:_HEAD_LINES]), _headings(large), tall):
        if in_two_lines := _name_in_two_lines(several):
            return in_two_lines
    heads = (about[:_HEAD_LINES], lines[:_HEAD_LINES])
    apart = [line for head in heads for line in head if _stands_out(line, head, typical)]
    candidates = [(line, name) for line in (*apart, *large) if (name := _person_of(line, typical))]
    if (as_in_address := _name_as_in_address(lines[:_FIRST_LINES], typical, email)) or not candidates:
        return as_in_address
    best, name = max(candidates, key=lambda one: (_name_score(one[0], one[1], lines, typical, email), -one[0].number))
    return located_in(name, [best], name)


def _person_of(line: PageLine, typical: float) -> str | None:
    """Return the name in a line that no label announces; a large one in Chinese may begin with a rare surname."""
    rare = line.height > _MUCH_HIGHER * typical and _RARE_NAME.fullmatch(line.text.strip())
    return rare[1] if rare and _name_in(rare[1]) else _person_in(line.text)


def _stands_out(line: PageLine, head: Sequence[PageLine], typical: float) -> bool:
    """Whether a line is a heading, higher than most, or one of the first: the end of a paragraph is none of these."""
    first = line in head[:_FIRST_LINES]
    return first or line.label in (Label.HEADING, Label.TITLE) or line.height > _HIGHER * typical


def _headings(lines: Sequence[PageLine]) -> list[PageLine]:
    return [line for line in lines if line.label in (Label.HEADING, Label.TITLE)]


def _name_as_in_address(lines: Sequence[PageLine], typical: float, email: LocatedValue | None) -> LocatedValue | None:
    """A large line of the head that reads as the e-mail address does: in small letters, or without its blank."""
    for line in lines if email else ():
        text = line.text.strip()
        name = text if _SMALL_NAME.fullmatch(text) else re.sub(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])", " ", text)
        odd = _SMALL_NAME.fullmatch(text) or _NAMES_TOGETHER.fullmatch(text)
        if odd and line.height > _MUCH_HIGHER * typical and _is_akin(name, email) and not names_job(name):
            return located_in(name, [line], text)
    return None


def _name_in_two_lines(lines: Sequence[PageLine]) -> LocatedValue | None:
    """Find a first name above a last one, lines as large as each other and near, of one word or in one block."""
    for one, other in pairwise(lines):
        least = _ALIKE_HIGH if other.number < _FIRST_LINES and one.level == 1 else 0.1
        alike = one.page == other.page and one.level == other.level
        alike = alike and abs(one.height - other.height) < least * one.height
        near = (
            0 < other.middle - one.middle < 2 * one.height and one.box[0] < other.box[2] and other.box[0] < one.box[2]
        )
        words = all(re.fullmatch(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*", line.text.strip()) for line in (one, other))
        edge = abs(one.box[0] - other.box[0]) < _SAME_LEFT and (one.level == 1 or one.label is Label.TEXT)
        most = _MOST_WORDS_OF_NAME if one.block == other.block else _MOST_AT_EDGE if edge else 0
        words = words or len(f"{one.text} {other.text}".split()) <= most
        name = _name_in(f"{one.text.strip()} {other.text.strip()}") if alike and near and words else None
        if name:
            return located_in(name, [one, other])
    return None


def _person_in(text: str) -> str | None:
    """Return the name in a line that no label announces: one in Chinese begins with a surname."""
    if match := _WITH_LATIN_NAME.fullmatch(text.strip()):
        text = match[1]
    if _INITIAL_AND_NAME.fullmatch(text.strip()):
        return text.strip()
    name = _name_in(text)
    return None if name and _HAN.search(name) and not may_be_person(name) else name


def _name_in(text: str) -> str | None:
    """Return the name in a line that holds nothing else but titles and degrees."""
    if text.rstrip().endswith((":", "：")):
        return None
    for date in reversed(find_dates(text)):
        text = text[: date.start] + text[date.end :]  # of birth
    plain = _TITLE_OF_PAPER.sub(" ", _ICON.sub(" ", text)).strip(" \t,:：-–—|_·*¹²³†‡")
    if _LATIN_NAME.fullmatch(bare := _SHORT_NAME.sub(" ", plain)) and bare != plain and not names_job(bare):
        return plain
    plain = re.split(r"\s*[|｜,，(（]\s*|\s[-–—/]\s|\s{3,}", plain)[0].strip()
    if (
        not plain
        or _CONTACT_LABEL.match(plain)
        or heading_kind(text)
        or (" " in plain and heading_kind(plain.split()[-1].capitalize()))  # "Visiting Appointments"
        or names_school(plain)
        or _LEGAL_FORM.search(plain)
        or is_legal_form_alone(plain)
        or (is_place(plain) and len(plain.split()) > 1)
    ):
        return None
    clause = re.search(r"[，。；]\s*[\u4e00-\u9fff]{4}", text)
    if _HAN_NAME.fullmatch(plain) and not clause and not names_job(plain) and not find_degree(plain):
        return plain
    if _LATIN_NAME.fullmatch(plain) and len(plain) <= 50 and not names_job(plain) and _is_capitalised(plain):
        return plain
    return None


def _is_capitalised(name: str) -> bool:
    """Whether each word begins with a capital, particles apart: "Where I have worked" is no name."""
    return name[:1].isupper() and all(
        word[:1].isupper() or word.casefold() in _PARTICLES or re.match(r"[^\W\d_]['’]", word) for word in name.split()
    )


def _name_score(
    line: PageLine, person: str, lines: Sequence[PageLine], typical: float, email: LocatedValue | None
) -> float:
    score = 2.0 * min(line.height / (typical or 1.0), 3.0) - 0.05 * (line.number - lines[0].number)
    score += 1.5 * (line.label is Label.TITLE) + 0.5 * (line.label is Label.HEADING)
    return score + 2.0 * _is_akin(person, email)


def _is_akin(person: str, email: LocatedValue | None) -> bool:
    """Whether an e-mail address is made of a part of a name, or nearly of the whole."""
    local = squash(str(email.value).split("@")[0]) if email else ""
    parts = [squash(part) for part in person.split()]
    return any(len(part) >= 3 and part in local for part in parts) or fuzz.ratio(squash(person), local) > 75


def find_location(about: Sequence[PageLine], name: LocatedValue | None) -> LocatedValue | None:
    """Find the labelled place, the one behind a map pin, a known place, else an unknown text between the contacts."""
    for pattern in (_PLACE_LABEL, _PLACE_ICON):
        for line in about:
            if match := pattern.search(line.text):
                value = _cut(line.text[match.end() :])
                if len(value) > 1 and not find_emails(value) and not find_urls(value):
                    return located_in(value, [line], value)
    parts = [(part, line) for line in about for part in _parts(line.text) if part]
    for part, line in parts:
        if is_place(part) and not _names_person(part, name):
            return located_in(part, [line], part)
    for part, line in parts:
        start = place_at_end(part)  # "District, Town, Country"
        if start and not names_school(part) and not has_company_suffix(part) and not _names_person(part, name):
            value = part[start:] if names_job(part[:start]) else part
            return located_in(value, [line], value)
    for part, line in parts:
        if looks_like_address(part) and re.search(r"\d", part) and not find_phones(part):
            return located_in(part, [line], part)
    return _between_contacts(about, name)


def _names_person(text: str, name: LocatedValue | None) -> bool:
    """Whether a name and a degree look like a town and a state: ``Roe, MD`` beside the name ``Jane Roe``."""
    words = re.findall(r"[^\W\d_]+", text.split(",")[0].casefold())
    return name is not None and set(words) <= set(re.findall(r"[^\W\d_]+", str(name.value).casefold()))


def _cut(text: str) -> str:
    value = re.split(r"\s{2,}|[|｜\ue000-\uf8ff]|\s(?=[\u4e00-\u9fff]{2,4}[:：])", text.strip())[0]
    return value.strip(" ,;，；")


def _parts(text: str) -> list[str]:
    """Split a line at its separators and at its e-mail addresses, phone numbers and links."""
    contacts = [*find_emails(text), *find_phones(text, expected=True), *find_urls(text)]
    for match in sorted(contacts, key=lambda match: -match.start):
        text = f"{text[: match.start]} | {text[match.end :]}"
    return [_LABEL_BEHIND.sub("", part).strip(" ,;:，/") for part in _BETWEEN_CONTACTS.split(text)]


def _between_contacts(about: Sequence[PageLine], name: LocatedValue | None) -> LocatedValue | None:
    """Return the part of the row of contacts that is no contact, link or user name."""
    rows = [line.middle for line in about if find_emails(line.text) or find_phones(line.text)]
    for line in about:
        if not any(abs(line.middle - row) < line.height for row in rows):
            continue
        for part in _parts(line.text):
            if _may_be_place(part) and not (name and squash(str(name.value)) in squash(part)):
                return located_in(part, [line], part)
    return None


def _may_be_place(text: str) -> bool:
    contact = find_emails(text) or find_phones(text) or find_urls(text) or _CONTACT_LABEL.match(text)
    handle = re.search(r"[@/_]|\w\.\w", text) or not text[:1].isupper()
    odd = names_job(text) or find_degree(text) or heading_kind(text) or len(text) > 60 or _SENTENCE.search(text)
    return len(text) > 2 and not contact and not handle and not odd and not re.fullmatch(r"[\W\d]+", text)

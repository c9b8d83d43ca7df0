"""Who wrote an invoice: by label, by legal form, by the firm's own web and mail domain, by the letterhead."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from pipeline.engines.evidence.located_values import LocatedValue, located_in, squash
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.contacts import find_emails, find_phones, find_urls
from pipeline.engines.rules.dates import find_dates
from pipeline.engines.rules.invoice.tax_invoice import named_parties, tax_invoice_line
from pipeline.engines.rules.labelled import LabelIndex
from pipeline.engines.rules.money import find_amounts, has_cents
from pipeline.engines.rules.parties import (
    company_name,
    ends_address,
    has_company_suffix,
    has_postcode,
    looks_like_address,
)
from stores.models import Label

_ISSUER_LABELS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^\W*(?:from|seller|vendor|supplier|issuer|issued\s*by|bill(?:ed)?\s*from|sold\s*by|leverancier|verkoper|"
        r"verkäufer|"
        r"sprzedawca|wystawca|dodavatel|lieferant|rechnungs(?:aus|er)?steller|aussteller|(?:service\s*)?provider|prestataire|auftragnehmer|leistungserbringer|vendeur|[ée]metteur|fournisseur|vendedor|emisor|fornitore|cedente|säljare|leverantör|sælger|selger|leverandør)\s*(?:[:：]|$)",
        r"销售方(?:信息|名称)?\s*[:：]?(?!\s*[(（]\s*章)|销货单位(?:名称)?\s*[:：]?|开票(?:方|单位)\s*[:：]|收款单位\s*[:：]|卖方\s*[:：]",
    )
]
_PAYEE_LABELS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:account\s*(?:name|holder)|beneficiary(?:\s*name)?|payee|kontoinhaber|t\.?n\.?v\.?|titulaire|"
        r"(?:make\s*)?(?:all\s*)?che(?:ques|cks)\s*payable\s*to|remit(?:tance)?\s*to|开户名)\s*[:：]?",
    )
]
_CUSTOMER = re.compile(
    r"(?<![a-z])(?:bill(?:ed|ing)?\s*(?:to|address)|sold\s*to|ship(?:ped|ping)?\s*(?:to|address)|"
    r"invoice(?:d)?\s*to|deliver(?:y|ed)?\s*(?:to|address)|customer|client|"
    r"buyer|käufer|(?:rechnungs|leistungs|waren)?empfänger|acheteur|attn|attention|factuur\s?adres|aflever\s?adres|bezorg\s?adres|klant|kunde|rechnungsadresse|"
    r"lieferadresse|rechnung\s*an|"
    r"adresse\s*de\s*(?:facturation|livraison)|factur[ée]\s*[àa]|destinataire|cliente?|destinatario|nabywca|odb[ěi]or?ca|odběratel|spett\.?\s?(?:le|abile)|köpare|køber|kjøper|kund)(?![a-z])|"
    r"^\W*to\s*[:：]|^\W*(?:firma|herrn?|frau|an|t\.a\.v\..*)\W*$|购买方|购货单位|收货|买方|客户|买受人",
    re.IGNORECASE,
)
_ADDRESSED = re.compile(r"(?:御\s*中|[样様]|殿|台\s*照|宝\s*号|钧\s*鉴)\W*$")  # behind the name of who shall pay
_NAME_LABEL = re.compile(
    r"\W*(?:(?:company|firm(?:en)?|trading|legal)[\s-]?)?(?:name|firma|company|nom|raison\s*sociale|nombre|naam|nazwa|(?:单位)?名\s*称)"
    r"\s*[:：]?\W*",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"(?<![a-z])(?:invoice|factuur|rechnung(?:en)?|facture|factura|fattura|kopie|copy|page|pagina|seite|date|datum|total|"
    r"totaal|number|nummer|"
    r"amount|description|descrizione|descripci[óo]n|beschreibung|bezeichnung|d[ée]signation|omschrijving|quantity|qty|price|payment|terms?|order|tel|bank|iban|bic|swift|vat|btw|"
    r"mwst|kvk|due|customer|"
    r"account|reference|bedrag|betrag|montant|prijs|preis|prix|artikel|aantal|menge|subtotal|discount|original|"
    r"signature|unterschrift|podpis|osoby|receipt|statement|please|thank|dear)(?![a-z])|[\u3041-\u3096]{3}|品[名番]|单价|数量|发票|日期|号码|合计|金额|税",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"[^:：]{0,30}(?:nummer|number|gln|gtin|nr|no|id|#)\.?\W*(?:[:：].*)?$", re.IGNORECASE)
_PAPER = re.compile(r"\W*\S*(?:rechnung|korrektur|gutschrift|invoice|facture|factuur|fattura)\W*", re.IGNORECASE)
_BARE_LABEL = re.compile(
    r"\W*(?:(?:your\s+)?company(?:\s+(?:name|address|logo|details))?|name|(?:street\s+)?address|phone(?:\s+number)?|"
    r"e-?mail|website|(?:your\s+)?logo|from|data|indirizzo|adresse|anschrift|firma|société|empresa|ditta)\W*",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?=(?:\D*\d){4})[A-Z0-9.-]+")  # of a tax office
_STAMP = re.compile(r"专用章")
_KIND = re.compile(r"^\W*(?:tax\s*)?(?:invoice|factuur|rechnung|facture|factura|fattura)\b[\s.:–-]+", re.IGNORECASE)
_MAILERS = frozenset(
    "gmail hotmail outlook yahoo icloud live msn aol gmx web qq 163 126 sina foxmail example proton".split()  # noqa: SIM905
)
_CUSTOMER_LINES = 6
_LETTERHEAD_LINES = 3
_TAX_OR_BANK = re.compile(
    r"(?<![a-z])(?:vat|ust|tva|btw|tax|siret|iban|hrb|kvk|reg)(?![a-z])|税号|账号|识别号", re.IGNORECASE
)
_BANK = re.compile(
    r"(?<![a-z])(?:bank|banque|banca|sparkasse|volksbank|iban|bic|sort\s*code|page|seite)(?![a-z])|银行", re.IGNORECASE
)
_PARTS = re.compile(r"\s*[|·•●,]\s*|\s[-–—]\s|\s{3,}")
_MOST_LETTERS_OF_DATE = 12
_HOUSE_NUMBER = re.compile(r"\s\d{1,4}\s?[a-z]?$", re.IGNORECASE)
_LABEL_STEP = 5.0  # heights from one label of a block to the next, at most
_STEP = 2.5  # heights from one line of a block to the next, at most
_FOOT = 0.85  # of the height of what is printed
_LEAST_SCORE = 1.0
_FIRST = 0.6  # for the line that a page begins with: a person's name may stand below that of the firm
_ISSUER_PAGES = 2


def find_issuer(index: LabelIndex) -> LocatedValue | None:
    """Find the likeliest issuer: a line of the first page, or any line with a legal form; None where none fits."""
    parties = named_parties(index)
    if parties is not None:
        return parties[1]
    labelled = _below_label(index) or index.first(_ISSUER_LABELS, _read_name)
    if labelled:
        return labelled
    customers = _customer_lines(index)
    domains = _domains(index.lines)
    near = [line for line in index.lines if line.page < index.lines[0].page + _ISSUER_PAGES]
    names = [line for line in near if line.number not in customers and _may_be_name(line.text)]
    candidates = [line for line in names if not _is_sold(index, line)]
    squashed = [squash(line.text) for line in near]
    scored = [(_score(line, index, domains, squashed), -line.number, line) for line in candidates]
    best = max(scored, key=lambda item: item[:2], default=None)
    named = best is not None and best[0] >= _LEAST_SCORE and has_company_suffix(best[2].text)
    if not named and (payee := index.first(_PAYEE_LABELS, _read_name)):
        return payee
    if best is None or best[0] < _LEAST_SCORE:
        return _only_domain(index.lines, domains)
    if not named and tax_invoice_line(index):  # its form names the seller: another line at the top is none
        return None
    line = _in_full(best[2], candidates)
    return located_in(_name_in(line.text), [line])


def _is_sold(index: LabelIndex, line: PageLine) -> bool:
    """Whether a line begins a row of numbers that ends with an amount: what is sold, and no firm."""
    row = [cell.text for cell in index.row_of(line).cells if cell.box[0] > line.box[0]]
    amounts = [cell for cell in row if any(has_cents(amount) for amount in find_amounts(cell))]
    return len(row) > 1 and bool(amounts) and all(any(map(str.isdigit, cell)) for cell in row)


def _in_full(line: PageLine, candidates: Sequence[PageLine]) -> PageLine:
    """The line that goes on with the name of a logo: ``Blue Heron Catering`` where ``Blue`` stands alone as well."""
    name = line.text.strip()
    words = name.split()
    if len(words) > 1 or has_company_suffix(name):
        return line
    longer = [other for other in candidates if other.text.split()[:1] == words and 1 < len(other.text.split()) < 7]
    return min(longer, key=lambda other: other.number, default=line)


def _below_label(index: LabelIndex) -> LocatedValue | None:
    """The first name in the block under ``Seller``, below numbers of the firm."""
    for line in index.lines:
        beside = next(iter(index.beside(line)), None)
        named = beside is not None and _read_name(beside.text) is not None
        label = _ISSUER_LABELS[0].search(line.text)
        if named or label is None or line.text[label.end() :].strip():
            continue
        if name := _named_in_block(index, line):
            return name
    return None


def _named_in_block(index: LabelIndex, label: PageLine) -> LocatedValue | None:
    """The first line below a label that may be a name, or the value of ``Name:`` in a block of labels and values."""
    at = label
    for _ in range(_CUSTOMER_LINES):
        under = index.below(at)[:1] or _next_aligned(index, at)
        if not under:
            return None
        at = under[0]
        beside = next(iter(index.beside(at)), None)
        if beside is not None and _NAME_LABEL.fullmatch(at.text) and (name := _read_name(beside.text)):
            return located_in(name[0], [beside])
        if (name := _read_name(at.text)) is not None and not _NO_NAME.search(at.text):
            return located_in(name[0], [at])
    return None


def _next_aligned(index: LabelIndex, line: PageLine) -> list[PageLine]:
    """The next line that begins where this one does, a few lines lower: labels of values that take several lines."""
    aligned = [other for other in index.on_page(line.page) if abs(other.box[0] - line.box[0]) < 1.0]
    lower = [other for other in aligned if 0 < other.middle - line.middle < _LABEL_STEP * line.height]
    return sorted(lower, key=lambda other: other.middle)[:1]


def _read_name(text: str) -> tuple[object, int, int] | None:
    name = re.sub(r"^(?:名\s*称|name)\s*[:：]\s*", "", text.strip(), flags=re.IGNORECASE)
    if _NUMBERED.match(name) and not has_company_suffix(name):
        return None
    if (
        len(name) < 2
        or name.endswith((":", "："))
        or not _may_be_name(name)
        or (looks_like_address(name) and not has_company_suffix(name))
    ):
        return None
    start = text.find(name)
    return _name_in(name), start, start + len(name)


def _may_be_name(text: str) -> bool:
    text = _head(text)
    if _STAMP.search(text) or _BARE_LABEL.fullmatch(text) or _CODE.fullmatch(text):
        return False
    letters = sum(c.isalpha() for c in text)
    long = len(text) > 120 or (len(text.split()) > 9 and not has_company_suffix(text))
    label = bool(
        _CUSTOMER.fullmatch(text.strip(" \t:：")) or _PAPER.fullmatch(text.strip())
    )  # beside that of the issuer, above two columns
    labels = label or text.rstrip().endswith((":", "："))
    dated = bool(find_dates(text)) and letters < _MOST_LETTERS_OF_DATE
    return letters >= 3 and letters > 0.5 * len(text.replace(" ", "")) and not (long or labels or dated)


def _head(text: str) -> str:
    """What stands before the address in a line that holds both, else all of it."""
    parts = _PARTS.split(text.strip())
    return parts[0] if _goes_on_with_address(text) and not looks_like_address(parts[0]) else text


def _name_in(text: str) -> str:
    """The name in a letterhead line that goes on with address or numbers: ``Firm GmbH · Street 1 · 12345 Town``."""
    text = _KIND.sub("", text.strip()) or text
    for part in re.split(r"\s*[|·•●]\s*|\s[-–—]\s|\s{3,}|\t", text):
        if has_company_suffix(part):
            return company_name(re.split(r",\s*(?=[^,]*\d)", part)[0])
    first = re.split(r"\s*[|·•●]\s*|\s{3,}", text)[0]
    return company_name(_head(text) if _goes_on_with_address(text) else first)


def _customer_lines(index: LabelIndex) -> set[int]:
    """Numbers of the lines that name the customer: the label and what stands below it in its column."""
    numbers = {number for line in index.lines if _ADDRESSED.search(line.text) for number in _addressed(line, index)}
    for line in index.lines:
        if not _CUSTOMER.search(line.text) or len(line.text) > 60:
            continue
        numbers.add(line.number)
        at = line
        for _ in range(_CUSTOMER_LINES):
            below = [other for other in index.below(at) if other.number not in numbers]
            if not below:
                break
            at = below[0]
            numbers.add(at.number)
        numbers.update(
            other.number for other in list(index.beside(line))[:1] if line.text.strip().endswith((":", "："))
        )
    return numbers


def _addressed(line: PageLine, index: LabelIndex) -> set[int]:
    """The numbers of a line that addresses somebody, of what stands before it, and of the firm above the person."""
    before = [cell.number for cell in index.row_of(line).cells if cell.box[0] < line.box[0]]
    above = [
        other.number
        for other in index.on_page(line.page)
        if 0 <= line.box[1] - other.box[3] < line.height and abs(other.box[0] - line.box[0]) < 2 * line.height
    ]
    return {line.number, *before, *above}


def party_lines(index: LabelIndex) -> set[int]:
    """Numbers of the lines that stand in the blocks of the customer and of the seller."""
    numbers = _customer_lines(index)
    for line in index.lines:
        if _ISSUER_LABELS[0].search(line.text):
            at = line
            while (under := index.below(at)[:1]) and under[0].number not in numbers and len(numbers) < len(index.lines):
                at = under[0]
                numbers.add(at.number)
    return numbers


def _domains(lines: Sequence[PageLine]) -> list[str]:
    """Names in the web and mail addresses that are not those of public mail services, the most frequent first."""
    names: dict[str, int] = {}
    for line in lines:
        hosts = [match.value.split("@")[1] for match in find_emails(line.text)]
        hosts += [re.sub(r"^(?:\w+://)?(?:www\.)?", "", match.value).split("/")[0] for match in find_urls(line.text)]
        for host in hosts:
            parts = [part for part in host.casefold().split(".")[:-1] if part not in ("co", "com", "org", "net")]
            if parts and parts[-1] not in _MAILERS and len(parts[-1]) >= 3:
                names[squash(parts[-1])] = names.get(squash(parts[-1]), 0) + 1
    return sorted(names, key=lambda name: -names[name])


def _score(line: PageLine, index: LabelIndex, domains: Sequence[str], squashed: Sequence[str]) -> float:
    """Score how likely a line names the issuer; ``squashed``: texts of the first pages, which may repeat the name."""
    text = line.text
    name = squash(_name_in(text))
    score = 3.0 * has_company_suffix(text) - 2.0 * bool(_NO_NAME.search(text)) * (not has_company_suffix(text))
    score += max((_domain_score(name, domain) for domain in domains), default=0.0)
    score -= 2.0 * (looks_like_address(text) and not _heads_address(line, index)) + 3.0 * ends_address(text)
    score += 1.5 * (has_company_suffix(text) and _goes_on_with_address(text))
    first_page = index.lines[0].page
    if line.page == first_page:
        top = line.number < 8 or line.box[1] < 150.0
        score += (
            1.0 * top
            + _FIRST * (line.number == index.lines[0].number)
            + 1.0 * (line.label in (Label.HEADER, Label.FOOTER))
        )
        score += 2.5 * (line.number < _LETTERHEAD_LINES and _has_contacts(index, line))
        score -= 2.0 * _is_addressed(index, line)
        score += 3.0 * _stands_in_foot(index, line)
        score += 0.5 * any(looks_like_address(other.text) for other in index.below(line)[:1])
    repeats = sum(name in other for other in squashed) - 1 if len(name) >= 4 else 0
    return score + 0.5 * min(repeats, 3) - (0.5 if len(name) < 4 else 0.0)


def _has_contacts(index: LabelIndex, line: PageLine) -> bool:
    """Whether a mail address or a telephone stands close below a line, as in a letterhead."""
    near = index.below(line)
    near += [lower for one in near for lower in index.below(one)]
    return any(find_emails(one.text) or find_phones(one.text) for one in near)


def _is_addressed(index: LabelIndex, line: PageLine) -> bool:
    """Whether a line opens the block of the addressee: an address below it, no contacts, which stand elsewhere."""
    address, at = 0, line
    for _ in range(_CUSTOMER_LINES):
        below = index.below(at)[:1]
        aligned = bool(below) and abs(below[0].box[0] - line.box[0]) < 1.0 and has_postcode(below[0].text)
        if not below or (below[0].block != line.block and not aligned):
            break
        at = below[0]
        if find_emails(at.text) or find_phones(at.text) or _TAX_OR_BANK.search(at.text):
            return False
        address += looks_like_address(at.text)
    ours = index.on_page(line.page)
    foot = _FOOT * max(other.box[3] for other in ours)
    others = [other for other in ours if other.number < line.number or (other.box[1] > foot and line.box[1] < foot)]
    return address > 0 and any(find_emails(other.text) or find_phones(other.text) for other in others)


def _stands_in_foot(index: LabelIndex, line: PageLine) -> bool:
    """Whether a line begins the foot of a page: a name with its address, behind it or in the line below."""
    lowest = max(other.box[3] for other in index.on_page(line.page))
    if line.box[1] < _FOOT * lowest or _BANK.search(line.text):
        return False
    if _goes_on_with_address(line.text):
        return _head(line.text) != line.text
    column = [other for other in index.on_page(line.page) if abs(other.box[0] - line.box[0]) < 1.0]
    steps = {other.number: (other.middle - line.middle) / max(other.height, line.height) for other in column}
    under = [other for other in column if 0 < steps[other.number] < 2 * _STEP]
    first = not any(-_STEP < step < 0 for step in steps.values())
    street = looks_like_address(line.text) or bool(_HOUSE_NUMBER.search(line.text))
    return first and not street and any(looks_like_address(other.text) for other in under)


def _heads_address(line: PageLine, index: LabelIndex) -> bool:
    """Whether a line names a firm though it holds a word of addresses: ``Oakhill Garden Centre`` above its street."""
    if has_company_suffix(line.text):
        return True
    first = not any(other.block == line.block and other.number == line.number - 1 for other in index.lines)
    digits = any(c.isdigit() for c in line.text)
    return first and not digits and any(looks_like_address(other.text) for other in index.below(line)[:1])


def _goes_on_with_address(text: str) -> bool:
    """Whether a line holds a name and its address: ``Firm GmbH · Street 1 · 12345 Town``."""
    parts = _PARTS.split(text.strip())
    return len(parts) >= 3 and any(looks_like_address(part) for part in parts[1:])


def _domain_score(name: str, domain: str) -> float:
    """Score how well a firm's name matches the domain names."""
    if len(name) < 3:
        return 0.0
    if name.startswith(domain) or domain.startswith(name):
        return 4.0 * min(len(name), len(domain)) / max(len(name), len(domain)) + 1.0
    return 2.0 if domain in name or fuzz.ratio(name, domain) >= 80 else 0.0


def _only_domain(lines: Sequence[PageLine], domains: Sequence[str]) -> LocatedValue | None:
    """Fall back to the firm's web or mail domain where no line looks like a name."""
    for domain in domains:
        for line in lines:
            if match := re.search(re.escape(domain), line.text, re.IGNORECASE):
                return located_in(match[0], [line], match[0])
    return None

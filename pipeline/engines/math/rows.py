"""A row of signs as TeX: indices, limits, accents, words, spaces. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pipeline.engines.math.signs import Sign, around, composed, is_level, main_base, main_size, without
from pipeline.engines.math.symbols import ACCENTS, ALWAYS_ACCENTS, FUNCTIONS, PRINTED, WITH_LIMITS, Kind

Write = Callable[[list[Sign]], str]

_WIDE = {"hat": "widehat", "tilde": "widetilde", "bar": "overline", "vec": "overrightarrow"}
_NEGATED = {"=": r"\ne", "∈": r"\notin", "∃": r"\nexists", "∣": r"\nmid", "∥": r"\nparallel", "→": r"\nrightarrow"}
_PAIRS = {"−→": r"\longrightarrow", "=⇒": r"\Longrightarrow", "↪→": r"\hookrightarrow", "↦→": r"\mapsto",
          "←−": r"\longleftarrow", "⇐=": r"\Longleftarrow", "|=": r"\models", "⇐⇒": r"\Longleftrightarrow",
          "←→": r"\longleftrightarrow"}  # fmt: skip
_LONG = {r"\longrightarrow": "⟶", r"\Longrightarrow": "⟹", r"\longleftarrow": "⟵"}
_LABELLED = {"→": "xrightarrow", "⟶": "xrightarrow", "←": "xleftarrow", "⟵": "xleftarrow", "⟹": "xRightarrow"}
_SLASH = "\u0338"
_QUAD = 0.95  # of the size: a gap that is set on purpose
_TINY = 0.62  # an index of an index is smaller
_TIGHT = 0.14  # between the letters of a word
_UNDER = 0.6  # how far below an accent a letter of it begins
_NARROW = 0.62  # an accent of less width stands over one letter
_SPACED = (Kind.RELATION, Kind.BINARY)
_TEXT_ALPHABETS = ("mathrm", "mathbf", "mathsf", "mathtt")


def row_tex(signs: Sequence[Sign], write: Write) -> str:
    """The TeX of one row of signs with what is set to it above and below. ``write`` writes parts of it."""
    left = with_accents(with_long_arrows(with_negations(signs)), write)
    if not left:
        return ""
    size, base = main_size(left), main_base(left)
    level = [sign for sign in left if is_level(sign, base, size)]
    if not level:
        level = [left[0]]
    hosts = _words(sorted(level, key=lambda sign: sign.box[0]))
    others = without(left, level)
    below, above = dict[int, list[Sign]](), dict[int, list[Sign]]()
    carriers = [host for host in hosts if host.kind in (Kind.BIG, Kind.INTEGRAL) or _carries_limits(host)]
    for host in carriers:
        _take_limits(host, [s for s in others if _nearest(s, carriers) is host], below, above)
        others = without(others, [*below.get(id(host), ()), *above.get(id(host), ())])
    for host in [host for host in hosts if host.char and host.char in _LABELLED]:
        label = [s for s in others if host.box[0] < s.x < host.box[2]]
        for kept, signs in ((above, [s for s in label if s.y < host.y]), (below, [s for s in label if s.y > host.y])):
            if signs:
                kept[id(host)] = signs
        others = without(others, label)
    before = _take_scripts(hosts, others, (below, above), base, size)
    return _joined([*_prescripts(before, base, size, write), *_parts(hosts, below, above, write)], size)


def _carries_limits(host: Sign) -> bool:
    return host.char.removeprefix("arg").removeprefix("lim") in WITH_LIMITS or host.char in WITH_LIMITS


def _nearest(sign: Sign, hosts: Sequence[Sign]) -> Sign:
    return min(hosts, key=lambda host: abs(host.x - sign.x))


def with_negations(signs: Sequence[Sign]) -> list[Sign]:
    """The signs with slashes through them made part of them."""
    left = list(signs)
    for slash in [sign for sign in signs if sign.char == _SLASH or (sign.char == "/" and sign.sure)]:
        struck = next((s for s in left if _is_struck(s, slash)), None)
        if struck is None and slash.char == "/":
            continue
        left = without(left, [slash])
        if struck is not None:
            at = next(index for index, sign in enumerate(left) if sign is struck)
            tex = _NEGATED.get(struck.char, f"\\not{struck.tex}")
            left[at] = Sign(tex, struck.kind, struck.box, struck.base, struck.size, sure=True)
    return left


def _is_struck(sign: Sign, slash: Sign) -> bool:
    """Whether a slash goes through a sign. MuPDF puts one that combines right behind the sign before."""
    before = 0.4 if slash.char == _SLASH else 0.1
    if not sign.box[0] - before * sign.size < slash.box[0] < sign.box[2] - 0.2 * sign.size:
        return False
    return sign is not slash and sign.kind in (Kind.RELATION, Kind.ORDINARY, Kind.FENCE) and bool(sign.char)


def with_long_arrows(signs: Sequence[Sign]) -> list[Sign]:
    """The signs with arrows and the like that were set in two halves made whole."""
    order = sorted(signs, key=lambda sign: sign.box[0])
    made: list[Sign] = []
    for sign in order:
        half = next((at for at in range(len(made) - 1, -1, -1) if _is_half(made[at], sign)), None)
        if half is None:
            made.append(sign)
            continue
        tex = _PAIRS[made[half].char + sign.char]
        made[half] = composed(tex, [made[half], sign], base=sign.base, size=sign.size)
        made[half].kind, made[half].char = Kind.RELATION, _LONG.get(tex, "")
    return _with_longer_arrows(made)


def _is_half(one: Sign, other: Sign) -> bool:
    """Whether two signs that touch are the halves of an arrow; a letter may be set over them."""
    touch = -other.size < other.box[0] - one.box[2] < 0.05 * other.size
    return touch and one.char != "" and one.char + other.char in _PAIRS and abs(other.base - one.base) < 0.5


def _with_longer_arrows(signs: Sequence[Sign]) -> list[Sign]:
    """The signs with arrows made whole to which more than one line is joined."""
    left = list(signs)
    for arrow in [sign for sign in signs if sign.char == "⟶"]:
        while line := next(
            (s for s in left if s.char == "−" and -0.6 < (arrow.box[0] - s.box[2]) / s.size < 0.05), None
        ):
            parts, arrow = [line, arrow], composed(arrow.tex, [line, arrow], base=arrow.base, size=arrow.size)
            arrow.kind, arrow.char = Kind.RELATION, "⟶"
            left = [*without(left, parts), arrow]
    return left


def with_accents(signs: Sequence[Sign], write: Write) -> list[Sign]:
    """The signs with what stands under a hat, a bar or an arrow written as one."""
    left = list(signs)
    for accent in sorted((s for s in signs if s.char in ACCENTS), key=lambda s: s.width):
        under = [s for s in left if s is not accent and _stands_under(s, accent)]
        if under and accent.width < _NARROW * accent.size:
            under = [min(under, key=lambda s: abs(accent.x - s.x))]
        if not under or not any(accent is sign for sign in left):
            continue
        size = main_size(under)
        if around(under)[1] - accent.box[3] > 0.35 * size:
            continue
        name = ACCENTS[accent.char]
        name = _WIDE.get(name, name) if len(under) > 1 or accent.width > 1.3 * size else name
        whole = composed(f"\\{name}{{{write(under)}}}", [*under, accent], base=main_base(under), size=size)
        left = [*without(left, [*under, accent]), whole]
    return left


def _stands_under(sign: Sign, accent: Sign) -> bool:
    if sign.char in ALWAYS_ACCENTS or sign.box[1] < accent.box[1] + 0.2 * accent.height - 0.5:
        return False
    if sign.y < accent.box[3] or sign.kind in _SPACED or sign.box[1] - accent.box[3] > _UNDER * sign.size:
        return False
    if accent.width < 0.8 * sign.width or accent.width < _NARROW * accent.size:
        slack = 0.35 * sign.size  # over a slanted letter it stands to the right
        return sign.box[0] - 0.1 * sign.size < accent.x < sign.box[2] + slack and abs(accent.x - sign.x) < slack
    shared = min(accent.box[2], sign.box[2]) - max(accent.box[0], sign.box[0])
    return shared > 0.35 * sign.width


def _take_limits(
    host: Sign, others: Sequence[Sign], below: dict[int, list[Sign]], above: dict[int, list[Sign]]
) -> None:
    slack = 0.12 * host.size
    under = [sign for sign in others if sign.box[1] > host.box[3] - slack]
    over = [sign for sign in others if sign.box[3] < host.box[1] + slack]
    for limit, kept in ((centred(host, under), below), (centred(host, over), above)):
        if limit:
            kept[id(host)] = limit


def centred(host: Sign, signs: Sequence[Sign]) -> list[Sign]:
    """The run of signs without wide gaps that reaches over the middle of a host."""
    runs: list[list[Sign]] = []
    right = 0.0
    for sign in sorted(signs, key=lambda sign: sign.box[0]):
        if runs and sign.box[0] - right < 0.7 * sign.size:
            runs[-1].append(sign)
        else:
            runs.append([sign])
        right = max(right if len(runs[-1]) > 1 else 0.0, sign.box[2])
    slack = 0.15 * host.size
    near = [run for run in runs if around(run)[0] - slack < host.x < around(run)[2] + slack]
    return near[0] if near else []


def _take_scripts(
    hosts: Sequence[Sign],
    others: Sequence[Sign],
    kept: tuple[dict[int, list[Sign]], dict[int, list[Sign]]],
    base: float,
    size: float,
) -> list[Sign]:
    """Give indices and exponents to the sign before each; those before the first sign come back."""
    below, above = kept
    before: list[Sign] = []
    placed: list[tuple[Sign, list[Sign]]] = []
    for sign in sorted(others, key=lambda sign: (sign.size < _TINY * size, sign.box[0])):
        scripts = [
            (abs(script.y - sign.y), at) for at, (script, _) in enumerate(placed) if _is_index_of(sign, script, size)
        ]
        if scripts:
            group = placed[min(scripts)[1]][1]
            group.append(sign)
            placed.append((sign, group))
            continue
        host = next((host for host in reversed(hosts) if _follows(sign, host)), None)
        side = above if _is_raised(sign, base, size) else below
        group = before if host is None else side.setdefault(id(host), [])
        group.append(sign)
        placed.append((sign, group))
    return before


def _is_index_of(sign: Sign, script: Sign, size: float) -> bool:
    """Whether a tiny sign follows a script: it is set to that, however high it stands."""
    tiny = sign.size < _TINY * size and (script.size > 1.2 * sign.size or script.size < _TINY * size)
    near = script.box[0] < sign.box[0] < script.box[2] + 0.4 * sign.size
    return tiny and near and script.box[1] - sign.size < sign.y < script.box[3] + sign.size


def _follows(sign: Sign, host: Sign) -> bool:
    return host.x < sign.x and host.box[0] + 0.3 * host.width < sign.box[0] + 0.2 * sign.size


def _is_raised(sign: Sign, base: float, size: float) -> bool:
    if sign.axis is not None:
        return sign.axis < base - 0.25 * size
    return sign.base < base - 0.05 * size


def _prescripts(signs: Sequence[Sign], base: float, size: float, write: Write) -> list[Sign]:
    if not signs:
        return []
    up = [sign for sign in signs if _is_raised(sign, base, size)]
    tex = "{}" + _scripts(without(signs, up), up, write)
    return [composed(tex, signs, base=base, size=size)]


def _parts(
    hosts: Sequence[Sign], below: dict[int, list[Sign]], above: dict[int, list[Sign]], write: Write
) -> list[Sign]:
    parts = []
    for host in hosts:
        low, high = below.get(id(host), []), above.get(id(host), [])
        tex = host.tex
        if (low or high) and not (_is_one(tex) or (not low and _INDEXED.fullmatch(tex))):
            tex = f"{{{tex}}}"
        tex = _labelled(host, low, high, write) if host.char in _LABELLED else tex + _scripts(low, high, write)
        whole = Sign(tex, host.kind, host.box, host.base, host.size, host.char)
        whole.alphabet = host.alphabet
        if low or high:
            whole.box = (host.box[0], host.box[1], max(host.box[2], *(s.box[2] for s in [*low, *high])), host.box[3])
        parts.append(whole)
    return parts


def _labelled(arrow: Sign, low: list[Sign], high: list[Sign], write: Write) -> str:
    """An arrow with what is set over and under it."""
    if not (low or high):
        return arrow.tex
    under = f"[{write(low)}]" if low else ""
    return f"\\{_LABELLED[arrow.char]}{under}{{{write(high)}}}"


def _is_one(tex: str) -> bool:
    """Whether TeX takes an expression as the one host of an index."""
    if len(tex) == 1 or re.fullmatch(r"\\(?:[A-Za-z]+\*?|.)", tex):
        return True
    return bool(
        re.match(
            r"\\(?:math|boldsymbol|text|arg|operatorname|left|sqrt|frac|begin|hat|bar|tilde|vec|dot|ddot|wide|over)",
            tex,
        )
    )


def _scripts(low: Sequence[Sign], high: Sequence[Sign], write: Write) -> str:
    primes = []
    for sign in sorted(high, key=lambda sign: sign.box[0]):
        if not (sign.char and sign.char in "′″‴'’"):
            break
        primes.append(sign)
    rest = without(high, primes)
    tex = "".join(PRINTED.get(sign.char, "'") for sign in primes)
    tex += f"_{{{write(list(low))}}}" if low else ""
    return tex + (f"^{{{write(rest)}}}" if rest else "")


def _words(signs: Sequence[Sign]) -> list[Sign]:
    """Letters of one upright alphabet without gaps as words, and digits as numbers."""
    groups: list[list[Sign]] = []
    for sign in signs:
        if groups and _goes_on(groups[-1][-1], sign):
            groups[-1].append(sign)
        else:
            groups.append([sign])
    return _with_limit_names([_word(group) for group in groups])


def _with_limit_names(signs: Sequence[Sign]) -> list[Sign]:
    """The signs with "arg max" as one, so that what stands under it stands under both words."""
    made: list[Sign] = []
    for sign in signs:
        last = made[-1] if made else None
        if (
            last
            and last.char in ("arg", "lim")
            and sign.char in WITH_LIMITS
            and sign.box[0] - last.box[2] < 0.5 * sign.size
        ):
            made[-1] = _spelled([last, sign], last.char + sign.char, last.tex + sign.tex, Kind.WORD)
        else:
            made.append(sign)
    return made


def _goes_on(before: Sign, sign: Sign) -> bool:
    gap = sign.box[0] - before.box[2]
    if not (before.char and sign.char) or gap > _TIGHT * sign.size or before.alphabet != sign.alphabet:
        return False
    if before.kind is Kind.LETTER:
        return sign.kind is Kind.LETTER and sign.alphabet in _TEXT_ALPHABETS
    if before.kind is Kind.DIGIT:
        return sign.kind is Kind.DIGIT or sign.char in ".,"
    return before.char in ".," and sign.kind is Kind.DIGIT and gap < 0.06 * sign.size


def _word(group: Sequence[Sign]) -> Sign:
    first = group[0]
    text = "".join(sign.char for sign in group)
    if first.kind is not Kind.LETTER:
        if len(group) > 1 and text[-1] in ".,":
            return first if len(group) == 1 else _spelled(group, text)
        return _spelled(group, text) if len(group) > 1 else first
    if not first.alphabet:
        return first
    if text in FUNCTIONS and first.alphabet == "mathrm":
        return _spelled(group, text, f"\\{text}", Kind.WORD)
    letters = "".join(PRINTED.get(char, char) for char in text)
    if len(group) > 1 and first.alphabet == "mathrm":
        name = "operatorname" if text in WITH_LIMITS else "mathrm" if text.isascii() else "text"
        return _spelled(group, text, f"\\{name}{{{letters if name != 'text' else text}}}", Kind.WORD)
    return _spelled(group, text, f"\\{first.alphabet}{{{letters}}}", Kind.LETTER)


def _spelled(group: Sequence[Sign], text: str, tex: str = "", kind: Kind = Kind.ORDINARY) -> Sign:
    first = group[0]
    return Sign(tex or text, kind, around(group), first.base, first.size, text, first.alphabet, first.sure)


def _joined(parts: Sequence[Sign], size: float) -> str:
    """Parts as one line: a blank around relations, and wherever TeX needs one to end a command."""
    tex = ""
    earlier: Sign | None = None
    before: Sign | None = None
    for part in parts:
        tex += (_space(tex, (earlier, before), part, size) if before is not None else "") + part.tex
        earlier, before = before, part
    return " ".join(_as_text(tex).split())


def _space(tex: str, before: tuple[Sign | None, Sign], part: Sign, size: float) -> str:
    """The space between what is written, whose last two parts are ``before``, and the next part."""
    earlier, last = before
    prose = last.kind is part.kind is Kind.WORD
    if part.box[0] - last.box[2] > _QUAD * size and not prose:
        return r" \quad "
    if _is_sign_of(last, earlier):
        return " " if part.kind in _SPACED else ""
    spaced = part.kind in _SPACED or last.kind in _SPACED or prose or last.char == ","
    ends_command = re.search(r"\\[A-Za-z]+$", tex) and part.tex[:1].isalpha()
    return " " if spaced or ends_command or part.kind in (Kind.BIG, Kind.INTEGRAL) else ""


def _is_sign_of(sign: Sign, before: Sign | None) -> bool:
    """Whether a plus or minus belongs to the number after it."""
    first = before is None or before.kind in (*_SPACED, Kind.OPEN)
    return sign.kind is Kind.BINARY and sign.char in "+-−±∓" and first


_INDEXED = re.compile(r"\\[A-Za-z]+_\{[^{}]*\}")  # an exponent may follow
_PROSE = re.compile(
    r"\\mathrm\{[^\W\d_]{2,}\}(?: \\mathrm\{[^\W\d_]+\})+"
    r"|\\mathrm\{(?:if|otherwise|else|for|where|and|or|when|is|with|such|that|as|in"
    r"|und|oder|falls|sonst|wenn|mit|gilt|et|ou|si|sinon|pour|avec|y|con|para|se|per)\}"
    r"|\\text\{[^{} ]+\}"
)


def _as_text(tex: str) -> str:
    """Words that follow each other, and those of a language, as text and not as names."""
    return _PROSE.sub(lambda match: "\\text{ " + " ".join(re.findall(r"\{([^}]*)\}", match[0])) + " }", tex)

"""What mathematical characters are called in TeX, and how they behave in a formula. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class Kind(Enum):
    """How a sign of a formula behaves."""

    LETTER = "letter"
    DIGIT = "digit"
    ORDINARY = "ordinary"
    RELATION = "relation"
    BINARY = "binary"
    OPEN = "open"
    CLOSE = "close"
    FENCE = "fence"  # opens and closes: | and ‖
    PUNCTUATION = "punctuation"
    BIG = "big"  # sums and the like, with limits above and below
    INTEGRAL = "integral"
    RADICAL = "radical"
    ACCENT = "accent"
    PIECE = "piece"  # of a tall bracket
    WORD = "word"


SIGNS: Mapping[str, str] = {
    "α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "δ": r"\delta", "ε": r"\epsilon", "ϵ": r"\epsilon", "ζ": r"\zeta",
    "η": r"\eta", "θ": r"\theta", "ι": r"\iota", "κ": r"\kappa", "λ": r"\lambda", "μ": r"\mu", "ν": r"\nu",
    "ξ": r"\xi", "π": r"\pi", "ρ": r"\rho", "σ": r"\sigma", "τ": r"\tau", "φ": r"\phi", "ϕ": r"\phi", "χ": r"\chi",
    "ψ": r"\psi", "ω": r"\omega", "Γ": r"\Gamma", "Δ": r"\Delta", "Θ": r"\Theta", "Λ": r"\Lambda", "Ξ": r"\Xi",
    "Π": r"\Pi", "Σ": r"\Sigma", "Φ": r"\Phi", "Ψ": r"\Psi", "Ω": r"\Omega", "∑": r"\sum", "∏": r"\prod",
    "∫": r"\int", "∬": r"\iint", "∭": r"\iiint", "∮": r"\oint", "⋃": r"\bigcup", "⋂": r"\bigcap", "∞": r"\infty",
    "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "≈": r"\approx", "≡": r"\equiv", "±": r"\pm", "∓": r"\mp", "×": r"\times",
    "÷": r"\div", "⋅": r"\cdot", "·": r"\cdot", "∗": "*", "→": r"\to", "←": r"\leftarrow", "⇒": r"\Rightarrow",
    "⇔": r"\Leftrightarrow", "∈": r"\in", "∉": r"\notin", "⊂": r"\subset", "⊆": r"\subseteq", "∪": r"\cup",
    "∩": r"\cap", "∅": r"\emptyset", "∀": r"\forall", "∃": r"\exists", "∂": r"\partial", "∇": r"\nabla",
    "…": r"\dots", "⋯": r"\cdots", "√": r"\surd", "−": "-", "{": r"\{", "}": r"\}", "%": r"\%", "#": r"\#", "&": r"\&",
    "_": r"\_", "<": r"\lt", ">": r"\gt", "$": r"\$", "\\": r"\backslash",
}  # fmt: skip
"""The signs of formulas in any document."""

PRINTED: Mapping[str, str] = {
    **SIGNS,
    "<": "<", ">": ">", "µ": r"\mu", "ε": r"\varepsilon", "φ": r"\varphi", "ϑ": r"\vartheta", "ϖ": r"\varpi",
    "ϱ": r"\varrho", "ς": r"\varsigma", "Υ": r"\Upsilon", "ϒ": r"\Upsilon", "υ": r"\upsilon", "ϰ": r"\varkappa",
    "∆": r"\Delta", "\u2126": r"\Omega",
    "ℓ": r"\ell", "ℏ": r"\hbar", "ℑ": r"\Im", "ℜ": r"\Re", "℘": r"\wp", "ℵ": r"\aleph", "ℶ": r"\beth", "ð": r"\eth",
    "ı": r"\imath", "ȷ": r"\jmath", "†": r"\dagger", "‡": r"\ddagger", "′": "'", "″": "''", "‴": "'''",
    "°": r"^{\circ}",
    "∘": r"\circ", "◦": r"\circ", "•": r"\bullet", "∙": r"\bullet", "⊕": r"\oplus", "⊖": r"\ominus", "⊗": r"\otimes",
    "⊘": r"\oslash", "⊙": r"\odot", "⊎": r"\uplus", "⊓": r"\sqcap", "⊔": r"\sqcup", "∧": r"\wedge", "∨": r"\vee",
    "¬": r"\neg", "∖": r"\setminus", "∤": r"\nmid", "∣": r"\mid", "∥": r"\|", "‖": r"\|", "∦": r"\nparallel",
    "⋆": r"\star", "★": r"\star", "⋄": r"\diamond", "◇": r"\Diamond", "□": r"\square", "■": r"\blacksquare",
    "△": r"\triangle", "▽": r"\triangledown", "▷": r"\triangleright", "◁": r"\triangleleft", "⊥": r"\perp",
    "⊤": r"\top", "⊢": r"\vdash", "⊣": r"\dashv", "⊨": r"\models", "∠": r"\angle", "∴": r"\therefore",
    "∵": r"\because", "∼": r"\sim", "≃": r"\simeq", "≅": r"\cong", "≍": r"\asymp", "≐": r"\doteq", "≜": r"\triangleq",
    "≔": r"\coloneqq", "∝": r"\propto", "≪": r"\ll", "≫": r"\gg", "≲": r"\lesssim", "≳": r"\gtrsim", "≺": r"\prec",
    "≻": r"\succ", "⪯": r"\preceq", "⪰": r"\succeq", "≼": r"\preccurlyeq", "≽": r"\succcurlyeq", "⩽": r"\leqslant",
    "⩾": r"\geqslant", "⊃": r"\supset", "⊇": r"\supseteq", "⊄": r"\not\subset", "⊈": r"\nsubseteq", "⊊": r"\subsetneq",
    "⊏": r"\sqsubset", "⊑": r"\sqsubseteq", "⊒": r"\sqsupseteq", "∋": r"\ni", "∌": r"\not\ni", "∄": r"\nexists",
    "↔": r"\leftrightarrow", "⟨": r"\langle", "⟩": r"\rangle", "〈": r"\langle", "〉": r"\rangle", "⌊": r"\lfloor",
    "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil", "⟶": r"\longrightarrow", "⟵": r"\longleftarrow",
    "⟹": r"\Longrightarrow", "⟺": r"\Longleftrightarrow", "⇐": r"\Leftarrow", "↑": r"\uparrow", "↓": r"\downarrow",
    "↦": r"\mapsto", "⟼": r"\longmapsto", "↪": r"\hookrightarrow", "↩": r"\hookleftarrow", "⇀": r"\rightharpoonup",
    "⇌": r"\rightleftharpoons", "⇝": r"\rightsquigarrow", "↛": r"\nrightarrow", "↗": r"\nearrow", "↘": r"\searrow",
    "⋮": r"\vdots", "⋱": r"\ddots", "∐": r"\coprod", "⨁": r"\bigoplus", "⨂": r"\bigotimes", "⨀": r"\bigodot",
    "⨄": r"\biguplus", "⨆": r"\bigsqcup", "⋀": r"\bigwedge", "⋁": r"\bigvee", "∯": r"\oiint", "♯": r"\sharp",
    "♭": r"\flat", "♮": r"\natural", "⋊": r"\rtimes", "⋉": r"\ltimes", "∔": r"\dotplus", "≀": r"\wr",
    "⌢": r"\frown", "⌣": r"\smile", "∎": r"\blacksquare", "∁": r"\complement", "⊲": r"\lhd", "⊳": r"\rhd",
    "∕": "/", "⁄": "/", "∶": ":", "–": "-", "‐": "-", "’": "'", "⟦": r"\llbracket", "⟧": r"\rrbracket",
    "^": r"\hat{}", "~": r"\sim", "≦": r"\leqq", "≧": r"\geqq", "≉": r"\not\approx", "≢": r"\not\equiv",
}  # fmt: skip
"""The signs of printed formulas."""

BIG = frozenset("∑∏∐⋃⋂⨁⨂⨀⨄⨆⋀⋁")
INTEGRALS = frozenset("∫∬∭∮∯")
RELATIONS = frozenset("=<>≤≥≠≈≡→←⇒⇔∈∉⊂⊆⊃⊇⊄⊈⊊⊏⊑⊒∋∌∼≃≅≍≐≜≔∝≪≫≲≳≺≻⪯⪰≼≽⩽⩾↔⟶⟵⟹⟺⇐↦⟼↪↩⇀⇌⇝↛∣∥∦⊢⊣⊨⊥≦≧≉≢:∶")
BINARIES = frozenset("+−±∓×÷⋅·∗*∘⊕⊖⊗⊘⊙⊎⊓⊔∧∨∖∪∩⋆⋄•∙†‡⋊⋉∔≀-–")
OPENING, CLOSING, FENCES = "([{⟨⌊⌈〈⟦", ")]}⟩⌋⌉〉⟧", "|‖∥∣"
PUNCTUATION = frozenset(",;.!?…⋯'′″")
ACCENTS: Mapping[str, str] = {
    "ˆ": "hat", "^": "hat", "\u0302": "hat", "˜": "tilde", "\u0303": "tilde", "¯": "bar", "ˉ": "bar",
    "\u0304": "bar", "\u0305": "bar", "‾": "bar", "˙": "dot", "\u0307": "dot", "¨": "ddot", "\u0308": "ddot",
    "\u20d7": "vec", "ˇ": "check", "\u030c": "check", "˘": "breve", "\u0306": "breve", "´": "acute",
    "`": "grave", "˚": "mathring", "\u20db": "dddot",
}  # fmt: skip
"""Signs that stand over letters. Some mean something else where nothing is below them."""

ALWAYS_ACCENTS = frozenset("ˆ\u0302˜\u0303¯ˉ\u0304\u0305‾˙\u0307¨\u0308⃗\u20d7ˇ\u030c˘\u0306´`˚\u20db")
FUNCTIONS = frozenset(
    (
        "arccos", "arcsin", "arctan", "arg", "cos", "cosh", "cot", "coth", "csc", "deg", "det", "dim", "exp", "gcd",
        "hom", "inf", "ker", "lg", "lim", "liminf", "limsup", "ln", "log", "max", "min", "Pr", "sec", "sin", "sinh",
        "sup", "tan", "tanh",
    )
)  # fmt: skip
WITH_LIMITS = frozenset(("det", "gcd", "inf", "lim", "liminf", "limsup", "max", "min", "Pr", "sup", "argmax", "argmin"))
MATH_CHARACTERS = BIG | INTEGRALS | frozenset("∂∇√∞≤≥≠≈≡∈∉⊂⊆⊃⊇∪∩∅∀∃∝∼≃≅∘⊕⊗⟨⟩⌊⌋⌈⌉≪≫⇒⇔→←−⋅∗ℓℏ")
"""Characters that are hardly printed outside of formulas; some of them are, so that they alone prove nothing."""


def kind_of(char: str) -> Kind:
    """How a character behaves in a formula."""
    for kind, chars in _KINDS:
        if char in chars:
            return kind
    if char.isdigit():
        return Kind.DIGIT
    return Kind.LETTER if char.isalpha() else Kind.ORDINARY


_KINDS: tuple[tuple[Kind, frozenset[str]], ...] = (
    (Kind.BIG, BIG),
    (Kind.INTEGRAL, INTEGRALS),
    (Kind.RADICAL, frozenset("√")),
    (Kind.ACCENT, ALWAYS_ACCENTS),
    (Kind.OPEN, frozenset(OPENING)),
    (Kind.CLOSE, frozenset(CLOSING)),
    (Kind.FENCE, frozenset(FENCES)),
    (Kind.RELATION, RELATIONS),
    (Kind.BINARY, BINARIES),
    (Kind.PUNCTUATION, PUNCTUATION),
    (Kind.PIECE, frozenset("⎛⎜⎝⎞⎟⎠⎡⎢⎣⎤⎥⎦⎧⎨⎩⎪⎫⎬⎭⎮⌠⌡⎯⏐")),
)

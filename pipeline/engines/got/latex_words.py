r"""What the commands and environments of LaTeX mean for Markdown, as far as page readers write them. Data only.

The letters of an argument list: ``o`` optional in brackets, ``x`` raw, ``g`` text of one paragraph, ``r`` text that may
break into lines, ``l`` text of several paragraphs.
"""

from __future__ import annotations

HEADINGS = {
    "title": 1,
    "part": 1,
    "chapter": 1,
    "section": 2,
    "subsection": 3,
    "subsubsection": 4,
    "paragraph": 5,
    "subparagraph": 6,
}
MARKS = {"textbf": "**", "textit": "*", "emph": "*", "textsl": "*", "texttt": "`"}
HTML_MARKS = {"textbf": "b", "textit": "i", "emph": "i", "textsl": "i", "texttt": "code"}
SCRIPTS = {"textsuperscript": "sup", "textsubscript": "sub"}
FOOTNOTES = ("footnote", "footnotetext", "thanks")
PARAGRAPHS = (
    "author", "date", "caption", "keywords", "address", "affiliation", "affil", "institute", "email", "abstract",
    "subtitle", "maintitle", "captionof",
)  # fmt: skip

ARGUMENTS = {
    **dict.fromkeys(HEADINGS, "og"),
    **dict.fromkeys(MARKS, "g"),
    **dict.fromkeys(SCRIPTS, "g"),
    **dict.fromkeys(FOOTNOTES, "ol"),
    **dict.fromkeys(PARAGRAPHS, "ol"),
    "captionof": "xl",
    "footnotemark": "o",
    "multicolumn": "xxr",
    "multirow": "oxoxor",
    "makecell": "or",
    "thead": "or",
    "shortstack": "or",
    "parbox": "ooxl",
    "href": "xg",
    "url": "x",
    "textcolor": "oxg",
    "colorbox": "oxg",
    "rotatebox": "oxg",
    "resizebox": "xxl",
    "scalebox": "xl",
    "raisebox": "xg",
    "text": "g",
    "mbox": "g",
    "item": "",
}
DROPPED = {
    **dict.fromkeys(
        (
            "noindent", "indent", "centering", "raggedright", "raggedleft", "maketitle", "hfill", "vfill", "newpage",
            "clearpage", "pagebreak", "bigskip", "medskip", "smallskip", "par", "tiny", "scriptsize", "footnotesize",
            "small", "normalsize", "large", "Large", "LARGE", "huge", "Huge", "bf", "it", "em", "sc", "tt", "rm", "sf",
            "sl", "bfseries", "itshape", "scshape", "ttfamily", "mdseries", "upshape", "normalfont", "displaystyle",
            "textstyle", "protect", "relax", "left", "right", "nonumber", "notag", "tableofcontents", "appendix",
            "hline", "toprule", "midrule", "bottomrule", "endhead", "endfirsthead", "endfoot", "endlastfoot", "null",
            "linebreak", "samepage", "nolinebreak", "nopagebreak", "hrule", "hrulefill", "strut",
        ),
        "",
    ),
    **dict.fromkeys(
        (
            "label", "vspace", "hspace", "pagestyle", "thispagestyle", "bibliographystyle", "pagenumbering",
            "rowcolor", "cellcolor", "columncolor", "color", "cline", "hhline", "cmidrule", "arrayrulecolor",
            "usepackage", "documentclass", "includegraphics", "phantom", "vphantom", "hphantom", "captionsetup",
        ),
        "ox",
    ),
    **dict.fromkeys(("rule", "setlength", "addtolength", "setcounter", "renewcommand", "newcommand"), "oxox"),
    "addlinespace": "o",
    "specialrule": "xxx",
    "fontsize": "xx",
}  # fmt: skip
RULES = frozenset(
    ("hline", "toprule", "midrule", "bottomrule", "cline", "cmidrule", "hhline", "specialrule", "endhead")
)

TABLES = {"tabular": "ox", "tabular*": "xox", "tabularx": "xox", "tabulary": "xox", "longtable": "ox", "tabu": "ox"}
LISTS = ("itemize", "enumerate", "description", "list", "compactitem", "compactenum")
NUMBERED_LISTS = ("enumerate", "compactenum")
CODES = {"verbatim": "", "verbatim*": "", "lstlisting": "", "minted": "", "tikzpicture": "latex", "alltt": ""}
MATHS = {
    **dict.fromkeys(("equation", "equation*", "displaymath", "math", "dmath", "dmath*", "subequations"), ""),
    **dict.fromkeys(("align", "align*", "eqnarray", "eqnarray*", "flalign", "flalign*"), "aligned"),
    **dict.fromkeys(("alignat", "alignat*"), "aligned"),
    **dict.fromkeys(("gather", "gather*", "multline", "multline*"), "gathered"),
    **dict.fromkeys(("aligned", "gathered", "split", "cases", "array"), "itself"),
    **dict.fromkeys(("matrix", "pmatrix", "bmatrix", "vmatrix", "Bmatrix", "Vmatrix"), "itself"),
}  # fmt: skip
QUOTES = ("quote", "quotation", "verse")
ENVIRONMENT_ARGUMENTS = {
    **TABLES,
    "table": "o", "table*": "o", "figure": "o", "figure*": "o", "minipage": "ooox", "wrapfigure": "oxox",
    "multicols": "x", "itemize": "o", "enumerate": "o", "list": "xx", "adjustbox": "x", "lstlisting": "o",
    "minted": "ox", "alignat": "x", "alignat*": "x", "thebibliography": "x", "algorithmic": "o", "algorithm": "o",
}  # fmt: skip

SYMBOLS = {
    "and": "\n", "AND": "\n",
    "quad": " ", "qquad": " ", "enspace": " ", "thinspace": " ", "space": " ", "newline": "\n", "tab": " ",
    "LaTeX": "LaTeX", "TeX": "TeX", "ldots": "…", "dots": "…", "textellipsis": "…", "cdots": "⋯",
    "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textunderscore": "_", "textbar": "|",
    "textless": "<", "textgreater": ">", "textdollar": "$", "textbraceleft": "{", "textbraceright": "}",
    "copyright": "©", "textcopyright": "©", "textregistered": "®", "texttrademark": "™", "S": "§", "P": "¶",
    "dag": "†", "dagger": "†", "ddag": "‡", "ddagger": "‡", "pounds": "£", "textsterling": "£", "euro": "€",
    "texteuro": "€", "textyen": "¥", "yen": "¥", "textdegree": "°", "degree": "°", "textbullet": "•", "bullet": "•",
    "cdot": "·", "textperiodcentered": "·", "checkmark": "✓", "times": "×", "texttimes": "×", "pm": "±", "div": "÷",
    "rightarrow": "→", "leftarrow": "←", "Rightarrow": "⇒", "to": "→", "square": "□", "Box": "□", "blacksquare": "■",
    "star": "★", "textendash": "–", "textemdash": "—", "textquoteleft": "‘", "textquoteright": "’",
    "textquotedblleft": "“", "textquotedblright": "”", "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ",
    "o": "ø", "O": "Ø", "aa": "å", "AA": "Å", "l": "ł", "L": "Ł", "i": "ı", "j": "ȷ", "textmu": "µ",
}  # fmt: skip
SIGNS = {
    **{sign: sign for sign in "&%_{}"},
    ",": " ", ";": " ", ":": " ", " ": " ", "\t": " ", "!": "", "/": "", "-": "", "@": "", ")": "", "]": "", ">": " ",
}  # fmt: skip
ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323", "c": "\u0327", "k": "\u0328",
}  # fmt: skip

"""The LaTeX-flavoured output of page readers as GitHub Markdown. The cases follow the description of the format."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.engines.got.markdown import to_markdown
from tests.counting import operations

CASES = {
    "title over lines": ("\\title{\nR-Former: Foo \\(\\quad\\) {Bar}\n}", "# R-Former: Foo Bar"),
    "sections": (
        "\\section*{1. Intro}\nText\n\\subsection*{1.1 A}\n\\subsubsection{B}",
        "## 1. Intro\n\nText\n\n### 1.1 A\n\n#### B",
    ),
    "nested braces in a heading": ("\\section*{A {\\bf b {c}} \\textit{d}}", "## A b c d"),
    "Chinese heading over lines": ("\\section*{第一章\n总则}\n甲方\\textbf{同意}。", "## 第一章总则\n\n甲方**同意**。"),
    "authors": (
        "\\author{\nHanwen Jiang* \\(\\quad\\) Arjun Karpur*\\\\\nUT Austin\n}",
        "Hanwen Jiang*   Arjun Karpur*\nUT Austin",
    ),
    "abstract": ("\\begin{abstract}\nWe study.\n\nMore.\n\\end{abstract}", "We study.\n\nMore."),
    "escapes": (r"50\% of A\&B costs \$5, a\_b, \{x\}", "50% of A&B costs $5, a_b, {x}"),
    "number sign": (r"\# 1 and \#2", r"\# 1 and #2"),
    "accents": (r"na\"ive caf\'{e} Fran\c{c}ois \~{n}", "naïve café François ñ"),
    "words of signs": (r"\copyright{} 2020 \ldots{} 20\textdegree C", "© 2020 … 20° C"),
    "quotes": (r"``Yes'' \& no", "“Yes” & no"),
    "inline formula": (r"Let \( x^{2} \) and \(\alpha\).", r"Let $x^{2}$ and $\alpha$."),
    "numbers as formulas": (r"\( 1,234.50 \), \(50 \%\), \( \$ 3.20 \), \(x=3\)", "1,234.50, 50%, $ 3.20, $x=3$"),
    "display formula": ("so\n\\[\nE = mc^{2} \\tag{1}\n\\]\nholds", "so\n\n$$\nE = mc^{2} \\tag{1}\n$$\n\nholds"),
    "equation": ("\\begin{equation}\na=b \\label{eq:1}\n\\end{equation}", "$$\na=b\n$$"),
    "align": (
        "\\begin{align*}\na &= b \\\\\nc &= d\n\\end{align*}",
        "$$\n\\begin{aligned}\na &= b \\\\\nc &= d\n\\end{aligned}\n$$",
    ),
    "align with numbers": (
        "\\begin{align}a &= b \\tag{1} \\\\ c &= d\\end{align}",
        "$$\n\\begin{align*}\na &= b \\tag{1} \\\\ c &= d\n\\end{align*}\n$$",
    ),
    "matrix outside": (
        "\\begin{array}{cc} a & b \\end{array}",
        "$$\n\\begin{array}\n{cc} a & b\n\\end{array}\n$$",
    ),
    "left without right": (r"\( \left( x + y \)", "$( x + y$"),
    "left with right": (r"\( \left( x \right) \leftarrow y \)", r"$\left( x \right) \leftarrow y$"),
    "dollar formulas": (r"If $\alpha > 1$ it costs \$3.", r"If $\alpha > 1$ it costs $3."),
    "code": ("\\begin{verbatim}\na_{b} \\x\n\\end{verbatim}", "```\na_{b} \\x\n```"),
    "drawing": (
        "\\begin{tikzpicture}\n\\draw (0,0);\n\\end{tikzpicture}\nend",
        "```latex\n\\begin{tikzpicture}\n\\draw (0,0);\n\\end{tikzpicture}\n```\n\nend",
    ),
    "music": ("**kern\n*clefG2\n4c\n*-", "```\n**kern\n*clefG2\n4c\n*-\n```"),
    "link": (r"\href{https://a.b/c}{here} \url{https://d.e}", "[here](https://a.b/c) https://d.e"),
    "quotation": ("\\begin{quote}\na\nb\n\\end{quote}", "> a\n> b"),
    "dropped commands": (
        "\\noindent\\centering\nA\\vspace{2pt}\\label{x}\n\\includegraphics[width=3cm]{a.png}\nB",
        "A\nB",
    ),
    "unknown commands": (r"\foo{kept} \bar C:\Users\me", r"kept \bar C:\Users\me"),
    "centred": ("\\begin{center}\n\\textbf{CONTRACT}\n\\end{center}", "**CONTRACT**"),
    "line break": ("a\\\\[2pt]b\\\\\nc", "a\nb\nc"),
    # lists
    "list": ("\\begin{itemize}\n\\item one\n\\item[-] two\n\\end{itemize}", "- one\n- two"),
    "numbered list": ("\\begin{enumerate}\n\\item a\nb\n\\item c\n\\end{enumerate}", "1. a\n   b\n2. c"),
    "own numbers": (
        "\\begin{itemize}\n\\item[3.] a\n\\item[(b)] c\n\\item 4. d\n\\end{itemize}",
        "3. a\n- (b) c\n4. d",
    ),
    "description": ("\\begin{description}\\item[Key] value\\end{description}", "- **Key** value"),
    "nested lists": (
        "\\begin{itemize}\n\\item one\n\\begin{enumerate}\n\\item x\n\\item y\n\\end{enumerate}\n"
        "\\item two\n\\end{itemize}",
        "- one\n  1. x\n  2. y\n- two",
    ),
    "formula in an item": (
        "\\begin{enumerate}\\item so \\[x\\] yes\\end{enumerate}",
        "1. so\n\n   $$\n   x\n   $$\n\n   yes",
    ),
    "items without a list": ("Text:\n\\item a\n\\item b\n\nend", "Text:\n\n- a\n- b\n\nend"),
    # tables
    "pipe table": (
        "\\begin{tabular}{|l|c|}\n\\hline Name & \\( x \\) \\\\\n\\hline a|b & 3 \\% \\\\\n\\hline\n\\end{tabular}",
        "| Name | $x$ |\n| --- | --- |\n| a\\|b | 3 % |",
    ),
    "ragged table": (
        "\\begin{tabular}{lll} a & b & c \\\\ d \\\\ \\end{tabular}",
        "| a | b | c |\n| --- | --- | --- |\n| d |  |  |",
    ),
    "bars in formulas of a pipe table": (
        r"\begin{tabular}{ll} a & \(|x|\) \\ b & \(\|y\|\) \end{tabular}",
        "| a | $\\vert x\\vert $ |\n| --- | --- |\n| b | $\\Vert y\\Vert $ |",
    ),
    "spans": (
        "\\begin{tabular}{|l|c|c|}\\hline \\multirow{2}{*}{Name} & \\multicolumn{2}{|c|}{Score <1} \\\\\n"
        "\\cline { 2 - 3 } & A & B \\\\ \\hline x & 1 & 2 \\\\ \\hline\\end{tabular}",
        '<table>\n<tr><th rowspan="2">Name</th><th colspan="2">Score &lt;1</th></tr>\n'
        "<tr><th>A</th><th>B</th></tr>\n<tr><td>x</td><td>1</td><td>2</td></tr>\n</table>",
    ),
    "block span": (
        "\\begin{tabular}{lll}\\multicolumn{2}{c}{\\multirow{2}{*}{X}} & a \\\\ \\multicolumn{2}{c}{} & b \\\\"
        " p & q & r\\end{tabular}",
        '<table>\n<tr><th rowspan="2" colspan="2">X</th><th>a</th></tr>\n<tr><th>b</th></tr>\n'
        "<tr><td>p</td><td>q</td><td>r</td></tr>\n</table>".replace(
            'rowspan="2" colspan="2"', 'colspan="2" rowspan="2"'
        ),
    ),
    "span upwards": (
        "\\begin{tabular}{ll} & a \\\\ \\multirow{-2}{*}{X} & b \\\\ c & d \\end{tabular}",
        '<table>\n<tr><th rowspan="2">X</th><th>a</th></tr>\n<tr><th>b</th></tr>\n'
        "<tr><td>c</td><td>d</td></tr>\n</table>",
    ),
    "span over a full cell": (
        "\\begin{tabular}{ll}\\multirow{3}{*}{X} & a \\\\ & b \\\\ Y & c \\end{tabular}",
        '<table>\n<tr><th rowspan="2">X</th><th>a</th></tr>\n<tr><th>b</th></tr>\n'
        "<tr><td>Y</td><td>c</td></tr>\n</table>",
    ),
    "lines in a cell": (
        "\\begin{tabular}{ll}\\makecell{a \\\\ b} & c \\\\ d & e\\end{tabular}",
        "<table>\n<tr><th>a<br>b</th><th>c</th></tr>\n<tr><td>d</td><td>e</td></tr>\n</table>",
    ),
    "table in a cell": (
        "\\begin{tabular}{ll}\\begin{tabular}{l}a \\\\ b\\end{tabular} & c \\\\ d & e\\end{tabular}",
        "<table>\n<tr><th>a<br>b</th><th>c</th></tr>\n<tr><td>d</td><td>e</td></tr>\n</table>",
    ),
    "caption of a table": (
        "\\begin{table}[h]\n\\caption{Results}\n\\begin{tabular}{ll}a & b\\\\c & d\\end{tabular}\n\\end{table}",
        "Results\n\n| a | b |\n| --- | --- |\n| c | d |",
    ),
    "frame": ("\\begin{tabular}{|l|}\\hline\nOnly text\n\\\\ \\hline\\end{tabular}", "Only text"),
    # footnotes
    "footnote text": (
        "See \\( { }^{1} \\) there.\n\\footnotetext{\n\\( { }^{1} \\) The note.\n}",
        "See [^1] there.\n\n[^1]: The note.",
    ),
    "footnote without a mark": ("Text.\n\\footnotetext{\n*Equal work\n}", "Text.\n\n*Equal work"),
    "footnote": (r"Here\footnote{A note} and\footnote{More}.", "Here[^1] and[^2].\n\n[^1]: A note\n\n[^2]: More"),
    # what models break
    "end sign": ("Text \\& more<|im_end|>};", "Text & more"),
    "only debris": ("<|im_end|>};", ""),
    "debris without end sign": ("};", ""),
    "title left open": ("\\title{\nThe title\n\nBody & more", "# The title\n\nBody & more"),
    "title left open before a section": ("\\title{The title\n\\section*{One}", "# The title\n\n## One"),
    "table left open": ("\\begin{tabular}{|l|c|}\\hline a & b \\\\ \\hline c &", "| a | b |\n| --- | --- |\n| c |  |"),
    "table cut in its columns": ("Text\\\\\n\n\\begin{tabular}{|l|c", "Text"),
    "table before a section": (
        "\\begin{tabular}{ll}a & b \\\\ c & d\n\\section*{Next}\ntext",
        "| a | b |\n| --- | --- |\n| c | d |\n\n## Next\n\ntext",
    ),
    "bold left open in a cell": (
        "\\begin{tabular}{ll}\\textbf{a & b \\\\ \\( x & y\\end{tabular}",
        "| **a** | b |\n| --- | --- |\n| $x$ | y |",
    ),
    "list left open": ("\\begin{itemize} \\item a \\item b\n\\section*{S}", "- a\n- b\n\n## S"),
    "lists closed wrongly": ("\\begin{itemize}\\item a\\begin{enumerate}\\item b\\end{itemize} c", "- a\n  1. b\n\nc"),
    "formula left open": ("Let \\( x + \\frac{a}{b\n\nnext", "Let $x + \\frac{a}{b}$\n\nnext"),
    "formula closed wrongly": (r"\( x \] y \) z", "$x$ y  z"),
    "brace too many": (r"\( x} \) and \textbf{a}} b", "$x$ and **a** b"),
    "end too many": ("a\\end{tabular} \\& b", "a & b"),
    "empty formula": (r"a \(\) b \[ \] c", "a  b\n\nc"),
}


@pytest.mark.parametrize("name", CASES)
def test_output_becomes_markdown(name: str) -> None:
    text, markdown = CASES[name]
    assert to_markdown(text) == markdown


PLAIN = st.text(st.characters(blacklist_characters="\\\r", blacklist_categories=["Cs"]), max_size=200)
PIECES = st.sampled_from(
    r"""\begin{tabular}{|l|c|}~\end{tabular}~\begin{itemize}~\end{itemize}~\begin{enumerate}~\item~{~}~[~]~&~\\~\(~\)~\[~\]
$~$$~a~中文~ ~\section*{~\title{~\author{~\textbf{~\multirow{-2}{*}{~\multicolumn{999}{c}{~\hline~\footnotetext{
\footnote{~\~\( { }^{1} \)~\begin{align}~\end{align}~\left(~\foo~\begin{array}~\makecell{~\item[a]~\begin{verbatim}
\cmidrule(lr){2-3}~\begin{center}~\end{center}~**kern""".replace("\n", "~").split("~")
) | st.sampled_from(["\n", "\n\n"])


@given(st.text(max_size=300) | st.lists(PIECES, max_size=60).map("".join))
@settings(max_examples=300, deadline=None)
def test_no_input_fails(text: str) -> None:
    assert isinstance(to_markdown(text), str)


@given(PLAIN)
@settings(max_examples=200, deadline=None)
def test_plain_text_stays(text: str) -> None:
    if "<|" not in text and "};" not in text and "**" not in text:
        assert to_markdown(text) == text.strip()


@given(st.lists(st.sampled_from(["word", "词语", "5%", "(x)", "a,", "b.", "-"]), min_size=1, max_size=30))
def test_text_beside_latex_stays(words: list[str]) -> None:
    text = " ".join(words)
    assert to_markdown(f"\\section*{{S}}\n{text}") == f"## S\n\n{text}"


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "{",
            "}",
            "[",
            "$",
            "\\textbf{",
            "\\item[",
            "\\footnote{",
            "\\title{",
            "\\( ",
            "\\[ x & ",
            "\\\\[",
            "`` ",
            "\n ",
        ),
        *(
            "\\begin{itemize}\\item ",
            "\\begin{tabular}{l}",
            "\\begin{tabular}{ll} a & ",
            "\\begin{verbatim}",
            "\\begin ",
        ),
        *("\\multirow{9}{*}{", "\\multicolumn{200}{c}{} \\\\", "\\left( "),
    ],
)
def test_the_work_grows_as_the_repetitions(piece: str) -> None:
    few, many = (operations(lambda n=n: to_markdown("\\begin{tabular}{l} " + piece * n)) for n in (200, 800))
    assert many < 5 * few

"""Markdown of hostile documents: nothing runs, nothing loads, nothing is lost, and every block can be found again."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.web.markdown import LONGEST_PIECE, pieces, render
from stores.models import Block, Label
from tests.counting import calls

ALLOWED = {
    *("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "hr"),
    *("a", "s", "span", "table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "br", "sub", "sup"),
}


class Seen(HTMLParser):
    """Tags and attributes as a browser would take them from the markup."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(str(markup))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def harmless(markup: str) -> Seen:
    seen = Seen(markup)
    assert set(seen.tags) <= ALLOWED
    for tag, name, value in seen.attributes:
        match (tag, name):
            case ("a", "href"):
                assert value.lower().startswith(("http://", "https://", "mailto:")), value
            case ("a", "rel"):
                assert value == "noopener noreferrer nofollow"
            case ("code" | "span", "class"):
                assert value in ("", "math", "image")
            case ("td" | "th", "colspan" | "rowspan"):
                assert 0 < int(value) <= 200
            case _:
                assert (tag, name) in {("a", "title"), ("ol", "start")}, (tag, name, value)
    return seen


HOSTILE = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(2)</script></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><img src onerror=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    '<base href="https://evil.example/"><link rel=stylesheet href=//evil.example>',
    '<form action="https://evil.example"><input name=key autofocus onfocus=alert(1)><button>x</button></form>',
    "[a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](java&#115;cript:alert(1)) [d](&#x6A;avascript:1)",
    "[a](data:text/html;base64,PHNjcmlwdD4x) [b](vbscript:x) [c](file:///etc/passwd) [d](//evil.example)",
    "<javascript:alert(1)> <data:text/html,x>",
    "[own page](/jobs/1/cancel) [relative](logout)",
    "![beacon](https://evil.example/pixel.png) ![x](data:image/svg+xml,<svg onload=alert(1)>)",
    '[a](https://e.org "title\\" onmouseover=alert(1)")',
    "[a]: javascript:alert(1)\n\n[a] [b][a]",
    "<table><tr><td onclick=alert(1) style='position:fixed' id=key class=lit>cell<script>x</script></td></tr></table>",
    "<table><tr><td><a href='javascript:alert(1)'>x</a><form><input></form></td></tr></table>",
    "<table background='https://evil.example/x'><caption><img src=x onerror=y></caption></table>",
    "<table><tr><td colspan=99999999 rowspan='-1' >x</td><td colspan='1e9'>y</td></tr></table>",
    "<table><tr><td>never closed",
    "<table></table><script>alert(1)</script><table></table>",
    "<!-- --!><script>alert(1)</script> -->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?><!DOCTYPE html>",
    "```\n<script>alert(1)</script>\n```",
    '```" onclick=alert(1) x="\ncode\n```',
    "`<img onerror=x>` $<img src=x onerror=alert(1)>$ \\(<script>x</script>\\) $$\\x<script>$$",
    "<sub><script>x</script></sub> <sub onclick=x>y</sub> <br onload=x> <sup>",
    "<a href='https://e.org' onclick=alert(1)>x</a>",
    "<div id=said class=lit data-key=b1>x</div>",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#60;img src=x&#62;",
    "</div></main><script>alert(1)</script>",
    "a\x00<scr\x00ipt>alert(1)</scr\x00ipt>",
    "| <script>alert(1)</script> | b |\n| --- | --- |\n| <img onerror=x> | [x](javascript:1) |",
    "# <script>alert(1)</script>\n\n- <img onerror=x>\n\n> <svg/onload=x>",
]


@pytest.mark.parametrize("markdown", HOSTILE)
def test_hostile_markdown_is_harmless(markdown: str) -> None:
    harmless(render(markdown))
    for piece in pieces(markdown, [block(0, len(markdown) // 2), block(len(markdown) // 2, len(markdown))]):
        harmless(piece.html)


PARTS = st.sampled_from(
    [
        *(
            "<table>",
            "</table>",
            "<tr><td>",
            "<script>",
            "</script>",
            "<",
            ">",
            '"',
            "'",
            "&#106;",
            "[",
            "](",
            ")",
            "!",
        ),
        *("```\n", "$", "\\(", "\\)", "<br>", "<sub>", "|", "\n", "\n\n", "| --- |\n", "javascript:", "https://e.org"),
        *(" onerror=x ", "=", "<svg", "<a href=", "*", "_", "- ", "> ", "    ", "<!--", "-->", "`", "文", "a", " "),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PARTS, max_size=40).map("".join))
def test_any_mixture_is_harmless(markdown: str) -> None:
    harmless(render(markdown))


@pytest.mark.parametrize(
    "markdown",
    [
        *(mark * 200_000 for mark in ("<", "[", "*", "`", "$", "> ", "- ", "\\(", "<table>", "<table><tr><td>", "|")),
        *(mark * (LONGEST_PIECE // len(mark)) for mark in ("[", "![", "[a](", "*a _b ", "<!--", "<a ", "**a ", "> ")),
        *(
            mark * (LONGEST_PIECE // len(mark))
            for mark in ("$", "$a", "\\(", "\\[x", "<sub>", "`a ``b ", "&amp", "<b>")
        ),
        "<table>" * 2000 + "</table>" * 2000,
        "".join(f"<table{'<' * 50}>" for _ in range(700)),
        "\n".join("  " * depth + "- a" for depth in range(280)),
        "|a" * 500 + "|\n" + "|-" * 500 + "|\n" + "|x\n" * 8000,
    ],
)
def test_the_work_on_monstrous_markdown_is_bounded(markdown: str) -> None:
    rendered: list[str] = []
    assert calls(lambda: rendered.append(render(markdown))) < 1000 * LONGEST_PIECE
    harmless(rendered[0])


def test_what_readers_write_is_shown() -> None:
    markup = render(
        '<table>\n<tr><th colspan="2">Head</th></tr>\n<tr><td rowspan="2">a &lt; b</td><td>c</td></tr>\n</table>\n\n'
        "H<sub>2</sub>O, one<br>two, **bold**, [link](https://e.org), ~~no~~"
    )
    seen = harmless(markup)
    assert 'colspan="2"' in markup and 'rowspan="2"' in markup
    assert {"sub", "br", "strong", "a", "s"} <= set(seen.tags)
    assert "a < b" in seen.text


@pytest.mark.parametrize(
    ("markdown", "formula"),
    [
        ("so $x^2 + y$ holds", "$x^2 + y$"),
        ("where $n$ is", "$n$"),
        ("$$\\sum_i a_i$$", "$$\\sum_i a_i$$"),
        ("\\(a_b\\) is", "\\(a_b\\)"),
        ("from $5 to $10 a day", ""),
        ("$1,200 and $3", ""),
    ],
)
def test_formulas_are_text_and_money_is_none(markdown: str, formula: str) -> None:
    shown = render(markdown)
    assert (f'<code class="math">{formula}</code>' in shown) if formula else ("math" not in shown)


def block(start: int, end: int, label: Label = Label.TEXT) -> Block:
    return Block(label=label, box=(0, 0, 1, 1), text="", start=start, end=end)


def test_every_block_has_its_piece_and_nothing_is_lost() -> None:
    markdown = "# One\n\nstray\n\n- a\n  - b\n\nlast"
    blocks = [block(0, 5), block(0, 0, Label.HEADER), block(14, 17), block(20, 23), block(25, 29)]
    made = pieces(markdown, blocks)
    assert [piece.blocks for piece in made] == [(0,), (), (2,), (3,), (4,)]
    assert [Seen(piece.html).text.strip() for piece in made] == ["One", "stray", "a", "b", "last"]
    assert [piece.indent for piece in made] == [0, 0, 0, 1, 0]


def test_blocks_that_overlap_share_a_piece() -> None:
    made = pieces("one two three four", [block(0, 7), block(4, 13), block(14, 18)])
    assert [(piece.blocks, Seen(piece.html).text.strip()) for piece in made] == [
        ((0, 1), "one two three"),
        ((2,), "four"),
    ]


@settings(max_examples=200, deadline=None)
@given(
    st.text("ab \n", max_size=60),
    st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=6),
)
def test_no_character_is_shown_twice_or_lost(markdown: str, spans: list[tuple[int, int]]) -> None:
    made = pieces(markdown, [block(*span) for span in spans])
    assert "".join("".join(Seen(piece.html).text.split()) for piece in made) == "".join(markdown.split())

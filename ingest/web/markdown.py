"""Markdown of documents as safe HTML, piece by piece, so that a block can be lit. Documents are hostile.

Nothing of a document becomes markup but what Markdown says and the tables that our own readers write; what comes out
goes through an allow-list once more: no scripts, images, forms, ids, classes or styles, and links to the web only.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup

from stores.models import Block

LONGEST_PIECE = 40_000  # characters; a longer piece is shown as plain text
_TABLE = re.compile(r"<table\b[^<>]{0,200}>.*?</table\s*>", re.IGNORECASE | re.DOTALL)
_TABLE_TAGS = {"table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "br", "sub", "sup"}
_TAGS = _TABLE_TAGS | {
    *("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "hr"),
    *("a", "s", "span"),
}
_SPANS = {"td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
_ATTRIBUTES = _SPANS | {"a": {"href", "title"}, "ol": {"start"}}
_CLASSES = {"code": {"math"}, "span": {"image"}}
_SCHEMES = {"http", "https", "mailto"}
_LARGEST_SPAN = 200  # columns or rows; a browser lays out every one of them
_OWN_TAG = re.compile(r"<(/?)(su[bp])>|<br ?/?>")
_MATH = re.compile(
    r"\$\$([^$]{1,2000})\$\$|\$(?!\s)([^$\n]{1,500}?)(?<!\s)\$(?!\d)|\\\((.{1,500}?)\\\)|\\\[(.{1,2000}?)\\\]",
    re.DOTALL,
)
_LIKE_MATH = re.compile(r"[\\^_={}<>+*/]|^[A-Za-z]\w?$")
_INDENT = re.compile(r"[ \t]*\Z")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a page's Markdown as HTML. ``blocks``: indices of the blocks it shows, none for text between blocks."""

    html: Markup
    blocks: tuple[int, ...]
    indent: int = 0  # 0 to 6, of a list inside a list


def pieces(markdown: str, blocks: Sequence[Block]) -> list[Piece]:
    """Split a page's Markdown where blocks begin and end; no character is lost or shown twice."""
    made = []
    for start, end, shown in _stretches(len(markdown), blocks):
        text = markdown[start:end]
        if text.strip():
            before = _INDENT.search(markdown[:start].rpartition("\n")[2])
            depth = min(len(before[0].expandtabs(4)) // 2, 6) if before and shown else 0
            made.append(Piece(render(text), shown, depth))
    return made


def render(text: str) -> Markup:
    """Convert Markdown to sanitized HTML without scripts, styles or images."""
    if len(text) > LONGEST_PIECE:
        return Markup("<pre>{}</pre>").format(text)
    parts, at = [], 0
    for table in _TABLE.finditer(text):
        parts += [_prose(text[at : table.start()]), _table(table[0])]
        at = table.end()
    parts.append(_prose(text[at:]))
    clean = nh3.clean(
        "".join(parts),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        url_schemes=_SCHEMES,
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(clean)


def _stretches(length: int, blocks: Sequence[Block]) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """Yield (start, end, blocks) that cover 0 to ``length``; overlapping blocks share one entry."""
    clipped = ((max(b.start, 0), min(b.end, length), i) for i, b in enumerate(blocks))
    placed = sorted(span for span in clipped if span[1] > span[0])
    at, open_until, shown = 0, 0, []
    for start, end, index in [*placed, (length, length, -1)]:
        if start < open_until:
            shown.append(index)
            open_until = max(open_until, end)
            continue
        if shown:
            yield at, open_until, tuple(shown)
            at = open_until
        if start > at:
            yield at, start, ()
        at, open_until, shown = start, end, [index]


def _prose(text: str) -> str:
    return _parser().render(text) if text.strip() else ""


def _table(markup: str) -> str:
    """Sanitize an HTML table that an OCR engine wrote; only elements of tables stay."""
    return nh3.clean(markup, tags=_TABLE_TAGS, attributes=_SPANS, attribute_filter=_checked_span)


def _checked_span(tag: str, attribute: str, value: str) -> str | None:
    return value if value.isascii() and value.isdigit() and 0 < int(value[:6]) <= _LARGEST_SPAN else None


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
    parser.inline.ruler.before("escape", "math", _math)
    parser.inline.ruler.before("html_inline", "own_tags", _own_tags)
    parser.add_render_rule("image", _image)
    parser.add_render_rule("math", _code)
    parser.add_render_rule("own_tag", _as_is)
    return parser


def _math(state: StateInline, silent: bool) -> bool:
    """Keep a formula as it is written, ``$x^2$`` or ``\\(x\\)``; an amount of money is not a formula."""
    if state.src[state.pos] not in "$\\":
        return False
    formula = _MATH.match(state.src, state.pos, state.posMax)
    if not formula or not _LIKE_MATH.search(next(group for group in formula.groups() if group)):
        return False
    if not silent:
        state.push("math", "", 0).content = formula[0]
    state.pos = formula.end()
    return True


def _own_tags(state: StateInline, silent: bool) -> bool:
    """Accept the tags for line breaks, superscript and subscript that OCR engines write; other tags stay text."""
    tag = _OWN_TAG.match(state.src, state.pos, state.posMax)
    if not tag:
        return False
    if not silent:
        state.push("own_tag", "", 0).content = f"<{tag[1]}{tag[2]}>" if tag[2] else "<br>"
    state.pos = tag.end()
    return True


def _code(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: dict[str, object]
) -> str:
    return f'<code class="math">{html.escape(tokens[index].content)}</code>'


def _as_is(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: dict[str, object]
) -> str:
    return tokens[index].content


def _image(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: dict[str, object]
) -> str:
    """Render an image as its alternative text; nothing is loaded from an address in a document."""
    return f'<span class="image">{html.escape(tokens[index].content or "image")}</span>'

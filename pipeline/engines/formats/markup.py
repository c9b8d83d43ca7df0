"""Elements of HTML: web pages, and what Word documents, Markdown, mail and e-books are turned into. Fetches nothing."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from pipeline.engines.formats.elements import Element, PictureList
from pipeline.engines.formats.markup_tables import is_layout, table_element
from pipeline.engines.formats.mathml import is_display, tex_of_mathml
from pipeline.engines.formats.packages import local
from pipeline.engines.formats.page_writer import ANGLE
from stores.models import Label

_SKIPPED = frozenset(
    (
        *("script", "style", "noscript", "template", "head", "svg", "iframe", "object", "embed", "applet"),
        *("canvas", "audio", "video", "map", "datalist", "select", "textarea", "button"),
    )
)
_LOST = {
    "iframe": "embedded pages", "object": "embedded objects", "embed": "embedded objects", "svg": "drawings",
    "canvas": "drawings", "audio": "recordings", "video": "films", "math": "formulas",
}  # fmt: skip
_BLOCKS = frozenset(
    (
        *("html", "body", "div", "p", "section", "article", "main", "header", "footer", "nav", "aside", "address"),
        *("figure", "figcaption", "blockquote", "form", "fieldset", "details", "summary", "center", "dl", "dt", "dd"),
        *("ul", "ol", "li", "menu", "dir", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "table", "tr", "td", "th"),
        *("thead", "tbody", "tfoot", "caption", "hr", "title", "legend", "search", "hgroup"),
    )
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(hidden|collapse)|font-size\s*:\s*0(?![.\d])|opacity\s*:\s*0(?![.\d])"
    r"|mso-hide\s*:\s*all", re.IGNORECASE
)  # fmt: skip
_LINKS = re.compile(r"(https?://|mailto:)[^\s<>()]*", re.IGNORECASE)
_SUPERSCRIPTS = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_SUBSCRIPTS = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
_NOTE = re.compile(r"(?:footnote|endnote)-\d+")  # the places of notes, as mammoth names them
_REFERENCE = re.compile(r"\[[^\[\]\s]{1,8}\]")
_DEEPEST = 200
_LARGEST_DATA_URL = 40 << 20

Resolve = Callable[[str], bytes | None]
"""The bytes that an address inside the document names, None where it holds none."""


@dataclass(slots=True)
class Markup:
    """Reads one tree of HTML. ``resolve`` finds pictures inside the document; nothing else is ever loaded."""

    pictures: PictureList
    resolve: Resolve = lambda _: None
    elements: list[Element] = field(default_factory=list)
    lost: dict[str, int] = field(default_factory=dict)
    _text: list[str] = field(default_factory=list)
    _markdown: list[str] = field(default_factory=list)
    _form: Element = field(default_factory=lambda: Element(label=Label.TEXT))
    _depth: int = 0

    def read(self, root: Any) -> list[Element]:
        """List the elements of a tree in their order."""
        self._block(root)
        self._flush()
        return self.elements

    def _block(self, node: Any) -> None:
        """Walk a block element: text before, inside and after its children, each run of it one paragraph."""
        self._depth += 1
        if self._depth <= _DEEPEST:
            self._add(node.text or "")
            for child in node:
                self._child(child)
                self._add(child.tail or "")
        else:
            self._add("".join(node.itertext()))
        self._depth -= 1

    def _child(self, node: Any) -> None:
        name = local(node).lower()
        if name.rpartition(":")[2] == "math" and not _is_hidden(node):
            self._formula(node)
        elif not name or name in _SKIPPED or _is_hidden(node):
            self._note_lost(node, name)
        elif name == "br":
            self._add("\n", verbatim=True)
        elif name == "input":
            self._add(_state_of(node))
        elif name == "img":
            self._picture(node)
        elif name in _BLOCKS:
            self._flush()
            self._of_block(name)(node)
            self._flush()
        else:
            self._inline(node, name)

    def _of_block(self, name: str) -> Callable[[Any], None]:
        if name in _HEADINGS:
            return lambda node: self._formed(node, Element(label=Label.HEADING, level=_HEADINGS[name]))
        special: dict[str, Callable[[Any], None]] = {
            "table": self._table,
            "ul": self._list,
            "ol": self._list,
            "menu": self._list,
            "pre": self._code,
            "figcaption": lambda node: self._formed(node, Element(label=Label.CAPTION)),
            "caption": lambda node: self._formed(node, Element(label=Label.CAPTION)),
            "dd": lambda node: self._formed(node, Element(label=Label.LIST, marker="-")),
            "hr": lambda _: None,
        }
        return special.get(name, self._block)

    def _formed(self, node: Any, form: Element) -> None:
        """Walk a block whose text becomes an element of another form."""
        before, self._form = self._form, form
        self._block(node)
        self._flush()
        self._form = before

    def _list(self, node: Any) -> None:
        outer = self._form
        depth = outer.level + 1 if outer.label is Label.LIST else 0
        number = _whole(node.get("start"), 1)
        self._add(node.text or "")
        for child in node:
            ordered = local(node).lower() == "ol"
            marker = f"{number}." if ordered else "-"
            if local(child).lower() == "li" and _NOTE.fullmatch(child.get("id") or ""):
                self._note(child, number)
                number += 1
            elif local(child).lower() == "li":
                number = _whole(child.get("value"), number) + 1
                self._formed(child, Element(label=Label.LIST, level=min(depth, 8), marker=marker))
            else:
                self._child(child)
            self._add(child.tail or "")
        self._flush()
        self._form = outer

    def _note(self, node: Any, number: int) -> None:
        """A footnote, which begins with its number as the reference in the text has it."""
        at = len(self.elements)
        self._formed(node, Element(label=Label.TEXT))
        for index, element in enumerate(self.elements[at : at + 1], at):
            markdown = f"[{number}] {element.markdown}" if element.markdown else ""
            self.elements[index] = replace(element, text=f"[{number}] {element.text}", markdown=markdown)

    def _code(self, node: Any) -> None:
        text = "".join(node.itertext()).strip("\n").expandtabs(4)
        if text.strip():
            self.elements.append(Element(label=Label.TEXT, text=text, code=True))

    def _table(self, node: Any) -> None:
        if is_layout(node):
            self._block(node)
            return
        for caption in node:
            if local(caption).lower() == "caption":
                self._formed(caption, Element(label=Label.CAPTION))
        element = table_element(node, self._cell)
        if element:
            self.elements.append(element)

    def _cell(self, node: Any) -> str:
        """The text of a table cell; pictures in it follow the table."""
        inner = Markup(self.pictures, self.resolve, lost=self.lost, _depth=self._depth + 1)
        texts = []
        for element in inner.read(node):
            if element.label is Label.FIGURE:
                self.elements.append(element)
            texts.append(f"{element.marker} {element.text}" if element.marker not in ("", "-") else element.text)
        return " ".join(" ".join(texts).split())

    def _inline(self, node: Any, name: str) -> None:
        if name in ("del", "s", "strike"):
            self._mark("~~")
        start = len(self._text)
        self._block(node)
        inner = "".join(self._text[start:])
        if name in ("sup", "sub") and inner.strip():
            self._raised(start, inner, _SUPERSCRIPTS if name == "sup" else _SUBSCRIPTS)
        elif name == "a" and len(self._markdown) >= start and inner.strip():
            self._link(start, inner, node.get("href") or "")
        if name in ("del", "s", "strike"):
            self._mark("~~")

    def _mark(self, mark: str) -> None:
        self._text.append("")
        self._markdown.append(mark)

    def _raised(self, start: int, inner: str, letters: dict[int, int]) -> None:
        """Write an exponent or index with letters of its own, so that 10 with an exponent 2 is no 102."""
        if _REFERENCE.fullmatch(inner.strip()):
            return
        raised = inner.strip().translate(letters)
        if raised.isascii() and not raised.isalpha():
            raised = f"^{raised}" if letters is _SUPERSCRIPTS else f"_{raised}"
        self._text[start:], self._markdown[start:] = [raised], [raised]

    def _link(self, start: int, inner: str, address: str) -> None:
        address = address.strip()
        words = " ".join(inner.split())
        if words == "↑" and address.startswith("#"):  # from a note back to where it is named
            self._text[start:], self._markdown[start:] = [], []
        if _LINKS.fullmatch(address) and words != address and "\n" not in inner:
            lead = inner[: len(inner) - len(inner.lstrip())]
            tail = inner[len(inner.rstrip()) :]
            label = words.replace("[", "\\[").replace("]", "\\]")
            self._text[start:], self._markdown[start:] = [inner], [f"{lead}[{label}]({address}){tail}"]

    def _add(self, text: str, *, verbatim: bool = False) -> None:
        if text:
            text = text if verbatim else re.sub(r"[ \t\r\n\f]+", " ", text)
            self._text.append(text)
            self._markdown.append(ANGLE.sub(r"\\<", text))

    def _flush(self) -> None:
        """End the paragraph that is being collected."""
        text, markdown = _tidy("".join(self._text)), _tidy("".join(self._markdown))
        self._text, self._markdown = [], []
        if text:
            is_formula = self._form.label is Label.TEXT and len(text) > 4 and text[:2] == "$$" == text[-2:]
            form = replace(self._form, label=Label.FORMULA) if is_formula else self._form
            self.elements.append(replace(form, text=text, markdown="" if markdown == text else markdown))
            if self._form.label is Label.LIST:  # what follows inside the same item is its next paragraph
                self._form = replace(self._form, marker="")

    def _formula(self, node: Any) -> None:
        """A formula as TeX between dollar signs; one that stands in a line of its own is a paragraph."""
        tex = tex_of_mathml(node)
        if not tex:
            self._note_lost(node, "math")
        elif is_display(node):
            self._flush()
            self._add(f"$${tex}$$")
            self._flush()
        else:
            self._add(f"${tex}$")

    def _picture(self, node: Any) -> None:
        words = " ".join((node.get("alt") or node.get("title") or "").split())
        address = node.get("src") or ""
        data = _data_url(address) if address.lower().startswith("data:") else self.resolve(unquote(address))
        if data is None and not address.lower().startswith("data:"):
            if address and not _is_spacer(node):
                self.lost["pictures that are not in the file"] = (
                    self.lost.get("pictures that are not in the file", 0) + 1
                )
            self._add(words)
            return
        index = self.pictures.add(data, words or address.rpartition("/")[2][:80]) if data else None
        self._flush()
        self.elements.append(Element(label=Label.FIGURE, text=words, picture=index))

    def _note_lost(self, node: Any, name: str) -> None:
        words = _LOST.get(name)
        if not words and name and name not in _SKIPPED and "".join(node.itertext()).strip():
            words = "hidden texts"
        if words:
            self.lost[words] = self.lost.get(words, 0) + 1


def _state_of(node: Any) -> str:
    """The state of a check box or an option, "" for other fields."""
    if (node.get("type") or "").lower() not in ("checkbox", "radio"):
        return ""
    return "☒ " if node.get("checked") is not None else "☐ "


def unread_words(lost: dict[str, int]) -> tuple[str, ...]:
    """Say what was not read: "3 embedded pages"."""
    return tuple(f"{count} {words if count != 1 else _singular(words)}" for words, count in lost.items())


def _singular(words: str) -> str:
    """The words for one: "1 picture that is not in the file", "1 formula without a saved result"."""
    head, apart, rest = words.partition(" that are ")
    if not apart:
        head, apart, rest = words.partition(" without ")
    joint = {" that are ": " that is ", " without ": " without "}.get(apart, "")
    return head.removesuffix("s") + joint + rest


def _tidy(text: str) -> str:
    """Single spaces within lines, and no empty lines at the edges."""
    lines = (" ".join(line.split(" ")).strip() for line in re.sub(r" {2,}", " ", text).split("\n"))
    return "\n".join(line for line in lines if line)


def _is_hidden(node: Any) -> bool:
    return node.get("hidden") is not None or bool(_HIDDEN.search(node.get("style") or ""))


def _is_spacer(node: Any) -> bool:
    """Whether a picture is a counter or a spacer of one pixel."""
    return any(re.fullmatch(r"[0-3](px)?", (node.get(side) or "").strip()) for side in ("width", "height"))


def _data_url(address: str) -> bytes | None:
    """The bytes of a picture that stands in its address."""
    head, comma, data = address.partition(",")
    if not comma or not head.lower().startswith("data:image/") or len(data) > _LARGEST_DATA_URL:
        return None
    if "svg" in head.lower():
        return None
    try:
        return base64.b64decode(data) if head.lower().endswith(";base64") else unquote_to_bytes(data)
    except (binascii.Error, ValueError):
        return None


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and re.fullmatch(r"\d{1,6}", text.strip()) else default


def parse_html(text: str) -> Any:
    """Parse a web page, however broken; its root element, None where it is empty."""
    from lxml import html

    parser = html.HTMLParser(no_network=True, huge_tree=True, remove_comments=True, remove_pis=True)
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text.replace("\0", ""))  # lxml refuses text that declares an encoding
    return html.document_fromstring(text, parser=parser, ensure_head_body=True) if text.strip() else None


def title_of(root: Any) -> str:
    """The title of a web page."""
    for node in root.iter("title"):
        return " ".join((node.text or "").split())[:300]
    return ""

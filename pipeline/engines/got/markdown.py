r"""Converts the LaTeX-flavoured text of page readers to GitHub Markdown. Pure, never fails.

GOT-OCR2 and models trained like it write Mathpix Markdown: ``\title{}``, ``\section*{}``, ``tabular``, ``itemize``,
``\( \)``. Tokens become a tree (``latex_tree``), the tree becomes blocks with a blank line between them. A text
without any backslash is Markdown already and stays as it is.

pylatexenc 2.11, with its tolerant parsing, loses what follows a title that was not closed and what follows a percent
sign, keeps the markup of a formula that was cut off as text, and raises RecursionError at 400 nested tables.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from pipeline.engines.got import latex_footnotes, latex_math
from pipeline.engines.got.latex_tables import Grid, TableCell, grid_of
from pipeline.engines.got.latex_tree import Code, Command, Environment, Formula, Mark, Node, Text, parsed
from pipeline.engines.got.latex_words import (
    FOOTNOTES,
    HEADINGS,
    HTML_MARKS,
    LISTS,
    MARKS,
    NUMBERED_LISTS,
    PARAGRAPHS,
    QUOTES,
    SCRIPTS,
    TABLES,
)
from pipeline.engines.layout.lines.joining import joined

_SPECIAL = re.compile(r"<\|[a-z_]{1,20}\|>")
_END = re.compile(r"<\|(?:im_end|endoftext)\|>")
_DEBRIS = re.compile(r"(?:(?<=\s)|^)\};\Z")  # what the model writes behind an answer that it ended at once
_MUSIC = re.compile(r"^\*\*(?:kern|ekern|bekern)", re.MULTILINE)
_QUOTED = re.compile(r"(?<!`)``(?!`)([^`'\n]{1,300})''")
_OWN_NUMBER = re.compile(r"\(?\d{1,3}[.)]$")
_NUMBERED = re.compile(r"\d{1,3}[.)]\s")
_LIST = re.compile(r"(?:- |\d{1,3}[.)] )")
_BULLETS = ("", "-", "–", "—", "•", "*", "·", "∙", "◦", "$\\bullet$", "$\\cdot$", "$\\circ$", "$\\ast$", "$*$")


def to_markdown(text: str) -> str:
    """GitHub Markdown of what a model wrote: pipe tables, HTML where cells span, ``$`` formulas, lists, footnotes."""
    text = _cleaned(text)
    music = _MUSIC.search(text)
    if music:
        return _blocks_joined([to_markdown(text[: music.start()]), _fenced(text[music.start() :].strip(), "")])
    if "\\" not in text:
        return text.strip()
    nodes = parsed(text)
    return _Writer(nodes).document(nodes)


def _cleaned(text: str) -> str:
    """Remove the model's special tokens and everything after its end token."""
    end = _END.search(text)
    text = _SPECIAL.sub("", text[: end.start()] if end else text).replace("\r\n", "\n").strip()
    debris = _DEBRIS.search(text)
    return text[: debris.start()].rstrip() if debris else text


def _blocks_joined(blocks: Iterable[str]) -> str:
    return "\n\n".join(block for block in blocks if block)


def _fenced(text: str, language: str) -> str:
    """Put text between fences that are longer than any in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


class _Writer:
    """Writes one page. ``style`` of inline text: "page", "title" (one line), "pipe" or "html" (a cell)."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._notes = latex_footnotes.Footnotes(nodes)

    def document(self, nodes: Sequence[Node]) -> str:
        blocks = self._blocks(nodes)
        notes = [self._definition(key, body) for key, body in self._notes.pending()]
        return _blocks_joined([*blocks, *notes])

    # Blocks

    def _blocks(self, nodes: Sequence[Node]) -> list[str]:
        """Paragraphs, headings, lists, tables and formulas, in their order."""
        blocks: list[str] = []
        running: list[Node] = []
        after_list = False
        for node in nodes:
            written = self._block(node)
            if written is None:
                running.append(node)
                continue
            paragraph = self._paragraph(running)
            running = []
            listed = isinstance(node, Environment) and node.name in LISTS
            if listed and after_list and not paragraph and written and not isinstance(node, Mark):
                blocks[-1] += "\n" + "\n".join(written)
                continue
            blocks += [paragraph, *written] if paragraph else written
            after_list = bool(written) and listed if not isinstance(node, Mark) else after_list and not paragraph
        return [*blocks, *filter(None, [self._paragraph(running)])]

    def _block(self, node: Node) -> list[str] | None:
        """The blocks of a node; None where it stands inside a paragraph."""
        if isinstance(node, Formula):
            block = latex_math.display(node.source, node.environment, node.split) if node.display else ""
            return ([block] if block else []) if node.display else None
        if isinstance(node, Code):
            return [_fenced(node.text, node.language)] if node.text.strip() else []
        if isinstance(node, Mark):
            return [] if node.kind == "paragraph" else None
        if isinstance(node, Environment):
            return self._environment(node)
        return self._command(node) if isinstance(node, Command) else None

    def _environment(self, node: Environment) -> list[str] | None:
        if node.name.rstrip("*") in TABLES or node.name in TABLES:
            return self._table(node)
        if node.name in LISTS:
            written = self._list(node)
            return [written] if written else []
        if node.name in QUOTES:
            quoted = "\n\n".join(self._blocks(node.nodes)).split("\n")
            return ["\n".join(f"> {line}".rstrip() for line in quoted)] if any(quoted) else []
        if node.name or _holds_blocks(node.nodes):
            return self._blocks(node.nodes)
        return None

    def _command(self, node: Command) -> list[str] | None:
        level = HEADINGS.get(node.name)
        if level:
            title = self._inline(_all(node.texts), "title")
            return [f"{'#' * level} {title}"] if title else []
        if node.name in PARAGRAPHS:
            return [block for text in node.texts for block in self._blocks(text)]
        if node.name == "footnotetext":
            return self._footnote_text(node)
        if node.name not in FOOTNOTES and node.name != "item" and any(_holds_blocks(text) for text in node.texts):
            return [block for text in node.texts for block in self._blocks(text)]
        return None

    def _footnote_text(self, node: Command) -> list[str]:
        key, body = self._notes.text_of(node)
        return [self._definition(key, body)] if key else self._blocks(body)

    def _definition(self, key: str, body: Sequence[Node]) -> str:
        return f"[^{key}]: " + "\n\n".join(self._blocks(body)).replace("\n", "\n    ").replace("\n    \n", "\n\n")

    def _paragraph(self, nodes: Sequence[Node]) -> str:
        lines = [line.strip() for line in self._inline(nodes, "page").split("\n")]
        return _QUOTED.sub(r"“\1”", "\n".join(line for line in lines if line))

    # Lists

    def _list(self, node: Environment) -> str:
        """One item a line; what else an item holds stands below it, indented."""
        items: list[tuple[str, list[Node]]] = []
        for part in node.nodes:
            if isinstance(part, Command) and part.name == "item":
                items.append((part.option, list(_all(part.texts))))
            elif items:
                items[-1][1].append(part)
            elif not _is_nothing(part):
                items.append(("", [part]))
        numbered = node.name in NUMBERED_LISTS
        described = node.name == "description"
        written = [
            self._item(option, nodes, at if numbered else 0, described) for at, (option, nodes) in enumerate(items, 1)
        ]
        return "\n".join(item for item in written if item)

    def _item(self, option: str, nodes: Sequence[Node], number: int, described: bool) -> str:
        blocks = self._blocks(nodes)
        label = self._inline(parsed(option), "title") if option else ""
        if not blocks and not label:
            return ""
        first = blocks[0] if blocks else ""
        marker = f"{number}. " if number else "- "
        if _OWN_NUMBER.match(label) and label[0] != "(":
            marker = f"{label} "
        elif label not in _BULLETS:
            marker, first = "- ", f"{f'**{label}**' if described else label} {first}".rstrip()
        elif _NUMBERED.match(first):
            marker = ""
        indent = " " * (len(marker) or 3)
        text = marker + first.replace("\n", "\n" + indent)
        for block in blocks[1:]:
            space = "\n" if _LIST.match(block) else "\n\n"
            text += space + indent + block.replace("\n", "\n" + indent)
        return text.replace("\n" + indent + "\n", "\n\n")

    # Tables

    def _table(self, node: Environment) -> list[str]:
        grid = grid_of(node)
        if grid.is_frame:
            return [block for row in grid.rows for cell in row for block in self._blocks(cell.nodes)]
        if not grid.spans:
            piped = [[self._cell(cell, "pipe") for cell in row] for row in grid.rows]
            if not any("\n" in text for row in piped for text in row):
                return [_pipes(piped, grid.width)]
        return [self._html(grid)]

    def _cell(self, cell: TableCell, style: str) -> str:
        lines = [line.strip() for line in self._inline(cell.nodes, style).strip().split("\n")]
        return "\n".join(line for line in lines if line)

    def _html(self, grid: Grid) -> str:
        rows = []
        for number, row in enumerate(grid.rows):
            tag = "th" if number < grid.header_rows else "td"
            rows.append("<tr>" + "".join(self._tagged(cell, tag) for cell in row) + "</tr>")
        return "<table>\n" + "\n".join(rows) + "\n</table>"

    def _tagged(self, cell: TableCell, tag: str) -> str:
        wide = f' colspan="{cell.columns}"' if cell.columns > 1 else ""
        high = f' rowspan="{cell.rows}"' if cell.rows > 1 else ""
        return f"<{tag}{wide}{high}>{self._cell(cell, 'html').replace(chr(10), '<br>')}</{tag}>"

    # Inside a line

    def _inline(self, nodes: Iterable[Node], style: str) -> str:
        text = ""
        parts: list[str] = []
        for node in nodes:
            text = self._inline_node(node, style, not parts or parts[-1].endswith("\n"))
            if text:
                parts.append(text)
        whole = "".join(parts)
        return " ".join(joined(whole.split("\n")).split()) if style == "title" else whole

    def _inline_node(self, node: Node, style: str, at_start: bool) -> str:
        if isinstance(node, Text):
            return _text(node, style, at_start)
        if isinstance(node, Formula):
            key = self._notes.reference(node) if not node.display else ""
            amount = "" if node.environment or key else latex_math.number(node.source)
            if amount:
                return _text(Text(amount), style, False)
            return f"[^{key}]" if key else _formula(latex_math.inline(node.source), style)
        if isinstance(node, Mark):
            return "\n" if node.kind == "line" else " "
        if isinstance(node, Code):
            return _text(Text(node.text), style, False)
        return self._inline_command(node, style) if isinstance(node, Command) else self._inline_environment(node, style)

    def _inline_environment(self, node: Environment, style: str) -> str:
        """An environment where only a line may stand: items and rows as lines."""
        if node.name in TABLES:
            rows = (" ".join(self._inline(cell.nodes, style) for cell in row) for row in grid_of(node).rows)
            return "\n".join(rows)
        inner = self._inline(node.nodes, style)
        return f"\n{inner}\n" if node.name in LISTS else inner

    def _inline_command(self, node: Command, style: str) -> str:
        if node.name in FOOTNOTES or node.name == "footnotemark":
            key = self._notes.mark(node)
            return f"[^{key}]" if key else ""
        if node.name == "url":
            return _text(Text("".join(node.raws)), style, False)
        inner = " ".join(self._inline(text, style) for text in node.texts)
        if node.name == "item":
            label = self._inline(parsed(node.option), style)
            return f"\n{label if label not in _BULLETS else '-'} {inner.strip()}"
        return _marked(node, inner, style)


def _marked(node: Command, inner: str, style: str) -> str:
    """Text with the mark of its command: bold, italic, raised, a link."""
    if not inner.strip():
        return inner
    lead, body, tail = inner[: len(inner) - len(inner.lstrip())], inner.strip(), inner[len(inner.rstrip()) :]
    if node.name in SCRIPTS:
        return f"{lead}<{SCRIPTS[node.name]}>{body}</{SCRIPTS[node.name]}>{tail}"
    if node.name == "href" and node.raws and style != "html":
        return f"{lead}[{body}]({node.raws[0]}){tail}"
    if node.name not in MARKS or style == "title" or "\n" in body:
        return inner
    if style == "html":
        return f"{lead}<{HTML_MARKS[node.name]}>{body}</{HTML_MARKS[node.name]}>{tail}"
    return f"{lead}{MARKS[node.name]}{body}{MARKS[node.name]}{tail}"


def _text(node: Text, style: str, at_start: bool) -> str:
    """Text as Markdown of its place. Line breaks of the source only tell lines apart on the page itself."""
    text = node.text
    if style == "html":
        return html.escape(text, quote=False).replace("\n", " ")
    if style == "pipe":
        return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
    return f"\\{text}" if node.escaped and text == "#" and at_start and style == "page" else text


def _formula(formula: str, style: str) -> str:
    if style == "html":
        return html.escape(formula, quote=False)
    return latex_math.without_pipes(formula) if style == "pipe" else formula


def _pipes(rows: Sequence[Sequence[str]], width: int) -> str:
    padded = [[*row, *[""] * (width - len(row))] for row in rows]
    written = ["| " + " | ".join(row) + " |" for row in padded]
    return "\n".join([written[0], "|" + " --- |" * width, *written[1:]])


def _all(texts: Iterable[Sequence[Node]]) -> list[Node]:
    return [node for text in texts for node in text]


def _is_nothing(node: Node) -> bool:
    return isinstance(node, Mark) or (isinstance(node, Text) and not node.text.strip())


def _holds_blocks(nodes: Sequence[Node]) -> bool:
    """Whether anything in it cannot stand inside a line."""
    for node in nodes:
        if isinstance(node, Environment) and (node.name or _holds_blocks(node.nodes)):
            return True
        if isinstance(node, Code) or (isinstance(node, Formula) and node.display):
            return True
        if isinstance(node, Command) and (node.name in HEADINGS or any(map(_holds_blocks, node.texts))):
            return True
    return False

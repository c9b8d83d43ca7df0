"""Words that this project no longer uses, and the few places where they are right.

Each thing has one name, the usual one of its field; ``OLD_WORDS`` maps the names of before to those of today. Python is
read by its syntax tree (identifiers, docstrings, messages) and its comments, other texts line by line.

``python -m tests.vocabulary`` prints every place where one still stands; a test wants none.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("ingest", "pipeline", "stores", "scripts", "tests")
TEXTS = {".html", ".js", ".css", ".md", ".toml", ".sh", ""}

# One part of an identifier (``errand`` in ``send_errands``) and a word of a docstring, comment, message or text.
OLD_WORDS = {
    "errand": "outbound task, callback or download",
    "passage": "chunk",
    "proof": "evidence",
    "redo": "reprocess",
    "redoing": "reprocess",
    "reopen": "reprocess or retry",
    "ledger": "lifecycle",
    "roll_call": "worker status",
    "crew": "worker group",
    "invocation": "CLI context",
    "legibility": "text quality",
    "leaf": "page view",
    "donor": "base generation",
    "outpost": "callback environment",
    "lame": "slow",
    "stranger": "what is unknown: worker, host, file",
    "intake": "submission",
    "lost_page": "page in work",
    "not_before": "scheduled_at",
    "losses": "lost attempts",
    "picturing": "page image",
    "gathering": "file discovery",
}
# Names of classes, private ones too. A class of a library that has such a name is not meant: definitions count.
OLD_CLASSES = {
    "Desk": "submission queue",
    "Door": "unit of work",
    "Round": "submission batch",
    "Counter": "submission queue",
    "Arriving": "StagedFile",
    "Candidate": "StagedFile",
    "FoundFile": "StagedFile",
    "Place": "PlacementDecision",
    "Placement": "PlacementDecision",
    "Arrival": "PlacementDecision",
    "Received": "IngestResult",
    "ReceivedDocument": "IngestResult",
    "Memory": "known state",
    "Wish": "processing options",
    "Member": "WorkerSpec",
    "Work": "StepContext",
    "Tools": "Resources",
    "RecordStore": "KnowledgeStore",
}
# Names of modules.
OLD_MODULES = {
    "answers": "queries",
    "overview": "queries",
    "viewing": "queries",
    "showing": "queries",
    "picturing": "page_images",
    "inspecting": "inspection",
    "placing": "processing_plan",
    "typed_records": "record_tables",
    "shapes": "serializers",
    "children": "processes",
    "following": "watch",
    "errands": "outbound_tasks",
}
# Whole names of variables.
OLD_VARIABLES = {"found": "what was found: rows, chunks, view"}

# Where an old word is right: (path or folder, word) -> why.
ALLOWED = {
    ("tests/vocabulary.py", "*"): "the list itself",
    ("tests/test_vocabulary.py", "*"): "tests of the list",
    ("README.md", "passage"): "people read passages",
    ("ingest/cli", "passage"): "people read passages",
    ("ingest/web", "passage"): "people read passages",
    ("tests/browser", "passage"): "what the pages show",
    ("tests/integration/test_availability.py", "passage"): "what the pages show",
    ("tests/integration/test_web_inspection.py", "passage"): "what the pages show",
    ("pipeline/engines/embedders/sentence_model.py", "passage"): "the name of a prompt in sentence-transformers",
    ("tests/contract/test_embedders.py", "passage"): "the same prompt",
    ("tests/unit/test_sentence_embedder.py", "passage"): "the same prompt",
    ("tests/tiny_bert.py", "passage"): "a word of that prompt",
    ("pipeline/engines/embedders/e5.py", "passage"): "the prompt that the model was trained with",
    ("ingest/api/models.py", "found"): "a field of the API's evidence",
    ("ingest/runtime", "errand"): "a folder of homes that earlier versions made",
    ("stores", "not_before"): "a column of the tables step, callback and download",
    ("tests/integration", "not_before"): "the same columns",
    ("stores", "losses"): "a column of the table step",
    ("stores/models.py", "found"): "a field of evidence: whether the value was located",
    ("stores/catalog.py", "errand"): "a folder in homes of earlier versions",
    ("tests/integration", "losses"): "the same column",
    ("pipeline/engines/got/doctags.py", "leaf"): "a leaf of a syntax tree",
    ("tests/unit/test_chunks.py", "leaf"): "a heading of a document",
    ("tests/unit/test_running_lines.py", "ledger"): "a heading of a document",
    ("tests/unit/test_layout.py", "proof"): "a heading of a document",
}
# Words that are good English elsewhere: the folder in which they are not used.
ONLY_IN = {"lame": "tests", "stranger": "tests"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OldWord:
    """One old word in one line of one file; ``path`` is relative to the repository's root."""

    path: str
    line: int
    word: str
    text: str

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0] or "."


def old_words() -> list[OldWord]:
    """Every old word of the repository that ``ALLOWED`` does not name, in the order of the files."""
    return [old for path in texts() for old in old_words_of(path) if not is_allowed(old)]


def texts() -> Iterator[Path]:
    yield from (path for path in sorted(ROOT.iterdir()) if path.is_file() and path.suffix in {".md", ".py", ".sh"})
    for room in (*ROOMS, ".github"):
        yield from (
            path
            for path in sorted((ROOT / room).rglob("*"))
            if path.is_file() and path.suffix in {*TEXTS, ".py"} and not path.name.endswith(".min.js")
        )


def is_allowed(old: OldWord) -> bool:
    if not old.path.startswith(ONLY_IN.get(old.word, "")):
        return True
    return any(
        (old.path == place or old.path.startswith(f"{place}/")) and word in ("*", old.word) for place, word in ALLOWED
    )


def old_words_of(path: Path) -> Iterator[OldWord]:
    """Yield the old words of one file's name and content, each word once a line."""
    name, text = path.relative_to(ROOT).as_posix(), path.read_text()
    pairs = set(old_names_of_file(path))
    if path.suffix == ".py" or text.startswith("#!/usr/bin/env python3"):
        pairs |= set(old_words_of_python(text))
    else:
        pairs |= {(number, word) for number, line in enumerate(text.splitlines(), 1) for word in words_in(line)}
    lines = ["", *text.splitlines()]
    for number, word in sorted(pairs):
        yield OldWord(path=name, line=number, word=word, text=lines[number].strip() if number else path.name)


def old_names_of_file(path: Path) -> Iterator[tuple[int, str]]:
    stem = path.stem.removeprefix("test_")
    if path.suffix == ".py" and stem in OLD_MODULES:
        yield 0, stem
    yield from ((0, word) for word in words_in(stem))


def old_words_of_python(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line, old word) for identifiers, docstrings, messages and comments."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from ((line, word) for line, part in lines_of(node) for word in words_in(part))
        for name in identifiers_of(node):
            line = getattr(node, "lineno", 0)
            yield from ((line, word) for word in words_in(name))
        if isinstance(node, ast.ClassDef) and node.name.lstrip("_") in OLD_CLASSES:
            yield node.lineno, node.name.lstrip("_")
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in OLD_VARIABLES:
            yield node.lineno, node.id
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield from ((token.start[0], word) for word in words_in(token.string))


def lines_of(node: ast.Constant) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of a string that spans lines; only docstrings and other triple quotes do."""
    parts = str(node.value).splitlines()
    in_lines = node.end_lineno is not None and node.end_lineno - node.lineno == len(parts) - 1
    yield from ((node.lineno + number * in_lines, part) for number, part in enumerate(parts))


def identifiers_of(node: ast.AST) -> Iterator[str]:
    for field in ("id", "attr", "name", "arg", "asname", "module"):
        value = getattr(node, field, None)
        if isinstance(value, str):
            yield from value.split(".")


@cache
def pattern() -> re.Pattern[str]:
    words = "|".join(sorted(OLD_WORDS, key=len, reverse=True))
    return re.compile(rf"(?<![a-z])({words})s?(?![a-z])")


def words_in(text: str) -> list[str]:
    """Return the old words in an identifier or a sentence: plural or not, in snake case, camel case or prose."""
    separated = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).lower()
    return [word for word in OLD_WORDS if word in separated and word in pattern().findall(separated)]


def main() -> None:
    known = {**OLD_WORDS, **OLD_CLASSES, **OLD_MODULES, **OLD_VARIABLES}
    for old in old_words():
        print(f"{old.path}:{old.line} {old.word} -> {known[old.word]}: {old.text[:100]}")


if __name__ == "__main__":
    main()

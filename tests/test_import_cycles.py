"""No module is imported by what it imports, not even for types or inside a function: each can be read by itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PLACES = ("ingest", "pipeline", "stores", "scripts")


def modules() -> dict[str, Path]:
    """Name -> file, of the modules of the product and of its scripts."""
    paths = [*ROOT.glob("*.py"), *(path for place in PLACES for path in (ROOT / place).rglob("*.py"))]
    named = {path.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."): path for path in paths}
    return {name.removesuffix(".__init__"): path for name, path in named.items()}


def names_in(tree: ast.AST) -> Iterator[str]:
    """All that is imported anywhere in a module, the more exact name first."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield f"{node.module}.{alias.name}"
                yield node.module


def imports() -> dict[str, set[str]]:
    """Module -> the modules that it imports; a package counts as what its ``__init__`` imports."""
    known = modules()
    graph: dict[str, set[str]] = {}
    for name, path in known.items():
        imported = list(names_in(ast.parse(path.read_text())))
        exact = {one for one in imported if one in known and known[one].name != "__init__.py"}
        graph[name] = exact - {name}
    return graph


def test_no_imports_run_in_a_circle() -> None:
    try:
        TopologicalSorter(imports()).prepare()
    except CycleError as error:
        pytest.fail(f"each imports the one before it: {' <- '.join(error.args[1])}")


def test_imports_are_seen_wherever_they_stand() -> None:
    graph = imports()
    assert "ingest.runtime.run_dir" in graph["celery_app"]
    assert "stores.contracts.knowledge" not in graph["stores.models"]
    assert "pipeline.service.jobs" in {one for imported in graph.values() for one in imported}
    assert "pipeline.commands.ingest_request" in graph["pipeline.commands.attached_remotely"], "only for types"

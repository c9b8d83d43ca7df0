"""Walks syntax trees: what a module imports, and its functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def imports_of(tree: ast.AST) -> Iterator[str]:
    """Everything that is imported when the code runs; what stands under ``if TYPE_CHECKING`` is not."""
    for node in walk_what_runs(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def every_import_of(tree: ast.AST) -> Iterator[str]:
    """As ``imports_of``, with those that only type checkers see."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from imports_of(node)


def walk_what_runs(tree: ast.AST) -> Iterator[ast.AST]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        children = (child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr))
        waiting += [
            one for one in children if not (isinstance(one, ast.If) and "TYPE_CHECKING" in vars(one.test).values())
        ]


def imports_at_the_top(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from imports_of(node)


def functions_of(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))

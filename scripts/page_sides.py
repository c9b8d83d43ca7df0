"""One side of a comparison: a checkout of the product whose pages are read by a process that stays."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class Side:
    """Reads documents with the product in ``tree``; ``name`` is what tables call it."""

    def __init__(self, name: str, tree: Path) -> None:
        self.name = name
        environment = {**os.environ, "PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "scripts" / "page_worker.py")],
            cwd=tree,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def read(self, path: Path, pages: list[int] | None = None, **options: Any) -> dict[str, Any]:
        """Pages with route and Markdown, and CPU seconds by stage; of all pages where ``pages`` is None."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"path": str(path), "pages": pages, **options}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"the reading process of {self.name} died at {path}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()


@contextmanager
def side(revision: str) -> Iterator[Side]:
    """The working tree for ".", else a revision of it, checked out for the time of the comparison."""
    with tree_of(revision) as tree:
        opened = Side("this tree" if revision == "." else revision, tree)
        try:
            yield opened
        finally:
            opened.close()


@contextmanager
def tree_of(revision: str) -> Iterator[Path]:
    """This checkout for ".", else a revision of it in a folder that goes afterwards."""
    if revision == ".":
        yield ROOT
        return
    folder = Path(tempfile.mkdtemp(prefix="ingot-revision-"))
    tree = folder / "tree"
    try:
        _git("worktree", "add", "--detach", str(tree), revision)
        yield tree
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def _git(*arguments: str) -> None:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"git {' '.join(arguments)}: {done.stderr.strip()}")

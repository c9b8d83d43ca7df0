""".github/CONTRIBUTING.md names files and names that exist, so that a newcomer finds what to change."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GUIDE = (ROOT / ".github" / "CONTRIBUTING.md").read_text()
FOLDERS = {path.name for path in ROOT.iterdir()}
LEAST_TASKS = 20


def paths_of(text: str) -> list[str]:
    """Return what stands in backquotes and begins with a file or folder of the repository."""
    quoted = re.findall(r"`([^`\s]+)`", text)
    return [path.rstrip("/") for path in quoted if path.split("/")[0] in FOLDERS]


def test_every_file_that_the_guide_names_exists() -> None:
    named = paths_of(GUIDE)
    assert len(named) > LEAST_TASKS
    missing = sorted({path for path in named if not (ROOT / path).exists()})
    assert not missing, ".github/CONTRIBUTING.md names what is not there: say where it stands now"


def test_every_name_stands_in_the_file_before_it() -> None:
    """``path (`name`)``: the file holds the name."""
    pairs = re.findall(r"`([\w./]+)` \(`([\w.]+)`\)", GUIDE)
    missing = [f"{path} has no {name}" for path, name in pairs if not holds((ROOT / path).read_text(), name)]
    assert pairs and not missing, missing


def holds(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", text) is not None


def test_each_of_the_tasks_names_a_file_and_a_test() -> None:
    table = GUIDE.split("## Where to change what")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("| ") and "---" not in line]
    tasks = [row for row in rows if row[0].strip() != "to"]
    assert len(tasks) >= LEAST_TASKS
    incomplete = [row[0].strip() for row in tasks if not paths_of(row[1]) or not paths_of(row[2])]
    assert not incomplete, f"these tasks name no file or no test: {incomplete}"


def test_names_of_test_files_are_unique() -> None:
    """Pytest imports them as modules without a package, so that of two with one name only the first is run."""
    counts = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in counts.items() if count > 1] == []

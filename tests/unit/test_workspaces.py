"""What processes leave of their workspaces when they die."""

from __future__ import annotations

from pathlib import Path

from stores.workspaces import Workspaces


def test_a_workspace_whose_process_died_while_making_it_is_removed_at_the_end(tmp_path: Path) -> None:
    workspaces = Workspaces(tmp_path)
    half, dead = tmp_path / "one" / "work" / "half", tmp_path / "two" / "work" / "dead"
    for folder in (half, dead):
        folder.mkdir(parents=True)
    (dead / ".owner").touch()
    assert workspaces.left("one") == [] and workspaces.left("two") == ["dead"]
    with workspaces.workspace("one", "alive") as alive:
        workspaces.sweep_all()
        assert alive.is_dir()
    assert not half.exists() and not dead.exists()

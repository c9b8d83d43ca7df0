"""What a check of a knowledge base tells."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFinding:
    """One kind of fault in a knowledge base. ``left``: how many are there after a repair, None where none was asked.

    ``more``: there are more than ``count``. ``repair``: what is done about it, or what the user can do.
    """

    code: str
    what: str
    count: int
    more: bool
    examples: tuple[str, ...]
    repairable: bool
    repair: str
    left: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What a check found. ``unchecked``: what could not be looked at, and why; ``jobs``: what makes documents again."""

    knowledge_id: str
    findings: tuple[CheckFinding, ...]
    unchecked: tuple[str, ...]
    jobs: tuple[str, ...]
    deep: bool

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong, or nothing any more."""
        return not self.unchecked and all(finding.left == 0 for finding in self.findings)

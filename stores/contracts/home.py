"""What a home keeps that belongs to no knowledge base of its own: schedules, and what a person was told of."""

from __future__ import annotations

from typing import Protocol

from stores.contracts.notices import NoticeStore
from stores.contracts.schedules import ScheduleStore


class HomeStore(Protocol):
    """The sides of that store. Its outbox is that of the knowledge store ``catalog.store(HOME)``."""

    @property
    def schedules(self) -> ScheduleStore: ...
    @property
    def notices(self) -> NoticeStore: ...

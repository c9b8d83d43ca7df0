"""When a callback is tried again, how it is signed, and who may talk to which host now."""

from __future__ import annotations

import json
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from pipeline.outbound import signing
from pipeline.outbound.host_limits import HostLimits, HostTurn
from pipeline.outbound.retry_schedule import RetrySchedule
from pipeline.settings import Settings
from stores.catalog import Catalog
from stores.errors import InputError

DAY_S = 86400


def test_the_schedule_runs_over_three_days() -> None:
    schedule = RetrySchedule.of(Settings())
    assert schedule.tries == 12 and schedule.delays_s[0] == 0
    waits = [schedule.delay_s(attempt, None, jitter=lambda: 0.5) for attempt in range(1, 13)]
    assert waits[:4] == [5, 30, 120, 600] and waits[-2:] == [DAY_S, None]
    assert 3 * DAY_S < schedule.whole_s < 4 * DAY_S


def test_delays_vary_by_a_fifth_in_both_directions() -> None:
    schedule = RetrySchedule.of(Settings())
    assert schedule.delay_s(3, None, jitter=lambda: 0.0) == pytest.approx(96)
    assert schedule.delay_s(3, None, jitter=lambda: 1.0) == pytest.approx(144)


def test_retry_after_lengthens_a_delay_up_to_a_day() -> None:
    schedule = RetrySchedule.of(Settings())
    assert schedule.delay_s(1, 90.0) == 90
    assert schedule.delay_s(1, 1e9) == DAY_S
    assert schedule.delay_s(3, 1.0, jitter=lambda: 0.5) == 120
    assert schedule.delay_s(12, 90.0) is None


def test_signatures_verify(tmp_path: Path) -> None:
    body = json.dumps({"type": "job.finished", "data": {"metadata": "Zürich 文件"}}, ensure_ascii=False)
    (secret,) = signing.secrets_of("", Catalog(tmp_path))
    headers = signing.headers((secret,), "kb.01J", body, time.time())
    assert Webhook(secret).verify(body, headers)["type"] == "job.finished"
    assert headers["webhook-id"] == "kb.01J"


def test_two_secrets_sign_while_one_takes_over_from_the_other(tmp_path: Path) -> None:
    old, new = (signing.secrets_of("", Catalog(tmp_path / name))[0] for name in ("old", "new"))
    both = signing.secrets_of(f"{new}, {old}", Catalog(tmp_path))
    headers = signing.headers(both, "kb.01J", "{}", time.time())
    assert Webhook(old).verify("{}", headers) == Webhook(new).verify("{}", headers) == {}


def test_the_secret_of_a_home_is_made_once_however_many_ask(tmp_path: Path) -> None:
    secrets: list[tuple[str, ...]] = []
    threads = [
        threading.Thread(target=lambda: secrets.append(signing.secrets_of("", Catalog(tmp_path)))) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(secrets) == 16 and len(set(secrets)) == 1
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("secret", ["secret", "whsec_", "whsec_short", "whsec_!!!!", "d2hzZWM"])
def test_a_secret_that_is_none_is_refused(tmp_path: Path, secret: str) -> None:
    with pytest.raises(InputError, match="whsec_"):
        signing.secrets_of(secret, Catalog(tmp_path))


class Clock:
    """Time that passes only when a turn says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr("pipeline.outbound.host_limits.time.monotonic", lambda: self.now)


class Crowd:
    """Turns with hosts: each takes some seconds, and while it lasts others may come."""

    def __init__(self, lines: HostLimits, clock: Clock) -> None:
        self.lines, self.clock = lines, clock
        self.done: list[str] = []
        self.back: list[tuple[str, float]] = []

    def come(self, host: str, name: str, took_s: float = 0.0, meanwhile: Callable[[], None] = lambda: None) -> None:
        def work() -> None:
            meanwhile()
            self.clock.now += took_s
            self.done.append(name)

        self.lines.join(host, HostTurn(work, lambda delay_s: self.back.append((name, delay_s))))


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> Crowd:
    return Crowd(HostLimits(4, 10), Clock(monkeypatch))


def test_queued_deliveries_are_made_by_the_thread_that_holds_the_host(crowd: Crowd) -> None:
    def five_more() -> None:
        for number in range(5):
            crowd.come("a", f"later {number}", 0.1)
        assert crowd.done == []

    crowd.lines = HostLimits(1, 10)
    crowd.come("a", "first", 0.1, five_more)
    assert crowd.done == ["first", *(f"later {number}" for number in range(5))] and not crowd.back


def test_deliveries_to_another_host_do_not_queue(crowd: Crowd) -> None:
    crowd.lines = HostLimits(1, 10)

    def another() -> None:
        crowd.come("a", "same")
        crowd.come("b", "other")
        assert crowd.done == ["other"]

    crowd.come("a", "first", 0.1, another)
    assert crowd.done == ["other", "first", "same"]


def test_a_fast_host_takes_several_deliveries_at_once_and_a_slow_one_takes_one(crowd: Crowd) -> None:
    began: list[str] = []

    def nested(host: str, depth: int) -> None:
        began.append(host)
        if depth:
            crowd.come(host, f"{host}{depth}", 0.0, lambda: nested(host, depth - 1))

    crowd.come("quick", "q", 0.0, lambda: nested("quick", 3))
    assert len(began) == 4
    crowd.come("slow", "l", 15.0)
    began.clear()

    def while_it_lasts() -> None:
        crowd.come("slow", "another", 15.0)
        assert "another" not in crowd.done

    crowd.come("slow", "l2", 15.0, while_it_lasts)
    assert crowd.done[-2:] == ["l2", "another"]


def test_the_queue_of_a_slow_host_is_short(crowd: Crowd) -> None:
    crowd.come("slow", "l", 15.0)

    def many() -> None:
        for number in range(10):
            crowd.come("slow", str(number), 15.0)

    crowd.come("slow", "first", 15.0, many)
    assert [name for name in crowd.done if name.isdecimal()] == ["0", "1"]
    assert len(crowd.back) == 8 and all(1 <= delay_s <= 30 for _, delay_s in crowd.back)


def test_queued_deliveries_are_given_back_when_their_host_turns_out_slow(crowd: Crowd) -> None:
    crowd.lines = HostLimits(1, 10)

    def many() -> None:
        for number in range(10):
            crowd.come("new", str(number), 15.0)
        assert not crowd.back

    crowd.come("new", "first", 15.0, many)
    assert crowd.done == ["first", "0", "1"] and {name for name, _ in crowd.back} == {str(n) for n in range(2, 10)}


def test_one_slow_answer_does_not_make_a_quick_host_slow(crowd: Crowd) -> None:
    for took_s in (0.1, 0.1, 1.5):
        crowd.come("a", "x", took_s)
    began: list[int] = []

    def nested(depth: int) -> None:
        began.append(depth)
        if depth:
            crowd.come("a", "y", 0.0, lambda: nested(depth - 1))

    crowd.come("a", "z", 0.0, lambda: nested(3))
    assert began == [3, 2, 1, 0]


def test_a_busy_host_releases_threads_to_others(crowd: Crowd) -> None:
    """Where all are busy, whoever had a host for long leaves, and its line comes again."""
    crowd.lines = HostLimits(1, 1)

    def more() -> None:
        crowd.come("b", "other host")
        crowd.come("a", "same host")

    crowd.come("a", "first", 11.0, more)
    assert crowd.done == ["first"] and [name for name, _ in crowd.back] == ["other host", "same host"]
    crowd.come("b", "other host")
    assert crowd.done == ["first", "other host"]


def test_a_failed_delivery_does_not_stop_the_queued_ones(crowd: Crowd) -> None:
    crowd.lines = HostLimits(1, 10)

    def bad() -> None:
        crowd.come("a", "next")
        raise ZeroDivisionError

    crowd.come("a", "first", 0.0, bad)
    assert crowd.done == ["next"]


def test_no_delivery_stays_queued_when_the_threads_are_done() -> None:
    lines, done, lock = HostLimits(3, 8), [], threading.Lock()

    def work() -> None:
        time.sleep(0.002)
        with lock:
            done.append(1)

    def come() -> None:
        for number in range(40):
            lines.join(f"host{number % 2}", HostTurn(work, lambda _: work()))

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 320

"""When a callback is tried again, how it is signed, and who may talk to which host now."""

from __future__ import annotations

import json
import stat
import threading
import time
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from pipeline import signing
from pipeline.delivering import Schedule
from pipeline.settings import Settings
from pipeline.turns import Turns
from stores.errors import InputError

DAY_S = 86400


def test_the_schedule_runs_over_three_days() -> None:
    schedule = Schedule.of(Settings())
    assert schedule.tries == 12 and schedule.delays_s[0] == 0
    waits = [schedule.delay_s(attempt, None, jitter=lambda: 0.5) for attempt in range(1, 13)]
    assert waits[:4] == [5, 30, 120, 600] and waits[-2:] == [DAY_S, None]
    assert 3 * DAY_S < schedule.whole_s < 4 * DAY_S


def test_chance_takes_or_gives_a_fifth() -> None:
    schedule = Schedule.of(Settings())
    assert schedule.delay_s(3, None, jitter=lambda: 0.0) == pytest.approx(96)
    assert schedule.delay_s(3, None, jitter=lambda: 1.0) == pytest.approx(144)


def test_the_receiver_may_ask_for_more_time_but_not_for_ever() -> None:
    schedule = Schedule.of(Settings())
    assert schedule.delay_s(1, 90.0) == 90
    assert schedule.delay_s(1, 1e9) == DAY_S
    assert schedule.delay_s(3, 1.0, jitter=lambda: 0.5) == 120
    assert schedule.delay_s(12, 90.0) is None


def test_signatures_verify(tmp_path: Path) -> None:
    body = json.dumps({"type": "job.finished", "data": {"metadata": "Zürich 文件"}}, ensure_ascii=False)
    (secret,) = signing.secrets_of("", tmp_path)
    headers = signing.headers((secret,), "kb.01J", body, time.time())
    assert Webhook(secret).verify(body, headers)["type"] == "job.finished"
    assert headers["webhook-id"] == "kb.01J"


def test_two_secrets_sign_while_one_takes_over_from_the_other(tmp_path: Path) -> None:
    old, new = (signing.secrets_of("", tmp_path / name)[0] for name in ("old", "new"))
    both = signing.secrets_of(f"{new}, {old}", tmp_path)
    headers = signing.headers(both, "kb.01J", "{}", time.time())
    assert Webhook(old).verify("{}", headers) == Webhook(new).verify("{}", headers) == {}


def test_the_secret_of_a_home_is_made_once_however_many_ask(tmp_path: Path) -> None:
    found: list[tuple[str, ...]] = []
    threads = [threading.Thread(target=lambda: found.append(signing.secrets_of("", tmp_path))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16 and len(set(found)) == 1
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("secret", ["secret", "whsec_", "whsec_short", "whsec_!!!!", "d2hzZWM"])
def test_a_secret_that_is_none_is_refused(tmp_path: Path, secret: str) -> None:
    with pytest.raises(InputError, match="whsec_"):
        signing.secrets_of(secret, tmp_path)


def test_a_quick_host_has_several_turns_and_is_waited_for() -> None:
    turns = Turns(2, 10)
    with turns.turn("a") as first, turns.turn("a") as second:
        assert first.granted and second.granted
        began = time.monotonic()
        threading.Timer(0.1, lambda: None).start()
        with turns.turn("b") as other:
            assert other.granted and time.monotonic() - began < 0.05
        with turns.turn("a") as third:
            assert not third.granted and third.delay_s > 0


def test_a_lame_host_has_one_turn_and_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("pipeline.turns.time.monotonic", lambda: clock[0])
    turns = Turns(4, 10)
    with turns.turn("lame"):
        clock[0] += 15
    with turns.turn("lame") as one:
        assert one.granted
        delays = []
        for _ in range(12):
            with turns.turn("lame") as other:
                assert not other.granted
                delays.append(other.delay_s)
        assert delays[:3] == [15, 30, 45], "each is told a time of its own"
        assert delays[-1] == 150, "but not for ever: it may become quick"
        with turns.turn("quick") as free:
            assert free.granted
        clock[0] += 0.01
    for _ in range(12):
        with turns.turn("lame") as one:
            assert one.granted
            clock[0] += 0.01
    with turns.turn("lame") as one, turns.turn("lame") as two:
        assert one.granted and two.granted, "it became quick again"


def test_one_slow_answer_does_not_make_a_quick_host_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("pipeline.turns.time.monotonic", lambda: clock[0])
    turns = Turns(4, 10)
    for took_s in (0.1, 0.1, 1.5):
        with turns.turn("a"):
            clock[0] += took_s
    with turns.turn("a") as one, turns.turn("a") as two, turns.turn("a") as three:
        assert one.granted and two.granted and three.granted

"""What a worker does with messages of a connection to Redis that was closed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import redis
from kombu.transport.redis import Channel

import celery_app


def test_acknowledging_over_a_closed_channel_is_an_error_that_celery_expects() -> None:
    assert Channel._connparams is celery_app._parameters_while_open
    with pytest.raises(redis.ConnectionError, match="was closed"):
        Channel._connparams(SimpleNamespace(connection=None))

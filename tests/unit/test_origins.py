"""Which origins ``cors_origins`` may name."""

from __future__ import annotations

import pytest

from ingest.api.http_middleware import origins_of
from stores.errors import InputError


def test_origins_are_read_as_browsers_send_them() -> None:
    given = "https://App.example.org/, http://127.0.0.1:3000,http://[::1]:8080"
    assert origins_of(given, keyed=False) == ("https://app.example.org", "http://127.0.0.1:3000", "http://[::1]:8080")
    assert origins_of("", keyed=False) == ()
    assert origins_of("*", keyed=True) == ("*",)


@pytest.mark.parametrize("wrong", ["app.example.org", "https://a.example/path", "null", "ftp://a.example", "https://"])
def test_what_is_no_origin_is_refused(wrong: str) -> None:
    with pytest.raises(InputError, match="is no origin"):
        origins_of(wrong, keyed=True)


def test_every_page_of_the_web_needs_a_key() -> None:
    with pytest.raises(InputError, match="make a key"):
        origins_of("*", keyed=False)

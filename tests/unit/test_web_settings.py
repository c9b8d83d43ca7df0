"""The settings page shows every setting, and no secret."""

from __future__ import annotations

import pytest

from ingest.web.settings import GROUPS, safe_value, shown_settings
from pipeline.profiles import SCOPES
from pipeline.settings import Settings

SECRET = "geheim-0123456789"


def test_every_setting_is_shown_once_and_what_differs_comes_first() -> None:
    settings = Settings(dpi=200)
    shown = [one for scope in GROUPS for one in shown_settings(settings, scope)]
    assert sorted(one.name for one in shown) == sorted(SCOPES)
    (dpi,) = [one for one in shown if one.name == "dpi"]
    assert (dpi.value, dpi.usual, dpi.changed) == ("200", "150", True)
    assert all(one.description for one in shown)


@pytest.mark.parametrize("name", [name for name in SCOPES if name.endswith(("secret", "_key", "_keys"))])
def test_no_key_is_shown(name: str) -> None:
    assert safe_value(name, SECRET) == "set, not shown"
    assert safe_value(name, "") == "not set"


@pytest.mark.parametrize("name", [name for name in SCOPES if Settings.model_fields[name].annotation is str])
def test_no_address_shows_its_password(name: str) -> None:
    for scheme in ("redis", "https", "smtps", "postgresql"):
        shown = safe_value(name, f"{scheme}://ann:{SECRET}@host/0?password={SECRET}")
        assert SECRET not in shown and shown not in ("", "not set")


def test_the_address_of_a_webhook_is_a_secret() -> None:
    assert SECRET not in safe_value("notify_url", f"https://hooks.example/services/{SECRET}")

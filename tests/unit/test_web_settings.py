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


@pytest.mark.parametrize("name", [name for name in SCOPES if name.endswith(("_url", "secret", "api_key", "api_keys"))])
def test_no_secret_is_shown(name: str) -> None:
    value = f"redis://ann:{SECRET}@host/0?password={SECRET}" if name.endswith("_url") else SECRET
    shown = safe_value(name, value)
    assert SECRET not in shown and shown not in ("", "not set")
    assert safe_value(name, "") == "not set"

"""Settings with what a caller gives beside the environment; a wrong value is refused with one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.settings import SECRETS, Settings
from stores.errors import InputError
from stores.source_names import kept_name
from stores.suggestions import unknown

_NOT_REPEATED = (*SECRETS, "broker_url", "database_url")


def read_settings(**given: Any) -> Settings:
    """Return the settings of this process; ``given`` are stronger. InputError with a sentence per wrong value."""
    import tomllib

    from pydantic import ValidationError

    from pipeline.broker_address import check as check_broker_url
    from stores.database_address import check_database_url

    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise InputError(_sentence(error.errors(), given), code="bad_setting") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"ingot.toml is not valid TOML: {error}", code="bad_setting") from error
    if settings.broker_url:
        check_broker_url(settings.broker_url)
    if settings.database_url:
        check_database_url(settings.database_url)
    return settings.model_copy(update={"home": usable_home(settings.home)})


def usable_home(home: Path) -> Path:
    """Return the absolute path of a home. InputError where it is not UTF-8, which the vector index cannot open."""
    path = home.expanduser().resolve()
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"the home {kept_name(path)} has a name in another encoding than UTF-8: "
            "choose another with --home or INGOT_HOME",
            code="bad_home",
        ) from error
    return path


def _sentence(errors: Iterable[Any], given: Mapping[str, Any]) -> str:
    return "; ".join(_wrong_setting(error, given) for error in errors)


def _wrong_setting(error: Any, given: Mapping[str, Any]) -> str:
    name = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        sentence = unknown("setting", name, Settings.model_fields, code="bad_setting").message
        return sentence if name in given else f"ingot.toml: {sentence}"
    value = "" if error["type"] == "empty" else f" {'not shown' if name in _NOT_REPEATED else repr(error['input'])}:"
    return f"INGOT_{name.upper()} (or {name} in ingot.toml) is{value} {error['msg'].lower()}"

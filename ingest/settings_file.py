"""The text of a new ``ingot.toml``: every setting with what it means and its default, commented out."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from pipeline.settings import Settings

NAME = "ingot.toml"
_WIDTH = 100
_HEAD = """\
# Settings of Ingot. It is read from the folder in which a command or a server is started.
#
# A flag wins over the environment (INGOT_ and the name in capitals), the environment over this file, this file over the
# default. To change a setting, take the # before its name away; what stands there is its default. A name that is no
# setting is refused.
# Keys and passwords are better kept in the environment, or in the file that the setting ..._file names.
"""


def settings_file(given: Mapping[str, Any]) -> str:
    """Return the text of a file of settings; ``given`` are set in it, all others commented out."""
    return "\n".join([_HEAD, *(_entry(name, field, given) for name, field in Settings.model_fields.items())])


def _entry(name: str, field: FieldInfo, given: Mapping[str, Any]) -> str:
    words = textwrap.wrap(str(field.description), _WIDTH, initial_indent="# ", subsequent_indent="# ")
    if name in given:
        line = f"{name} = {_toml(given[name])}"
    elif field.default is PydanticUndefined:
        line = f"# {name} = {_toml(field.get_default(call_default_factory=True))}  # of this machine: one per core"
    elif field.default in ("", None):
        line = f'# {name} = "..."  # not set'
    else:
        line = f"# {name} = {_toml(field.default)}"
    return "\n".join([*words, line, ""])


def _toml(value: Any) -> str:
    """Write a value as TOML; its strings, numbers and booleans are those of JSON."""
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)

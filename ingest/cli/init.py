"""``ingot init``: write a file of settings with comments."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ingest.cli.global_options import cli_context
from stores.errors import InputError


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Folder to write it to; the working folder without it.")
    ] = Path(),
) -> None:
    """Write ingot.toml with all settings, commented out; it is read from the folder in which Ingot is started."""
    from ingest.cli import console
    from ingest.settings_file import NAME, settings_file

    home = cli_context().home
    path = folder / NAME
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(settings_file({"home": home} if home else {}))
    except FileExistsError as error:
        raise InputError(f"{path} is there already: change it, or remove it first", code="conflict") from error
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}", code="usage") from error
    console.note(f"wrote {path}")

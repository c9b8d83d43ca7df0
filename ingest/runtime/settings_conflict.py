"""Whether the workers that run for a home can serve a command with other settings, and what is done where they cannot.

What a job needs travels with it, so most settings never matter here. What is left belongs to the processes themselves:
how many there are, how much memory each may have, which large model they have loaded, where the vectors are.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.runtime.run_dir import RunDir
from pipeline.broker_address import without_password
from stores.errors import UnavailableError

if TYPE_CHECKING:
    from pipeline.settings import Settings
    from stores.sql.profiles import OpenWork

_SECRET = "callback_secret"
_STAYS = ("chroma_url", _SECRET)
"""Settings that a command without them does not take away: they say what the home is connected to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A setting that the runtime has otherwise. ``must``: a job of this command could not be made as it is."""

    setting: str
    has: str
    wished: str
    must: bool = False

    def __str__(self) -> str:
        name = f"INGOT_{self.setting.upper()}"
        if self.setting == _SECRET:
            return f"{name} is another"
        return f"{name} is {_shown(self.has)}, not {_shown(self.wished)}"


def _shown(value: str) -> str:
    return without_password(value) if "://" in value else value or "not set"


def environment_of(settings: Settings) -> dict[str, str]:
    """What a worker must know to work as this command would: every setting that somebody gave, by its variable."""
    from pipeline.profiles import SCOPES, Scope

    of_a_worker = {name for name in settings.model_fields_set if SCOPES[name] is not Scope.API}
    given = settings.model_dump(mode="json", include=of_a_worker - {"home", "broker_url"})
    return {f"INGOT_{name.upper()}": _absolute(name, value) for name, value in given.items() if value is not None}


def _absolute(name: str, value: object) -> str:
    return str(Path(str(value)).resolve()) if name.endswith("_dir") else str(value)


def without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without any setting: whoever starts the runtime does not decide for those who use it."""
    from pipeline.profiles import SCOPES

    variables = {f"INGOT_{name.upper()}" for name in SCOPES}
    return {name: value for name, value in environment.items() if name not in variables}


def value_of(environment: Mapping[str, str], setting: str) -> str:
    """A setting as a worker with this environment has it."""
    from pipeline.settings import Settings

    field = Settings.model_fields[setting]
    return environment.get(f"INGOT_{setting.upper()}") or str(field.get_default(call_default_factory=True))


def fit(folder: RunDir, settings: Settings, *, refuse: bool) -> list[str]:
    """Give the living runtime this command's settings where nobody else's work is in the way; sentences for its user.

    Where somebody's is, the workers stay as they are. Then UnavailableError where ``refuse`` is set and they could not
    do what the command asks for.
    """
    state = folder.read_json("runtime.json")
    running: dict[str, str] = state.get("settings", {})
    if any(facts.get("refusal") for facts in state.get("children", {}).values()):
        adopt(folder, state, settings)
        return []
    apart = list(differences(running, state.get("chroma_url", ""), settings))
    if not apart:
        return []
    job = job_in_the_way(settings, running)
    if job is None or all(found.setting == _SECRET for found in apart):
        adopt(folder, state, settings)
        return []
    if refuse and (musts := [found for found in apart if found.must]):
        raise UnavailableError(_refusal(musts, job), code="other_settings")
    return [f"the workers of this home are busy with the job {job} and stay as they are: {found}" for found in apart]


def _refusal(musts: Sequence[Difference], job: str) -> str:
    return (
        f"the workers of this home work on the job {job}, and cannot do this one beside it: "
        f"{'; '.join(map(str, musts))}. Wait until that job is over (`ingot jobs watch {job}`), give the same value, "
        "or stop the workers with `ingot down`"
    )


def adopt(folder: RunDir, state: Mapping[str, Any], settings: Settings) -> None:
    """Let the workers be started again with the settings of this command."""
    running, given = state.get("settings", {}), environment_of(settings)
    kept = {name: running[name] for name in (f"INGOT_{one.upper()}" for one in _STAYS) if name in running}
    folder.write_json("settings.json", {**kept, **given})
    os.kill(int(state["pid"]), signal.SIGHUP)


def differences(running: Mapping[str, str], chroma_url: str, settings: Settings) -> Iterator[Difference]:
    """The settings of the processes that this command gave, and that the runtime has otherwise."""
    from pipeline.profiles import SCOPES, Scope, models_apart

    given = environment_of(settings)
    for setting, has, wished in models_apart(
        lambda name: value_of(running, name), lambda name: getattr(settings, name)
    ):
        yield Difference(setting=setting, has=has, wished=wished, must=True)
    for setting in sorted(settings.model_fields_set):
        wished = given.get(f"INGOT_{setting.upper()}", "")
        has = chroma_url if setting == "chroma_url" else value_of(running, setting)
        if wished in ("", has) or SCOPES[setting] not in (Scope.WORKERS, Scope.NOTIFY, Scope.HOME):
            continue
        must = setting == "chroma_url" or (setting == "memory_mb" and int(wished) > int(has))
        yield Difference(setting=setting, has=has, wished=wished, must=must)


def job_in_the_way(settings: Settings, running: Mapping[str, str]) -> str | None:
    """A job that the workers with these settings have in hand; what they cannot do does not keep them."""
    from pipeline.service import Service

    return next(
        (work.job for work in Service(settings).administration.open_work() if not _models_missing(running, work)), None
    )


def for_what_is_left(settings: Settings, left: Sequence[OpenWork], running: Mapping[str, str]) -> dict[str, str] | None:
    """The settings with which workers could do what is left, where with these they can do nothing of it."""
    from pipeline.profiles import ProcessingProfile

    if not left or not all(_models_missing(running, work) for work in left):
        return None
    assert left[0].profile is not None  # else no model would be missing
    wished = ProcessingProfile.read(left[0].profile).over(settings)
    missing = [f"INGOT_{name.upper()}" for name in _models_missing(running, left[0])]
    return {**running, **{name: str(getattr(wished, name.removeprefix("INGOT_").lower())) for name in missing}}


def needs_models_of(running: Mapping[str, str], settings: Settings) -> bool:
    """Does this command need the large models that the workers with these settings are to load?"""
    from pipeline.profiles import LARGE, models_apart

    wants = any(getattr(settings, setting) == engine for engine, (setting, _) in LARGE.items())
    apart = models_apart(lambda name: value_of(running, name), lambda name: getattr(settings, name))
    return (wants and not apart) or running == environment_of(settings)


def _models_missing(running: Mapping[str, str], work: OpenWork) -> list[str]:
    """The settings of large models that the workers have not loaded as the work needs them."""
    from pipeline.profiles import models_apart

    if work.profile is None:
        return []
    wished: Mapping[str, Any] = work.profile["settings"]
    return [
        name for name, _, _ in models_apart(lambda name: value_of(running, name), lambda name: wished.get(name, ""))
    ]

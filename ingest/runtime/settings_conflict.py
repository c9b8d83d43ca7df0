"""Conflicts between the settings of a command and those of the workers that already run for its home.

Most settings travel with each job and never conflict. The rest belong to the processes: their number, their memory
limit, the large model they have loaded, and the address of the vector store.
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
from pipeline.settings import SECRETS
from stores.errors import UnavailableError

if TYPE_CHECKING:
    from pipeline.settings import Settings
    from stores.contracts.content import OpenWork

_SECRET = "callback_secret"
_LLM, _NOTIFY = ("llm_url", "llm_api_key", "llm_api_key_file"), ("notify_mail", "notify_url")
_MAILBOXES = ("imap_password", "imap_password_file", "imap_token_file")
_CONNECTIONS = ("chroma_url", "files_url", *_LLM, *_NOTIFY, *_MAILBOXES, _SECRET)
"""Settings that stay in force when a command does not give them: they say what the home is connected to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A setting whose running value differs from the requested one.

    ``blocking``: a job of this command cannot be processed with the running value.
    """

    setting: str
    running: str
    requested: str
    blocking: bool = False

    def __str__(self) -> str:
        name = f"INGOT_{self.setting.upper()}"
        if self.setting in SECRETS:
            return f"{name} is another"
        return f"{name} is {_shown(self.running)}, not {_shown(self.requested)}"


def _shown(value: str) -> str:
    return without_password(value) if "://" in value else value or "not set"


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the environment variables for workers that have the settings given to this command."""
    from pipeline.profiles import SCOPES, Scope

    of_a_worker = {name for name in settings.model_fields_set if SCOPES[name] is not Scope.API}
    given = settings.model_dump(mode="json", include=of_a_worker - {"home", "broker_url"})
    return {f"INGOT_{name.upper()}": _absolute(name, value) for name, value in given.items() if value is not None}


def _absolute(name: str, value: object) -> str:
    return str(Path(str(value)).resolve()) if name.endswith(("_dir", "_file")) else str(value)


def without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without Ingot's settings: the command that starts a runtime must not decide for others."""
    from pipeline.profiles import SCOPES

    variables = {f"INGOT_{name.upper()}" for name in SCOPES}
    return {name: value for name, value in environment.items() if name not in variables}


def value_of(environment: Mapping[str, str], setting: str) -> str:
    """Return the value of a setting for a worker with this environment."""
    from pipeline.settings import Settings

    field = Settings.model_fields[setting]
    return environment.get(f"INGOT_{setting.upper()}") or str(field.get_default(call_default_factory=True))


def fit(folder: RunDir, settings: Settings, *, refuse: bool) -> list[str]:
    """Give the running workers the settings of this command unless they are busy; return remarks for the user.

    Busy workers stay as they are. Then UnavailableError is raised if ``refuse`` is set and they could not process the
    work of this command.
    """
    state = folder.read_json("runtime.json")
    running: dict[str, str] = state.get("settings", {})
    if any(facts.get("refusal") for facts in state.get("children", {}).values()):
        adopt(folder, state, settings)
        return []
    conflicts = list(differences(running, state.get("chroma_url", ""), settings))
    if not conflicts:
        return []
    served = settings.model_copy(update={name: value_of(running, name) for name in ("database_url", "files_url")})
    job = job_in_work(served, running)
    if job is None or all(conflict.setting == _SECRET for conflict in conflicts):
        adopt(folder, state, settings)
        return []
    if refuse and (blocking := [conflict for conflict in conflicts if conflict.blocking]):
        raise UnavailableError(_refusal(blocking, job), code="other_settings")
    return [
        f"the workers of this home are busy with the job {job} and stay as they are: {conflict}"
        for conflict in conflicts
    ]


def _refusal(blocking: Sequence[Difference], job: str) -> str:
    return (
        f"the workers of this home work on the job {job}, and cannot do this one beside it: "
        f"{'; '.join(map(str, blocking))}. Wait until that job is over (`ingot jobs watch {job}`), "
        "give the same value, or stop the workers with `ingot down`"
    )


def adopt(folder: RunDir, state: Mapping[str, Any], settings: Settings) -> None:
    """Make the supervisor restart the workers with the settings of this command."""
    running, given = state.get("settings", {}), environment_of(settings)
    kept = {name: running[name] for name in (f"INGOT_{one.upper()}" for one in _CONNECTIONS) if name in running}
    folder.write_json("settings.json", {**kept, **given})
    os.kill(int(state["pid"]), signal.SIGHUP)


def differences(running: Mapping[str, str], chroma_url: str, settings: Settings) -> Iterator[Difference]:
    """Yield the settings of the processes that were given to this command and differ from the running ones."""
    from pipeline.profiles import SCOPES, Scope, models_apart

    given = environment_of(settings)
    if settings.database_url != (value := value_of(running, "database_url")):  # work in one is not seen in the other
        yield Difference(setting="database_url", running=value, requested=settings.database_url, blocking=True)
    for setting, value, requested in models_apart(
        lambda name: value_of(running, name), lambda name: getattr(settings, name)
    ):
        yield Difference(setting=setting, running=value, requested=requested, blocking=True)
    for setting in sorted(settings.model_fields_set):
        requested = given.get(f"INGOT_{setting.upper()}", "")
        value = chroma_url if setting == "chroma_url" else value_of(running, setting)
        if (
            setting == "database_url"
            or requested in ("", value)
            or SCOPES[setting] not in (Scope.WORKERS, Scope.NOTIFY, Scope.HOME)
        ):
            continue
        blocking = setting in ("chroma_url", "files_url") or (setting == "memory_mb" and int(requested) > int(value))
        yield Difference(setting=setting, running=value, requested=requested, blocking=blocking)


def job_in_work(settings: Settings, running: Mapping[str, str]) -> str | None:
    """Return a job that workers with these settings can work on now; None where there is none."""
    from pipeline.service import Service

    return next(
        (work.job for work in Service(settings).administration.open_work() if not _models_missing(running, work)), None
    )


def for_unfinished_work(
    settings: Settings, unfinished: Sequence[OpenWork], running: Mapping[str, str]
) -> dict[str, str] | None:
    """Return settings for the unfinished work, or None where workers with the running ones can do some of it."""
    from pipeline.profiles import ProcessingProfile

    if not unfinished or not all(_models_missing(running, work) for work in unfinished):
        return None
    first = unfinished[0]
    assert first.profile is not None  # otherwise no model would be missing
    needed = ProcessingProfile.read(first.profile).over(settings)
    models = {f"INGOT_{name.upper()}": str(getattr(needed, name)) for name in _models_missing(running, first)}
    return {**running, **models}


def needs_models_of(running: Mapping[str, str], settings: Settings) -> bool:
    """Tell whether this command needs the large models that workers with these settings load."""
    from pipeline.profiles import LARGE, models_apart

    needs_model = any(getattr(settings, setting) == engine for engine, (setting, _) in LARGE.items())
    differ = models_apart(lambda name: value_of(running, name), lambda name: getattr(settings, name))
    return (needs_model and not differ) or running == environment_of(settings)


def _models_missing(running: Mapping[str, str], work: OpenWork) -> list[str]:
    """Return the settings of large models that the work needs and the workers have not loaded."""
    from pipeline.profiles import models_apart

    if work.profile is None:
        return []
    needed: Mapping[str, Any] = work.profile["settings"]
    return [
        name for name, _, _ in models_apart(lambda name: value_of(running, name), lambda name: needed.get(name, ""))
    ]

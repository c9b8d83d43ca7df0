"""Every setting has its owner, and what travels with a job comes back as it went."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline import wiring
from pipeline.profiles import LARGE, SCOPES, TRAVELLING, ProcessingProfile, Scope, models_apart
from pipeline.schemas.loader import load_schemas
from pipeline.settings import Settings
from stores.models import FieldKind

OWN = """
name = "delivery"
fields = [
    { name = "number", kind = "text", labels = ["No."] },
    { name = "goods", kind = "rows", fields = [{ name = "what", kind = "text", labels = ["Item"] }] },
]
"""


def test_every_setting_has_a_scope() -> None:
    assert set(SCOPES) == set(Settings.model_fields), "a new setting needs its line in pipeline/profiles.py"


def test_a_profile_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    (tmp_path / "delivery.toml").write_text(OWN)
    schemas = load_schemas(tmp_path)
    made = ProcessingProfile.of(Settings(chunk_tokens=77), schemas, ["delivery"])
    again = ProcessingProfile.read(json.loads(json.dumps(made.content)))
    assert (again, again.id) == (made, made.id)
    assert set(again.schemas) == {"document", "delivery"}
    assert again.schemas["delivery"].fields[1].kind is FieldKind.ROWS
    assert again.over(Settings(workers=3, chunk_tokens=200)).chunk_tokens == 77
    assert again.over(Settings(workers=3)).workers == 3


@pytest.mark.parametrize("name", sorted(TRAVELLING))
def test_each_travelling_setting_makes_another_profile(name: str) -> None:
    usual = ProcessingProfile.of(Settings(), {}, ())
    field = Settings.model_fields[name].default
    other = not field if isinstance(field, bool) else f"{field},9" if isinstance(field, str) else field + 1
    changed = Settings().model_copy(update={name: other})
    assert ProcessingProfile.of(changed, {}, ()).id != usual.id
    assert getattr(ProcessingProfile.of(changed, {}, ()).over(Settings()), name) == other


def test_a_profile_of_a_newer_version_is_read() -> None:
    content = ProcessingProfile.of(Settings(dpi=90), {}, ()).content
    content["settings"]["of_tomorrow"] = 1
    assert ProcessingProfile.read(content).over(Settings()).dpi == 90


def test_what_was_given_wins_over_what_a_document_was_made_with() -> None:
    had = ProcessingProfile.of(Settings(chunk_tokens=64, page_timeout_s=5), {}, ())
    given = Settings(chunk_tokens=99, page_timeout_s=7)
    assert had.changed_by(given, (Scope.LIMIT,), {}).settings["chunk_tokens"] == 64
    assert had.changed_by(given, (Scope.LIMIT,), {}).settings["page_timeout_s"] == 7
    assert had.changed_by(given, (Scope.MAKING, Scope.LIMIT), {}).settings["chunk_tokens"] == 99
    assert had.changed_by(Settings(), (Scope.MAKING, Scope.LIMIT), {}).id == had.id


def test_a_large_model_is_named_with_all_that_it_is_loaded_with() -> None:
    for engine, (setting, others) in LARGE.items():
        wished = Settings(**{setting: engine})  # type: ignore[arg-type]
        apart = models_apart(lambda name: getattr(Settings(), name), lambda name, w=wished: getattr(w, name))  # type: ignore[misc]
        assert [difference[0] for difference in apart] == [setting]
        assert not models_apart(lambda name, w=wished: getattr(w, name), lambda name, w=wished: getattr(w, name))  # type: ignore[misc]
        assert SCOPES[setting] is Scope.MAKING and all(SCOPES[name] is Scope.MAKING for name in others)


def test_two_profiles_share_the_engines_that_they_do_not_tell_apart() -> None:
    base = wiring.build(Settings())
    one = base.adapt(base, ProcessingProfile.of(Settings(chunk_tokens=50), {}, ()))
    assert (one.settings.chunk_tokens, one.embedder, one.documents) == (50, base.embedder, base.documents)
    two = base.adapt(base, ProcessingProfile.of(Settings(dpi=90), {}, ()))
    three = base.adapt(base, ProcessingProfile.of(Settings(dpi=90, chunk_tokens=50), {}, ()))
    assert two.documents is three.documents is not base.documents
    assert two.page_reader is base.page_reader
    assert base.adapt(base, ProcessingProfile.of(Settings(), {}, ())) is base


def test_engines_that_nobody_asks_for_any_more_go() -> None:
    base = wiring.build(Settings())
    first = base.adapt(base, ProcessingProfile.of(Settings(dpi=60), {}, ())).documents
    for dpi in range(61, 62 + wiring.MOST_ENGINES):
        base.adapt(base, ProcessingProfile.of(Settings(dpi=dpi), {}, ()))
    assert base.adapt(base, ProcessingProfile.of(Settings(dpi=60), {}, ())).documents is not first


@pytest.mark.parametrize("kind", sorted(wiring._kinds(Settings())))
def test_an_engine_is_made_anew_for_every_setting_that_it_reads(kind: str) -> None:
    """What a factory reads must be part of what its engine is known by: else two jobs would share what differs."""

    class Watched:
        def __init__(self, settings: Settings) -> None:
            self.settings, self.read = settings, set[str]()

        def __getattr__(self, name: str) -> object:
            self.read.add(name)
            return getattr(self.settings, name)

    model = {"llm_url": "http://127.0.0.1:1/v1", "llm_model": "some-model"}
    fakes = {"ocr_engine": "fake", "embedder": "fake", "text_engine": "fake"}
    for chosen in ({}, fakes, {"ocr_engine": "got", "embedder": "sentence-transformers"}):
        watched = Watched(Settings(**model, **chosen))  # type: ignore[arg-type]
        known, make = wiring._kinds(watched)[kind]  # type: ignore[arg-type]
        watched.read.clear()
        make()
        for name in watched.read & TRAVELLING:
            value = getattr(watched.settings, name)
            other = "other" if isinstance(value, str) else not value if isinstance(value, bool) else value + 1
            changed = watched.settings.model_copy(update={name: other})
            assert wiring._kinds(changed)[kind][0] != known, f"{kind} reads {name}"

"""The scope of each setting, and the processing profile: the settings that are stored with a job.

A job is processed with the settings of the command that created it, whatever its workers were started with: the
profile is written into the knowledge base with the job, and a worker processes each document with its own profile.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from pipeline.schemas.selection import wanted_names
from pipeline.settings import Settings
from stores.models import Field, FieldKind, Schema


class Scope(StrEnum):
    """What a setting applies to.

    ``home``: the home and its connections. ``making`` and ``limit`` travel with the job: the former decide what is
    made of a document, the latter when it is given up. ``workers``: the running worker processes. ``notify``: the
    worker that delivers callbacks. ``api``: the server, and searches.
    """

    HOME = "home"
    MAKING = "making"
    LIMIT = "limit"
    WORKERS = "workers"
    NOTIFY = "notify"
    API = "api"


_MEMBERS: Mapping[Scope, str] = {
    Scope.HOME: "home broker_url database_url chroma_url files_url llm_url llm_api_key llm_api_key_file",
    Scope.MAKING: """schema_dir dpi max_page_megapixels ocr_engine ocr_model ocr_max_tokens ocr_boxes text_engine
        embedder embedder_model chunk_tokens chunk_overlap extractor llm_model llm_max_tokens llm_window_tokens""",
    Scope.LIMIT: """batch_pages max_pages max_file_mb page_timeout_s document_timeout_s allow_private_urls
        callback_timeout_s callback_retries_s fetch_retries_s fetch_timeout_s llm_timeout_s""",
    Scope.WORKERS: """workers memory_mb files_cache_mb log_level log_format metrics_port metrics_host ocr_slots
        llm_parallel notify_url notify_mail notify_queue_s imap_password imap_password_file
        imap_token_file""",
    Scope.NOTIFY: "callback_secret",
    Scope.API: """api_host api_port api_keys audit_days cors_origins ingest_root max_request_files max_request_mb
        body_timeout_s convert_timeout_s queue_max source_url reranker reranker_model reranker_api_key
        reranker_api_key_file reranker_hits reranker_timeout_s schedules_file links_from_mb""",
}
SCOPES: Mapping[str, Scope] = {name: scope for scope, names in _MEMBERS.items() for name in names.split()}
"""The scope of every setting."""

LARGE: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "got": ("ocr_engine", ("ocr_model", "ocr_max_tokens", "ocr_boxes")),
    "sentence-transformers": ("embedder", ("embedder_model",)),
}
"""Engine with a large model -> the setting that selects it, and the settings that its model is loaded with. It is
loaded once per machine, by a worker that is started for it, and never implicitly in every process."""


def models_apart(
    own: Callable[[str], object], wished: Callable[[str], object], only: str = ""
) -> list[tuple[str, str, str]]:
    """(setting, own value, wished value) for large models that a job asks for and this process has not loaded.

    ``own`` and ``wished`` return the value of a setting; ``only``: check only the engine that this setting selects.
    """
    apart = []
    for engine, (setting, others) in LARGE.items():
        if wished(setting) != engine or only not in ("", setting):
            continue
        values = [(name, str(own(name)), str(wished(name))) for name in (setting, *others)]
        apart += [value for value in values if value[1] != value[2]]
    return apart


TRAVELLING = frozenset(name for name, scope in SCOPES.items() if scope in (Scope.MAKING, Scope.LIMIT)) - {"schema_dir"}
"""The settings of a profile; instead of ``schema_dir`` it has the definitions."""


@dataclass(frozen=True, kw_only=True)
class ProcessingProfile:
    """The settings of a job by name, as JSON values, and the definitions of its schemas."""

    settings: Mapping[str, Any]
    schemas: Mapping[str, Schema] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings, schemas: Mapping[str, Schema], names: Iterable[str]) -> ProcessingProfile:
        """The profile of a command with these settings that asks for the schemas ``names``."""
        return cls(
            settings=settings.model_dump(mode="json", include=set(TRAVELLING)),
            schemas={name: schemas[name] for name in wanted_names(names, schemas) if name in schemas},
        )

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> ProcessingProfile:
        """Read what ``content`` returned. Settings that this version does not know are left out."""
        return cls(
            settings={name: value for name, value in content["settings"].items() if name in TRAVELLING},
            schemas={name: _schema(given) for name, given in content["schemas"].items()},
        )

    @cached_property
    def content(self) -> dict[str, Any]:
        """The profile as it is stored, in JSON types."""
        return {"settings": dict(self.settings), "schemas": {name: asdict(one) for name, one in self.schemas.items()}}

    @cached_property
    def id(self) -> str:
        """The hash of the content."""
        return hashlib.sha256(json.dumps(self.content, sort_keys=True).encode()).hexdigest()[:24]

    def over(self, own: Settings) -> Settings:
        """The settings of a worker, overridden by those of the profile."""
        return own.model_copy(update=dict(self.settings))

    def changed_by(
        self, settings: Settings, scopes: Iterable[Scope], schemas: Mapping[str, Schema]
    ) -> ProcessingProfile:
        """This profile with the explicitly given settings of some scopes, and with these schema definitions."""
        wanted = {name for name in settings.model_fields_set & TRAVELLING if SCOPES[name] in scopes}
        given = settings.model_dump(mode="json", include=wanted)
        return ProcessingProfile(settings={**self.settings, **given}, schemas={**self.schemas, **schemas})


def _schema(given: Mapping[str, Any]) -> Schema:
    return Schema(
        name=given["name"],
        description=given["description"],
        fields=tuple(_field(one) for one in given["fields"]),
        engine=given["engine"],
        types=tuple(given.get("types", ())),
    )


def _field(given: Mapping[str, Any]) -> Field:
    return Field(
        name=given["name"],
        kind=FieldKind(given["kind"]),
        description=given["description"],
        labels=tuple(given["labels"]),
        fields=tuple(_field(one) for one in given["fields"]),
        form=given.get("form", ""),
        choices=tuple(given.get("choices", ())),
        examples=tuple(given.get("examples", ())),
        required=given.get("required", False),
    )

"""All settings. Precedence: flag, environment variable ``INGOT_*``, ``ingot.toml``, default."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from pipeline.mail_address import address_of
from stores.errors import InputError

_MAY_BE_EMPTY = (
    "broker_url",
    "database_url",
    "chroma_url",
    "files_url",
    "reranker",
    "notify_url",
    "notify_mail",
)  # empty means as if they were not set
_CALLBACK_SECRET = r"\s*whsec_[A-Za-z0-9+/]{22,}={0,2}\s*"
_CALLBACK_SECRETS = re.compile(rf"{_CALLBACK_SECRET}(?:,{_CALLBACK_SECRET})*,?\s*")
_FILES_URL = re.compile(r"s3://[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9](/[\w.\-]+)*/?|file://(/[^/?#\x00-\x1f]+)+/?")


SECRETS = (
    "api_keys",
    "callback_secret",
    "llm_api_key",
    "reranker_api_key",
    "notify_url",
    "notify_mail",
    "imap_password",
)
"""Settings whose values are never shown: keys, the address of a webhook, which is often one, and that of mail."""


class Settings(BaseSettings):
    """Ingot's settings. Each is also the environment variable ``INGOT_<NAME>`` and a key of ``ingot.toml``."""

    model_config = SettingsConfigDict(
        env_prefix="INGOT_",
        toml_file="ingot.toml",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=False,
    )

    home: Path = Field(Path("ingot-data"), description="folder that holds the knowledge bases")
    broker_url: str = Field("", description="Celery broker; empty: a private Redis is started (embedded mode)")
    database_url: str = Field(
        "", description="PostgreSQL, postgresql://user:password@host:5432/name; empty: SQLite files in the home"
    )
    chroma_url: str = Field("", description="Chroma server, http://host:port; empty: the embedded runtime's own")
    files_url: str = Field(
        "", description="where files are kept, s3://bucket/prefix or file:///mnt/share; empty: in the home"
    )
    links_from_mb: int = Field(
        0, ge=0, description="originals of this size on are downloaded from S3 itself, by a link of 5 minutes; 0: none"
    )
    files_cache_mb: int = Field(
        10240, ge=1, description="originals that a host keeps on its disk of those at files_url"
    )
    schema_dir: Path | None = Field(None, description="folder of your own extraction schemas (*.json, *.yaml, *.toml)")
    log_level: str = Field(
        "INFO", pattern=r"^(?i:debug|info|warning|error|critical)$", description="DEBUG, INFO, WARNING or ERROR"
    )
    log_format: str = Field(
        "text", pattern=r"^(text|json)$", description="logs of server and workers: text, or json (an object a line)"
    )
    metrics_port: int = Field(
        0, ge=0, le=65535, description="port at which `ingot worker` serves /metrics, /livez and /readyz; 0: none"
    )
    metrics_host: str = Field("127.0.0.1", description="address of that port; 0.0.0.0: for other hosts, too")

    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, description="local worker processes")
    batch_pages: int = Field(16, ge=1, le=256, description="pages of one render, OCR or parse step")
    max_pages: int = Field(5000, ge=1, description="a document with more pages is refused")
    max_file_mb: int = Field(2048, ge=1, description="a larger file is refused")
    page_timeout_s: float = Field(
        60.0, gt=0, description="CPU seconds; a page that uses more, or sleeps for as long, is given up"
    )
    document_timeout_s: float = Field(
        600.0, gt=0, description="CPU seconds; plan, extract, embed and publish may use so many, or sleep for as long"
    )
    memory_mb: int = Field(4096, ge=512, description="a worker process that would pass this is ended")

    dpi: int = Field(150, ge=50, le=600, description="resolution of pages that are rendered for OCR")
    max_page_megapixels: float = Field(12.0, gt=0, description="a larger page is rendered smaller")
    ocr_engine: str = Field("rapidocr", description="page reader: rapidocr, got, fake")
    ocr_model: str = Field("stepfun-ai/GOT-OCR-2.0-hf", description="model of got: a folder, or owner/name of the hub")
    ocr_slots: int = Field(0, ge=0, le=1024, description="pages that got reads at once; 0: as the GPU's memory allows")
    ocr_max_tokens: int = Field(4096, ge=16, le=8192, description="a page for which got writes more is read otherwise")
    ocr_boxes: bool = Field(True, description="find lines on got's pages: boxes, and upright pages; costs CPU time")
    text_engine: str = Field("pymupdf", description="text layer reader: pymupdf, fake")

    embedder: str = Field(
        "e5",
        description="e5 (multilingual), minilm (English), sentence-transformers, fake; "
        "unset, a knowledge base keeps the one it was made with",
    )
    embedder_model: str = Field(
        "sentence-transformers/all-MiniLM-L6-v2",
        description="model of sentence-transformers: a folder, or owner/name[@revision] of the hub",
    )
    chunk_tokens: int = Field(
        200, ge=32, le=4096, description="size of a chunk in the embedder's tokens; no more than it reads"
    )
    chunk_overlap: int = Field(0, ge=0, le=512, description="tokens that neighbouring chunks share")

    reranker: str = Field(
        "",
        description="orders the first hits of a search: a sentence-transformers cross-encoder (a folder, or owner/name "
        "of the hub), or the URL of a rerank API; empty: none",
    )
    reranker_model: str = Field("", description="name of the model at that URL")
    reranker_api_key: str = Field("", description="key of that API")
    reranker_api_key_file: Path | None = Field(None, description="file that holds it, instead of `reranker_api_key`")
    reranker_hits: int = Field(30, ge=2, le=200, description="hits that the reranker orders, from the first")
    reranker_timeout_s: float = Field(
        3.0, gt=0, description="a reranker that takes longer is given up: the usual order, and a remark"
    )

    extractor: str = Field(
        "rules",
        pattern=r"^(rules|model|auto)$",
        description="what fills schemas: rules, model, or auto (rules, then the model for what is missing)",
    )
    llm_url: str = Field("", description="OpenAI-compatible server of a language model, such as http://host:8000/v1")
    llm_model: str = Field("", description="name of the model on that server")
    llm_api_key: str = Field("", description="key of that server")
    llm_api_key_file: Path | None = Field(None, description="file that holds the key, instead of `llm_api_key`")
    llm_timeout_s: float = Field(120.0, gt=0, description="a model server that says nothing for so long is given up")
    llm_max_tokens: int = Field(4096, ge=64, description="tokens of one answer of the model")
    llm_window_tokens: int = Field(6000, ge=200, description="tokens of a document in one request to the model")
    llm_parallel: int = Field(4, ge=1, le=256, description="requests of one process to the model server at once")

    api_host: str = Field("127.0.0.1", description="address of `ingot serve`; another than loopback needs api_keys")
    api_port: int = Field(8000, ge=0, le=65535, description="port of `ingot serve`; 0: any free one")
    api_keys: str = Field("", description="bearer keys, hashed, by commas; `ingot keys new` makes one")
    audit_days: int = Field(365, ge=1, description="days that the audit trail goes back")
    cors_origins: str = Field(
        "", description="origins whose pages may use the API from a browser, by commas; empty: none but its own"
    )
    ingest_root: Path | None = Field(
        None, description="folder whose files API requests may name by path; none: no path"
    )
    max_request_files: int = Field(200, ge=1, le=5000, description="files of one upload request")
    max_request_mb: int = Field(4096, ge=1, description="a larger upload request is refused")
    body_timeout_s: float = Field(30.0, gt=0, description="an upload that brings nothing for so long is given up")
    queue_max: int = Field(20000, ge=1, description="more waiting documents than this, and uploads get 503")
    convert_timeout_s: float = Field(
        300.0, gt=0, description="a file at POST /convert that takes longer is given up: 504"
    )
    allow_private_urls: bool = Field(False, description="callbacks and URLs may lead to private addresses")
    callback_secret: str = Field(
        "", description="whsec_..., signs callbacks (several by commas, the newest first); empty: one of the home's own"
    )
    callback_timeout_s: float = Field(15.0, gt=0, description="a callback's receiver must have answered by then")
    callback_retries_s: str = Field(
        "0,5,30,120,600,1800,7200,18000,36000,50400,72000,86400",
        pattern=r"^\d+(\.\d+)?(,\d+(\.\d+)?)*$",
        description="seconds before each try of a callback, give or take a fifth; after the last it is dead",
    )
    fetch_retries_s: str = Field(
        "2,10,60", pattern=r"^\d+(\.\d+)?(,\d+(\.\d+)?)*$", description="seconds before each further try of a fetch"
    )
    fetch_timeout_s: float = Field(600.0, gt=0, description="a file at a URL must have been fetched by then")
    notify_url: str = Field("", description="URL that is told what needs a person, signed as callbacks are")
    notify_mail: str = Field(
        "", description="mail server for the same, smtp[s]://user:password@host/?from=a@example.org&to=b@example.org"
    )
    notify_queue_s: float = Field(
        900.0, gt=0, description="seconds that work may wait in a queue that no worker serves, before that is told"
    )
    imap_password: str = Field("", description="password of the mailboxes that are sources")
    imap_password_file: Path | None = Field(
        None, description="file that holds it, or a line for each: machine HOST login USER password PASSWORD"
    )
    imap_token_file: Path | None = Field(
        None,
        description="file that holds an OAuth access token for mailboxes without passwords (Microsoft 365, Google), "
        "read at each connection: the program that gets tokens keeps it fresh",
    )
    schedules_file: Path | None = Field(
        None, description="TOML file of what is done by the clock: folders, buckets and URLs ingested again, checks"
    )
    source_url: str = Field("/source", description="where the source of this installation is offered")

    @field_validator("*", mode="before")
    @classmethod
    def _not_empty(cls, value: object, info: ValidationInfo) -> object:
        """Refuse an empty value: most likely a variable that was never filled, and an empty key would be unsafe."""
        if isinstance(value, str) and not value.strip() and info.field_name not in _MAY_BE_EMPTY:
            raise PydanticCustomError("empty", "set, but empty: give it a value, or unset it")
        return value

    @field_validator("files_url")
    @classmethod
    def _files_address(cls, url: str) -> str:
        """Refuse what is no address of a file store; what stands for a password in one is not repeated."""
        if url and not _FILES_URL.fullmatch(url):
            raise PydanticCustomError(
                "files_url", "write it like s3://bucket/prefix or file:///mnt/share, without user, password and options"
            )
        return url.rstrip("/")

    @field_validator("callback_secret")
    @classmethod
    def _callback_secrets(cls, secrets: str) -> str:
        """Refuse what cannot sign callbacks when a process starts, not with the first of them; it is not repeated."""
        if secrets and not _CALLBACK_SECRETS.fullmatch(secrets):
            words = "must be whsec_ and 16 bytes or more in base64 (several by commas): see `ingot callbacks secret`"
            raise PydanticCustomError("callback_secret", words)
        return secrets

    @field_validator("notify_mail")
    @classmethod
    def _mail_address(cls, url: str) -> str:
        """Refuse what is no mail server with its two ends."""
        try:
            address_of(url or "smtp://localhost/?from=a@localhost&to=a@localhost")
        except InputError as error:
            raise PydanticCustomError("notify_mail", "{words}", {"words": error.message}) from None
        return url

    @field_validator("notify_url")
    @classmethod
    def _notify_url(cls, url: str) -> str:
        """Refuse what is no URL that can be posted to."""
        if url and not url.startswith(("http://", "https://")):
            raise PydanticCustomError("notify_url", "write it like https://example.org/notices")
        return url

    @field_validator("ocr_model", "embedder_model", "reranker")
    @classmethod
    def _folder_from_anywhere(cls, model: str) -> str:
        """Make a folder absolute: the worker that opens it may run in another directory."""
        return str(Path(model).absolute()) if Path(model).is_dir() else model

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

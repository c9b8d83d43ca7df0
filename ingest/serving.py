"""Runs the API and the pages: one uvicorn process over a home, with the embedded runtime where no broker is set."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address

import uvicorn

from ingest import runtime
from ingest.api.app import create_app
from pipeline.service import Service
from pipeline.settings import Settings
from stores.errors import InputError


def serve(settings: Settings) -> None:
    """Answer until SIGTERM or Ctrl-C. InputError where it would listen to others without a key."""
    refuse_open_door(settings)
    with runtime.session(settings) as connected:
        config = uvicorn.Config(
            create_app(Service(connected)),
            host=settings.api_host,
            port=settings.api_port,
            log_level=settings.log_level.lower(),
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        asyncio.run(uvicorn.Server(config).serve())


def refuse_open_door(settings: Settings) -> None:
    """Without keys only this machine may ask."""
    if not settings.api_keys and not _is_loopback(settings.api_host):
        raise InputError(
            f"without INGOT_API_KEYS the API listens on loopback only, not on {settings.api_host}: "
            "make a key with `ingot keys new`",
            code="no_keys",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""The settings page: what holds for this server, grouped by what it applies to, without secrets. Read only."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from ingest.api.dependencies import ServiceDep
from ingest.api.security import CallerDep
from ingest.web.rendering import page
from pipeline.broker_address import without_password
from pipeline.profiles import SCOPES, Scope
from pipeline.service import Service
from pipeline.settings import SECRETS, Settings

router = APIRouter()
GROUPS = {
    Scope.HOME: "This home and its connections",
    Scope.MAKING: "What is made of a document",
    Scope.LIMIT: "When a document or page is given up",
    Scope.WORKERS: "Worker processes",
    Scope.API: "This server and its searches",
    Scope.NOTIFY: "Callbacks",
}
_SET, _NOT_SET = "set, not shown", "not set"


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """One setting. ``value`` is never a secret; ``changed``: it differs from the default."""

    name: str
    value: str
    usual: str
    changed: bool
    description: str

    @property
    def variable(self) -> str:
        return f"INGOT_{self.name.upper()}"


@router.get("/settings")
def show_settings(request: Request, service: ServiceDep, caller: CallerDep) -> HTMLResponse:
    """Show the settings that this server runs with, to keys that are for all knowledge bases."""
    caller.may_all()
    return page(
        request,
        "settings.html",
        groups=[(title, shown_settings(service.settings, scope)) for scope, title in GROUPS.items()],
        keys=_key_count(service),
        any_key=request.app.state.keyring.any,
        embedded=not service.settings.broker_url,
    )


def _key_count(service: Service) -> int:
    """Count the keys of the settings and those that the home keeps, without revoked ones."""
    given = [entry for entry in service.settings.api_keys.split(",") if entry.strip()]
    return len(given) + sum(key.revoked_at is None for key in service.access_keys.all())


def shown_settings(settings: Settings, scope: Scope) -> list[ShownSetting]:
    """Return the settings of one scope, those that differ from their defaults first."""
    shown = [_shown(settings, name) for name, one in SCOPES.items() if one is scope]
    return sorted(shown, key=lambda one: not one.changed)


def _shown(settings: Settings, name: str) -> ShownSetting:
    field = Settings.model_fields[name]
    value, usual = getattr(settings, name), field.get_default(call_default_factory=True)
    return ShownSetting(name, safe_value(name, value), safe_value(name, usual), value != usual, field.description or "")


def safe_value(name: str, value: object) -> str:
    """Format a value without what is secret of it: no keys at all, and no passwords and options of any address."""
    if name in SECRETS:
        return _SET if value else _NOT_SET
    if value in ("", None):
        return _NOT_SET
    if isinstance(value, bool):
        return "on" if value else "off"
    return without_password(str(value)) if "://" in str(value) else str(value)

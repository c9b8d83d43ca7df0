"""Dependencies that most path functions share."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from pipeline.service import Service


def service_of(request: Request) -> Service:
    """Return the use cases that this server offers."""
    service: Service = request.app.state.service
    return service


ServiceDep = Annotated[Service, Depends(service_of)]

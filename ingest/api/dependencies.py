"""What path functions ask of the request: the use cases, and whether the caller may."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from pipeline.service import Service


def service_of(request: Request) -> Service:
    """The use cases of this server."""
    service: Service = request.app.state.service
    return service


Asked = Annotated[Service, Depends(service_of)]

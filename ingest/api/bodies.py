"""The base class of request bodies: an unknown key is refused, with the nearest known ones."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from stores.suggestions import unknown

UNKNOWN_KEY = "unknown_key"


class Body(BaseModel):
    """A JSON object or the fields of a form; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _only_known_keys(cls, given: Any) -> Any:
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for name in given if isinstance(given, dict) else ():
            if name not in known:
                refusal = unknown("key", str(name), known, code=UNKNOWN_KEY)
                raise PydanticCustomError(
                    UNKNOWN_KEY,
                    "{sentence}",
                    {"sentence": refusal.message, "nearest": list(refusal.nearest)},
                )
        return given

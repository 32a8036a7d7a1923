"""What an operator can set: ``plugins.face.options`` of the Spacefile."""

from __future__ import annotations

from pydantic import BaseModel, Field, field_validator

from plugins.face.models import BY_NAME


class Options(BaseModel, extra="forbid"):
    model: str | None = Field(
        default=None,
        description="the model when none is asked for; left out, the first whose weights are here",
    )
    gallery: str | None = Field(
        default=None,
        description="URL of a gallery that everybody shares, such as sqlite:///people.sqlite; left "
        "out, every visitor has one of their own in memory",
    )

    @field_validator("model")
    @classmethod
    def _known(cls, name: str | None) -> str | None:
        if name is not None and name not in BY_NAME:
            raise ValueError(f"{name!r} is none of {', '.join(BY_NAME)}")
        return name

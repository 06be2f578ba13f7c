"""Settings of who witnesses the record: the table `[witness]` of forecaster.toml."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError


class Witness(BaseModel):
    """Who says by a clock of their own that the record is as old as it says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    authority: str = Field("", description="URL of an RFC 3161 time stamp authority; empty for none", repr=False)
    certificate: str = Field("", description="file of the certificates (PEM) that are trusted, its path from the home")
    timeout_seconds: float = Field(20.0, gt=0, description="most seconds that the authority may take over an answer")

    @field_validator("certificate")
    @classmethod
    def _a_file(cls, name: str) -> str:
        """The name of a file; an address may hold a password, and is never kept where it would be shown."""
        if "://" in name or not name.isprintable():
            raise PydanticCustomError(
                "file", "this is not the name of a file: name one of certificates (an address is for witness.authority)"
            )
        return name

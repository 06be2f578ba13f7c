"""Settings of who witnesses the record: the table `[witness]` of forecaster.toml."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Witness(BaseModel):
    """Who says by a clock of their own that the record is as old as it says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    authority: str = Field("", description="URL of an RFC 3161 time stamp authority; empty for none", repr=False)
    certificate: str = Field("", description="file of the certificates (PEM) that are trusted, its path from the home")
    timeout_seconds: float = Field(20.0, gt=0, description="most seconds that the authority may take over an answer")

"""Settings of where fits are trained, and what they may take: the table `[compute]` of forecaster.toml."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from forecaster import contract
from forecaster.errors import SettingsError


class Compute(BaseModel):
    """Where fits are trained, and what they may take. No forecast depends on it beyond rounding."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    device: Literal["cpu", "cuda", "auto"] = Field("cpu", description="`auto` is cuda where torch finds a CUDA GPU")
    memory_mb: int = Field(512, ge=16, description="MiB that the fits trained together may take")
    workers: int = Field(0, ge=0, description="processes in which a daily run trains; 0 for one per core")
    limit_seconds: float = Field(
        600.0, gt=0, description="most seconds that a model may take over the fits trained together"
    )
    limit_mb: int = Field(4096, ge=256, description="most MiB that a training process may hold")

    def chosen(self) -> contract.Compute:
        """The device and memory that fits are given.

        Raises:
            SettingsError: For `cuda` where torch finds no CUDA GPU.
        """
        return contract.Compute(self._found(), self.memory_mb * 2**20)

    def _found(self) -> str:
        if self.device == "cpu":
            return self.device
        import torch  # noqa: PLC0415  # it takes a second to import, and few commands need it

        if self.device == "cuda" and not torch.cuda.is_available():
            raise SettingsError("setting compute.device: torch finds no CUDA GPU here: choose cpu, or auto")
        return "cuda" if torch.cuda.is_available() else "cpu"

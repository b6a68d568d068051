"""A section of the settings: what it may hold and nothing else."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A mapping of the settings whose keys are all known."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

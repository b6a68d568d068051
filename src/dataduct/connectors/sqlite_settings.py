"""The settings of a connection to a SQLite file."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class SqliteSettings(BaseModel):
    """A connection of type `sqlite`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    type: Literal["sqlite"] = Field("sqlite", description="Kind of connection.")
    path: str = Field(
        min_length=1,
        description="Path of the database file; a relative path is below the project directory.",
        examples=["data/shop.db"],
    )

"""Types of the scenario's fields that are text with a unit in the file: durations, basis points, shares."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated


@dataclass(frozen=True)
class Unit:
    """Marks how the text of a field is read: ``duration``, ``bp`` (hundredths of a basis point), ``share``."""

    kind: str


Duration = Annotated[int, Unit("duration")]
BasisPoints = Annotated[int, Unit("bp")]
Share = Annotated[Decimal, Unit("share")]

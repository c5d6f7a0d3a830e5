"""A command of somebody else whose parameters hold what JSON cannot hold as it is."""

import copy
import enum
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from orchestrator_ren.commands.command import Command, CommandContext, Prediction

SOURCE = 'slips'


class Color(enum.Enum):
    RED = 'red'
    BLUE = 'blue'


class Waypoint(BaseModel):
    x: float
    label: str = ''


class RichParams(BaseModel, extra='forbid'):
    """What pydantic can hold, and JSON cannot as it is."""

    first: Waypoint
    waypoints: list[Waypoint] = Field(default_factory=list)
    by_name: dict[str, Waypoint] = Field(default_factory=dict)
    color: Color = Color.RED
    at: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    price: Decimal = Decimal('1.5')
    tags: set[int] = Field(default_factory=lambda: {3})
    raw: bytes = b'abc'
    path: Path = Path('/tmp/x')
    uid: UUID = UUID(int=7)
    maybe: Waypoint | None = None


class Rich(Command[Any]):
    """Tells what it was given, and changes it."""

    name = 'rich'
    description = 'Tells what it was given.'
    source = SOURCE
    params_type = RichParams
    seen: ClassVar[list[RichParams]] = []

    def predict(self, params: RichParams) -> Prediction:
        return Prediction()

    async def run(self, params: RichParams, context: CommandContext) -> dict[str, Any]:
        self.seen.append(copy.deepcopy(params))
        params.waypoints.append(params.first)
        params.tags.add(9)
        return {'color': params.color.value, 'count': len(params.waypoints)}

"""Time passes: all that has happened is longer ago, and what is due happens now."""

from __future__ import annotations

import datetime

from moto.cloudformation.models import cloudformation_backends
from moto.logs.models import logs_backends

from . import events, functions, schedules, stacksets
from .state import each


def turn(seconds: int) -> int:
    """Turns the clock; how many schedules have fired by that, each once at the most."""
    for _, _, backend in each(logs_backends):
        for group in backend.groups.values():
            for stream in group.streams.values():
                for event in stream.events:
                    event.timestamp -= seconds * 1000
                    event.ingestion_time -= seconds * 1000
    by = datetime.timedelta(seconds=seconds)
    for _, _, backend in each(cloudformation_backends):
        for stack in backend.stacks.values():
            stack.creation_time -= by
    for stack_set in stacksets.all_sets():
        for operation in stack_set.operations:
            operation.turn(by)
    functions.turn(seconds)
    events.turn(seconds)
    schedules.turn(seconds)
    return schedules.fire()

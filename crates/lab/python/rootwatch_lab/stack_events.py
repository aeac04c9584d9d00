"""What happened in each operation on a stack: events in pages, with the token of their operation."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any

from moto.cloudformation.exceptions import AlreadyExistsException, CloudFormationError
from moto.cloudformation.models import Stack
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult

# AWS gives up to 100; few, so that nobody looks at the first page alone.
_PAGE = 5

_token: contextvars.ContextVar[str | None] = contextvars.ContextVar("token", default=None)


class TokenAlreadyExists(CloudFormationError):
    """TokenAlreadyExistsException."""

    code = "TokenAlreadyExistsException"

    def __init__(self, token: str):
        super().__init__(f"Client request token {token} already exists")


def _add_event(self: Stack, *args: Any, **kwargs: Any) -> None:
    _moto_add_event(self, *args, **kwargs)
    self.events[-1].client_request_token = _token.get()


def _tokens(self: CloudFormationResponse) -> set[str | None]:
    name = self._get_param("StackName")
    stacks = self.cloudformation_backend.stacks.values()
    events = (stack.events for stack in stacks if name in (stack.name, stack.stack_id))
    return {event.client_request_token for some in events for event in some}


def _under(
    call: Callable[[CloudFormationResponse], ActionResult], refused: Callable[[str], Exception]
) -> Callable[[CloudFormationResponse], ActionResult]:
    """The call with its token on all that it does; a repetition of one that took effect is refused."""

    def answer(self: CloudFormationResponse) -> ActionResult:
        token = self._get_param("ClientRequestToken")
        if token and token in _tokens(self):
            raise refused(token)
        before = _token.set(token)
        try:
            return call(self)
        finally:
            _token.reset(before)

    return answer


def _describe(self: CloudFormationResponse) -> ActionResult:
    name = self._get_param("StackName")
    events = self.cloudformation_backend.describe_stack_events(name)[::-1]
    start = int(self._get_param("NextToken") or 0)
    result: dict[str, Any] = {"StackEvents": events[start : start + _PAGE]}
    if len(events) > start + _PAGE:
        result["NextToken"] = str(start + _PAGE)
    return ActionResult(result)


_moto_add_event = Stack._add_stack_event


def install() -> None:
    """Takes the place of moto's own functions; the calls as they stand are called in turn."""
    there = "Stack already exists"
    Stack._add_stack_event = _add_event
    response = CloudFormationResponse
    response.create_stack = _under(response.create_stack, lambda _: AlreadyExistsException(there))
    response.update_stack = _under(response.update_stack, TokenAlreadyExists)
    response.delete_stack = _under(response.delete_stack, TokenAlreadyExists)
    response.describe_stack_events = _describe

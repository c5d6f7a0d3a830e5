"""Every request is answered, malformed ones and those that meet a defect too."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

from orchestrator_ren.errors import InternalError, OrchestratorError, shown
from orchestrator_ren.orchestrator.interface import conversions

Handler = Callable[[Any, Any, Any], Awaitable[None]]


def answered(handler: Handler) -> Callable[[Any, Any, Any], Awaitable[Any]]:
    """Wrap a service handler, so that every request is answered, with a code if it failed.

    The node of who has the handler counts those codes.
    """

    @functools.wraps(handler)
    async def wrapped(self: Any, request: Any, response: Any) -> Any:
        try:
            response.success = True
            await handler(self, request, response)
        except OrchestratorError as error:
            conversions.refuse(response, error)
            self._node.count_refused(error.code)
        except Exception as error:
            self._node.get_logger().error(f'{handler.__name__} failed\n{traceback.format_exc()}')
            conversions.refuse(response, InternalError(detail=shown(error)))
            self._node.count_refused(InternalError.code)
        return response

    return wrapped

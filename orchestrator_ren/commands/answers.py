"""What a command says of given parameters before it runs, whatever its code does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from orchestrator_ren.commands import handed_over
from orchestrator_ren.commands.command import Command, Prediction
from orchestrator_ren.errors import ContractError, InternalError
from orchestrator_ren.tickets.needs import Needs

AnswerT = TypeVar('AnswerT')


@dataclass(frozen=True)
class Answers:
    """What the runner must know.

    Attributes:
        params: Validated, for `run`.
        needs: What executing it needs.
        prediction: What that will take.
    """

    params: Any
    needs: Needs
    prediction: Prediction


def ask(command: Command[Any], given: Mapping[str, Any]) -> Answers:
    """Return what the command says.

    Raises:
        ContractError: It refuses the parameters.
        InternalError: It has a defect.
    """
    params = answer(lambda: command.parse(given))
    return Answers(
        params,
        answer(lambda: handed_over.needs(command.needs(params))),
        answer(lambda: handed_over.prediction(command.predict(params))),
    )


def answer(question: Callable[[], AnswerT]) -> AnswerT:
    """Return what the command's code answers, or raise what it raises as one of our errors.

    Raises:
        ContractError: It raised that: it refuses the parameters.
        InternalError: It raised something else, `sys.exit` too.
    """
    try:
        return question()
    except BaseException as raised:
        error = raised
    known = handed_over.error_of(error)
    # No other: one of the store's, say, would be taken for its own by whoever waits for both.
    raise known if isinstance(known, (ContractError, InternalError)) else handed_over.defect(error)

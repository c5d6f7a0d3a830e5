"""The beginning of a process: rclpy's context, and what keeps it from being made, in our words."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence

import rclpy
from rclpy.signals import SignalHandlerOptions

from orchestrator_ren.errors import (
    ArgumentInvalid,
    ConfigurationError,
    FolderUnusable,
    OrchestratorError,
    ParameterFileInvalid,
)
from orchestrator_ren.location import expanded, ros_home
from orchestrator_ren.ros.discovery import set_for_process

NO_LOG_FILES = '--disable-external-lib-logs'

FORM = 'the form is NODE: {ros__parameters: {NAME: VALUE}}'
"""Of a parameter file."""

_PLACE = re.compile(r',? at /\S+?\.c(pp)?:\d+')
_VARIABLE = re.compile(r'(ROS_\w+) is not (.+)')
_NAMESPACE = re.compile(r"'(?:-r|--remap) __ns:=([a-zA-Z]\w*)'")
_FILE = re.compile(r"--params-file (.+?)'\. (?:Error: )?(.*)")


def begin(args: Sequence[str] | None) -> None:
    """Make the context, with the signals left alone (`end_request.py`).

    Raises:
        ConfigurationError: The command line, a parameter file or the folder for logs is wrong.
    """
    if NO_LOG_FILES not in (sys.argv if args is None else args):
        _check_log_folder()
    set_for_process()
    try:
        rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    except RuntimeError as error:  # RCLError, UnknownROSArgsError
        raise in_our_words(error) from error


def tell(error: OrchestratorError) -> None:
    """Say in one line why the process ends."""
    print(f'{type(error).__name__} {error.code}: {error}', file=sys.stderr)  # noqa: T201


def _check_log_folder() -> None:
    """Look for the folder where rcl does; without one it does not start, and does not say why."""
    given = os.environ.get('ROS_LOG_DIR')
    folder = expanded(given, 'ROS_LOG_DIR') if given else str(ros_home() / 'log')
    try:
        os.makedirs(folder, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(f'{folder} may not be written')
    except OSError as error:
        detail = f'log files cannot be written: {error}'
        variable = 'ROS_LOG_DIR' if given else 'ROS_HOME'
        raise FolderUnusable(detail=detail, variable=variable) from error


def in_our_words(error: RuntimeError) -> OrchestratorError:
    """Return what rcl says of its arguments or the environment, as our error."""
    reason = _PLACE.sub('', ' '.join(str(error).split())).removeprefix(
        'failed to initialize rcl: '
    )
    if reason.startswith('['):
        return ArgumentInvalid(detail=f'{reason} is not known behind --ros-args')
    if found := _FILE.search(reason):
        hint = f'; {FORM}' if 'ros__parameters' in found[2] else ''
        return ParameterFileInvalid(path=found[1], detail=found[2] + hint)
    if found := _NAMESPACE.search(reason):
        reason += f'; a namespace begins with a slash: -r __ns:=/{found[1]}'
    if found := _VARIABLE.match(reason):
        value = repr(os.environ.get(found[1]))
        return ConfigurationError(field=found[1], value=value, limit=found[2])
    return ArgumentInvalid(detail=reason)

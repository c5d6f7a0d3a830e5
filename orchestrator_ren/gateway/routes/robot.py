"""The robot: stop, e-stop, queue, commands."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from orchestrator_ren.gateway import forms, models
from orchestrator_ren.gateway.asked import Caller, TheRobot, Whose
from orchestrator_ren.gateway.bodies import Reset

router = APIRouter(tags=['robot'])


@router.post('/stop', responses={200: {'model': models.MessageModel}})
async def stop(robot: TheRobot) -> Response:
    """Stop the robot now, and cancel its motion; nothing is latched."""
    return JSONResponse({'message': await robot.client.stop()})


@router.post('/e-stop', responses={200: {'model': models.EStopModel}})
async def press(robot: TheRobot) -> Response:
    """Press the e-stop, and answer once the gate has latched it."""
    return JSONResponse(forms.e_stop_form(await robot.client.press()))


@router.get('/e-stop', responses={200: {'model': models.EStopModel}})
async def e_stop_state(robot: TheRobot) -> Response:
    """Return what the gate says of the e-stop."""
    return JSONResponse(forms.e_stop_form(await robot.client.e_stop_state()))


@router.post('/e-stop/reset', responses={200: {'model': models.EStopModel}})
async def reset(robot: TheRobot, body: Reset | None = None) -> Response:
    """Release what was pressed here, and the latch. A button that others hold stays pressed."""
    release = True if body is not None and body.release else None
    return JSONResponse(forms.e_stop_form(await robot.client.reset(release=release)))


@router.get('/status', responses={200: {'model': models.StatusModel}})
async def status(robot: TheRobot) -> Response:
    """Return how the orchestrator is, and why a drive would not start."""
    return JSONResponse(forms.status_form(await robot.client.status()))


@router.get('/queue', responses={200: {'model': models.QueueModel}})
async def queue(robot: TheRobot, whose: Whose = '') -> Response:
    """Return the tickets that wait, in the order of their turns, and why each does."""
    entries = await robot.client.queue_entries(robot=whose)
    return JSONResponse({'entries': list(map(forms.entry_form, entries))})


@router.post('/queue/pause', responses={200: {'model': models.MessageModel}})
async def pause(robot: TheRobot, caller: Caller) -> Response:
    """Let nothing start from the queue."""
    return JSONResponse({'message': await robot.client.pause(requested_by=caller)})


@router.post('/queue/resume', responses={200: {'model': models.MessageModel}})
async def resume(robot: TheRobot, caller: Caller) -> Response:
    """Let the queue go on."""
    return JSONResponse({'message': await robot.client.resume(requested_by=caller)})


@router.get('/commands', responses={200: {'model': models.CommandListModel}})
async def commands(robot: TheRobot, name: str = '') -> Response:
    """Return the commands that tickets may ask for, with the JSON schemas of their parameters."""
    found = await robot.client.commands(name)
    return JSONResponse({'commands': list(map(forms.command_form, found))})

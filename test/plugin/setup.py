from setuptools import setup

setup(
    name='orchestrator_ren_wave',
    version='1.0.0',
    py_modules=['orchestrator_ren_wave'],
    entry_points={'orchestrator_ren.commands': ['wave = orchestrator_ren_wave:Wave']},
)

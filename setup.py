"""The one home of the entry points; CMakeLists.txt makes the scripts and metadata from it."""

import re
from pathlib import Path

from setuptools import find_packages, setup

package_xml = Path(__file__).with_name('package.xml').read_text(encoding='utf-8')

setup(
    name='orchestrator_ren',
    version=re.search(r'<version>(.+?)</version>', package_xml).group(1),
    packages=find_packages(include=['orchestrator_ren', 'orchestrator_ren.*']),
    entry_points={
        'console_scripts': [
            'orchestrator = orchestrator_ren.orchestrator.program:main',
            'cmd_vel_gate = orchestrator_ren.gate.program:main',
            'sim_robot = orchestrator_ren.robots.sim_robot:main',
            'ren = orchestrator_ren.cli.ren:main',
            'verify_store = orchestrator_ren.cli.verify_store:main',
            'turtlesim_odometry = orchestrator_ren.robots.turtlesim_odometry:main',
        ],
    },
    extras_require={'sim': ['mujoco>=4,<5']},
)

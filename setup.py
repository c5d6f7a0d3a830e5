"""The one home of the entry points; CMakeLists.txt makes the scripts and metadata from it."""

import re
import sys
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.install_scripts import install_scripts

package_xml = Path(__file__).with_name('package.xml').read_text(encoding='utf-8')

PROGRAMS = [
    'orchestrator = orchestrator_ren.orchestrator.program:main',
    'cmd_vel_gate = orchestrator_ren.gate.program:main',
    'sim_robot = orchestrator_ren.robots.sim_robot:main',
    'turtlesim_odometry = orchestrator_ren.robots.turtlesim_odometry:main',
    'http_gateway = orchestrator_ren.gateway.program:main',
    'ren = orchestrator_ren.cli.ren:leave',
    'verify_store = orchestrator_ren.cli.verify_store:main',
]

SCRIPT = """#!{python}
import sys

from {module} import {function}

if __name__ == '__main__':
    sys.exit({function}())
"""


class Scripts(install_scripts):
    """Writes scripts that import what they run; setuptools' own look for it, which takes 25 ms."""

    def run(self):
        """Write them."""
        folder = Path(self.install_dir)
        folder.mkdir(parents=True, exist_ok=True)
        for each in PROGRAMS:
            name, module, function = re.split(' = |:', each)
            text = SCRIPT.format(python=sys.executable, module=module, function=function)
            path = folder / name
            path.write_text(text, encoding='utf-8')
            path.chmod(0o755)


setup(
    name='orchestrator_ren',
    version=re.search(r'<version>(.+?)</version>', package_xml).group(1),
    packages=find_packages(include=['orchestrator_ren', 'orchestrator_ren.*']),
    package_data={'orchestrator_ren.gateway': ['page/**/*']},
    cmdclass={'install_scripts': Scripts},
    entry_points={
        'console_scripts': PROGRAMS,
        'ros2cli.command': ['ticket = orchestrator_ren.cli.ros2:TicketCommand'],
    },
    extras_require={'sim': ['mujoco>=4,<5']},
)

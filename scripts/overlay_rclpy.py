"""Lay the Python files of another rclpy release over the installed one: SOURCE FOLDER.

Prints what is then to be the first on PYTHONPATH, a folder below FOLDER; `with_ros.sh` does so
where RCLPY_SOURCE names the sources of a release. The compiled half stays the installed one: an
error that it lacks is stood in for by one that nobody raises, and where the release calls it in
another way, those files stay as installed that do. Both is told.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import zlib
from importlib.util import find_spec
from pathlib import Path

from rpyutils import import_c_library

LOADER = 'impl/implementation_singleton.py'
"""Loads the compiled half by its name, which differs between releases."""

KEPT = ((), ('node.py', 'subscription.py'))
"""What may stay as installed: nothing; and what makes subscriptions, which 7.1.8 changed."""

STAND_IN = """
for _name in {names}:
    setattr(rclpy_implementation, _name, type(_name, (Exception,), {{}}))
"""

TRIAL = """
import rclpy, std_msgs.msg, std_srvs.srv, rclpy.action, rclpy.executors
rclpy.init()
node = rclpy.create_node('trial')
node.create_publisher(std_msgs.msg.Bool, 'trial', 1)
node.create_subscription(std_msgs.msg.Bool, 'trial', print, 1)
node.create_service(std_srvs.srv.Trigger, 'trial', print)
node.create_client(std_srvs.srv.Trigger, 'trial')
node.create_timer(0.01, lambda: None)
executor = rclpy.executors.SingleThreadedExecutor()
executor.add_node(node)
executor.spin_once(timeout_sec=1.0)
"""


def main(source: Path, folder: Path) -> int:
    """Lay it over where that is not done; return an exit code."""
    release = source if (source / 'rclpy' / 'executors.py').is_file() else source.parent
    files = sorted((release / 'rclpy').rglob('*.py'))
    if release / 'rclpy' / 'executors.py' not in files:
        _say(f'RCLPY_SOURCE={source} has no rclpy/executors.py')
        return 1
    manifest = release / 'package.xml'
    if not manifest.is_file():
        _say(f'RCLPY_SOURCE={source} has no package.xml: it is not the sources of a release')
        return 1
    version = re.search('<version>(.+?)</version>', manifest.read_text())
    text = ''.join(each.read_text() for each in [*files, Path(__file__)])
    target = folder / f'rclpy-{version[1] if version else ""}-{zlib.crc32(text.encode()):08x}'
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=folder))
        if not any(_fits(release / 'rclpy', made, kept) for kept in KEPT):
            return 1
        made.rename(target)
    print(target)  # noqa: T201
    return 0


def _fits(files: Path, made: Path, kept: tuple[str, ...]) -> bool:
    """Lay the files there, but for those that are kept, and try whether they work."""
    spec = find_spec('rclpy')
    assert spec is not None, 'no rclpy is installed'
    installed, package = Path(str(spec.origin)).parent, made / 'rclpy'
    shutil.rmtree(package, ignore_errors=True)
    shutil.copytree(files, package, ignore=shutil.ignore_patterns('__pycache__'))
    for library in installed.glob('*.so'):
        (package / library.name).symlink_to(library)
    for each in (LOADER, *kept):
        shutil.copy(installed / each, package / each)
    errors = _stand_in(package)
    trial = [sys.executable, '-c', f'import sys; sys.path.insert(0, {str(made)!r})\n{TRIAL}']
    tried = subprocess.run(trial, capture_output=True, text=True, check=False)
    errors_told = re.findall(r'^\w+Error: .+', tried.stderr, re.MULTILINE)
    trouble = (errors_told or ['killed'])[-1]
    _say(f'as installed: {", ".join(kept) or "nothing"}; stood in for: {errors or "nothing"}')
    _say(f'that does not fit: {trouble}' if tried.returncode else 'that fits')
    return tried.returncode == 0


def _stand_in(package: Path) -> str:
    """Give the compiled half the errors that it lacks; return their names."""
    compiled = import_c_library('._rclpy_pybind11', 'rclpy')
    text = ''.join(each.read_text() for each in package.rglob('*.py'))
    names = sorted(set(re.findall(r'\b_rclpy\.(\w+Error)\b', text)) - set(dir(compiled)))
    with (package / LOADER).open('a') as file:
        file.write(STAND_IN.format(names=names))
    return ', '.join(names)


def _say(words: str) -> None:
    print(f'rclpy overlay: {words}', file=sys.stderr)  # noqa: T201


if __name__ == '__main__':
    sys.exit(main(Path(sys.argv[1]).absolute(), Path(sys.argv[2])))

"""Tickets for robot commands.

The generated `msg`, `srv` and `action` modules live in the same package: installed beside these
modules, or, when this source tree comes first on the path, found through `extend_path`.
"""

import pkgutil

__path__ = pkgutil.extend_path(__path__, __name__)

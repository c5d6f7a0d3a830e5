"""What a program does before it loads its modules: to load them is most of its start."""

from __future__ import annotations

import os

from orchestrator_ren.ros.garbage import stand_aside

BLAS_THREADS = 'OPENBLAS_NUM_THREADS'


def begin_loading() -> None:
    """Keep others from working meanwhile: the collector, and a library that nobody here uses.

    ROS messages load NumPy, whose OpenBLAS starts a thread for each further core; they take a
    quarter of a gate's time to load, and are there to the end. Whoever wants them, for a plug-in
    of theirs, sets the variable.
    """
    stand_aside()
    os.environ.setdefault(BLAS_THREADS, '1')

"""The orchestrator with little of its store's file in memory: what else grows is then seen."""

import sys

from orchestrator_ren.orchestrator import node as orchestrator
from orchestrator_ren.store import engine

CACHE_KIB = 512

if __name__ == '__main__':
    engine.CACHE_KIB = CACHE_KIB
    sys.exit(orchestrator.main())

"""Who may do what over HTTP and WebSocket, in front of an ASGI application and without FastAPI."""

from orchestrator_ren.gateway.access.bind import check_bind
from orchestrator_ren.gateway.access.certificate import check_certificate
from orchestrator_ren.gateway.access.guard import Access, guarded
from orchestrator_ren.gateway.access.hosts import Hosts
from orchestrator_ren.gateway.access.key_ring import KeyRing

__all__ = ['Access', 'Hosts', 'KeyRing', 'check_bind', 'check_certificate', 'guarded']

"""The parameters of the program `http_gateway`."""

from __future__ import annotations

from orchestrator_ren.location import expanded
from orchestrator_ren.ros.parameters import Parameter
from orchestrator_ren.ros.shared_parameters import EXECUTOR

PARAMETERS = (
    Parameter('host', '127.0.0.1', 'Address to listen on; another one than this needs keys.'),
    Parameter('port', 8000, 'TCP port to listen on; 0 = any that is free.', 0, 65_535),
    Parameter(
        'robot',
        '',
        'Namespace of the robot that addresses without /robots/… mean; empty = that of this node,'
        ' or, where no orchestrator is there, the only one that is.',
    ),
    Parameter(
        'allowed_hosts',
        '',
        'Names, with commas between them, by which it may be asked, besides localhost and `host`.',
    ),
    Parameter(
        'keys_file',
        '',
        'File of the keys that people and programs need; empty = that of `ren key`, and where'
        ' there is none, nobody needs a key, on 127.0.0.1.',
        expand=expanded,
    ),
    Parameter('tls_cert', '', 'Certificate chain for HTTPS; empty = HTTP.', expand=expanded),
    Parameter('tls_key', '', 'Private key of the certificate.', expand=expanded),
    Parameter('max_clients', 32, 'Most clients that follow what happens, live.', 1, 1000),
    Parameter(
        'max_requests_hz',
        100.0,
        'Requests taken of each key, or address, in the long run [1/s]; stops are always taken.',
        1.0,
        10_000.0,
    ),
    EXECUTOR,
)

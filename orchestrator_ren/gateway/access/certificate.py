"""The files for TLS, looked at before anything listens, in words for whoever gave them."""

from __future__ import annotations

import os
import ssl
import stat
from contextlib import suppress
from typing import NoReturn

from orchestrator_ren.errors import CertificateInvalid

EXPIRED, NOT_YET_VALID = 10, 9
"""Source: OpenSSL, x509_vfy.h, X509_V_ERR_CERT_HAS_EXPIRED and X509_V_ERR_CERT_NOT_YET_VALID."""

MISMATCHES = ('KEY_VALUES_MISMATCH', 'KEY_TYPE_MISMATCH', 'NO_CERTIFICATE_ASSIGNED')
OPEN_MODE = stat.S_IRWXO | stat.S_IWGRP
"""What a private key must not grant: a group that reads it is usual (ssl-cert)."""


def check_certificate(cert: str, key: str) -> None:
    """Look whether TLS works with these files.

    Args:
        cert: Path of the certificate, or a chain with it first, in PEM.
        key: Path of its private key.

    Raises:
        CertificateInvalid: It does not.
    """
    if not cert or not key:
        detail = 'tls_cert and tls_key are needed, and only one is given'
        raise CertificateInvalid(path=cert or key, detail=detail)
    _check_readable(cert)
    _check_readable(key)
    mode = stat.S_IMODE(os.stat(key).st_mode)
    if mode & OPEN_MODE:
        detail = f'others may use the key (mode {mode:04o}); chmod 600 {key}'
        raise CertificateInvalid(path=key, detail=detail)
    _check_handshake(cert, _client(cert), _server(cert, key))


def _check_readable(path: str) -> None:
    try:
        with open(path, 'rb') as file:
            file.read(1)
    except OSError as error:
        detail = f'it cannot be read ({error.strerror})'
        raise CertificateInvalid(path=path, detail=detail) from error


def _client(cert: str) -> ssl.SSLContext:
    """Return the side that asks, which trusts this certificate alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(cert)
    except ssl.SSLError as error:
        raise CertificateInvalid(path=cert, detail='it holds no certificate in PEM') from error
    return context


def _server(cert: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key, _no_password)
    except ssl.SSLError as error:
        if error.reason in MISMATCHES:
            detail = f'it does not belong to the certificate {cert}'
            raise CertificateInvalid(path=key, detail=detail) from error
        detail = f'{cert} and {key} cannot be used ({error.reason or error})'
        if error.reason in (None, 'PEM_LIB', 'NO_START_LINE'):
            detail = 'it holds no private key in PEM'
        raise CertificateInvalid(path=key, detail=detail) from error
    except _Encrypted as error:
        detail = 'it is encrypted, and nobody is there to type its password; decrypt it'
        raise CertificateInvalid(path=key, detail=detail) from error
    return context


class _Encrypted(Exception):
    """OpenSSL asks for a password."""


def _no_password() -> NoReturn:
    raise _Encrypted


def _check_handshake(cert: str, asking: ssl.SSLContext, answering: ssl.SSLContext) -> None:
    """Have both sides greet each other in memory: that judges the certificate's time, too."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = asking.wrap_bio(back, there)
    server = answering.wrap_bio(there, back, server_side=True)
    try:
        for side in (client, server) * 4:  # flights
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    except ssl.SSLCertVerificationError as error:
        raise CertificateInvalid(path=cert, detail=_verdict(error)) from error
    except ssl.SSLError as error:
        detail = f'no connection is made with it ({error.reason or error})'
        raise CertificateInvalid(path=cert, detail=detail) from error


def _verdict(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code == EXPIRED:
        return 'the certificate has expired; get a new one'
    if error.verify_code == NOT_YET_VALID:
        return 'the certificate is not valid yet; is the clock of this machine right?'
    return f'the certificate is refused: {error.verify_message}'

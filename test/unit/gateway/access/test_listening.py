"""Where the gateway may listen, and with which certificate."""

import shutil
import subprocess
from pathlib import Path

import pytest

from orchestrator_ren.errors import AddressUnusable, CertificateInvalid
from orchestrator_ren.gateway.access import check_bind, check_certificate


@pytest.mark.parametrize('host', ['127.0.0.1', '127.9.9.9', '::1', '[::1]', 'localhost'])
def test_on_this_machine_no_keys_are_needed(host) -> None:
    check_bind(host, 8000, has_keys=False)
    check_bind(host, 8000, has_keys=True)


@pytest.mark.parametrize('host', ['0.0.0.0', '::', '', '192.168.1.5', 'robot1', 'localhost.x'])
def test_elsewhere_they_are(host) -> None:
    check_bind(host, 8000, has_keys=True)
    with pytest.raises(AddressUnusable, match='ren key add NAME') as told:
        check_bind(host, 8000, has_keys=False)
    assert told.value.code == 707
    assert ':8000: ' in str(told.value)


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(['openssl', *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope='module')
def made(tmp_path_factory) -> Path:
    """A folder with certificates of each kind, and their keys."""
    if shutil.which('openssl') is None:
        pytest.skip('openssl is not installed')
    folder = tmp_path_factory.mktemp('tls')
    for name, days in (('good', '2'), ('other', '2')):
        openssl(
            folder,
            'req',
            '-x509',
            '-newkey',
            'ec',
            '-pkeyopt',
            'ec_paramgen_curve:P-256',
            '-nodes',
            '-days',
            days,
            '-subj',
            '/CN=robot',
            '-keyout',
            f'{name}.key',
            '-out',
            f'{name}.pem',
        )
    openssl(folder, 'req', '-new', '-key', 'good.key', '-subj', '/CN=robot', '-out', 'good.csr')
    openssl(
        folder,
        'x509',
        '-req',
        '-in',
        'good.csr',
        '-signkey',
        'good.key',
        '-days',
        '-1',
        '-out',
        'expired.pem',
    )
    openssl(
        folder,
        'x509',
        '-req',
        '-in',
        'good.csr',
        '-CA',
        'other.pem',
        '-CAkey',
        'other.key',
        '-CAcreateserial',
        '-days',
        '2',
        '-out',
        'signed.pem',
    )
    openssl(folder, 'genrsa', '-out', 'rsa.key', '2048')
    openssl(folder, 'ec', '-in', 'good.key', '-aes256', '-passout', 'pass:x', '-out', 'secret.key')
    (folder / 'empty').touch(0o600)
    (folder / 'open.key').write_bytes((folder / 'good.key').read_bytes())
    (folder / 'group.key').write_bytes((folder / 'good.key').read_bytes())
    for each in folder.glob('*.key'):
        each.chmod(0o600)
    (folder / 'open.key').chmod(0o644)
    (folder / 'group.key').chmod(0o640)
    return folder


@pytest.mark.parametrize('key', ['good.key', 'group.key'])
@pytest.mark.parametrize('cert', ['good.pem', 'signed.pem'])
def test_a_certificate_with_its_key_is_good(made, cert, key) -> None:
    check_certificate(str(made / cert), str(made / key))


@pytest.mark.parametrize(
    ('cert', 'key', 'path', 'reason'),
    [
        ('nothing.pem', 'good.key', 'nothing.pem', 'it cannot be read (No such file'),
        ('good.pem', 'nothing.key', 'nothing.key', 'it cannot be read (No such file'),
        ('.', 'good.key', '', 'it cannot be read (Is a directory'),
        ('good.pem', 'other.key', 'other.key', 'it does not belong to the certificate'),
        ('good.pem', 'rsa.key', 'rsa.key', 'it does not belong to the certificate'),
        ('expired.pem', 'good.key', 'expired.pem', 'the certificate has expired'),
        ('empty', 'good.key', 'empty', 'it holds no certificate in PEM'),
        ('good.key', 'good.key', 'good.key', 'it holds no certificate in PEM'),
        ('good.pem', 'empty', 'empty', 'it holds no private key in PEM'),
        ('good.pem', 'open.key', 'open.key', 'others may use the key (mode 0644); chmod 600'),
        ('good.pem', 'secret.key', 'secret.key', 'it is encrypted'),
    ],
)
def test_what_is_wrong_is_told_in_a_line_with_the_file(made, cert, key, path, reason) -> None:
    with pytest.raises(CertificateInvalid) as told:
        check_certificate(str(made / cert), str(made / key))
    assert str(told.value).startswith(f'TLS with {made / path}: {reason}')
    assert '\n' not in str(told.value)
    assert told.value.code == 708


@pytest.mark.parametrize(('cert', 'key'), [('x', ''), ('', 'x')])
def test_one_without_the_other_is_refused(cert, key) -> None:
    with pytest.raises(CertificateInvalid, match='only one is given'):
        check_certificate(cert, key)

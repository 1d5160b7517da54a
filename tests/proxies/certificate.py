"""A certificate that signs itself, for `localhost`, made for the length of a test run."""

import subprocess
from pathlib import Path

import msgspec


class Certificate(msgspec.Struct, frozen=True):
    """Where it is: key and certificate in one file, as every proxy takes it, and the certificate alone, to trust it."""

    file: Path
    trusted: Path


def make_certificate(folder: Path) -> Certificate:
    """Make one in the folder."""
    key, trusted, both = folder / "key.pem", folder / "trusted.pem", folder / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    name = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(trusted)]
    subprocess.run([*command, *name], check=True, capture_output=True)
    both.write_text(trusted.read_text() + key.read_text())
    return Certificate(both, trusted)

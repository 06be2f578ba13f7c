"""A time stamp authority for tests: a real one, OpenSSL's `ts -reply` behind a small HTTP server on loopback.

Its root and certificates are made anew in a folder of the test. It can be told to be down, slow, or to lie: what it
then sends is again made by OpenSSL, a signature over a statement of our own (`openssl cms -sign`).
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from rfc3161_client._rust import parse_timestamp_request

from tests.ingest.loopback import Answer, Asked, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

NAME = "CN=Clock of a test,O=Somebody else"
LACKING = "openssl is not on the path"
CONFIGURATION = """[tsa]
serial = {folder}/serial
signer_cert = {signer}
signer_key = {signer}
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha1, sha256, sha512
ess_cert_id_alg = {named_by}
{more}
"""
OPENED = datetime(2015, 1, 1, tzinfo=UTC)
CLOSED = datetime(2060, 1, 1, tzinfo=UTC)
TIME_STAMPING = ExtendedKeyUsageOID.TIME_STAMPING


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An honest authority; skips, saying so, where there is no OpenSSL."""
    if shutil.which("openssl") is None:
        pytest.skip(LACKING)
    return Authority(tmp_path_factory.mktemp("authority"))


@dataclass(frozen=True)
class Signer:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def pem(self) -> bytes:
        """Both, as OpenSSL reads them."""
        plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return self.certificate.public_bytes(serialization.Encoding.PEM) + self.key.private_bytes(*plain)


class Authority:
    """Makes time stamps.

    Attributes:
        folder: Of its files.
        root: Its root.
        signer: Who signs its stamps, valid from 2015 to 2059.
    """

    def __init__(self, folder: Path, name: str = "Root of a test") -> None:
        """Makes a root and a signer."""
        self.folder = folder
        key = ec.generate_private_key(ec.SECP256R1())
        self.root = Signer(_certificate(name, name, key, key, (OPENED, CLOSED)), key)
        self.signer = self.certified()
        (folder / "serial").write_text("01\n")
        self.pem = folder / "root.pem"
        self.pem.write_bytes(self.root.certificate.public_bytes(serialization.Encoding.PEM))

    @property
    def roots(self) -> list[x509.Certificate]:
        """What its users trust."""
        return [self.root.certificate]

    def certified(
        self,
        valid: tuple[datetime, datetime] = (OPENED, CLOSED),
        purpose: x509.ObjectIdentifier | None = TIME_STAMPING,
        *,
        critical: bool = True,
        serial: int | None = None,
        by: Signer | None = None,
    ) -> Signer:
        """A signer whose certificate is from this root, or from another."""
        key, issuer = ec.generate_private_key(ec.SECP256R1()), by or self.root
        root = self.root.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        return Signer(_certificate(NAME, root, key, issuer.key, valid, purpose, critical, serial), key)

    def reply(self, question: bytes, more: str = "", named_by: str = "sha256") -> bytes:
        """An honest answer to a question, at this machine's time; `more` goes into the configuration."""
        files = {name: self.folder / name for name in ("question", "answer", "signer.pem", "tsa.cnf")}
        files["question"].write_bytes(question)
        files["signer.pem"].write_bytes(self.signer.pem())
        settings = {"folder": self.folder, "signer": files["signer.pem"], "more": more, "named_by": named_by}
        files["tsa.cnf"].write_text(CONFIGURATION.format(**settings))
        told = [
            "-queryfile",
            files["question"],
            "-config",
            files["tsa.cnf"],
            "-section",
            "tsa",
            "-out",
            files["answer"],
        ]
        subprocess.run(["openssl", "ts", "-reply", *map(str, told)], check=True, capture_output=True)
        return files["answer"].read_bytes()

    def stamp(self, sealed: bytes, more: str = "", named_by: str = "sha256") -> bytes:
        """An honest time stamp of some bytes, certificate among it."""
        (self.folder / "sealed").write_bytes(sealed)
        told = ["-data", self.folder / "sealed", "-sha256", "-cert", "-out", self.folder / "query"]
        subprocess.run(["openssl", "ts", "-query", *map(str, told)], check=True, capture_output=True)
        return self.reply((self.folder / "query").read_bytes(), more, named_by)

    def forged(  # noqa: PLR0913  # an argument for each lie, given by name
        self,
        sealed: bytes,
        time: str,
        *,
        signer: Signer | None = None,
        nonce: int | None = None,
        accuracy: bytes = b"",
        named: bool = True,
        beside: Sequence[x509.Certificate] = (),
        status: int = 0,
        imprint: bytes | None = None,
    ) -> bytes:
        """A stamp of any time (`20260101000000Z`), signed by OpenSSL."""
        signer = signer or self.signer
        algorithm = tlv(0x30, bytes.fromhex("0609608648016503040201"), b"\x05\x00")
        info = [
            integer(1),
            bytes.fromhex("06032a0304"),
            tlv(0x30, algorithm, tlv(0x04, imprint or hashlib.sha256(sealed).digest())),
            integer(7),
            tlv(0x18, time.encode()),
            accuracy,
            b"" if nonce is None else integer(nonce),
        ]
        files = {name: self.folder / f"forged.{name}" for name in ("in", "pem", "out", "more")}
        files["in"].write_bytes(tlv(0x30, *info))
        files["pem"].write_bytes(signer.pem())
        files["more"].write_bytes(b"".join(c.public_bytes(serialization.Encoding.PEM) for c in beside))
        told = ["-in", files["in"], "-signer", files["pem"], "-outform", "DER", "-out", files["out"], "-md", "sha256"]
        told += ["-binary", "-nodetach", "-nosmimecap", "-econtent_type", "1.2.840.113549.1.9.16.1.4"]
        told += ["-cades"] * named + (["-certfile", files["more"]] if beside else [])
        subprocess.run(["openssl", "cms", "-sign", *map(str, told)], check=True, capture_output=True)
        return tlv(0x30, tlv(0x30, integer(status)), files["out"].read_bytes())

    def serving(self, answer: Callable[[bytes], Answer | bytes] | None = None) -> Server:
        """A server that answers questions, honestly by default."""
        made = answer or self.reply

        def script(asked: Asked) -> Answer:
            given = made(asked.body)
            return given if isinstance(given, Answer) else Answer(given, headers={"Content-Type": REPLY})

        return Server(script)


REPLY = "application/timestamp-reply"


def nonce_of(question: bytes) -> int:
    """The number in a question."""
    return int(parse_timestamp_request(question).nonce)


def imprint_of(question: bytes) -> bytes:
    """What a question is about."""
    return bytes(parse_timestamp_request(question).message_imprint.message)


def stamp_time(instant: datetime) -> str:
    """An instant as a stamp writes it."""
    return f"{instant:%Y%m%d%H%M%S}Z"


def tlv(tag: int, *contents: bytes) -> bytes:
    """An element of DER."""
    inner = b"".join(contents)
    size = len(inner)
    width = (size.bit_length() + 7) // 8
    length = bytes([size]) if size < 0x80 else bytes([0x80 + width]) + size.to_bytes(width)
    return bytes([tag]) + length + inner


def integer(value: int) -> bytes:
    """A number of DER, not negative."""
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1))


def _certificate(  # an argument each
    name: str,
    issuer: str,
    key: ec.EllipticCurvePrivateKey,
    by: ec.EllipticCurvePrivateKey,
    valid: tuple[datetime, datetime],
    purpose: x509.ObjectIdentifier | None = None,
    critical: bool = True,
    serial: int | None = None,
) -> x509.Certificate:
    subject = x509.Name.from_rfc4514_string(name if "=" in name else f"CN={name}")
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(x509.Name.from_rfc4514_string(f"CN={issuer}"))
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(valid[0])
        .not_valid_after(valid[1] - timedelta(seconds=1))
        .add_extension(x509.BasicConstraints(key is by, None), critical=True)
    )
    if purpose is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=critical)
    return builder.sign(by, hashes.SHA256())

"""A time stamp (RFC 3161) read and verified offline: who says that some bytes existed, and when.

What is verified: the authority granted it; it is of the sha256 of the bytes; the signature holds; the signer's
certificate is for time stamping alone and leads to a trusted root, both valid *at the stamp's time* (a certificate that
expires later takes nothing back); the signature names that certificate (RFC 5816). Whether a certificate was revoked is
not asked, which would need a network.

Signature and chain are OpenSSL's affair, by `rfc3161_client`. What that library leaves out is looked up in the DER
itself: the certificate that the signature names; the fraction of the second, without which a stamp would look older
than it is. Two things outside of what is signed are put right on a copy before it reads them: the order of the
certificates, which it insists on and `openssl ts` does not keep, and the status "granted with modifications", which
RFC 3161 allows and it refuses. What was modified cannot be what was asked for, since that is compared.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from rfc3161_client import VerifierBuilder, decode_timestamp_response

from forecaster.errors import WitnessError
from forecaster.witness.der import INTEGER, OCTETS, OID, SEQUENCE, TEXT, TIME, Element, content, element, inside, whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rfc3161_client.tsp import Accuracy, TimeStampResponse

MAX_BYTES = 2**18
"""Of a time stamp: one with a long chain of certificates has ten thousand."""
GRANTED = (0, 1)
"""Statuses that come with a stamp: granted, and granted with modifications."""
WIDEST_NAME = 256
_CERTIFICATES = 0xA0
_SIGNED_ATTRIBUTES = 0xA0
_SHA256 = "2.16.840.1.101.3.4.2.1"
_NAMED = {
    bytes.fromhex("2a864886f70d010910020c"): "sha1",  # id-aa-signingCertificate, RFC 2634
    bytes.fromhex("2a864886f70d010910022f"): "sha256",  # id-aa-signingCertificateV2, RFC 5035, by default
}
_HASHES = {bytes.fromhex(f"608648016503040{kind}"): name for kind, name in (("201", "sha256"), ("202", "sha384"))}
_HASHES[bytes.fromhex("608648016503040203")] = "sha512"
_UNREADABLE = "the time stamp cannot be read: it is not one of RFC 3161, or was changed or cut off"


@dataclass(frozen=True)
class Stamped:
    """What a time stamp says.

    Attributes:
        at: The latest instant at which it can have been made, in UTC: its time and its accuracy, up to the next whole
            second. What it seals existed before.
        authority: Who signed: the subject of the signer's certificate, at most 256 characters.
        imprint: What it seals, a sha256, 32 bytes.
        nonce: The number that the question had; None where it had none.
    """

    at: datetime
    authority: str
    imprint: bytes
    nonce: int | None


class _Parts(NamedTuple):
    """Where in an answer things are; the stamp's own are empty where it was refused."""

    status: Element
    words: str
    certificates: list[Element]
    time: bytes
    named: tuple[str, bytes]


def read(der: bytes) -> Stamped:
    """What a time stamp says, whoever made it: nothing is verified.

    Args:
        der: The whole answer of an authority.

    Raises:
        WitnessError: It cannot be read, or the authority refused.
    """
    parts = _parts(der)
    return _stamped(_readable(der, parts), der, parts)[0]


def verify(der: bytes, sealed: bytes, roots: Sequence[x509.Certificate], nonce: int | None = None) -> Stamped:
    """What a time stamp of some bytes says, verified offline; see above.

    Args:
        der: The whole answer of an authority.
        sealed: What it is to be a stamp of.
        roots: Certificates that are trusted, see `trusted`.
        nonce: The number that it is to answer; any where None.

    Raises:
        WitnessError: Says what does not hold.
    """
    if not roots:
        raise WitnessError("no certificate is trusted: name a file of them (setting witness.certificate)")
    parts = _parts(der)
    answer = _readable(der, parts)
    stamped, signer = _stamped(answer, der, parts)
    if stamped.imprint != hashlib.sha256(sealed).digest():
        raise WitnessError(f"the time stamp of {stamped.authority} is of something else, not of this")
    if nonce is not None and stamped.nonce != nonce:
        raise WitnessError(f"the time stamp of {stamped.authority} answers another question (its nonce differs)")
    said = _instant(parts.time)[0]
    if not signer.not_valid_before_utc <= said <= signer.not_valid_after_utc:
        raise WitnessError(
            f"the certificate of {stamped.authority} was valid from {signer.not_valid_before_utc:%Y-%m-%d} to "
            f"{signer.not_valid_after_utc:%Y-%m-%d}, its time stamp is of {said:%Y-%m-%d}"
        )
    if not any(_holds(answer, sealed, anchors) for anchors in _anchors(roots)):
        raise WitnessError(
            f"the time stamp of {stamped.authority} does not hold: its signature, its certificate's purpose, or the "
            "chain from there to a trusted root that was valid at the time; if it is whole, trust that authority's root"
        )
    return stamped


def _anchors(roots: Sequence[x509.Certificate]) -> Iterator[list[x509.Certificate]]:
    """Each root alone, with the certificates that are none: of two with one name OpenSSL may try the wrong one only."""
    own = [one for one in roots if one.issuer == one.subject]
    rest = [one for one in roots if one.issuer != one.subject]
    for root in own:
        yield [root, *rest]


def _holds(answer: TimeStampResponse, sealed: bytes, anchors: list[x509.Certificate]) -> bool:
    """Whether OpenSSL finds signature, purpose and chain in order."""
    try:
        with _plain(""):
            return VerifierBuilder(roots=anchors).build().verify_message(answer, sealed)
    except WitnessError:
        return False


def trusted(data: bytes, where: str) -> list[x509.Certificate]:
    """The certificates of a file, PEM or DER.

    Args:
        data: The file's bytes.
        where: What it is called, for the message.

    Raises:
        WitnessError: It holds none.
    """
    with _plain(f"{where} holds no certificate: it should have one or more in PEM, BEGIN CERTIFICATE to END"):
        return x509.load_pem_x509_certificates(data) if b"-----" in data else [x509.load_der_x509_certificate(data)]


@contextmanager
def _plain(line: str) -> Iterator[None]:
    """Whatever a library raises within this block is one line of ours, the panics of its Rust among it."""
    try:
        yield
    except (WitnessError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as fault:  # a panic is no Exception
        raise WitnessError(line) from fault


def _parts(der: bytes) -> _Parts:
    """Finds what the library does not tell.

    Raises:
        WitnessError: It cannot be read, or the authority refused.
    """
    if len(der) > MAX_BYTES:
        raise WitnessError(f"the time stamp has {len(der)} bytes, more than any authority writes ({MAX_BYTES})")
    with _plain(_UNREADABLE):
        answer = element(der)
        status, *stamp = inside(der, answer)
        code, *texts = inside(der, status)
        words = _words(der, texts)
        granted = int.from_bytes(content(der, code, INTEGER)) in GRANTED
    if not granted or not stamp:
        said = f": {words}" if words else ""
        raise WitnessError(f"the authority refused a time stamp{said}")
    with _plain(_UNREADABLE):
        signed = inside(der, inside(der, inside(der, stamp[0])[1])[0])
        octets = inside(der, inside(der, signed[2])[1])[0]
        info = content(der, octets, OCTETS)
        time = content(info, inside(info, element(info))[4], TIME)
        certificates = [e for one in signed[3:-1] if one.tag == _CERTIFICATES for e in inside(der, one)]
        (signature,) = inside(der, signed[-1])
        return _Parts(code, words, certificates, time, _named(der, signature))


def _words(der: bytes, texts: list[Element]) -> str:
    """What an authority says beside its status, printable and short."""
    strings = [e for one in texts if one.tag == SEQUENCE for e in inside(der, one)]
    said = " ".join(content(der, one, TEXT).decode("utf-8", "replace") for one in strings)
    return _shown(said)[:WIDEST_NAME]


def _shown(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _named(der: bytes, signature: Element) -> tuple[str, bytes]:
    """By which hash, and with which, the signature names the signer's certificate: the first of its attribute.

    Raises:
        ValueError: It cannot be read.
        WitnessError: It names none.
    """
    (attributes,) = (one for one in inside(der, signature) if one.tag == _SIGNED_ATTRIBUTES)
    for one in inside(der, attributes):
        kind, values = inside(der, one)
        by = _NAMED.get(content(der, kind, OID))
        if by is None:
            continue
        certificates = inside(der, inside(der, values)[0])[0]
        first = inside(der, inside(der, certificates)[0])
        if first[0].tag == SEQUENCE:
            by = _HASHES[content(der, inside(der, first[0])[0], OID)]
            first = first[1:]
        return by, content(der, first[0], OCTETS)
    raise WitnessError("the signature of the time stamp does not name its certificate, which RFC 5816 asks for")


def _readable(der: bytes, parts: _Parts) -> TimeStampResponse:
    """The answer as the library has it: certificates in DER's order, the status plainly granted."""
    copy = bytearray(der)
    if parts.certificates:
        ordered = b"".join(sorted(whole(der, one) for one in parts.certificates))
        copy[parts.certificates[0].start : parts.certificates[-1].end] = ordered
    copy[parts.status.end - 1] = GRANTED[0]
    with _plain(_UNREADABLE):
        return decode_timestamp_response(bytes(copy))


def _stamped(answer: TimeStampResponse, der: bytes, parts: _Parts) -> tuple[Stamped, x509.Certificate]:
    """What a stamp says, and the certificate of who signed it."""
    with _plain(_UNREADABLE):
        info = answer.tst_info
        imprint, at = info.message_imprint, _latest(parts.time, info.accuracy)
        kind, sealed, nonce = imprint.hash_algorithm.dotted_string, imprint.message, info.nonce
        same = info.gen_time == _instant(parts.time)[0]
        signers = _signers(answer, [whole(der, one) for one in parts.certificates])
    if not same:
        raise WitnessError(_UNREADABLE)
    if kind != _SHA256:
        raise WitnessError("the time stamp is not of a sha256: ask the authority for one that is")
    by, named = parts.named
    if len(signers) != 1 or hashlib.new(by, signers[0].public_bytes(Encoding.DER)).digest() != named:
        raise WitnessError("the time stamp lacks the certificate of who signed it, or has another in its place")
    return Stamped(at, _shown(signers[0].subject.rfc4514_string())[:WIDEST_NAME], sealed, nonce), signers[0]


def _signers(answer: TimeStampResponse, held: list[bytes]) -> list[x509.Certificate]:
    """The certificates beside a stamp that its signature may mean by issuer and number: one, where all is well."""
    (signature,) = answer.signed_data.signer_infos
    certificates = map(x509.load_der_x509_certificate, held)
    return [c for c in certificates if (c.issuer, c.serial_number) == (signature.issuer, signature.serial_number)]


def _instant(time: bytes) -> tuple[datetime, timedelta]:
    """The whole second of a stamp's time, and what it has beyond it."""
    seconds, _, fraction = time.decode("ascii").removesuffix("Z").partition(".")
    said = datetime.strptime(seconds, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return said, timedelta(microseconds=int(fraction[:6].ljust(6, "0")) + 1 if fraction else 0)


def _latest(time: bytes, accuracy: Accuracy | None) -> datetime:
    """A stamp's time with its accuracy, up to the next whole second."""
    said, fraction = _instant(time)
    at = said + fraction
    if accuracy is not None:
        parts = {"seconds": accuracy.seconds, "milliseconds": accuracy.millis, "microseconds": accuracy.micros}
        at += timedelta(**{name: part or 0 for name, part in parts.items()})
    return at if not at.microsecond else at.replace(microsecond=0) + timedelta(seconds=1)

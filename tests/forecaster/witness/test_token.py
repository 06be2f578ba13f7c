"""Time stamps made by OpenSSL: verified offline, and refused where anything about them does not hold."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from forecaster.errors import WitnessError
from forecaster.witness import token
from tests.authority import NAME, Authority, integer, stamp_time, tlv

if TYPE_CHECKING:
    from pathlib import Path

SEALED = b"forecaster record 1\n"
THEN = datetime(2021, 3, 4, 21, 4, 7, tzinfo=UTC)


def refusal(authority: Authority, der: bytes, sealed: bytes = SEALED, **more) -> str:
    with pytest.raises(WitnessError) as fault:
        token.verify(der, sealed, authority.roots, **more)
    line = str(fault.value)
    assert "\n" not in line
    assert "ParseError" not in line
    return line


def by_openssl(authority: Authority, der: bytes, at: datetime) -> bool:
    """Whether `openssl ts -verify` takes it, as of an instant."""
    stamp, sealed = authority.folder / "verified", authority.folder / "sealed"
    stamp.write_bytes(der)
    sealed.write_bytes(SEALED)
    told = ["-in", stamp, "-data", sealed, "-CAfile", authority.pem, "-attime", int(at.timestamp())]
    command = ["openssl", "ts", "-verify", *map(str, told)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def test_an_honest_stamp_says_who_and_when(authority: Authority) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    stamped = token.verify(authority.stamp(SEALED), SEALED, authority.roots)
    assert before <= stamped.at <= datetime.now(UTC) + timedelta(seconds=1)
    assert stamped.authority == NAME
    assert stamped.imprint == hashlib.sha256(SEALED).digest()


@pytest.mark.parametrize("named_by", ["sha1", "sha256", "sha512"])
def test_the_certificate_may_be_named_by_any_hash_that_openssl_uses(authority: Authority, named_by: str) -> None:
    assert token.verify(authority.stamp(SEALED, named_by=named_by), SEALED, authority.roots).authority == NAME


def test_certificates_in_another_order_than_ders_are_taken(authority: Authority) -> None:
    """`openssl ts` with `certs` writes them as they come; their order is not signed."""
    orders = set()
    for signer in (authority.certified(serial=n) for n in range(1, 9)):
        der = authority.forged(SEALED, stamp_time(THEN), signer=signer, beside=[authority.root.certificate])
        parts = token._parts(der)
        own = [der[one.start : one.end] for one in parts.certificates]
        for certificates in (own, own[::-1]):
            swapped = der[: parts.certificates[0].start] + b"".join(certificates) + der[parts.certificates[-1].end :]
            assert token.verify(swapped, SEALED, authority.roots).at == THEN
            orders.add(certificates == sorted(certificates))
    assert orders == {True, False}
    more = f"certs = {authority.pem}"
    assert token.verify(authority.stamp(SEALED, more), SEALED, authority.roots).authority == NAME


@pytest.mark.parametrize(
    ("time", "accuracy", "latest"),
    [
        ("20210304210407Z", b"", THEN),
        ("20210304210407.5Z", b"", THEN + timedelta(seconds=1)),
        ("20210304210407.0000001Z", b"", THEN + timedelta(seconds=1)),
        ("20210304210407Z", tlv(0x30, integer(1)), THEN + timedelta(seconds=1)),
        ("20210304210407.6Z", tlv(0x30, integer(2), b"\x80\x02\x01\xf4"), THEN + timedelta(seconds=4)),
    ],
    ids=["whole", "half", "little", "accuracy", "both"],
)
def test_a_stamp_counts_as_of_the_latest_instant_that_it_allows(authority, time, accuracy, latest) -> None:
    """A fraction dropped would make a forecast look older than the authority says."""
    der = authority.forged(SEALED, time, accuracy=accuracy)
    assert token.verify(der, SEALED, authority.roots).at == latest == token.read(der).at


def test_a_certificate_counts_as_of_the_stamps_own_time(authority: Authority) -> None:
    signer = authority.certified((datetime(2021, 1, 1, tzinfo=UTC), datetime(2022, 1, 1, tzinfo=UTC)))
    good = authority.forged(SEALED, stamp_time(THEN), signer=signer)
    assert token.verify(good, SEALED, authority.roots).at == THEN, "it has expired since, which takes nothing back"
    for late in (THEN.replace(year=2020), THEN.replace(year=2022)):
        expired = authority.forged(SEALED, stamp_time(late), signer=signer)
        assert "was valid from 2021-01-01 to 2021-12-31" in refusal(authority, expired)


def test_a_stamp_from_before_its_root_was_made_is_refused(authority: Authority) -> None:
    assert "valid from 2015" in refusal(authority, authority.forged(SEALED, "20140101000000Z"))
    early = authority.certified((datetime(2013, 1, 1, tzinfo=UTC), datetime(2022, 1, 1, tzinfo=UTC)))
    assert "does not hold" in refusal(authority, authority.forged(SEALED, "20140101000000Z", signer=early))


def test_a_stamp_of_something_else_is_refused(authority: Authority) -> None:
    assert "is of something else" in refusal(authority, authority.stamp(SEALED + b"x"))
    assert "is of something else" in refusal(authority, authority.stamp(SEALED), SEALED + b"x")


def test_a_stamp_that_answers_another_question_is_refused(authority: Authority) -> None:
    assert "another question" in refusal(authority, authority.forged(SEALED, stamp_time(THEN), nonce=7), nonce=8)
    assert "another question" in refusal(authority, authority.forged(SEALED, stamp_time(THEN)), nonce=8)
    der = authority.forged(SEALED, stamp_time(THEN), nonce=8)
    assert token.verify(der, SEALED, authority.roots, nonce=8).nonce == 8


def test_a_stamp_by_another_authority_of_the_same_names_is_refused(authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path)
    assert "does not hold" in refusal(authority, other.stamp(SEALED))
    for both in ([*authority.roots, *other.roots], [*other.roots, *authority.roots]):
        assert token.verify(other.stamp(SEALED), SEALED, both).authority == NAME, "a root that was made anew"


@pytest.mark.parametrize("purpose", [ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.SERVER_AUTH, None])
def test_a_certificate_of_the_same_root_for_another_purpose_is_refused(authority: Authority, purpose) -> None:
    signer = authority.certified(purpose=purpose, serial=4711)
    assert "purpose" in refusal(authority, authority.forged(SEALED, stamp_time(THEN), signer=signer))
    decoy = authority.certified(serial=4711, by=authority.certified()).certificate
    der = authority.forged(SEALED, stamp_time(THEN), signer=signer, beside=[decoy])
    assert "another in its place" in refusal(authority, der), "one of the same issuer and number, for time stamping"


def test_a_purpose_that_is_not_critical_is_refused(authority: Authority) -> None:
    signer = authority.certified(critical=False)
    assert "purpose" in refusal(authority, authority.forged(SEALED, stamp_time(THEN), signer=signer))


def test_a_signature_that_names_no_certificate_is_refused_as_openssl_does(authority: Authority) -> None:
    der = authority.forged(SEALED, stamp_time(THEN), named=False)
    assert "does not name its certificate" in refusal(authority, der)
    assert not by_openssl(authority, der, THEN)


@pytest.mark.parametrize(("status", "taken"), [(0, True), (1, True), (2, False), (3, False), (4, False), (5, False)])
def test_granted_with_modifications_is_granted_as_openssl_has_it(authority: Authority, status, taken) -> None:
    der = authority.forged(SEALED, stamp_time(THEN), status=status)
    assert by_openssl(authority, der, THEN) is taken
    if taken:
        assert token.verify(der, SEALED, authority.roots).at == THEN
    else:
        assert "refused" in refusal(authority, der)


def test_a_refusal_is_told_in_the_authoritys_words(authority: Authority) -> None:
    words = "come back\nin \x1b[31mspring"
    refused = tlv(0x30, tlv(0x30, integer(2), tlv(0x30, tlv(0x0C, words.encode()))))
    assert refusal(authority, refused).endswith("refused a time stamp: come back in [31mspring")


def test_a_stamp_of_another_hash_is_refused(authority: Authority) -> None:
    told = ["-digest", hashlib.sha512(SEALED).hexdigest(), "-sha512", "-cert", "-out", authority.folder / "long"]
    subprocess.run(["openssl", "ts", "-query", *map(str, told)], check=True, capture_output=True)
    der = authority.reply((authority.folder / "long").read_bytes())
    assert "not of a sha256" in refusal(authority, der)


def test_a_stamp_without_certificates_is_refused(authority: Authority) -> None:
    told = ["-data", authority.folder / "bare.in", "-sha256", "-out", authority.folder / "bare"]
    (authority.folder / "bare.in").write_bytes(SEALED)
    subprocess.run(["openssl", "ts", "-query", *map(str, told)], check=True, capture_output=True)
    der = authority.reply((authority.folder / "bare").read_bytes())
    assert "lacks the certificate" in refusal(authority, der)


def test_nothing_is_verified_without_a_trusted_certificate(authority: Authority) -> None:
    with pytest.raises(WitnessError, match="no certificate is trusted"):
        token.verify(authority.stamp(SEALED), SEALED, [])


@pytest.mark.parametrize(
    "der", [b"", b"<html>", b"0\x00", b"\x30\x80", b"\x30\x03\x02\x01\x00", b"\x00" * 99, b"\xff" * 99, b"0" * 300_000]
)
def test_what_is_no_stamp_is_one_plain_line(authority: Authority, der: bytes) -> None:
    assert refusal(authority, der).startswith(("the time stamp", "the authority refused"))


def test_a_stamp_cut_off_anywhere_is_one_plain_line(authority: Authority) -> None:
    der = authority.stamp(SEALED)
    for length in range(len(der)):
        assert "the time stamp" in refusal(authority, der[:length])
    assert "the time stamp" in refusal(authority, der + b"\0")


def flips(authority: Authority, bits: range, der: bytes) -> list[int]:
    """The flipped bits that pass: what is said must then be the same."""
    said, passed = token.verify(der, SEALED, authority.roots), []
    for bit in bits:
        flipped = bytearray(der)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            assert token.verify(bytes(flipped), SEALED, authority.roots) == said
        except WitnessError as fault:
            assert "\n" not in str(fault)  # noqa: PT017  # most of them must fail, in one line
        else:
            passed.append(bit)
    return passed


def test_of_a_sample_of_flipped_bits_none_changes_what_a_stamp_says(authority: Authority) -> None:
    der = authority.stamp(SEALED)
    bits = range(3, 8 * len(der), 29)
    assert len(flips(authority, bits, der)) < len(bits) / 20


def test_no_bit_of_the_signers_certificate_may_be_another(authority: Authority) -> None:
    """The signature names its hash; the library alone finds most of them by the root's signature."""
    der = authority.stamp(SEALED)
    (certificate,) = token._parts(der).certificates
    assert flips(authority, range(8 * certificate.start, 8 * certificate.end, 11), der) == []


@pytest.mark.campaign
def test_of_all_flipped_bits_none_changes_what_a_stamp_says(authority: Authority) -> None:
    """A few pass: versions, the status, kinds of signatures, which say nothing. The record's chain finds these too."""
    der = authority.stamp(SEALED)
    passed = flips(authority, range(8 * len(der)), der)
    assert len(passed) < 8 * len(der) / 50, f"{len(passed)} of {8 * len(der)}"


def test_trusted_certificates_come_from_pem_or_der(authority: Authority) -> None:
    root = authority.root.certificate
    pem = authority.pem.read_bytes()
    assert token.trusted(b"# a remark\n" + pem + pem, "roots.pem") == [root, root]
    assert token.trusted(root.public_bytes(Encoding.DER), "root.der") == [root]
    for nothing in (b"", b"-----BEGIN CERTIFICATE-----\n", b"hello", authority.signer.pem()[-200:]):
        with pytest.raises(WitnessError, match=r"roots\.pem holds no certificate"):
            token.trusted(nothing, "roots.pem")

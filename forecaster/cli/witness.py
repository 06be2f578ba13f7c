"""`forecaster ledger head`, `witness`, `prove` and `check`: the record proved to others, or one forecast of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecaster.cli.frame import DONE_IN_PART, handed_out, opened, recorded, say
from forecaster.cli.ledger import group
from forecaster.errors import LedgerError, WitnessError

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXTS = ("symbol", "model", "as_of", "target", "horizon", "issued_at")
NUMBERS = ("q05", "q50", "q95")


@group.command()
def head() -> None:
    """One short line that seals the record as it is now: keep it where nobody can change it."""
    from forecaster.records.witnesses import stated

    say(stated(recorded()).line)


@group.command()
def witness() -> None:
    """Has a time stamp authority seal the record as it is now, and keeps its token."""
    from forecaster.operation import witness as operation

    home = opened()
    token = operation.seal(home)
    say(f"token {token.seq}: {token.told}")


@group.command()
def prove(
    id: Annotated[  # noqa: A002  # the word that users see
        str, typer.Argument(help="The number of a forecast's row, or SYMBOL/MODEL/AS_OF.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="The file to write; default: forecast-N.proof.json.")
    ] = None,
) -> None:
    """Writes a small file that proves one forecast, by the earliest token that covers it."""
    from forecaster.records import proofs
    from forecaster.records.witnesses import trusted
    from forecaster.witness import proof, worth

    home = opened(make=False)
    roots = trusted(home.folder, home.settings.witness)
    if not roots:
        raise WitnessError(
            "no certificate is trusted, so that nothing is proved: name a file (setting witness.certificate)"
        )
    seq = proofs.number_of(home.ledger.engine, id)
    text = proof.write(proofs.proof_of(home.ledger.engine, seq, roots))
    file = out or Path(f"forecast-{seq}.proof.json")
    try:
        with handed_out(file):
            file.write_text(text, "utf-8")
    except OSError as fault:
        raise LedgerError(f"{file} cannot be written ({fault.strerror}): choose another place with --out") from fault
    say(f"{file}: forecast row {seq} and its proof; `forecaster ledger check {file}` reads it anywhere.")
    checked = proof.check(text.encode(), roots, str(file))
    for line in worth.told(checked.proof.columns, checked.at):
        say(line)


@group.command()
def check(
    file: Annotated[Path, typer.Argument(help="A file of `forecaster ledger prove`.")],
    certificate: Annotated[
        Path | None,
        typer.Option("--certificate", help="Certificates (PEM) that you trust, from the authority itself."),
    ] = None,
) -> None:
    """Verifies a file of `forecaster ledger prove`; no home is needed."""
    from forecaster import small_files
    from forecaster.records.witnesses import certificates
    from forecaster.witness import proof, worth

    try:
        data = small_files.read(file, proof.MAX_BYTES)
    except OSError as fault:
        raise WitnessError(f"{file} cannot be read: {fault.strerror}") from fault
    checked = proof.check(data, None if certificate is None else certificates(certificate), str(file))
    columns = checked.proof.columns
    for line in _described(columns):
        say(line)
    place = f"{checked.proof.index + 1} of {checked.proof.size}"
    say(f"It was forecast {place} in the record that was sealed, and existed before")
    say(f"{checked.at:%Y-%m-%d %H:%M:%S} UTC, says {checked.authority}.")
    for line in worth.told(columns, checked.at):
        say(line)
    if checked.trusted:
        return
    prints = ", ".join(checked.roots)
    say(f"Checked against the certificate inside the file alone (sha256 {prints}), which proves nothing about who that")
    say("is: name the authority's own certificate with --certificate FILE.")
    raise typer.Exit(DONE_IN_PART)


def _described(columns: Mapping[str, Any]) -> list[str]:
    """A forecast for people: printable, whatever the file holds."""
    texts = {name: _printable(str(columns.get(name))) for name in TEXTS}
    numbers = {name: columns.get(name) for name in NUMBERS}
    quantiles = [f"{name} {100 * value:+.2f} %" for name, value in numbers.items() if isinstance(value, float)]
    return [
        "{symbol} {model}, from {as_of} for {target} (horizon {horizon})".format(**texts),
        ": ".join([f"issued {texts['issued_at']}", *([", ".join(quantiles)] if quantiles else [])]),
    ]


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text[:80])

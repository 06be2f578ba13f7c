"""Tokens of a record on either database: what they prove, and every change of what they cover is found and placed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import delete, func, insert, select, update

from forecaster.errors import LedgerError, WitnessError
from forecaster.records import chain, tokens, witnesses
from forecaster.records.backup import backup, restore
from forecaster.records.home import Home, open_home
from forecaster.records.proofs import number_of, proof_of
from forecaster.records.tables import EVENTS, FORECASTS, OUTCOMES, TABLES, TOKENS
from forecaster.records.tokens import Token
from forecaster.records.witnesses import Proved
from forecaster.witness import merkle, proof, statement, token
from forecaster.witness.rows import GENESIS, row_hash
from ingest.database import reading, writing
from tests.authority import NAME, Authority, authority, stamp_time
from tests.cheap_settings import write_cheap

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine, Table

__all__ = ["authority"]
BEGUN = datetime(2021, 3, 1, 21, tzinfo=UTC)


def forecast(n: int) -> dict[str, Any]:
    return {
        "symbol": "EUR/USD", "model": f"m{n % 2}", "as_of": f"2021-{1 + n // 56:02}-{1 + n // 2 % 28:02}", "horizon": 1,
        "target": "2021-12-31", "issued_at": f"2021-03-{1 + n // 10:02}T20:00:{n % 60:02}+00:00", "status": "ok",
        "reason": "",
        "predictive": bytes([n % 256]) * 40, "q50": n / 7, "diagnostics": "{}", "data_vintage": "a" * 64,
        "config_sha256": "b" * 64, "seed": str(n), "code_version": "1", "clock": "real",
    }  # fmt: skip


def outcome(n: int) -> dict[str, Any]:
    return {
        "symbol": "EUR/USD", "as_of": f"2021-01-{1 + n:02}", "horizon": 1, "target": "2021-12-31", "y": n / 3,
        "close": 1.0, "settled_at": "2021-03-01T00:00:00+00:00", "data_vintage": "a" * 64, "clock": "real",
    }  # fmt: skip


def added(engine: Engine, table: Table, rows: list[dict[str, Any]]) -> None:
    with writing(engine) as connection:
        chain.append(connection, table, rows)


class Asked:
    """Asks an authority whose clock goes on by a day with each stamp."""

    def __init__(self, authority: Authority) -> None:
        self.authority, self.now = authority, BEGUN

    def __call__(self, sealed: bytes) -> tuple[bytes, token.Stamped]:
        der = self.authority.forged(sealed, stamp_time(self.now))
        self.now += timedelta(days=1)
        return der, token.verify(der, sealed, self.authority.roots)


@pytest.fixture
def home(url: str, tmp_path: Path) -> Home:
    """A home on each kind of database, without anything."""
    write_cheap(tmp_path, models=["climatology"])
    return open_home(tmp_path, {"data": {"database": url}})


@pytest.fixture
def engine(home: Home, authority: Authority) -> Engine:
    """A record of 30 forecasts and 9 outcomes with tokens after 10, 20 and 30, and three rows that none covers."""
    ask = Asked(authority)
    for n in range(3):
        added(home.ledger.engine, FORECASTS, [forecast(i) for i in range(10 * n, 10 * n + 10)])
        added(home.ledger.engine, OUTCOMES, [outcome(i) for i in range(3 * n, 3 * n + 3)])
        witnesses.seal(home.ledger.engine, ask)
    added(home.ledger.engine, FORECASTS, [forecast(i) for i in range(30, 33)])
    return home.ledger.engine


def rewritten(engine: Engine, table: Table, seq: int, **changes: Any) -> None:
    """What an insider with the source code does: changes a row, and every hash from there on."""
    with writing(engine) as connection:
        connection.execute(update(table).where(table.c.seq == seq).values(**changes))
        relinked(connection, table)


def relinked(connection: Any, table: Table) -> None:
    """Every link of a table computed again."""
    columns = chain._formats(table)
    last = GENESIS
    seqs = connection.execute(select(table.c.seq).order_by(table.c.seq)).scalars().all()
    connection.execute(update(table).values(prev_hash="x" + func.substr(table.c.prev_hash, 2)))  # links are unique
    for seq in seqs:
        row = connection.execute(select(table).where(table.c.seq == seq)).mappings().one()
        kept = {name: row[name] for name in columns[row["format"]]} | {"prev_hash": last}
        last_before, last = last, row_hash(kept)
        connection.execute(update(table).where(table.c.seq == seq).values(prev_hash=last_before, row_hash=last))


def faults(engine: Engine, authority: Authority) -> list[str]:
    return [one.fault for one in tokens.checked(engine, authority.roots)]


def test_tokens_say_what_existed_before_when(home: Home, engine: Engine, authority: Authority) -> None:
    assert list(witnesses.lines(engine, authority.roots)) == [
        f"forecast 1..10 existed before 2021-03-01 21:00:00 UTC, says {NAME}",
        f"forecast 1..20 existed before 2021-03-02 21:00:00 UTC, says {NAME}",
        f"forecast 1..30 existed before 2021-03-03 21:00:00 UTC, says {NAME}",
    ]
    assert home.ledger.verify() is None
    proved = witnesses.proved(engine, authority.roots)
    assert [proved(seq) for seq in (1, 10, 11, 30, 31)] == [
        BEGUN, BEGUN, BEGUN + timedelta(days=1), BEGUN + timedelta(days=2), None
    ]  # fmt: skip


def test_without_a_trusted_certificate_nothing_is_proved_and_the_tables_are_still_compared(engine: Engine) -> None:
    *_, last = witnesses.lines(engine, [])
    assert last.endswith(f"says {NAME}; not checked: no certificate is trusted (setting witness.certificate)")
    assert witnesses.proved(engine, [])(1) is None
    rewritten(engine, FORECASTS, 15, q50=0.5)
    with pytest.raises(LedgerError, match="forecast rows 11 to 20 were changed"):
        list(witnesses.lines(engine, []))


def test_a_statement_is_of_the_rows_as_they_stand(engine: Engine) -> None:
    now = witnesses.stated(engine)
    with reading(engine) as connection:
        hashes = connection.execute(select(FORECASTS.c.row_hash).order_by(FORECASTS.c.seq)).scalars().all()
        heads = {table.name: chain.head(connection, table) for table in TABLES}
        first = connection.execute(select(TOKENS.c.statement).where(TOKENS.c.seq == 1)).scalar_one()
    assert now.root == merkle.root(map(bytes.fromhex, hashes)).hex()
    assert now.heads == heads
    assert (now.rows["forecast"], now.rows["outcome"], now.rows["token"]) == (33, 9, 3)
    assert witnesses.stated(engine, statement.read(first).rows).text == first


def test_hashes_are_read_from_the_links_alone(engine: Engine) -> None:
    with reading(engine) as connection:
        wanted = select(FORECASTS.c.seq, FORECASTS.c.row_hash).order_by(FORECASTS.c.seq)
        every = [tuple(row) for row in connection.execute(wanted)]
        for upto in (0, 1, 2, 20, 33, 99):
            assert chain.hashes(connection, FORECASTS, upto) == every[:upto]
        if engine.dialect.name == "sqlite":
            number = FORECASTS.c.seq + 0
            query = select(number, FORECASTS.c.prev_hash).where(number <= 9).order_by(number)
            sql = str(query.compile(engine, compile_kwargs={"literal_binds": True}))
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}").all()
            assert "COVERING INDEX" in str(plan), plan


def test_the_last_token_covers_until_something_is_added(home: Home, engine: Engine, authority: Authority) -> None:
    assert not witnesses.covered(engine)
    ask = Asked(authority)
    witnesses.seal(engine, ask)
    assert witnesses.covered(engine)
    for table, row in ((OUTCOMES, outcome(20)), (EVENTS, {"kind": "x", "at": "", "forecasts": 33, "details": "{}"})):
        added(engine, table, [row])
        assert not witnesses.covered(engine)
        witnesses.seal(engine, ask)
        assert witnesses.covered(engine)
    assert faults(engine, authority) == [""] * 6


def test_an_empty_record_is_not_witnessed(home: Home, authority: Authority) -> None:
    assert witnesses.covered(home.ledger.engine)
    with pytest.raises(LedgerError, match="no forecast on record"):
        witnesses.seal(home.ledger.engine, Asked(authority))
    assert list(witnesses.lines(home.ledger.engine, authority.roots)) == []


def test_rows_added_while_the_authority_is_asked_are_not_covered(engine: Engine, authority: Authority) -> None:
    ask = Asked(authority)

    def meanwhile(sealed: bytes) -> tuple[bytes, token.Stamped]:
        added(engine, FORECASTS, [forecast(40)])
        witnesses.seal(engine, Asked(authority))
        return ask(sealed)

    assert witnesses.seal(engine, meanwhile).rows["forecast"] == 33
    assert faults(engine, authority) == [""] * 5
    assert not witnesses.covered(engine)


def test_the_same_token_twice_is_kept_once(engine: Engine, authority: Authority) -> None:
    before = witnesses.stated(engine).rows["token"]
    sealed = witnesses.stated(engine).text.encode()
    der = authority.forged(sealed, stamp_time(BEGUN))

    def ask(_: bytes) -> tuple[bytes, token.Stamped]:
        return der, token.verify(der, sealed, authority.roots)

    def beside(_: bytes) -> tuple[bytes, token.Stamped]:
        witnesses.seal(engine, ask)
        return ask(_)

    witnesses.seal(engine, beside)
    assert witnesses.stated(engine).rows["token"] == before + 1


def test_an_authority_that_fails_leaves_no_row(engine: Engine, authority: Authority) -> None:
    def down(_: bytes) -> tuple[bytes, token.Stamped]:
        raise WitnessError("down")

    with pytest.raises(WitnessError, match="down"):
        witnesses.seal(engine, down)
    assert len(tokens.checked(engine, authority.roots)) == 3


@pytest.mark.parametrize("seq", [1, 10, 11, 15, 20, 21, 30])
def test_a_rewritten_row_is_placed_between_two_tokens(
    home: Home, engine: Engine, authority: Authority, seq: int
) -> None:
    """The chains verify: all hashes were computed again. Only the tokens know."""
    rewritten(engine, FORECASTS, seq, q50=-9.0)
    assert home.ledger.verify() is None
    held = (seq - 1) // 10
    found = faults(engine, authority)
    assert found[:held] == [""] * held
    first, last = 10 * held + 1, 10 * held + 10
    assert found[held].startswith(
        f"forecast rows {first} to {last} were changed, removed or added after token {held + 1} of"
    )
    proved = witnesses.proved(engine, authority.roots)
    assert (proved(first), proved(max(1, first - 1)) is None) == (None, held == 0)


def test_a_row_that_no_token_covers_may_be_rewritten_unseen(home: Home, engine: Engine, authority: Authority) -> None:
    """The control, and the limit: what comes after the last token is claimed, not proved."""
    rewritten(engine, FORECASTS, 31, q50=-9.0)
    assert home.ledger.verify() is None
    assert faults(engine, authority) == ["", "", ""]
    assert witnesses.proved(engine, authority.roots)(31) is None


@pytest.mark.parametrize(
    ("table", "gone", "named"),
    [
        (FORECASTS, 30, "forecast rows 21 to 30"),
        (FORECASTS, 12, "forecast rows 11 to 20"),
        (FORECASTS, 1, "forecast rows 1 to 10"),
        (OUTCOMES, 9, "outcome rows 7 to 9"),
        (OUTCOMES, 1, "outcome rows 1 to 3"),
        (EVENTS, 1, "event row 1"),
    ],
    ids=["forecast-30", "forecast-12", "forecast-1", "outcome-9", "outcome-1", "event-1"],
)
def test_a_tail_that_is_gone_is_placed(
    engine: Engine, authority: Authority, table: Table, gone: int, named: str
) -> None:
    with writing(engine) as connection:
        connection.execute(delete(table).where(table.c.seq >= gone))
    (fault, *_) = [one for one in faults(engine, authority) if one]
    assert fault.startswith(f"{named} were changed, removed or added after token ".replace("row 1 were", "row 1 were"))


def test_a_row_slipped_in_is_placed(home: Home, engine: Engine, authority: Authority) -> None:
    with writing(engine) as connection:
        row = {
            **forecast(50),
            "issued_at": forecast(12)["issued_at"],
            "format": 3,
            "prev_hash": "y" * 64,
            "row_hash": "z" * 64,
        }
        connection.execute(update(FORECASTS).where(FORECASTS.c.seq > 12).values(seq=FORECASTS.c.seq + 1000))
        connection.execute(insert(FORECASTS).values(seq=13, **row))
        for old in range(1013, 1034):
            connection.execute(update(FORECASTS).where(FORECASTS.c.seq == old).values(seq=old - 999))
        relinked(connection, FORECASTS)
    broken = home.ledger.verify()
    assert broken is not None
    assert broken.fault.endswith("that lacks it"), "the row that is the twenty-first now was there before"
    assert faults(engine, authority)[1].startswith("forecast rows 11 to 20 were changed")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"at": "2020-03-02T21:00:00+00:00"}, "its row says 2020-03-02T21:00:00"),
        ({"authority": "CN=Nobody"}, "its row says"),
        ({"forecasts": 33}, "its statement is not one of this record"),
        ({"statement": "forecaster record 1\n"}, "its statement is not one of this record"),
        ({"token": b"\x30\x00"}, "token 2 of 2021-03-02T21:00:00+00:00 does not hold"),
    ],
    ids=["time", "authority", "rows", "statement", "token"],
)
def test_a_rewritten_token_is_named(home: Home, engine: Engine, authority: Authority, changes, line: str) -> None:
    rewritten(engine, TOKENS, 2, **changes)
    assert home.ledger.verify() is None
    found = faults(engine, authority)
    assert found[0] == ""
    assert line in found[1]
    assert "token 2" in found[1]


def test_a_token_of_another_home_is_refused(home: Home, engine: Engine, authority: Authority) -> None:
    other = witnesses.stated(engine)
    heads = {**other.heads, "forecast": "ab" * 32}
    text = statement.Statement({**other.rows, "token": 2}, heads, other.root).text
    der = authority.forged(text.encode(), stamp_time(BEGUN))
    rewritten(engine, TOKENS, 3, statement=text, token=der, forecasts=33, at=BEGUN.isoformat())
    assert "forecast rows 21 to 33 were changed" in faults(engine, authority)[2]


def test_a_tree_that_is_not_that_of_the_chain_is_refused(home: Home, engine: Engine, authority: Authority) -> None:
    now = witnesses.stated(engine)
    text = statement.Statement({**now.rows, "token": 2}, {**now.heads, "token": _head(engine, 2)}, "ab" * 32).text
    der = authority.forged(text.encode(), stamp_time(BEGUN))
    rewritten(engine, TOKENS, 3, statement=text, token=der, forecasts=33, at=BEGUN.isoformat())
    assert "forecast rows 1 to 33 do not give the root" in faults(engine, authority)[2]


def _head(engine: Engine, upto: int) -> str:
    with reading(engine) as connection:
        return chain.head(connection, TOKENS, upto)


def test_every_flipped_bit_of_a_stored_token_is_found_by_its_chain(
    home: Home, engine: Engine, authority: Authority
) -> None:
    """Some leave the time stamp valid: versions, kinds of signatures. The row's own hash covers them."""
    if engine.dialect.name != "sqlite":
        pytest.skip("what is flipped is the same on either database")
    with reading(engine) as connection:
        row = chain.content(connection, TOKENS, 2)
        stored = connection.execute(select(TOKENS.c.row_hash).where(TOKENS.c.seq == 2)).scalar_one()
    der = bytes(row["token"])
    for bit in range(8 * len(der)):
        flipped = bytearray(der)
        flipped[bit // 8] ^= 1 << bit % 8
        assert row_hash({**row, "token": bytes(flipped)}) != stored
    with writing(engine) as connection:
        flipped = der[:30] + bytes([der[30] ^ 1]) + der[31:]
        connection.execute(update(TOKENS).where(TOKENS.c.seq == 2).values(token=flipped))
    broken = home.ledger.verify()
    assert (broken.table, broken.seq) == ("token", 2)


def test_tokens_travel_in_a_backup(home: Home, engine: Engine, authority: Authority, tmp_path: Path) -> None:
    backup(engine, tmp_path / "home.backup")
    (tmp_path / "new").mkdir()
    write_cheap(tmp_path / "new", models=["climatology"])
    new = open_home(tmp_path / "new")
    restore(new.ledger.engine, tmp_path / "home.backup")
    assert list(witnesses.lines(new.ledger.engine, authority.roots)) == list(witnesses.lines(engine, authority.roots))


@pytest.mark.parametrize("seq", [1, 15, 30])
def test_a_forecast_is_proved_by_its_earliest_token(engine: Engine, authority: Authority, seq: int) -> None:
    text = proof.write(proof_of(engine, seq, authority.roots))
    checked = proof.check(text.encode(), authority.roots, "proof")
    assert checked.proof.index == seq - 1
    assert checked.at == BEGUN + timedelta(days=(seq - 1) // 10)
    assert checked.proof.columns["seed"] == str(seq - 1)


def test_rows_whose_numbers_have_gaps_are_proved_too(engine: Engine, authority: Authority) -> None:
    """A write that PostgreSQL took back leaves one."""
    with writing(engine) as connection:
        connection.execute(update(FORECASTS).where(FORECASTS.c.seq > 31).values(seq=FORECASTS.c.seq + 100))
    witnesses.seal(engine, Asked(authority))
    assert faults(engine, authority) == [""] * 4
    checked = proof.check(proof.write(proof_of(engine, 133, authority.roots)).encode(), authority.roots, "proof")
    assert (checked.proof.index, checked.proof.size) == (32, 33)


def test_what_is_not_proved_is_said(engine: Engine, authority: Authority) -> None:
    with pytest.raises(LedgerError, match="forecast row 31 is in no token that holds"):
        proof_of(engine, 31, authority.roots)
    with pytest.raises(LedgerError, match="there is no forecast row 99"):
        proof_of(engine, 99, authority.roots)
    with writing(engine) as connection:
        connection.execute(update(FORECASTS).where(FORECASTS.c.seq == 3).values(q50=0.5))
    with pytest.raises(LedgerError, match="forecast row 3 does not hold"):
        proof_of(engine, 3, authority.roots)


@pytest.mark.parametrize(
    ("name", "found"),
    [("7", 7), ("EUR/USD/m0/2021-01-01", 1), ("EUR/USD/m1/2021-01-02", 4), ("EUR/USD/m1/2021-01-02/1", 4)],
)
def test_a_forecast_is_named_by_number_or_by_what_it_is(engine: Engine, name: str, found: int) -> None:
    assert number_of(engine, name) == found


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("EUR/USD/m7/2021-01-01", "there is no forecast"),
        ("EUR/USD/m1/2021-01-02/3", "there is no forecast"),
        ("m1", "is not a forecast"),
        ("", "is not a forecast"),
        ("EUR/USD/m1/2021-01-01", "are 2 forecasts"),
    ],
)
def test_a_name_of_none_or_of_several_is_refused(engine: Engine, name: str, line: str) -> None:
    added(engine, FORECASTS, [{**forecast(1), "horizon": 5}])
    with pytest.raises(LedgerError, match=line):
        number_of(engine, name)


def test_proved_is_the_earliest_of_the_tokens_that_hold() -> None:
    """A later token of a shorter record, a token that does not hold, one that was not verified."""
    rows = [
        (5, 3, True, ""),
        (9, 1, True, ""),
        (9, 4, True, ""),
        (12, 0, True, "x"),
        (12, 0, False, ""),
        (20, 8, True, ""),
    ]
    made = [
        Token(n, {"forecast": upto}, BEGUN + timedelta(days=day), NAME, verified, fault)
        for n, (upto, day, verified, fault) in enumerate(rows, 1)
    ]
    proved = Proved.by(made)
    for seq in range(1, 25):
        times = [one.at for one in made if one.proves and one.rows["forecast"] >= seq]
        assert proved(seq) == min(times, default=None)
    numbers = np.arange(-1, 25)
    many, expected = proved.instants(numbers), [proved(int(seq)) for seq in numbers]
    assert [None if pd.isna(one) else one.to_pydatetime() for one in many] == expected
    assert many.dtype == "datetime64[us, UTC]"
    assert expected[1] is None, "0 is the number of no row"
    assert Proved.by([])(1) is None
    assert Proved.by([]).instants(numbers).isna().all()


def test_a_home_shows_what_is_proved(home: Home, engine: Engine, authority: Authority) -> None:
    numbers = np.array([10, 31])
    (home.folder / "roots.pem").write_bytes(authority.pem.read_bytes())
    for certificate, shown in (("", 0), ("absent.pem", 0), (str(authority.pem), 1), ("roots.pem", 1)):
        section = home.settings.witness.model_copy(update={"certificate": certificate})
        own = replace(home, settings=home.settings.model_copy(update={"witness": section}))
        assert own.witnessed.proved(numbers).notna().sum() == shown

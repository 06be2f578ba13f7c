"""The page of an evidence pack that says how to check it."""

from __future__ import annotations

REHEARSAL = """\
**This record is a rehearsal.** {told}. Every time that it gives for a forecast, an outcome or a score is of a clock
that was set by hand: none of its forecasts counts as recorded before the outcome.

"""
"""What stands before the page of a rehearsal's pack."""
HOW_TO_CHECK = """\
# How to check this pack

This is the record of one home of `forecaster`: its forecasts, what happened, and the scores, with what is needed to see
that nothing was changed afterwards. You need Python 3.9 or later and, for time stamps, OpenSSL. You do not need
`forecaster`.

    python check_pack.py

run in the folder where you unzipped it, recomputes everything and prints what holds. Where something does not, it says
`DOES NOT HOLD` with the table and the row, and its exit code is 1. The script is short: read it, or write your own.

## What is in it

| file | what it is |
|---|---|
| `statement.txt` | how many rows each table has, and the hash of its last row |
| `record/TABLE.jsonl` | every row of a table, one JSON object a line, as it is stored; bytes are in base64 |
| `forecasts.csv`, `forecasts.parquet` | forecasts with their outcomes and scores, to compute with |
| `tokens/N.tsr` | time stamps of an authority (RFC 3161), where the home had any |
| `tokens/N.statement.txt` | what each of them stamped: the statement of that moment |
| `tokens/certificates.pem` | certificates that the home trusts, if any; trust them only if you know whose they are |
| `cards/` | a model card for each model and version, and `inventory.csv`, a line each |
| `settings.json`, `about.json` | settings in effect, without secrets; the program's version; what each hash covers |
| `contents.txt` | the SHA-256 of every other file |

## How a row is chained

Each row has a number (`seq`), the hash of the row before it (`prev_hash`; 64 zeros for the first) and its own
(`row_hash`): the SHA-256 of the JSON text of its columns, keys sorted, no spaces, numbers as the shortest text that
reads back the same. `about.json` says which columns the hash of each format covers. Bytes enter as
`{"sha256": "..."}`, the hash of them; in format 1 as the hash alone, and `format` itself is not covered there. Whoever
changes, removes or inserts a row changes the hash of every later one.

## What that proves, and what it does not

The chains show that rows were added in this order and that none was changed *while the last hashes stayed the same*.
The author of a record could compute all hashes anew. So compare with something that the author does not have in hand:

- **A time stamp.** Where the pack has some, the script prints for each the command by which OpenSSL checks that an
  authority has signed the statement, and when. All rows up to those that the statement counts existed at that time. A
  forecast whose row is covered by a stamp from before its target's close was made before the outcome was known.
- **A hash that was written down elsewhere**, in an e-mail or a newspaper: look for it in `statement.txt`, or in
  `row_hash` of a row. All rows up to that one are as they were then. A line such as `forecaster:1.812.790.4740.12:HASH`
  has the number of the last row of each table and the SHA-256 of the statement at that state: that of `statement.txt`
  where the numbers are its own.

Look also at which clock was kept: the last event of the kind `clock` in `record/event.jsonl` says it, and so does
`about.json`. Where it is a rehearsal's, which the script prints too, times in the record are of a clock that was set by
hand, and prove nothing. A forecast says in its column `diagnostics`, under `target_close`, when the session that it is
for closed; a stamp from after that does not show that it came before the outcome.

Rows after the last stamp, or after the last hash that you hold, are claimed by the author alone. Replayed forecasts are
not part of the record. The model cards are computed from the record and its replays by the program of its author, and
nothing here checks them; no statement in them is one of compliance.
"""


def page(rehearsal: str) -> str:
    """The page of one pack.

    Args:
        rehearsal: What is to be known of a rehearsal's clock, a sentence without its full stop; empty for a real one.
    """
    return (REHEARSAL.format(told=rehearsal) if rehearsal else "") + HOW_TO_CHECK

"""What is known about the market, and since when. Knows nothing of forecasting.

Rows come from `ingest.sources`, are checked by `ingest.panel` and `ingest.checks`, and are kept by
`ingest.store`, which never forgets when a value became known. `ingest.changes` and `ingest.windows`
turn what was known at an origin into numbers to learn from; `ingest.errors` draws what can go wrong.
"""

"""Every forecaster on the same days of the development blocks and on simulated markets, as docs/quality.md has it."""

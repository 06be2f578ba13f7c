"""Daily operation: the ledger, one day end to end, and the schedule that runs it."""

"""How forecasters are combined: weights from their past scores, the linear pool, and recalibration from past PITs."""

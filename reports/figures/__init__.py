"""The drawings, one a file: each has `draw(...) -> str`, which returns SVG text and computes no score."""

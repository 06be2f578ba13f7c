"""Pages made of facts: one report, as a tagged PDF and as a single HTML file.

`reports.pdf.render(report, path)` and `reports.html.render(report, path)` take a `DailyReport` or a
`BacktestReport` (see `contents.py`, the only input) and write one file atomically. Nothing here computes a
statistic or knows where the tables came from.

How a page comes about: every file in `sections/` declares a `SECTION` (which reports it belongs to, where in
the report it stands, its heading) and returns blocks: headings, paragraphs, tables, figures, callouts
(`blocks.py`). `document.py` puts the sections in order; `pdf.py` hands the blocks to `templates/report.typ`,
and `html.py` hands the same blocks to `templates/report.html.j2`.

To add a section, add one file to `sections/`: the folder is the registry, nothing else needs to know.
To add a figure, add one file to `figures/`, which says under which section it stands: that folder is a registry too.
A new kind of block is the one change that touches several files: `blocks.py` and both templates.
"""

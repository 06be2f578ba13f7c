"""The canvas of the figures: places by scale, words within their margins, letters that exist, no byte by chance."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from reports import lettering
from reports.axes import Axis, alike, even, powers_of_ten, reach, terse
from reports.canvas import Panel, drawing, named
from reports.legends import Key, Legend, laid_out
from reports.strokes import boxes, curve, dots, filled, line, upright

SVG = "{http://www.w3.org/2000/svg}"
RED = line(1, "#ff0000")
INCH = 25.4, 25.4  # 72 points either way


def identity(value: object) -> np.ndarray:
    return np.asarray(value, dtype=float)


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 (our own text)


def lines_of(svg: str) -> list[list[tuple[float, float]]]:
    """The points of each red line."""
    found = parsed(svg).iter(f"{SVG}path")
    red = [path.get("d") or "" for path in found if path.get("stroke") == "#ff0000"]
    parts = [part for data in red for part in re.split("M", data)[1:]]
    return [[tuple(map(float, point.split())) for point in part.split("L")] for part in parts]  # type: ignore[misc]


def framed_by(*panels: Panel, **more: object) -> str:
    return drawing((100, 60), ("A title", False), panels, **more)  # type: ignore[arg-type]


def frames(svg: str) -> list[tuple[float, ...]]:
    """Left, top, bottom and right of each panel, as its axes are drawn."""
    found = re.findall(r'd="M([\d.]+) ([\d.]+)V([\d.]+)H([\d.]+)M', svg)
    return [tuple(map(float, frame)) for frame in found]


def test_a_curve_begins_and_ends_at_the_corners_of_its_axes() -> None:
    svg = framed_by(Panel(even((-2.0, 3.0), 5), even((0.0, 40.0), 4), [curve([-2, 3], [0, 40], RED)]))
    ((left, top, bottom, right),) = frames(svg)
    assert lines_of(svg) == [[pytest.approx((left, bottom), abs=0.01), pytest.approx((right, top), abs=0.01)]]


def test_equal_ratios_are_equally_far_apart_on_a_logarithmic_axis() -> None:
    axis = powers_of_ten((1.0, 1000.0))
    assert axis.ticks == (1.0, 10.0, 100.0, 1000.0)
    assert axis.words == ("1", "10", "100", "1,000")
    assert axis.scale(0, 3)(axis.ticks) == pytest.approx([0, 1, 2, 3])


def test_missing_values_interrupt_a_curve_and_leave_out_marks() -> None:
    missing = [0.0, np.nan, 2.0, 3.0]
    assert curve(range(4), missing, RED)(identity, identity).count("M") == 2
    assert dots(range(4), missing, 3, filled("#000000"))(identity, identity).count("M") == 3
    assert upright(range(4), missing, 5, RED)(identity, identity).count("V") == 3
    assert boxes([0, 1], [1, 2], 0, [np.inf, 1], filled("#000000"))(identity, identity).count("z") == 1
    assert dots([], [], 3, RED)(identity, identity) == ""


@pytest.mark.parametrize(("low", "high"), [(-3.2, 4.7), (0.0, 1.0), (0.0, 0.00031), (-4100.0, -1100.0), (1e6, 3e6)])
def test_ticks_are_few_round_and_inside_and_words_tell_them_apart(low: float, high: float) -> None:
    axis = even((low, high), 5)
    step = np.diff(axis.ticks)
    assert 3 <= len(axis.ticks) <= 6
    assert low <= min(axis.ticks)
    assert max(axis.ticks) <= high
    assert step == pytest.approx(step[0])
    assert float(f"{step[0]:.1e}"[:3]) in {1.0, 2.0, 2.5, 5.0}
    assert len(set(axis.words)) == len(axis.words)
    said = [float(word.replace(",", "").replace("\u2212", "-")) for word in axis.words]
    assert said == pytest.approx(axis.ticks)


def test_whole_ticks_are_whole() -> None:
    assert all(tick == int(tick) for tick in even((0.0, 1.3), 4, whole=True).ticks)


def test_a_reach_is_never_empty() -> None:
    for values in ([], [np.nan], [5.0, 5.0], [0.0], [-4e9]):
        low, high = reach([np.array(values)], 0.05)
        assert low < high
        assert even((low, high), 4).scale(0, 1)([low, high]) == pytest.approx([0, 1])
    assert reach([np.array([0.0, 1.0, np.inf])], 0.5) == (-0.5, 1.5)
    assert alike(()) == terse(()) == ()


def test_words_up_the_side_never_reach_the_edge_or_the_panel_before() -> None:
    """Wide numbers push the panel to the right: the text ends left of its axis and begins inside of the figure."""
    wide = even((-1e9, 1e9), 4, label="a label")
    svg = drawing((100, 60), ("t", False), [Panel(even((0, 1), 4), wide, [])] * 4, columns=2)
    edges = sorted({left for left, *_ in frames(svg)})
    ends = sorted({right for *_, right in frames(svg)})
    texts = list(parsed(svg).iter(f"{SVG}text"))
    sides = [text for text in texts if text.get("text-anchor") == "end"]
    assert len(sides) >= 12
    for text in sides:
        end = float(text.get("x") or "")
        start = end - lettering.width(text.text or "", float(text.get("font-size") or ""))
        own = min(edge for edge in edges if edge > end)
        before = max((other for other in ends if other < own), default=0.0)
        assert before < start < end < own
        turned = [
            float(t.get("x") or "") for t in texts if t.get("transform") and before < float(t.get("x") or "") < own
        ]
        assert turned
        assert max(turned) < start


def test_a_word_at_the_end_of_an_axis_stays_in_the_figure() -> None:
    svg = framed_by(Panel(Axis(0, 1, (0.0, 1.0), ("a word", "another word")), even((0, 1), 4), []))
    words = {t.text: float(t.get("x") or "") for t in parsed(svg).iter(f"{SVG}text")}
    assert words["another word"] + lettering.width("another word", 6.3) / 2 < 100 * 72 / 25.4


def test_panels_of_a_figure_stand_apart_and_are_of_one_size() -> None:
    panel = Panel(even((0, 1), 4, label="x"), even((0, 1), 4), [], "A name")
    found = frames(framed_by(*[panel] * 5, columns=3))
    assert len(found) == 5
    assert {(round(right - left, 1), round(bottom - top, 1)) for left, top, bottom, right in found} == {
        (round(found[0][3] - found[0][0], 1), round(found[0][2] - found[0][1], 1))
    }
    for i, (left, top, bottom, right) in enumerate(found):
        for other in found[i + 1 :]:
            assert other[0] > right or other[3] < left or other[1] > bottom or other[2] < top


def test_a_legend_takes_as_many_columns_as_have_room() -> None:
    keys = [Key(f"a rather long name of a model, number {i}", []) for i in range(7)]
    for room in (1000.0, 500.0, 200.0, 1.0):
        found = laid_out(Legend(keys, 5), room)
        assert [key for column in found.columns for key in column] == keys
        assert found.width <= room or len(found.columns) == 1
    assert len(laid_out(Legend(keys, 5), 1000.0).columns) == 4
    assert len(laid_out(Legend(keys, 5, inside=True), 1000.0).columns) == 1


def test_the_width_of_a_text_is_what_the_type_face_takes() -> None:
    """Against the outlines as matplotlib sets them, kerning and all."""
    for bold in (False, True):
        face = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")
        for text in ("\u22121,234.50", "density per percentage point", "BTC-USD: training"):
            drawn = TextPath((0, 0), text, size=100, prop=face).get_extents().width
            assert lettering.width(text, 100, bold=bold) == pytest.approx(drawn, rel=0.05)


def test_letters_that_the_face_lacks_become_one_known_mark_and_markup_is_escaped() -> None:
    assert lettering.written("A$B$ <i>&\u2212") == "A$B$ &lt;i&gt;&amp;\u2212"
    assert lettering.written("\u682a\U0001f980\x07\ud800\n") == "\ufffd" * 5


def test_a_title_is_cut_to_its_room_and_says_simulated() -> None:
    svg = drawing((40, 40), ("WIDE " * 40, True), [Panel(even((0, 1), 4), even((0, 1), 4), [])])
    title = next(parsed(svg).iter(f"{SVG}text")).text or ""
    assert title.startswith("SIMULATED \u00b7 WIDE")
    assert title.endswith("\u2026")
    assert lettering.width(title, 7.6, bold=True) <= 40 * 72 / 25.4


def test_a_name_is_an_attribute_of_the_whole_alone() -> None:
    svg = named(framed_by(Panel(even((0, 1), 4), even((0, 1), 4), [], "<svg ")), 'role="img"')
    assert svg.count('role="img"') == 1
    assert parsed(svg).get("role") == "img"


def test_another_process_draws_the_same_bytes() -> None:
    program = (
        "from reports.figures.window import draw\nimport pandas as pd\n"
        "rows = [(pd.Timestamp('2026-01-01'), s, c) for s, c in (('price', .1), ('volume', -.3))]\n"
        "print(draw(pd.DataFrame(rows, columns=['session', 'series', 'change']), 'X', simulated=True))"
    )
    found = set()
    for seed in ("1", "2"):
        place = {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        call = [sys.executable, "-c", program]
        found.add(subprocess.run(call, capture_output=True, check=True, env=place).stdout)
    assert len(found) == 1
    assert b"SIMULATED" in found.pop()

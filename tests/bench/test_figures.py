"""The bench's own arithmetic; what it measures is no test."""

import pytest

from astrolabe.store.ids import new_id
from astrolabe.store.log.entry import encode, make_entry
from bench.contender import YARDSTICK
from bench.figures import Figure, Sample, figure, lines, ratios, table
from bench.pgbench import per_second
from bench.row import CAUSE, event, payload

SAMPLES = [
    Sample("pgbench", 8, 1, 100.0),
    Sample("ours", 8, 1, 50.0),
    Sample("pgbench", 8, 2, 1000.0),
    Sample("ours", 8, 2, 800.0),
    Sample("ours", 8, 3, 90.0),
    Sample("pgbench", 8, 3, 100.0),
    Sample("pgbench", 1, 1, 10.0),
    Sample("ours", 1, 1, 20.0),
]


def test_a_figure_is_a_median_and_its_spread():
    """The middle of an odd number of values, the mean of the two middles of an even one."""
    assert figure([3.0, 1.0, 2.0]) == Figure(2.0, 1.0, 3.0)
    assert figure([4.0, 1.0, 2.0, 3.0]) == Figure(2.5, 1.0, 4.0)


def test_a_ratio_is_of_one_round():
    """Each round is related to itself, so that a slow round spoils nothing."""
    assert ratios(SAMPLES, "ours", "pgbench", 8) == [0.5, 0.8, 0.9]
    assert ratios(SAMPLES, "ours", "pgbench", 1) == [2.0]
    assert ratios(SAMPLES, "pgbench", "pgbench", 8) == [1.0, 1.0, 1.0]


def test_lines_sum_up_all_rounds_by_clients_and_contender():
    """A line has the median of the speeds and the median of the ratios, which need not be of the same round."""
    found = {(line.clients, line.contender): line for line in lines(SAMPLES, "pgbench")}
    assert list(found) == [(1, "pgbench"), (1, "ours"), (8, "pgbench"), (8, "ours")]
    assert found[8, "ours"].ratio == Figure(0.8, 0.5, 0.9)
    assert found[8, "ours"].per_second == Figure(90.0, 50.0, 800.0)
    assert found[8, "pgbench"].ratio == Figure(1.0, 1.0, 1.0)


def test_the_table_shows_ratios_and_their_spread():
    """One row a line, in Markdown."""
    rows = table(lines(SAMPLES, "pgbench"), YARDSTICK).splitlines()
    assert rows[0].startswith("| clients | contender | relative to pgbench |")
    assert rows[-1] == "| 8 | ours | 0.80 | 0.50 to 0.90 | 90 |"
    assert len(rows) == 2 + 4


def test_what_pgbench_prints_is_read():
    """Its line of transactions a second is found, and its absence is an error."""
    assert per_second("latency average = 1 ms\ntps = 1234.500000 (without initial connection time)\n") == 1234.5
    with pytest.raises(ValueError, match="no speed"):
        per_second("pgbench: error: connection failed")


def test_every_contender_writes_a_row_of_the_same_size():
    """The text that the others write is as long as an entry of ours."""
    assert len(payload()) == len(encode(make_entry(new_id(), 1, event(), CAUSE)))

"""What is said of upgrades that keep few and many files."""

from bench.keeping import MEGABYTES, Measure, table


def test_each_size_has_the_medians_of_its_rounds() -> None:
    """One row a size, in seconds."""
    few, many = MEGABYTES
    measures = [Measure(few, turn, turn, 1.0, 2.0, 1.5) for turn in (1, 2, 6)]
    measures += [Measure(many, turn, 50.0 + turn, 1.25, 9.0, 1.75) for turn in (1, 2, 3)]
    assert table(measures).splitlines()[2:] == [
        "| 50 of 1 MB | 2.0 | 1.0 | 2.0 | 1.5 |",
        "| 5,000 of 1 MB | 52.0 | 1.2 | 9.0 | 1.8 |",
    ]

from bench.measure import Measure, table


def test_each_round_is_related_to_itself() -> None:
    """A slow round is slow for both: the ratio is the median of the rounds' own, not of all of them together."""
    measures = [
        Measure("script", "cold", 1, 10, 8, 4, 2),
        Measure("astrolabe", "cold", 1, 5, 2, 1, 1),
        Measure("script", "cold", 2, 100, 80, 40, 20),
        Measure("astrolabe", "cold", 2, 60, 8, 20, 10),
    ]
    lines = table(measures).splitlines()
    assert lines[2] == "| cold | upgrade | 55.0 | 32.5 | 0.55 | 0.50 to 0.60 |"
    assert lines[3] == "| cold | upgrade, downtime | 44.0 | 5.0 | 0.17 | 0.10 to 0.25 |"

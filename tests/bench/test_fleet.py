from bench.fleet import FirstByte, LongestTask, table


def test_each_round_of_a_path_is_related_to_itself_and_the_longest_task_of_all_counts() -> None:
    """A busy round is busy for both fleets; what is long once was seen by somebody."""
    paths = [FirstByte("/fleet", 1, 2.0, 3.0), FirstByte("/fleet", 2, 20.0, 24.0), FirstByte("/fleet", 3, 2.0, 2.8)]
    tasks = [LongestTask(1, 0.0, 64.2), LongestTask(2, 0.0, 0.0)]
    assert table(paths, tasks).splitlines()[2:] == [
        "| first byte of `/fleet` | 1.40 (1.20 to 1.50) |",
        "| longest task while all of it is scrolled through | 64 ms, beside below 50 ms |",
    ]

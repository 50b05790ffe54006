"""DBOS workflows of five steps that do nothing: `python workflows.py DATABASE_URL CLIENTS SECONDS`."""
# pyright: basic, reportMissingImports=false

import sys
import time
from concurrent.futures import ThreadPoolExecutor

from dbos import DBOS


@DBOS.step()
def nothing(nth: int) -> int:
    """Do nothing, durably."""
    return nth


@DBOS.workflow()
def upgrade() -> int:
    """Do nothing five times."""
    return sum(nothing(nth) for nth in range(5))


def main(url: str, clients: int, seconds: float) -> None:
    """Let so many run at once for some seconds, and print how many a second ended."""
    DBOS(config={"name": "bench", "system_database_url": url, "log_level": "ERROR", "run_admin_server": False})
    DBOS.launch()
    upgrade()
    started = time.perf_counter()

    def run() -> int:
        many = 0
        while time.perf_counter() < started + seconds:
            DBOS.start_workflow(upgrade).get_result(polling_interval_sec=0.01)
            many += 1
        return many

    with ThreadPoolExecutor(clients) as threads:
        done = sum(future.result() for future in [threads.submit(run) for _ in range(clients)])
    print(done / (time.perf_counter() - started), flush=True)
    DBOS.destroy()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))

"""What a part of the bench of the audit trail reached."""

import json
import os
import resource
from typing import Any


def figures(count: int, seconds: float, cpu: float, peak: float) -> dict[str, Any]:
    """Put what a part reached into words; the peak is in MiB."""
    speeds = {"per_second": count / seconds, "cpu_per_second": count / cpu}
    return {"events": count, "seconds": seconds, **speeds, "peak_rss_mb": peak, "load": os.getloadavg()[0]}


def told(count: int, seconds: float) -> None:
    """Print what this process reached, with the processor time of those it started, and the peak of the largest."""
    own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime
    print(json.dumps(figures(count, seconds, cpu, max(own.ru_maxrss, others.ru_maxrss) / 1024)))

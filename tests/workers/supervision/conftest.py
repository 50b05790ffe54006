"""Real supervisors."""

from tests.workers.supervision.fixtures import machine, pm2, pm2_modules

__all__ = ["machine", "pm2", "pm2_modules"]

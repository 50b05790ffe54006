"""The worlds that workers are tried in."""

from tests.drivers.fixtures import host_folder, kind, registry, standin

__all__ = ["host_folder", "kind", "registry", "standin"]

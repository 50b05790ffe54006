"""The worlds that drivers are tried in."""

from tests.drivers.fixtures import a_world, engine, host_folder, image_house, pytest_generate_tests, registry, standin

__all__ = ["a_world", "engine", "host_folder", "image_house", "pytest_generate_tests", "registry", "standin"]

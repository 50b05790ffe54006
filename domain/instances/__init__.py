"""Instances: one deployment of a product, as its owner registered it and as a worker sees it."""

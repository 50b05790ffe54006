"""The kinds that npm installs: `npx` gateways and `cli` command lines."""

"""The audit trail: leaves, the Merkle tree, signed checkpoints, and the check of all that."""

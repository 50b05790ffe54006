"""Plans: what an upgrade will do, who agrees to it, and what takes the instance back."""

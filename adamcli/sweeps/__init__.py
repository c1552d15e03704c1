"""Many runs of one config: the plan, the blocks and where they are computed, and the store."""

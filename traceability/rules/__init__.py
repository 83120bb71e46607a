"""Pure decisions of the chain of custody: sealing, waiting periods, lots and their states, what a lot still lacks."""

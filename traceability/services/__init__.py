"""Use cases that change the chain of custody; each locks the chains it writes to before anything else."""

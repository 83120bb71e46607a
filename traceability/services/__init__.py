"""Use cases that change the chain of custody. Each locks the chains it writes to before anything else."""

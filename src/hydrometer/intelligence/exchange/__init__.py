"""What is known goes out and comes in: formats, exchange with partners, and matching that shows nothing else."""

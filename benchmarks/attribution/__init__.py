"""The attribution benchmark: simulated campaigns, dossiers with every way to be wrong, and what comes of them."""

"""Learning: the simulated country, training, evaluation, registration and promotion."""

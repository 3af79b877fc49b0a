"""What the models are: inputs, trees, guarantees, and the one function that predicts."""

"""Files as they arrive: found, recognised, and read by the contract without loss."""

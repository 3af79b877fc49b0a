"""How the models are fitted, calibrated and given their promises."""

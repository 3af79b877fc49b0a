"""How points of a scorecard are fitted to the survey's ladder, and written as a file of law."""

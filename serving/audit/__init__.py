"""For auditors: what the model says beside what the rules say, and who was right."""

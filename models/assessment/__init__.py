"""How models are judged: what training and the auditors' pages both need."""

"""Answers: the commands, the API, the decisions for all, the auditors' pages."""

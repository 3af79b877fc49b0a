"""The rules: criteria and points, the hard rule, red flags, programmes, actions."""

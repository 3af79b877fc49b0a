"""Who counts as poor, as information: yardsticks and targeted assistance, unknown to decisions."""

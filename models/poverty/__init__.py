"""Who counts as poor, as information: yardsticks and targeted assistance; nothing that decides knows them."""

"""A request read and checked by the register contract; its faults as problem details."""

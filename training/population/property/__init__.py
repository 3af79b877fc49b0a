"""What the families of the country own and owe."""

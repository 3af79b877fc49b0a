"""What the registers, inspectors and the survey see of the country, and how late and wrong."""

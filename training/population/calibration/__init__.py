"""What the country is aimed at: published figures, and how far it meets them."""

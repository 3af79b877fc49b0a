"""The HTTP service: one BentoML service, its addresses, its description and its pages."""

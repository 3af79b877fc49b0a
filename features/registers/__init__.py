"""The register contract: what Tarazy reads, declared once."""

"""Who the errors fall on: rates by group, proxies, noise. Who a family is, is read here."""

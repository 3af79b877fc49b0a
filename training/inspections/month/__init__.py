"""The month's list: whom a person looks at this month, within each region's room."""

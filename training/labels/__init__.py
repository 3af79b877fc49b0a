"""What is learnt from: inspections and survey, each with its chance to have been drawn."""

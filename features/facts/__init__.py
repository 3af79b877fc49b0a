"""The facts in force on a day: registers as they arrived, read into what holds of a family."""

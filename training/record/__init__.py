"""What a run keeps: its files, what it leaned on, who signed what."""

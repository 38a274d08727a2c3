"""The office: one running instance, its home folder, keys, clock and jobs."""

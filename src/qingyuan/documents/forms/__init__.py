"""Forms of instruments, one YAML file each."""

"""What rules judge, each knowing its lines."""

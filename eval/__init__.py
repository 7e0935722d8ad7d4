"""How good answers are: questions, judges, metrics; `bench` and `train` stay out of the wheel."""

"""What authors of step types and patterns test them with."""

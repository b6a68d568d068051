"""Definition to plan: wiring, rules, binding to a run date, codec, drawing."""

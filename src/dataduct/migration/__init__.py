"""Projects of the first Dataduct: what of them runs unchanged, what differs, and what needs an edit."""

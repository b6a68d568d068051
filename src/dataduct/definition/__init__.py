"""What the files say: YAML with positions, the pipeline's header, templates. Nothing is run or looked up here."""

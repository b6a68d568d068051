"""Jobs of the Hadoop streaming contract on one machine: map tasks, an external sort by key, reduce tasks.

Each task is a pipeline of processes in a group of its own. Lines never pass through this process: mappers read files
or a filter that feeds them, and write to files that `sort` reads, whose memory is bounded.
"""

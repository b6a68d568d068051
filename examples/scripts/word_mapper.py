"""Write each word of the lines read, with a one."""

import sys

for line in sys.stdin:
    for word in line.lower().replace(".", " ").split():
        print(word, 1, sep="\t")

#!/usr/bin/env bash
set -eu
count() { cat "$INPUT1_STAGING_DIR/$1"/* | wc -l; }
echo "$(count all) visits, $(count adults) of adults and $(count children) of children"
[ "$(count all)" -eq "$(($(count adults) + $(count children)))" ]

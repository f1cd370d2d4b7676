#!/bin/sh
# Every regular file of the initrd must be plain pages in one run: mkfs.erofs takes unknown options without a word.
#
# usage: check_initrd.sh IMAGE ROOT
set -e
find "$2" -type f | sed "s,^$2,," | sort | while read -r path; do
    dump.erofs --path="$path" "$1" | grep -q 'Layout: 0' || {
        echo "$1: $path is not laid out flat: it could not be mapped in place" >&2
        exit 1
    }
done

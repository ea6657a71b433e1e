#!/bin/sh
# Head and tail of each image of the pages by curl -Z, metadata by exiftool in one
# batch, hashes by sha256sum.
#
#     sh curl.sh PAGES.txt
#
# Leaves images.txt (image number n is line n), exif.json, and sums.txt.
set -eu
mkdir pages heads tails
awk '{ printf "url = \"%s\"\noutput = \"pages/%06d\"\n", $0, NR }' "$1" >pages.curl
curl -sSf -Z --parallel-immediate --parallel-max 64 -K pages.curl
: >found.txt
number=0
while read -r page; do
    number=$((number + 1))
    site=$(printf '%s' "$page" | sed 's|^\(http://[^/]*\)/.*|\1|')
    sed -n "s|.*<img src=\"\([^\"]*\)\".*|$site\1|p" "$(printf 'pages/%06d' $number)"
done <"$1" >found.txt
[ -s found.txt ] || exit 0
for part in heads:0-10240 tails:-1024; do
    awk -v folder="${part%%:*}" '{
        printf "url = \"%s\"\noutput = \"%s/%06d.jpg\"\n", $0, folder, NR
    }' found.txt >parts.curl
    curl -sSf -Z --parallel-immediate --parallel-max 64 -r "${part#*:}" -K parts.curl
done
exiftool -j -q -fast heads >exif.json
find heads tails -type f -exec sha256sum {} + >sums.txt

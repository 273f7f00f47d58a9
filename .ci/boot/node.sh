#!/bin/sh
# Plays Node.js: ends at once the first six times, then stays; says whether the shared directory is the mounted one.
case $* in
*host-metrics*) exit 0 ;;
*agent.mjs*) [ -e /mnt/cloudy/is-mounted ] && echo "runs on the mount" || echo "runs WITHOUT the mount" ;;
*) echo runs ;;
esac
counts=/dev/counts/$(echo "$*" | tr -dc a-z)
echo x >>"$counts"
[ "$(wc -l <"$counts")" -gt 6 ] || exit 1
echo stays
exec sleep infinity

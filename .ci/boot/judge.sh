#!/bin/bash
# usage: judge.sh TIER - waits until the instance is what it has to be, writes a verdict, and switches the machine off.
tier=$1
boot=$(cat /results/boot)
journal() { journalctl --no-pager -o cat -u "$1" 2>/dev/null; }
active() { systemctl is-active --quiet "$@"; }
tell() { if [ "$1" = 0 ]; then echo "ok $tier, $boot boot: $2"; else echo "FAILED $tier, $boot boot: $2: $3"; fi >>/results/verdict; }

is_up() {
  case $tier in
  web) active cloudy-api.service cloudy-host-metrics.timer && journal cloudy-api.service | grep -q '^stays' ;;
  database)
    active cloudy-db-agent.service cloudy-host-metrics.timer cloudy-virtual-ip.service &&
      journal cloudy-db-agent.service | grep -q '^stays'
    ;;
  nat) active cloudy-nat.service && [ "$(grep -c "^$boot: " /results/iptables.calls)" = 3 ] && grep -q attach-network-interface /results/aws.calls ;;
  esac
}
why() { systemctl list-units --all --no-legend --plain 'cloudy-*' '*cloudy.mount' | awk '{print $1, $3, $4}' | tr '\n' ';'; }

if [ "$boot" = third ]; then
  # The file system never comes back.
  sleep 4
  if [ "$tier" = database ]; then
    journal cloudy-db-agent.service | grep -q '^runs'
    [ $? = 1 ] && [ "$(grep -c '^third: ' /results/mount.efs.calls)" -gt 2 ]
    tell $? "the agent does not run without the shared file system, whose mount is tried again" "$(why)"
  fi
else
  for _ in $(seq 150); do is_up && break; sleep 0.2; done
  is_up
  tell $? "every step that failed was tried again until the instance was up" "$(why)"
  if [ "$tier" = database ]; then
    ! journal cloudy-db-agent.service | grep -q 'WITHOUT'
    tell $? "the agent ran on the mounted file system only" "it ran without"
  fi
fi
if [ "$boot" = first ]; then
  complaints=$(systemd-analyze verify /etc/systemd/system/*cloudy* 2>&1 | tr '\n' ' ')
  [ -z "$complaints" ]
  tell $? "systemd-analyze verify has no complaint" "$complaints"
  # From now on there is nothing to install from.
  printf 'dnf\naws\n' >/results/away
elif [ "$boot" = second ]; then
  [ "$(grep -hc '^second' /results/dnf.calls /results/aws.calls | sort -u | tr -d '\n')" = 0 ]
  tell $? "nothing is installed or downloaded again" "$(grep -h '^second' /results/dnf.calls /results/aws.calls | head -1)"
  echo mount.efs >>/results/away
fi
touch "/results/done-$boot"
systemctl --force --force poweroff

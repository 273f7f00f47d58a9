#!/bin/sh
# Plays the command that it is called as: fails twice at each boot (what the file "away" names fails always), then works.
name=${0##*/}
boot=$(cat /results/boot)
echo "$boot: $*" >>"/results/$name.calls"
grep -qx "$name" /results/away 2>/dev/null && exit 1
[ "$(grep -c "^$boot: " "/results/$name.calls")" -gt 2 ] || exit 1
case $name in
dnf)
  # What the packages bring.
  ln -sf /stand-ins/node.sh /usr/bin/node-24
  ln -sf /stand-ins/command.sh /sbin/mount.efs
  ln -sf /stand-ins/command.sh /usr/sbin/iptables
  for daemon in rsyslog amazon-cloudwatch-agent; do
    printf '[Service]\nType=exec\nExecStart=/usr/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n' >"/usr/lib/systemd/system/$daemon.service"
  done
  grep -q '^postgres:' /etc/passwd || echo 'postgres:x:26:26::/:/bin/sh' >>/etc/passwd
  ;;
aws)
  [ "$1" != s3 ] || for word in "$@"; do
    case $word in
    s3://*) source=/bundles/${word##*/} ;;
    /*) cp "$source" "$word" ;;
    esac
  done
  ;;
mount.efs)
  mount -t tmpfs tmpfs "$2"
  touch "$2/is-mounted"
  ;;
esac

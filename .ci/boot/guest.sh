# usage: guest.sh PLACE BOOT - as PID 1 of its own namespaces: becomes systemd.
set -eu
place=$1
boot=$2
root=$place/root
mount --make-rprivate /
mount --bind "$place/results" "$root/results"
# Journals of earlier boots would look like those of this one: the kernel, and so the id of the boot, is the same.
rm -rf "$root/var/log/journal"
for directory in run tmp dev; do mount -t tmpfs tmpfs "$root/$directory"; done
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
for device in null zero full random urandom tty kmsg; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir -m 1777 "$root/dev/shm"
# Where sandboxed services of any user may count.
mkdir -m 777 "$root/dev/counts"
touch "$root/dev/console"
mount --bind "$root/dev/null" "$root/dev/console"
ln -s /proc/self/fd "$root/dev/fd"

# cloud-init runs its commands at the first boot only.
commands=
[ "$boot" = first ] && commands="[Unit]
After=network-online.target
Wants=network-online.target
[Service]
Type=oneshot
ExecStart=/stand-ins/cloud-init.sh"
mkdir -p "$root/run/systemd/system"
printf '%s\n' "$commands" >"$root/run/systemd/system/cloud-init-commands.service"
printf '[Unit]\nWants=multi-user.target judge.service%s\n' "${commands:+ cloud-init-commands.service}" >"$root/run/systemd/system/boot.target"

cd "$root"
mkdir -p old
pivot_root . old
umount -l old
exec env -i container=cloudy PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit=boot.target --show-status=no

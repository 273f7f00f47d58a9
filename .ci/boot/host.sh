# usage: host.sh PLACE TIER - in a mount namespace of its own: makes a root directory over the host's and boots it, several times.
set -eu
place=$1
tier=$2
mount --make-rprivate /
mkdir "$place/layer" "$place/root"
mount -t tmpfs tmpfs "$place/layer"
mkdir "$place/layer/upper" "$place/layer/work"
mount -t overlay overlay -o "lowerdir=/,upperdir=$place/layer/upper,workdir=$place/layer/work" "$place/root"
root=$place/root

# Nothing of the host's own services, and none of the programs that a boot has to install.
rm -rf "$root"/etc/systemd/system "$root"/etc/systemd/network "$root"/etc/fstab "$root"/etc/rc*.d "$root"/etc/init.d
rm -rf "$root"/lib/systemd/system/multi-user.target.wants "$root"/lib/systemd/system/timers.target.wants
rm -f "$root"/usr/bin/node-24 "$root"/usr/sbin/iptables "$root"/sbin/mount.efs
sed -i '/^postgres:/d' "$root"/etc/passwd
mkdir -p "$root"/etc/systemd/system "$root"/results "$root"/stand-ins "$root"/bundles
cp -r "$place"/files/. "$root"/
cp -r "$place"/bundles/. "$root"/bundles/
cp "$place"/stand-ins/* "$root"/stand-ins/
cp "$place"/cloud-init.sh "$root"/stand-ins/cloud-init.sh
chmod 755 "$root"/stand-ins/*
for name in dnf aws networkctl; do ln -sf /stand-ins/command.sh "$root/usr/bin/$name"; done
for name in ip sysctl; do ln -sf /stand-ins/command.sh "$root/usr/sbin/$name"; done
cat >"$root"/etc/systemd/system/judge.service <<UNIT
[Unit]
After=systemd-journald.service
[Service]
ExecStart=/stand-ins/judge.sh $tier
UNIT

# A cgroup of its own, so that the host's stay as they are.
cgroups=/sys/fs/cgroup
[ -d "$cgroups/unified" ] && cgroups=$cgroups/unified
group=$cgroups/cloudy-boot-$$
mkdir -p "$group"
tidy() {
  echo $$ >"$cgroups/cgroup.procs" || true
  find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
}
trap tidy EXIT
echo $$ >"$group/cgroup.procs"
for boot in first second third; do
  echo "$boot" >"$place/results/boot"
  timeout -s KILL 40 unshare --mount --pid --fork --kill-child --uts --ipc --cgroup bash "$place/stand-ins/guest.sh" "$place" "$boot" || true
  [ -e "$place/results/done-$boot" ] || { echo "FAILED $tier: the $boot boot ended without its judge" >>"$place/results/verdict"; break; }
done

import type { ConfigFile } from "./cloud-config.ts";
import { bundleDir, checksumFile, type InstallableBundle } from "./install.ts";
import { AFTER_NETWORK, retried, type Unit, unitFile } from "./systemd.ts";

/** One thing that a boot must have done once, as a unit that tries it with a pause until it works. */
export interface BootStep {
  readonly unit: string;
  /** Is there once the step is done, and stays over reboots. */
  readonly doneFile: string;
  readonly files: readonly ConfigFile[];
}

/** Files in here say which steps are done; systemd makes it. */
const STATE_NAME = "cloudy-boot";

/** dnf in the 512 MB of a nano instance, with swap. */
const PACKAGES_SECONDS = 300;
const INSTALL_SECONDS = 120;
export const STEP_PAUSE = "5s";

interface StepSettings {
  readonly description: string;
  /** A step that can't work before these were tried; it does not wait until they have worked. */
  readonly after?: readonly string[];
  /** How long one command may hang before it counts as failed. */
  readonly commandSeconds: number;
  readonly commands: readonly string[];
}

/** A step of its own; see docs/decisions/0017-boots-that-retry.md for the shape. */
export function bootStep(name: string, settings: StepSettings): BootStep {
  const unit = `cloudy-${name}.service`;
  const doneFile = `/var/lib/${STATE_NAME}/${name}`;
  const file = unitFile(
    unit,
    retried({
      Unit: {
        Description: settings.description,
        ...AFTER_NETWORK,
        After: ["network-online.target", ...(settings.after ?? [])].join(" "),
        ConditionPathExists: `!${doneFile}`,
      },
      Service: {
        Type: "oneshot",
        RemainAfterExit: "yes",
        StateDirectory: STATE_NAME,
        ExecStart: [...settings.commands, `/usr/bin/touch ${doneFile}`],
        Restart: "on-failure",
        RestartSec: STEP_PAUSE,
        // A oneshot has no limit of its own: a command that hangs would never be tried again.
        TimeoutStartSec: `${settings.commandSeconds}s`,
      },
      Install: { WantedBy: "multi-user.target" },
    }),
  );
  return { unit, doneFile, files: [file] };
}

/** Installs packages of Amazon Linux. */
export function packagesStep(packages: readonly string[]): BootStep {
  return bootStep("packages", {
    description: "Cloudy packages",
    commandSeconds: PACKAGES_SECONDS,
    commands: [`/usr/bin/dnf install -y ${packages.join(" ")}`],
  });
}

/** Downloads, verifies and unpacks a bundle; nothing is unpacked that does not match its SHA-256. */
export function installStep(bundle: InstallableBundle, after: readonly BootStep[]): BootStep {
  const directory = bundleDir(bundle.name);
  const checksum = checksumFile(bundle);
  const step = bootStep(`install-${bundle.name}`, {
    description: `Cloudy bundle ${bundle.name}`,
    // One after the other: dnf and the AWS CLI together do not fit into a nano instance.
    after: after.map(({ unit }) => unit),
    commandSeconds: INSTALL_SECONDS,
    commands: [
      `/usr/bin/mkdir -p ${directory}`,
      `/usr/bin/aws s3 cp --only-show-errors ${bundle.s3Uri} ${directory}.tar.gz`,
      `/usr/bin/sha256sum --check --status ${checksum.path}`,
      `/usr/bin/tar -xzf ${directory}.tar.gz -C ${directory}`,
    ],
  });
  return { ...step, files: [checksum, ...step.files] };
}

/**
 * What a long-running service says to begin after its steps. It wants them rather than requiring them, since systemd never starts
 * a unit again whose requirement failed once; instead it looks for their files at each start, and its Restart= brings it back.
 */
export function needing(steps: readonly BootStep[], wanted: readonly string[] = []) {
  const units = ["network-online.target", ...wanted, ...steps.map(({ unit }) => unit)].join(" ");
  return {
    Unit: { After: units, Wants: units },
    Service: { ExecStartPre: steps.map(({ doneFile }) => `+/usr/bin/test -e ${doneFile}`) },
  } satisfies Unit;
}

import { execFileSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { open, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { World } from "./world.ts";

/**
 * From now on the instance's agent gets no answer when it looks at the shared directory: its next look waits in the kernel,
 * as on a silent file system. The instance's mount becomes a directory of links to the real one, with a pipe that nobody
 * writes to in the place of the newest epoch. postgres has its working directory in the real one and notices nothing.
 * The returned function answers what waits and puts the mount back.
 */
export async function blockView(world: World, instanceId: string): Promise<() => Promise<void>> {
  const mount = join(world.directory, "instances", instanceId, "root", "mnt", "cloudy");
  const real = await readlink(mount);
  const newest = `epoch-${world.epoch().number}.json`;
  const view = mkdtempSync(join(world.directory, "view-"));
  mkdirSync(join(view, "epochs"));
  linkAll(real, view, ["epochs"]);
  linkAll(join(real, "epochs"), join(view, "epochs"), [newest]);
  const pipe = join(view, "epochs", newest);
  execFileSync("mkfifo", ["-m", "644", pipe]);
  // The agent makes files of its own there.
  const { uid, gid } = statSync(join(real, "epochs"));
  for (const path of [view, join(view, "epochs"), pipe]) chownSync(path, uid, gid);
  replaceLink(mount, view);
  world.say(`     the shared directory of ${instanceId} does not answer its agent any more`);
  return async () => {
    // Nothing is left of an instance that was terminated.
    if (existsSync(mount)) replaceLink(mount, real);
    await answer(pipe, readFileSync(join(real, "epochs", newest), "utf8"));
    rmSync(view, { recursive: true, force: true });
    world.say(`     the shared directory of ${instanceId} answers again`);
  };
}

function linkAll(from: string, to: string, except: readonly string[]): void {
  for (const name of readdirSync(from)) if (!except.includes(name)) symlinkSync(join(from, name), join(to, name));
}

/** In one step: there is no moment without a mount. */
function replaceLink(place: string, target: string): void {
  symlinkSync(target, `${place}.new`);
  renameSync(`${place}.new`, place);
}

/** Writes to whoever waits for the pipe; opened for reading as well, the pipe does not wait for a reader. */
async function answer(pipe: string, content: string): Promise<void> {
  const file = await open(pipe, "r+");
  await file.write(content);
  await file.close();
}

import { expect, test } from "vitest";
import { parseCloudConfig } from "../src/instances/cloud-config.ts";
import { nextElapse, parseTimeSpan } from "../src/instances/time-span.ts";
import { parseEnvironmentFile, parseUnitFile, splitWords } from "../src/instances/unit-file.ts";

const config = (text: string) => parseCloudConfig(`#cloud-config\n${text}`, "i-1");

test("D5: cloud-config is read as cloud-init reads it", () => {
  const read = config(`
packages: [nodejs24]
swap: {filename: /swapfile, size: 1G}
write_files:
  - {path: /etc/a, content: "x", permissions: "0600", owner: "postgres:postgres", defer: true}
  - {path: /etc/b, content: ""}
runcmd:
  - [mkdir, -p, /opt/a]
  - [sleep, 1]
`);
  expect(read).toEqual({
    packages: ["nodejs24"],
    files: [
      { path: "/etc/a", content: "x", mode: 0o600, user: "postgres", isDeferred: true },
      { path: "/etc/b", content: "", mode: 0o644, user: "root", isDeferred: false },
    ],
    commands: [
      ["mkdir", "-p", "/opt/a"],
      ["sleep", "1"],
    ],
  });
});

test("N4: the instance's id is filled in where the document is a template, and only there", () => {
  const text = "## template: jinja\n#cloud-config\nruncmd:\n  - [echo, '{{ v1.instance_id }}']\n";
  expect(parseCloudConfig(text, "i-7").commands).toEqual([["echo", "i-7"]]);
  expect(config("runcmd:\n  - [echo, '{{ v1.instance_id }}']\n").commands).toEqual([["echo", "{{ v1.instance_id }}"]]);
  expect(() => parseCloudConfig(text.replace("instance_id", "region"), "i-7")).toThrow("not {{ v1.region }}");
});

test.each([
  ["ntp: {}", 'cloud-config: "ntp" is not modelled by the twin'],
  ["runcmd:\n  - echo hi", 'not the shell line "echo hi"'],
  ["write_files:\n  - {path: etc, content: x}", 'absolute paths, not "etc"'],
  ["write_files:\n  - {path: /etc/x, content: x, encoding: b64}", 'write_files /etc/x: "encoding" is not modelled'],
  ["write_files:\n  - {path: /etc/x, content: x, permissions: rw}", 'are "rw"; write them like "0644"'],
  ["packages: nodejs24", "packages must be a list"],
])("D5: what the twin does not model is refused by name: %s", (text, message) => {
  expect(() => config(text)).toThrow(message);
});

test("D5: user data that is no cloud-config is refused", () => {
  expect(() => parseCloudConfig("#!/bin/sh\nreboot", "i-1")).toThrow('starts with "#!/bin/sh"');
  expect(parseCloudConfig("", "i-1").commands).toEqual([]);
});

test("D5: unit files are read as systemd reads them", () => {
  const unit = parseUnitFile(
    "a.service",
    "[Unit]\nAfter=b.service c.target\nAfter=d.mount\n[Service]\nExecStart=/bin/a\nExecStart=\nExecStart=/bin/b \\\n  -x\nProtectSystem=strict\nRemainAfterExit=yes\n",
  );
  expect(unit.names("Unit", "After")).toEqual(["b.service", "c.target", "d.mount"]);
  expect(unit.values("Service", "ExecStart").map((line) => line.replaceAll(/\s+/g, " "))).toEqual(["/bin/b -x"]);
  expect(unit.isTrue("Service", "RemainAfterExit")).toBe(true);
  expect(unit.isTrue("Service", "DynamicUser")).toBe(false);
  expect(() => parseUnitFile("a.service", "[Service]\nWatchdogSec=3\n")).toThrow(
    "a.service: WatchdogSec= in [Service]",
  );
  expect(() => parseUnitFile("a.socket", "[Socket]\n")).toThrow("a.socket: the section [Socket]");
});

test("D5: quotes keep words and values together", () => {
  expect(splitWords(`a "b c" d='e f' "\\"q\\""`)).toEqual(["a", "b c", "d=e f", '"q"']);
  expect(parseEnvironmentFile(`# c\nA=1\nB="x # y"\n C = z\n`)).toMatchObject({ A: "1", B: "x # y" });
});

test("W7: time spans and calendar expressions", () => {
  expect([..."90,1min 30s,500ms,2h".split(",")].map(parseTimeSpan)).toEqual([90_000, 90_000, 500, 7_200_000]);
  expect(parseTimeSpan("infinity")).toBe(Number.POSITIVE_INFINITY);
  expect(() => parseTimeSpan("soon")).toThrow('"soon" is not a time span');
  const from = Date.UTC(2026, 0, 1, 10, 59, 30);
  const at = (expression: string) => new Date(nextElapse(expression, from)).toISOString();
  expect(at("minutely")).toBe("2026-01-01T11:00:00.000Z");
  expect(at("*:0/5")).toBe("2026-01-01T11:00:00.000Z");
  expect(at("*-*-* *:*:45")).toBe("2026-01-01T10:59:45.000Z");
  expect(at("daily")).toBe("2026-01-02T00:00:00.000Z");
  expect(() => nextElapse("Mon *:00", from)).toThrow("OnCalendar=Mon *:00");
});

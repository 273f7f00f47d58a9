// Do foreign tools agree with the OpenAPI document: two linters (Redocly, Spectral) with it, and a fuzzer (schemathesis) with what a
// running API and PostgreSQL make of it? Once as it is by default, with tokens, and with tokens and a limit.
// usage: contract-check.mjs [SCHEMATHESIS]   without the path of a schemathesis nothing is fuzzed
// Prints "ok NAME", or "FAILED NAME" and what the tool found, or "SKIPPED: why" a line.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const repository = join(here, "..");
const [schemathesis] = process.argv.slice(2);
const TOKEN = "a-token-of-the-check";
/** Three runs of it take less than a minute; a calculation that is made up may be long. */
const FUZZ_EXAMPLES = 40;
const TOOL_TIMEOUT_MS = 180_000;
const START_TIMEOUT_MS = 60_000;

const LINTERS = [
  { name: "redocly", package: "@redocly/cli@2", options: ["--config", join(here, "redocly.yaml")] },
  {
    name: "spectral",
    package: "@stoplight/spectral-cli@6",
    options: ["--ruleset", join(here, "spectral.yaml"), "--fail-severity", "hint"],
  },
];

const linters = LINTERS.filter((linter) => {
  if (spawnSync("npx", ["--yes", linter.package, "--version"], { stdio: "ignore" }).status === 0) return true;
  console.log(`SKIPPED: the OpenAPI document by ${linter.name}, since npx could not get ${linter.package}.`);
  return false;
});

const secrets = await secretsManager();
const withTokens = {
  TOKENS_SECRET_ID: "CloudyTokens",
  AWS_REGION: "eu-west-1",
  AWS_ENDPOINT_URL: `http://127.0.0.1:${secrets.address().port}`,
  AWS_ACCESS_KEY_ID: "AKIACHECK",
  AWS_SECRET_ACCESS_KEY: "check",
};
try {
  await check("by default", {});
  await check("with tokens", withTokens);
  // More than the fuzzer asks for.
  await check("with tokens and a limit", { ...withTokens, REQUESTS_PER_MINUTE: "1000000" });
} finally {
  secrets.closeAllConnections();
  secrets.close();
}

/** As far as the API needs it: it has one secret, the hashes of the tokens. */
async function secretsManager() {
  const SecretString = JSON.stringify({ sha256: [createHash("sha256").update(TOKEN).digest("hex")] });
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.end(JSON.stringify({ SecretString })));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

async function check(deployment, environment) {
  const api = spawn(process.execPath, ["packages/api/dev/main.ts", "--port", "0"], {
    cwd: repository,
    env: { ...process.env, LOG_LEVEL: "error", ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(api, "exit");
  try {
    const url = await addressOf(api);
    const directory = join(repository, ".build", "contract", deployment.replaceAll(" ", "-"));
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "openapi.json"), await (await fetch(`${url}/docs/json`)).text());
    for (const linter of linters) {
      const words = ["--yes", linter.package, "lint", "openapi.json", ...linter.options];
      await run(`${linter.name} ${deployment}`, "npx", words, directory);
    }
    if (schemathesis !== undefined) {
      await run(`schemathesis ${deployment}`, resolve(schemathesis), fuzzing(url, environment), directory);
    }
  } finally {
    api.kill("SIGINT");
    await exited;
  }
}

/** Throws when the API does not come up. */
async function addressOf(api) {
  const lines = createInterface({ input: api.stdout });
  const late = setTimeout(() => lines.close(), START_TIMEOUT_MS);
  for await (const line of lines) {
    const url = /^ +API +(http:\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    clearTimeout(late);
    // What comes after it must not fill the pipe.
    api.stdout.resume();
    return url;
  }
  throw new Error("The API did not come up.");
}

function fuzzing(url, environment) {
  return [
    ...["--config-file", join(here, "schemathesis.toml"), "run", `${url}/docs/json`],
    ...["--checks", "all", "--mode", "all", "--max-examples", `${FUZZ_EXAMPLES}`, "--seed", "1", "--no-color"],
    ...["--generation-database", "none"],
    ...("TOKENS_SECRET_ID" in environment ? ["--header", `Authorization: Bearer ${TOKEN}`] : []),
  ];
}

/** Not spawnSync: the API asks this process for its secret meanwhile. */
async function run(name, command, words, cwd) {
  const tool = spawn(command, words, { cwd, timeout: TOOL_TIMEOUT_MS, stdio: ["ignore", "pipe", "pipe"] });
  let found = "";
  for (const stream of [tool.stdout, tool.stderr]) stream.setEncoding("utf8").on("data", (text) => (found += text));
  const [status] = await once(tool, "close");
  if (status === 0) return console.log(`ok      ${name}`);
  process.exitCode = 1;
  // Indented, so that a tool's own lines are not counted.
  return console.log(`FAILED  ${name}: exit code ${status}\n${found.replace(/^/gm, "  ")}`);
}

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Cancel, Clock } from "@cloudy/twin-model/clock.ts";
import type { FunctionDefinition, FunctionResult, FunctionRuntime } from "@cloudy/twin-model/function.ts";
import type { Credentials, Identity } from "@cloudy/twin-model/identity.ts";
import { childEnvironment } from "../host/child-environment.ts";
import type { ChildModules } from "../host/child-modules.ts";
import { type HostUser, hostUser } from "../host/host-user.ts";
import { answerProcesses } from "../network/ask-server.ts";
import type { Fabric } from "../network/fabric.ts";
import { CREDENTIALS_MARGIN_MS, IDLE_EXPIRY_MS } from "./constants.ts";
import { handlerOf, unpackCode } from "./package-code.ts";
import { Sandbox } from "./sandbox.ts";

interface FunctionRuntimeSettings {
  /** The directory of the whole twin; functions live in `functions/` below it. */
  readonly twinDirectory: string;
  readonly node: string;
  readonly modules: ChildModules;
  readonly fabric: Fabric;
  readonly clock: Clock;
  readonly identity: Identity;
  readonly region: string;
}

interface Warm {
  readonly sandbox: Sandbox;
  readonly expiration_ms: number;
  cancelExpiry: Cancel;
}

/** Runs Lambda handlers in real processes: one event at a time each, reused while warm, by the network's rules. */
export class LiveFunctionRuntime implements FunctionRuntime {
  readonly #settings: FunctionRuntimeSettings;
  readonly #directory: string;
  readonly #user: HostUser | undefined = hostUser("nobody");
  readonly #idle = new Map<string, Warm[]>();
  readonly #all = new Set<Sandbox>();
  /** Sockets where functions ask for their connections, by network interface. */
  readonly #doors = new Map<string, Promise<string>>();
  readonly #closers: (() => void)[] = [];
  #turn = 0;

  constructor(settings: FunctionRuntimeSettings) {
    this.#settings = settings;
    this.#directory = join(settings.twinDirectory, "functions");
    mkdirSync(this.#directory, { recursive: true });
  }

  async invoke(
    definition: FunctionDefinition,
    event: unknown,
    requestId: string,
    onLine: (line: string) => void = () => {},
  ): Promise<FunctionResult> {
    const { clock } = this.#settings;
    const logLines: string[] = [];
    const write = (line: string) => {
      logLines.push(line);
      onLine(line);
    };
    const key = JSON.stringify(definition);
    let warm: Warm;
    try {
      warm = this.#takeIdle(key) ?? (await this.#launch(definition));
    } catch (cause) {
      const errorMessage = cause instanceof Error ? cause.message : String(cause);
      const error = { errorType: "Runtime.ImportModuleError", errorMessage };
      write(errorMessage);
      return { payload: error, error, logLines };
    }
    const { sandbox } = warm;
    const started_ms = clock.now();
    write(`START RequestId: ${requestId} Version: $LATEST`);
    const { payload, error } = await sandbox.invoke(requestId, event, definition.timeout_s, write);
    if (error?.errorType === "Sandbox.Timedout") write(error.errorMessage);
    write(`END RequestId: ${requestId}`);
    write(reportLine(requestId, clock.now() - started_ms, definition.memory_mb, sandbox.memory_mb()));
    if (sandbox.isAlive) this.#keep(key, warm);
    else this.#all.delete(sandbox);
    return { payload, error, logLines };
  }

  stop(): void {
    for (const warm of [...this.#idle.values()].flat()) warm.cancelExpiry();
    for (const sandbox of this.#all) sandbox.kill();
    for (const close of this.#closers) close();
  }

  #takeIdle(key: string): Warm | undefined {
    const idle = this.#idle.get(key) ?? [];
    for (let warm = idle.pop(); warm !== undefined; warm = idle.pop()) {
      warm.cancelExpiry();
      if (warm.sandbox.isAlive && warm.expiration_ms - this.#settings.clock.now() > CREDENTIALS_MARGIN_MS) return warm;
      this.#discard(warm.sandbox);
    }
    return undefined;
  }

  #keep(key: string, warm: Warm): void {
    const idle = this.#idle.get(key) ?? [];
    this.#idle.set(key, idle);
    idle.push(warm);
    warm.cancelExpiry = this.#settings.clock.after(IDLE_EXPIRY_MS, () => {
      idle.splice(idle.indexOf(warm), 1);
      this.#discard(warm.sandbox);
    });
  }

  #discard(sandbox: Sandbox): void {
    sandbox.kill();
    this.#all.delete(sandbox);
  }

  async #launch(definition: FunctionDefinition): Promise<Warm> {
    const { identity, modules, node, clock } = this.#settings;
    const folder = unpackCode(definition.zipPath, this.#directory);
    const { modulePath, exportName } = handlerOf(folder, definition.handler);
    const credentials = identity.credentialsFor(definition.roleArn, "lambda.amazonaws.com", definition.name);
    const sandbox = new Sandbox({
      node,
      args: [modules.bootstrap, modulePath, exportName, definition.arn],
      env: { ...this.#environment(definition, credentials, folder), ...(await this.#twinEnvironment(definition)) },
      cwd: folder,
      user: this.#user,
      clock,
    });
    this.#all.add(sandbox);
    return { sandbox, expiration_ms: credentials.expiration_ms, cancelExpiry: () => {} };
  }

  /** As Lambda's own runtime sets it. */
  #environment(definition: FunctionDefinition, credentials: Credentials, folder: string): Record<string, string> {
    const day = new Date(this.#settings.clock.now()).toISOString().slice(0, 10).replaceAll("-", "/");
    this.#turn += 1;
    return {
      PATH: process.env["PATH"] ?? "/usr/bin:/bin",
      TZ: ":UTC",
      LAMBDA_TASK_ROOT: folder,
      AWS_REGION: this.#settings.region,
      AWS_DEFAULT_REGION: this.#settings.region,
      AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      ...(credentials.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: credentials.sessionToken }),
      AWS_LAMBDA_FUNCTION_NAME: definition.name,
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memory_mb),
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${definition.name}`,
      AWS_LAMBDA_LOG_STREAM_NAME: `${day}/[$LATEST]${this.#turn.toString(16).padStart(32, "0")}`,
      ...definition.environment,
    };
  }

  async #twinEnvironment(definition: FunctionDefinition): Promise<Record<string, string>> {
    const { fabric, modules, clock, twinDirectory } = this.#settings;
    const ids = definition.vpc?.interfaceIds;
    const fabricPath = await this.#door(definition.name, ids?.[this.#turn % ids.length]);
    return {
      ...fabric.awsEnvironment(),
      ...childEnvironment({ preload: modules.preload, twinDirectory, fabricPath, clock }),
    };
  }

  #door(name: string, interfaceId: string | undefined): Promise<string> {
    const key = `${name} ${interfaceId ?? ""}`;
    let door = this.#doors.get(key);
    if (door === undefined) {
      const path = join(this.#directory, `${this.#doors.size}.sock`);
      door = answerProcesses(this.#settings.fabric, path, { name, interfaceId }).then((close) => {
        this.#closers.push(close);
        return path;
      });
      this.#doors.set(key, door);
    }
    return door;
  }
}

function reportLine(requestId: string, duration_ms: number, memory_mb: number, used_mb: number): string {
  return [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${duration_ms.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(duration_ms)} ms`,
    `Memory Size: ${memory_mb} MB`,
    `Max Memory Used: ${used_mb} MB`,
  ].join("\t");
}

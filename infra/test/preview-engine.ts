import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { answerAbout, type Existing } from "./existing.ts";
import { instanceType, offeringsOf } from "./instance-types.ts";

/**
 * A preview as the Pulumi engine runs it: the SDK's own Node.js host in a process of its own, over gRPC, in a dry run, in which
 * nothing that AWS would compute is known. Only the engine's side is ours; no provider checks the properties.
 */
export interface Preview {
  readonly exitCode: number | null;
  readonly resources: readonly PreviewedResource[];
  /** Names of what the stack and each component say they offer, by `Stack::cloudy-dev`, `Network::cloudy`. */
  readonly outputs: Readonly<Record<string, readonly string[]>>;
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
  readonly stderr: string;
}

interface PreviewedResource {
  readonly urn: string;
  readonly type: string;
  readonly inputs: unknown;
  /** Properties that an update leaves as the state has them. */
  readonly ignoredChanges: readonly string[];
}

// The SDK's own copies of gRPC and its messages: those of another copy would not be recognised.
const sdk = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi"));
const grpc = sdk("@grpc/grpc-js") as Grpc;
const { Struct } = sdk("google-protobuf/google/protobuf/struct_pb.js") as { Struct: StructFactory };
const { Empty } = sdk("google-protobuf/google/protobuf/empty_pb.js") as { Empty: new () => object };
const messages = sdk("./proto/resource_pb.js") as Record<string, new () => Settable>;
const engineMessages = sdk("./proto/engine_pb.js") as Record<string, new () => Settable>;
const { ResourceMonitorService } = sdk("./proto/resource_grpc_pb.js") as { ResourceMonitorService: object };
const { EngineService } = sdk("./proto/engine_grpc_pb.js") as { EngineService: object };

interface Grpc {
  readonly Server: new () => GrpcServer;
  readonly ServerCredentials: { createInsecure(): object };
}
interface GrpcServer {
  addService(service: object, handlers: Record<string, Handler>): void;
  bindAsync(address: string, credentials: object, done: (error: Error | null, port: number) => void): void;
  forceShutdown(): void;
}
interface StructFactory {
  fromJavaScript(value: object): object;
}
type Settable = Record<string, (value: unknown) => void>;
type Request = Record<string, () => unknown>;
type Handler = (call: { readonly request: Request }, done: (error: Error | null, response: object) => void) => void;

/** LogSeverity of pulumi/engine.proto. */
const SEVERITY_WARNING = 2;
const SEVERITY_ERROR = 3;
const PROGRAM_DIR = fileURLToPath(new URL("..", import.meta.url));

/** What is there before the program runs. */
interface Surroundings {
  /** What the state says that the stack was born with, by the names of the facts. */
  readonly born?: Readonly<Record<string, string>>;
  /** What is in the account. */
  readonly existing?: Existing;
}

export async function preview(
  config: Readonly<Record<string, string>>,
  surroundings: Surroundings = {},
): Promise<Preview> {
  const seen: Seen = { resources: [], outputs: {}, warnings: [], errors: [] };
  const server = new grpc.Server();
  server.addService(ResourceMonitorService, monitorHandlers(seen, surroundings));
  server.addService(EngineService, engineHandlers(seen));
  const port = await new Promise<number>((done, fail) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? done(bound) : fail(error),
    );
  });
  try {
    return { ...seen, ...(await runHost(`127.0.0.1:${port}`, config)) };
  } finally {
    server.forceShutdown();
  }
}

interface Seen {
  readonly resources: PreviewedResource[];
  readonly outputs: Record<string, readonly string[]>;
  readonly warnings: string[];
  readonly errors: string[];
}

/** Started as Pulumi's language plugin starts it: in the folder of `main`, TypeScript left to Node. */
async function runHost(address: string, config: Readonly<Record<string, string>>) {
  const args = ["--monitor", address, "--engine", address, "--project", "cloudy", "--stack", "dev"];
  const host = spawn(
    process.execPath,
    [sdk.resolve("./cmd/run"), ...args, "--pwd", PROGRAM_DIR, "--dry-run", "true", "index.ts"],
    {
      cwd: PROGRAM_DIR,
      env: { PATH: process.env["PATH"], PULUMI_CONFIG: JSON.stringify(config), PULUMI_NODEJS_TYPESCRIPT: "false" },
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  let stderr = "";
  host.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [exitCode]: (number | null)[] = await once(host, "close");
  return { exitCode: exitCode ?? null, stderr };
}

function monitorHandlers(seen: Seen, surroundings: Surroundings): Record<string, Handler> {
  return {
    supportsFeature: ({ request }, done) => {
      const features = ["secrets", "resourceReferences", "outputValues"];
      done(
        null,
        message(messages, "SupportsFeatureResponse", { setHassupport: features.includes(text(request, "getId")) }),
      );
    },
    registerResource: ({ request }, done) => {
      const type = text(request, "getType");
      const urn = urnOf(text(request, "getParent"), type, text(request, "getName"));
      const inputs = struct(request, "getObject");
      if (seen.resources.some((known) => known.urn === urn)) {
        done(new Error(`duplicate resource URN ${urn}`), new Empty());
        return;
      }
      const ignoredChanges = request["getIgnorechangesList"]?.() as readonly string[];
      seen.resources.push({ urn, type, inputs, ignoredChanges });
      // In a preview a new resource has its inputs and no id: all else is unknown.
      // What a living stack was born with it answers from its state, as of any property whose changes are ignored.
      const born = surroundings.born?.[text(request, "getName").replace(/^birth-/, "")];
      const object = Struct.fromJavaScript({ ...inputs, ...(born === undefined ? {} : { keepers: { value: born } }) });
      done(null, message(messages, "RegisterResourceResponse", { setUrn: urn, setId: "", setObject: object }));
    },
    registerResourceOutputs: ({ request }, done) => {
      const key = text(request, "getUrn").split(":").slice(-3).join(":");
      seen.outputs[key] = Object.keys(struct(request, "getOutputs")).sort();
      done(null, new Empty());
    },
    // Providers answer functions in a preview too, when their arguments are known.
    invoke: ({ request }, done) => {
      const result = Struct.fromJavaScript(
        answerOf(surroundings.existing ?? {}, text(request, "getTok"), struct(request, "getArgs")),
      );
      done(null, message(messages, "ResourceInvokeResponse", { setReturn: result }));
    },
    signalAndWaitForShutdown: (_, done) => done(null, new Empty()),
  };
}

function answerOf(existing: Existing, token: string, args: Record<string, unknown>): object {
  const known = answerAbout(existing, token, args);
  if (known !== undefined) return known;
  const { instanceType: type, filters } = args as { instanceType?: string; filters?: { values: string[] }[] };
  if (type !== undefined) return instanceType(type);
  if (token.endsWith(":getInstanceTypeOfferings")) return offeringsOf(filters?.[0]?.values ?? [], "eu-west-1");
  return { value: "ami-0123456789abcdef0", accountId: "123456789012" };
}

function engineHandlers(seen: Seen): Record<string, Handler> {
  let root = "";
  return {
    log: ({ request }, done) => {
      const severity = request["getSeverity"]?.();
      if (severity === SEVERITY_WARNING) seen.warnings.push(text(request, "getMessage"));
      if (severity === SEVERITY_ERROR) seen.errors.push(text(request, "getMessage"));
      done(null, new Empty());
    },
    getRootResource: (_, done) => done(null, message(engineMessages, "GetRootResourceResponse", { setUrn: root })),
    setRootResource: ({ request }, done) => {
      root = text(request, "getUrn");
      done(null, message(engineMessages, "SetRootResourceResponse", {}));
    },
  };
}

/** The engine's rule: a URN carries the types of all parents below the stack. */
function urnOf(parent: string, type: string, name: string): string {
  const parentTypes = parent.split("::")[2] ?? "";
  const isTopLevel = parentTypes === "" || parentTypes === "pulumi:pulumi:Stack";
  return `urn:pulumi:dev::cloudy::${isTopLevel ? "" : `${parentTypes}$`}${type}::${name}`;
}

function message(factory: Record<string, new () => Settable>, name: string, values: Record<string, unknown>): Settable {
  const Message = factory[name];
  if (Message === undefined) throw new Error(`the SDK has no message ${name}`);
  const result = new Message();
  for (const [setter, value] of Object.entries(values)) result[setter]?.(value);
  return result;
}

function text(request: Request, getter: string): string {
  return String(request[getter]?.() ?? "");
}

function struct(request: Request, getter: string): Record<string, unknown> {
  return (request[getter]?.() as { toJavaScript(): Record<string, unknown> } | undefined)?.toJavaScript() ?? {};
}

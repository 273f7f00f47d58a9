import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { ProbeEvent } from "@cloudy/contracts/probe-event.ts";
import { handler as probe } from "../src/probe/probe.ts";

interface Datum {
  readonly MetricName: string;
  readonly Value?: number;
}

export interface FakeInstance {
  readonly id: string;
  readonly ip: string;
  state: "running" | "shutting-down" | "terminated";
  status: "ok" | "impaired";
  sourceDestCheck: boolean;
  /** Those of the tests' own stack, unless others are given. */
  readonly tags?: Tags;
}

type Tags = Readonly<Record<string, string>>;

/** The stack that the functions of these tests belong to. */
export const STACK = "cloudy/test";
export const OWN_TAGS = { database: "true", Project: "cloudy", Stack: "test" };

/**
 * AWS as far as the function sees it, on the wire: EC2's query protocol with its state, the Lambda API (it runs the real
 * probe handler), the secret and the metrics. Every write is written down.
 */
export class Aws {
  readonly instances: FakeInstance[] = [];
  /** Route table id -> target of the route to the virtual IP. */
  readonly routes = new Map<string, { instanceId: string; state: "active" | "blackhole" } | undefined>();
  /** Route table id -> value of its tag of fences. */
  readonly fenceTags = new Map<string, string>();
  /** Route table id -> its tags, where they are not those of the tests' own stack. */
  readonly tableTags = new Map<string, Tags>();
  /** Route tables that the function's role may not tag: EC2 refuses a request that names one of them. */
  readonly untaggable = new Set<string>();
  /** Calls to EC2 that it answered. */
  readonly calls: string[] = [];
  readonly writes: string[] = [];
  readonly metrics: { readonly MetricData: readonly Datum[] }[] = [];
  /** EC2 forgot these: not in lists, NotFound by id. */
  readonly forgotten = new Set<string>();
  /** So many calls to EC2 are throttled before the next one is answered. */
  throttled = 0;
  failing: "nothing" | "ec2" | "probe" = "nothing";
  /** Called after each terminate. */
  onTerminate: (id: string) => void = () => undefined;
  readonly grantKey = "ab".repeat(32);
  readonly #server = createServer((request, response) => {
    this.#answer(request).then(
      ({ code, body, type }) => {
        response.writeHead(code, { "content-type": type });
        response.end(body);
      },
      (error: unknown) => response.destroy(error as Error),
    );
  });

  /** What the newest request puts under this name. */
  put(name: string): Datum | undefined {
    return this.metrics.at(-1)?.MetricData.find(({ MetricName }) => MetricName === name);
  }

  valueOf(name: string): number {
    return this.put(name)?.Value ?? Number.NaN;
  }

  async start(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage): Promise<{ code: number; body: string; type: string }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body = Buffer.concat(chunks);
    const url = request.url ?? "";
    if (url.startsWith("/2015-03-31/functions/CloudyProbe/invocations")) {
      if (this.failing === "probe") return { code: 500, body: '{"Message":"out of order"}', type: "application/json" };
      const answer = await probe(JSON.parse(body.toString("utf8")) as ProbeEvent);
      return { code: 200, body: JSON.stringify(answer), type: "application/json" };
    }
    if (request.headers["x-amz-target"] === "GraniteServiceVersion20100801.PutMetricData") {
      this.metrics.push(JSON.parse(body.toString("utf8")));
      return { code: 200, body: "{}", type: "application/x-amz-json-1.0" };
    }
    if (request.headers["x-amz-target"] === "secretsmanager.GetSecretValue") {
      const SecretString = JSON.stringify({ grantKey: this.grantKey });
      return { code: 200, body: JSON.stringify({ SecretString }), type: "application/x-amz-json-1.1" };
    }
    return { ...this.#ec2(new URLSearchParams(body.toString("utf8"))), type: "text/xml" };
  }

  #ec2(form: URLSearchParams): { code: number; body: string } {
    const action = form.get("Action") ?? "";
    if (this.failing === "ec2") return fault("UnauthorizedOperation", "You are not authorized", 403);
    if (this.throttled > 0) {
      this.throttled -= 1;
      return fault("RequestLimitExceeded", "Request limit exceeded.", 503);
    }
    this.calls.push(action);
    const id = form.get("InstanceId.1") ?? form.get("InstanceId");
    if (
      action === "CreateTags" &&
      [...form].some(([key, value]) => /^ResourceId/.test(key) && this.untaggable.has(value))
    ) {
      return fault("UnauthorizedOperation", "You are not authorized to perform this operation.", 403);
    }
    if (action === "DescribeInstances" && id !== null && this.#find(id) === undefined) {
      return fault("InvalidInstanceID.NotFound", `The instance ID '${id}' does not exist`, 400);
    }
    const content = this.#perform(action, form, id);
    return {
      code: 200,
      body: `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${content}</${action}Response>`,
    };
  }

  #perform(action: string, form: URLSearchParams, id: string | null): string {
    switch (action) {
      case "DescribeInstances": {
        const shown = this.instances.filter(
          (instance) =>
            !this.forgotten.has(instance.id) && (id === null || instance.id === id) && matches(form, tagsOf(instance)),
        );
        return `<reservationSet><item><instancesSet>${shown.map(instanceXml).join("")}</instancesSet></item></reservationSet>`;
      }
      case "DescribeInstanceStatus":
        return `<instanceStatusSet>${this.instances.map(statusXml).join("")}</instanceStatusSet>`;
      case "DescribeRouteTables":
        return `<routeTableSet>${[...this.routes]
          .filter(([table]) => matches(form, this.tableTags.get(table) ?? OWN_TAGS))
          .map((table) => tableXml(table, this.fenceTags))
          .join("")}</routeTableSet>`;
      case "CreateTags": {
        const id = form.get("ResourceId.1") ?? "";
        this.fenceTags.set(id, form.get("Tag.1.Value") ?? "");
        const epochs = form.get("Tag.1.Value")?.replaceAll(/@\S+/g, "");
        this.writes.push(`${action} ${id} ${form.get("Tag.1.Key")}=${epochs}`);
        return "<return>true</return>";
      }
      case "CreateRoute":
      case "ReplaceRoute": {
        const table = form.get("RouteTableId") ?? "";
        this.routes.set(table, { instanceId: id ?? "", state: "active" });
        this.writes.push(`${action} ${table} ${form.get("DestinationCidrBlock")} ${id}`);
        return "<return>true</return>";
      }
      case "ModifyInstanceAttribute":
        this.writes.push(`${action} ${id} SourceDestCheck=${form.get("SourceDestCheck.Value")}`);
        for (const instance of this.instances) if (instance.id === id) instance.sourceDestCheck = false;
        return "<return>true</return>";
      case "TerminateInstances":
        this.writes.push(`${action} ${id} Force=${form.get("Force")} SkipOsShutdown=${form.get("SkipOsShutdown")}`);
        for (const instance of this.instances) if (instance.id === id) instance.state = "shutting-down";
        this.onTerminate(id ?? "");
        return "<instancesSet></instancesSet>";
      default:
        throw new Error(`EC2 action ${action} is not expected`);
    }
  }

  #find(id: string): FakeInstance | undefined {
    return this.forgotten.has(id) ? undefined : this.instances.find((instance) => instance.id === id);
  }
}

function tagsOf({ tags }: FakeInstance): Tags {
  return tags ?? OWN_TAGS;
}

/** EC2's filters by tag: all must match. */
function matches(form: URLSearchParams, tags: Tags): boolean {
  const filters = [...form].filter(([key]) => /^Filter\.\d+\.Name$/.test(key));
  return filters.every(([key, name]) => tags[name.replace(/^tag:/, "")] === form.get(key.replace(/Name$/, "Value.1")));
}

function fault(code: string, message: string, status: number): { code: number; body: string } {
  const error = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { code: status, body: `<Response><Errors>${error}</Errors><RequestID>r</RequestID></Response>` };
}

function instanceXml(instance: FakeInstance): string {
  const { id, ip, state, sourceDestCheck } = instance;
  const tags = Object.entries(tagsOf(instance)).map(
    ([key, value]) => `<item><key>${key}</key><value>${value}</value></item>`,
  );
  const address = state === "terminated" ? "" : `<privateIpAddress>${ip}</privateIpAddress>`;
  return `<item><instanceId>${id}</instanceId>${address}<instanceState><name>${state}</name></instanceState><sourceDestCheck>${sourceDestCheck}</sourceDestCheck><tagSet>${tags.join("")}</tagSet></item>`;
}

function statusXml({ id, status }: FakeInstance): string {
  const check = (name: string) => `<${name}><status>${status}</status></${name}>`;
  return `<item><instanceId>${id}</instanceId>${check("systemStatus")}${check("instanceStatus")}</item>`;
}

function tableXml(
  [id, route]: [string, { instanceId: string; state: string } | undefined],
  fenceTags: ReadonlyMap<string, string>,
): string {
  const fences = fenceTags.get(id);
  const tag = fences === undefined ? "" : `<item><key>cloudy:fences</key><value>${fences}</value></item>`;
  const item =
    route === undefined
      ? ""
      : `<item><destinationCidrBlock>10.10.10.10/32</destinationCidrBlock><instanceId>${route.instanceId}</instanceId><state>${route.state}</state></item>`;
  return `<item><routeTableId>${id}</routeTableId><routeSet><item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId><state>active</state></item>${item}</routeSet><tagSet>${tag}</tagSet></item>`;
}

import { randomUUID } from "node:crypto";
import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { Graph } from "@cloudy/twin-model/graph.ts";
import { propertiesOf } from "@cloudy/twin-model/properties.ts";
import { AwsError, type Caller } from "@cloudy/twin-wire/operation.ts";

interface Version {
  readonly id: string;
  readonly created_ms: number;
  readonly text: string | undefined;
  readonly binary: Uint8Array | undefined;
  stages: readonly string[];
}

export interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly created_ms: number;
  /** Oldest first. */
  readonly versions: Version[];
}

/** A secret that stands in the account without being declared by the program. */
export interface StandingSecret {
  readonly arn: string;
  readonly text: string;
}

export const CURRENT = "AWSCURRENT";
const PREVIOUS = "AWSPREVIOUS";

/** Secrets Manager with the program's secrets, and those that stood there before, and their versions in memory. */
export class SecretsManager {
  readonly #clock: Clock;
  readonly #secrets: readonly Secret[];

  constructor({
    graph,
    clock,
    standing = [],
  }: {
    readonly graph: Graph;
    readonly clock: Clock;
    readonly standing?: readonly StandingSecret[];
  }) {
    this.#clock = clock;
    const declared = graph.ofType("aws:secretsmanager/secret:Secret").map((resource) => {
      const properties = propertiesOf(resource);
      return {
        arn: properties.text("arn"),
        name: properties.text("name"),
        description: properties.optionalText("description"),
        tags: properties.textMap("tags"),
        created_ms: clock.now(),
        versions: [],
      };
    });
    const others = standing.map(({ arn }) => ({
      arn,
      // Behind the name stand a hyphen and six characters of chance.
      name: (arn.split(":")[6] ?? "").slice(0, -7),
      description: undefined,
      tags: {},
      created_ms: clock.now(),
      versions: [],
    }));
    this.#secrets = [...declared, ...others];
    for (const { arn, text } of standing) {
      const secret = others.find((other) => other.arn === arn);
      if (secret) this.put(secret, { id: randomUUID(), text, binary: undefined, stages: [CURRENT] });
    }
    for (const resource of graph.ofType("aws:secretsmanager/secretVersion:SecretVersion")) {
      const properties = propertiesOf(resource);
      const secretId = properties.text("secretId");
      const secret = this.#secrets.find(({ arn, name }) => arn === secretId || name === secretId);
      if (!secret) throw new Error(`${properties.where}: [secretId] ${secretId} is no secret of the program.`);
      const binary = properties.optionalText("secretBinary");
      this.put(secret, {
        id: randomUUID(),
        text: properties.optionalText("secretString"),
        binary: binary === undefined ? undefined : Buffer.from(binary, "base64"),
        stages: properties.texts("versionStages").length > 0 ? properties.texts("versionStages") : [CURRENT],
      });
    }
  }

  /** What exists where the request was signed for; other regions' secrets are as good as absent. */
  visible({ region, accountId }: Caller): readonly Secret[] {
    return this.#secrets.filter(({ arn }) => {
      const [, , , secretRegion, owner] = arn.split(":");
      return owner === accountId && (region === undefined || region === secretRegion);
    });
  }

  /** By full ARN (also of another account), by the ARN without its random suffix, or by name in the caller's account. */
  find(secretId: string, caller: Caller): Secret | undefined {
    if (!secretId.startsWith("arn:")) return this.visible(caller).find(({ name }) => name === secretId);
    const inRegion = (arn: string) => caller.region === undefined || arn.split(":")[3] === caller.region;
    return this.#secrets.find(({ arn }) => inRegion(arn) && (arn === secretId || arn.slice(0, -7) === secretId));
  }

  get(secretId: string, caller: Caller): Secret {
    const secret = this.find(secretId, caller);
    if (secret) return secret;
    throw new AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
  }

  /**
   * A staging label is on one version only; whatever loses AWSCURRENT becomes AWSPREVIOUS. The first version of a secret is the
   * current one whatever its labels are.
   */
  put(secret: Secret, content: Omit<Version, "created_ms">): Version {
    const wasCurrent = secret.versions.find(({ stages }) => stages.includes(CURRENT));
    const stages = secret.versions.length === 0 ? [...new Set([CURRENT, ...content.stages])] : content.stages;
    const moved = new Set(stages);
    if (moved.has(CURRENT)) moved.add(PREVIOUS);
    for (const version of secret.versions) version.stages = version.stages.filter((stage) => !moved.has(stage));
    if (wasCurrent && moved.has(CURRENT)) wasCurrent.stages = [...wasCurrent.stages, PREVIOUS];
    const version = { ...content, stages, created_ms: this.#clock.now() };
    secret.versions.push(version);
    return version;
  }
}

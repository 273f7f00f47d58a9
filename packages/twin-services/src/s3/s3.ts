import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { Graph } from "@cloudy/twin-model/graph.ts";
import { propertiesOf } from "@cloudy/twin-model/properties.ts";
import { type Access, AwsError } from "@cloudy/twin-wire/operation.ts";
import { type Encryption, encryptionOf } from "./encryption.ts";
import { programObject, type StoredObject } from "./objects.ts";
import { Uploads } from "./uploads.ts";

export interface Bucket {
  readonly name: string;
  readonly encryption: Encryption;
  readonly created_ms: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly objects: Map<string, StoredObject>;
}

/** As requests name an object. */
export interface ObjectName {
  readonly Bucket?: string | undefined;
  readonly Key?: string | undefined;
}

/** S3 with the program's buckets; uploaded files stay where they are on disk, what clients put is kept in memory. */
export class S3 {
  readonly accountId: string;
  readonly clock: Clock;
  readonly uploads = new Uploads();
  readonly #buckets = new Map<string, Bucket>();

  constructor({ graph, clock }: { readonly graph: Graph; readonly clock: Clock }) {
    this.accountId = graph.accountId;
    this.clock = clock;
    const encryption = encryptionOf(graph);
    for (const resource of graph.ofType("aws:s3/bucket:Bucket")) {
      const properties = propertiesOf(resource);
      const name = properties.optionalText("bucket") ?? resource.id;
      this.#buckets.set(name, {
        name,
        encryption: encryption(name),
        created_ms: clock.now(),
        tags: properties.textMap("tags"),
        objects: new Map(),
      });
    }
    for (const resource of graph.ofType("aws:s3/bucketObjectv2:BucketObjectv2")) {
      const name = propertiesOf(resource).text("bucket");
      const object = programObject(resource, clock.now());
      this.bucket(name).objects.set(object.key, object);
    }
  }

  all(): readonly Bucket[] {
    return [...this.#buckets.values()];
  }

  bucket(name: string | undefined): Bucket {
    const bucket = this.#buckets.get(name ?? "");
    if (bucket) return bucket;
    throw new AwsError("NoSuchBucket", `The specified bucket does not exist: ${name}`, 404);
  }

  /** What a caller needs for an action on an object, whether or not there is one. */
  onObject(action: string, { Bucket = "", Key = "" }: ObjectName): Access {
    const tags = Object.entries(this.#buckets.get(Bucket)?.objects.get(Key)?.tags ?? {});
    return {
      action,
      resource: `arn:aws:s3:::${Bucket}/${Key}`,
      context: Object.fromEntries(tags.map(([key, value]) => [`s3:existingobjecttag/${key}`, value])),
    };
  }
}

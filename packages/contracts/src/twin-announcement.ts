import { document } from "./document.ts";
import { fields, filledList, filledText, number, object, optional, type Static } from "./schema.ts";

/** The line of `twin up --json` once everything is ready. */
export const TwinAnnouncementSchema = document(
  "line of `twin up --json`",
  object({
    awsEndpoint: filledText,
    region: filledText,
    accountId: filledText,
    accessKeyId: filledText,
    secretAccessKey: filledText,
    /** These three are the first stack's. */
    loadBalancerUrl: filledText,
    pageUrl: filledText,
    /** See stack-outputs.ts. */
    outputs: fields,
    /** A bearer token that the first stack's API lets in; only of a twin that stands in for the secret of tokens. */
    token: optional(filledText),
    /** All stacks of the twin, in the order in which they were named; an older twin has one and does not say its name. */
    stacks: optional(
      filledList(
        object({
          stack: filledText,
          loadBalancerUrl: filledText,
          pageUrl: filledText,
          outputs: fields,
          token: optional(filledText),
        }),
      ),
    ),
    /** Cloud time, that of the API's timestamps, is `cloudEpoch_ms + (Date.now() - realEpoch_ms) * speed`. */
    clock: object({ speed: number, realEpoch_ms: number, cloudEpoch_ms: number }),
    /** Where the twin keeps its instances; an older twin does not say. */
    directory: optional(filledText),
    pid: number,
  }),
);

export type TwinAnnouncement = Static<typeof TwinAnnouncementSchema>;

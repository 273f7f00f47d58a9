import { document } from "./document.ts";
import { fields, filledText, number, object, optional, type Static } from "./schema.ts";

/** The line of `twin up --json` once everything is ready. */
export const TwinAnnouncementSchema = document(
  "line of `twin up --json`",
  object({
    awsEndpoint: filledText,
    region: filledText,
    accountId: filledText,
    accessKeyId: filledText,
    secretAccessKey: filledText,
    loadBalancerUrl: filledText,
    pageUrl: filledText,
    /** See stack-outputs.ts. */
    outputs: fields,
    /** Cloud time, that of the API's timestamps, is `cloudEpoch_ms + (Date.now() - realEpoch_ms) * speed`. */
    clock: object({ speed: number, realEpoch_ms: number, cloudEpoch_ms: number }),
    /** Where the twin keeps its instances; an older twin does not say. */
    directory: optional(filledText),
    pid: number,
  }),
);

export type TwinAnnouncement = Static<typeof TwinAnnouncementSchema>;

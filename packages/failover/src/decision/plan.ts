import type { DecisionCode } from "@cloudy/contracts/failover-log.ts";
import type { RouteTableView } from "./observation.ts";

/** What decide() wants done. */
export interface Plan {
  /** One sentence for people: the state of the database and what is done about it, or why nothing is. */
  readonly sentence: string;
  /** The same for programs. */
  readonly code: DecisionCode;
  readonly actions: readonly Action[];
  /** Primaries that accept sessions: the metric OnlineDatabases. */
  readonly online: number;
  /** Too little was seen to say whether a primary serves. */
  readonly blind: boolean;
  /** Something that ends by itself in seconds is under way: worth a look before ROUND_SECONDS are over. */
  readonly soon: boolean;
  readonly result: { readonly statusCode: number; readonly body: string };
}

/** A holder that is not fit to serve is to shut PostgreSQL down and release its epoch. */
export interface StepDown {
  readonly do: "order-step-down";
  readonly instanceId: string;
  readonly privateIp: string;
  readonly epoch: number;
  readonly because: string;
}

export type Action =
  /** The route is right already: only said. */
  | { readonly do: "keep-route"; readonly routeTableId: string; readonly instanceId: string }
  | { readonly do: "disable-source-dest-check"; readonly instanceId: string }
  | {
      readonly do: "move-route";
      readonly routeTableId: string;
      readonly instanceId: string;
      /** The route that the decision saw (`undefined`: none). Another one by now is somebody else's newer decision. */
      readonly seen: RouteTableView["route"];
    }
  | StepDown
  /** Terminates the holder without asking its operating system. */
  | { readonly do: "fence"; readonly instanceId: string; readonly epoch: number; readonly because: string }
  | {
      readonly do: "grant";
      readonly epoch: number;
      readonly deadHolder: string;
      readonly successor: string;
      readonly successorIp: string;
    };

import { CONNECTIONS_DATABASE, CONNECTIONS_LOAD, CONNECTIONS_PLAIN, CONNECTIONS_SATURATION } from "./constants.ts";

/** Who is measured. The last three are floors: what is left when the service around the work is taken away. */
export type Peer = "cloudy" | "express" | "node:http" | "pg" | "loop";

export const PEER_NAMES: Readonly<Record<Peer, string>> = {
  cloudy: "Cloudy",
  express: "Express 5",
  "node:http": "bare node:http",
  pg: "bare pg",
  loop: "bare loop",
};

export const ROW_KEYS = ["root", "list", "add", "load", "healthz"] as const;
export type RowKey = (typeof ROW_KEYS)[number];

export interface Row {
  readonly key: RowKey;
  readonly title: string;
  /** Side by side in each round. */
  readonly peers: readonly Peer[];
  readonly connections: number;
  readonly path: string;
  readonly expectedStatus: number;
  readonly method: "GET" | "POST";
  /** PostgreSQL's CPU time is then part of the row's. */
  readonly usesDatabase: boolean;
}

const GET = { method: "GET", expectedStatus: 200, usesDatabase: false } as const;

export const ROWS: readonly Row[] = [
  {
    ...GET,
    key: "root",
    title: "GET /",
    path: "/",
    peers: ["cloudy", "express", "node:http"],
    connections: CONNECTIONS_PLAIN,
  },
  {
    ...GET,
    key: "list",
    title: "GET /users",
    path: "/users",
    peers: ["cloudy", "express", "pg"],
    connections: CONNECTIONS_DATABASE,
    usesDatabase: true,
  },
  {
    key: "add",
    title: "POST /users",
    path: "/users",
    method: "POST",
    expectedStatus: 201,
    peers: ["cloudy", "express", "pg"],
    connections: CONNECTIONS_DATABASE,
    usesDatabase: true,
  },
  {
    ...GET,
    key: "load",
    title: "GET /load",
    path: "/load",
    peers: ["cloudy", "express", "loop"],
    connections: CONNECTIONS_LOAD,
  },
  {
    ...GET,
    key: "healthz",
    title: "GET /healthz under /load",
    path: "/load",
    peers: ["cloudy", "express"],
    connections: CONNECTIONS_SATURATION,
  },
];

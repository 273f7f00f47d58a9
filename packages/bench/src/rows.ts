import {
  COMMIT_DELAY_EFS_US,
  CONNECTIONS_DATABASE,
  CONNECTIONS_LOAD,
  CONNECTIONS_PLAIN,
  CONNECTIONS_SATURATION,
} from "./constants.ts";

/** Who is measured. The last three are floors: what is left when the service around the work is taken away. */
export type Peer = "cloudy" | "express" | "flask" | "http-pg" | "node:http" | "pg" | "loop";

export const PEER_NAMES: Readonly<Record<Peer, string>> = {
  cloudy: "Cloudy",
  express: "Express 5",
  flask: "Flask + gunicorn",
  "http-pg": "node:http + pg",
  "node:http": "bare node:http",
  pg: "bare pg",
  loop: "bare loop",
};

export const ROW_KEYS = ["root", "list", "add", "commit", "load", "healthz"] as const;
export type RowKey = (typeof ROW_KEYS)[number];

export interface Row {
  readonly key: RowKey;
  readonly title: string;
  /** Side by side in each round. */
  readonly peers: readonly Peer[];
  readonly floor: Peer | undefined;
  /** How many cores a server has, with PostgreSQL if that takes part. */
  readonly cores: "one" | "two";
  readonly connections: number;
  readonly path: string;
  readonly expectedStatus: number;
  readonly method: "GET" | "POST";
  /** PostgreSQL's CPU time is then part of the row's. */
  readonly usesDatabase: boolean;
  /** PostgreSQL waits for as long before it flushes. */
  readonly commitDelay_us: number;
  /** Throughput alone where it is not CPU time that limits it, or where the point is to use several cores. */
  readonly isJudgedBy: "both" | "throughput";
}

const GET = {
  method: "GET",
  expectedStatus: 200,
  cores: "one",
  usesDatabase: false,
  commitDelay_us: 0,
  isJudgedBy: "both",
} as const;

const LIST: Row = {
  ...GET,
  key: "list",
  title: "GET /users",
  path: "/users",
  peers: ["cloudy", "express", "flask", "http-pg", "pg"],
  floor: "pg",
  connections: CONNECTIONS_DATABASE,
  usesDatabase: true,
};

const ADD: Row = {
  ...LIST,
  key: "add",
  title: "POST /users",
  // With a commit in it, what is above bare pg is HTTP's more than the API's.
  floor: "http-pg",
  method: "POST",
  expectedStatus: 201,
};

export const ROWS: readonly Row[] = [
  {
    ...GET,
    key: "root",
    title: "GET /",
    path: "/",
    peers: ["cloudy", "express", "flask", "node:http"],
    floor: "node:http",
    connections: CONNECTIONS_PLAIN,
  },
  LIST,
  ADD,
  {
    ...ADD,
    key: "commit",
    title: "POST /users, slow commits",
    peers: ["cloudy", "express", "pg"],
    floor: "pg",
    commitDelay_us: COMMIT_DELAY_EFS_US,
    isJudgedBy: "throughput",
  },
  {
    ...GET,
    key: "load",
    title: "GET /load",
    path: "/load",
    peers: ["cloudy", "express", "flask", "loop"],
    floor: "loop",
    cores: "two",
    connections: CONNECTIONS_LOAD,
    isJudgedBy: "throughput",
  },
  {
    ...GET,
    key: "healthz",
    title: "GET /healthz under /load",
    path: "/load",
    peers: ["cloudy", "express"],
    floor: undefined,
    cores: "two",
    connections: CONNECTIONS_SATURATION,
  },
];

/** The row as it is when `peer` takes no part. */
export function withoutPeer(row: Row, peer: Peer): Row {
  return { ...row, peers: row.peers.filter((candidate) => candidate !== peer) };
}

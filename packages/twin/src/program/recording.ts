import type { Graph } from "@cloudy/twin-model/graph.ts";

/** What the program declares with the configuration of one stack. */
export interface RecordedStack {
  readonly stack: string;
  readonly graph: Graph;
}

/** What a recording thread is started with. */
export interface RecordingTask {
  readonly root: string;
  readonly stack: string;
  /** Keys of the configuration with other values than the stack's file has. */
  readonly changes: Readonly<Record<string, string>>;
}

/** What it answers: a graph without its function, which cannot be sent, or what the user is to be told. */
export type Recording = { readonly graph: Omit<Graph, "ofType"> } | { readonly refusal: string };

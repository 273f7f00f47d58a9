/**
 * What the protocol does on the shared file system, one operation at a time. The protocol is written as generators that
 * yield these and are resumed with the result, or with the error thrown into them: the shared-files process carries them
 * out (run-file-steps.ts), and anybody else can stop, fail or repeat them between any two.
 */
export type FileOperation =
  | { readonly op: "mkdir"; readonly path: string; readonly mode: number }
  | { readonly op: "rmdir"; readonly path: string }
  /** `wx` creates and fails if it exists; `r` is for directories too. */
  | { readonly op: "open"; readonly path: string; readonly flags: "r" | "w" | "wx"; readonly mode: number }
  | { readonly op: "write"; readonly descriptor: number; readonly content: string }
  | { readonly op: "fsync"; readonly descriptor: number }
  | { readonly op: "close"; readonly descriptor: number }
  | { readonly op: "link"; readonly from: string; readonly to: string }
  | { readonly op: "unlink"; readonly path: string }
  | { readonly op: "rename"; readonly from: string; readonly to: string }
  /** Waits until the server has everything that any process of this machine, dead ones too, has written. */
  | { readonly op: "sync-file-system"; readonly path: string }
  /** With everything below; a missing one is no error. */
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "read-directory"; readonly path: string }
  /** `latin1`: bytes as characters. */
  | { readonly op: "read-file"; readonly path: string; readonly encoding: "utf8" | "latin1" }
  /** `undefined`: there is nothing of that name. */
  | { readonly op: "stat"; readonly path: string };

interface FileStat {
  readonly links: number;
  readonly isDirectory: boolean;
}

interface FileResults {
  readonly mkdir: undefined;
  readonly rmdir: undefined;
  readonly open: number;
  readonly write: undefined;
  readonly fsync: undefined;
  readonly close: undefined;
  readonly link: undefined;
  readonly unlink: undefined;
  readonly rename: undefined;
  readonly "sync-file-system": undefined;
  readonly remove: undefined;
  readonly "read-directory": readonly string[];
  readonly "read-file": string;
  readonly stat: FileStat | undefined;
}

export type FileResult = FileResults[keyof FileResults];

/** Part of the protocol: file operations in order, ending in a result. */
export type FileSteps<Result> = Generator<FileOperation, Result, FileResult>;

/** One operation. Whoever runs the steps answers each with a result of its own kind, which a generator's type cannot say. */
export function* perform<Operation extends FileOperation>(
  operation: Operation,
): FileSteps<FileResults[Operation["op"]]> {
  return (yield operation) as FileResults[Operation["op"]];
}

/** Makes the names in a directory durable. */
export function* syncDirectory(path: string): FileSteps<void> {
  yield* fsyncAndClose(yield* perform({ op: "open", path, flags: "r", mode: 0 }));
}

/** A file with this content, durable when the steps are done. */
export function* writeDurably(path: string, flags: "w" | "wx", content: string): FileSteps<void> {
  const descriptor = yield* perform({ op: "open", path, flags, mode: 0o640 });
  yield* fsyncAndClose(descriptor, content);
}

function* fsyncAndClose(descriptor: number, content = ""): FileSteps<void> {
  try {
    if (content !== "") yield* perform({ op: "write", descriptor, content });
    yield* perform({ op: "fsync", descriptor });
  } finally {
    yield* perform({ op: "close", descriptor });
  }
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

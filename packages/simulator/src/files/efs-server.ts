import type { FileOperation, FileResult } from "@cloudy/db-agent";

export interface FileNode {
  readonly kind: "file";
  content: string;
  links: number;
}

/** Position in the write-ahead log -> the write recorded there. */
type Wal = (number | undefined)[];

export interface DirectoryNode {
  readonly kind: "directory";
  readonly entries: Map<string, FileNode | DirectoryNode>;
  /** The WAL of a data directory. */
  readonly wal: Wal;
  /** Whether pg_control says that the data directory's server was shut down in order. */
  isShutDown: boolean;
}

/** An error of the file system with its code, as node:fs throws it. */
export class FileSystemError extends Error {
  readonly code: string;

  constructor(code: string, what: string) {
    super(`${code}: ${what}`);
    this.code = code;
  }
}

export function createDirectory(): DirectoryNode {
  return { kind: "directory", entries: new Map(), wal: [], isShutDown: true };
}

/** A copy for clients that still see the past; the data in it is the same. */
export function copyOf(directory: DirectoryNode): DirectoryNode {
  const entries = new Map<string, FileNode | DirectoryNode>();
  for (const [name, node] of directory.entries) {
    entries.set(name, node.kind === "file" ? { ...node } : copyOf(node));
  }
  return { ...directory, entries };
}

/** The shared file system as its server has it: each operation atomic and durable. */
export class EfsServer {
  readonly root = createDirectory();
  /** Called before anything changes that others may see. */
  readonly #beforeChange: () => void;
  readonly #opened = new Map<number, FileNode | DirectoryNode>();
  #descriptor = 0;

  constructor(beforeChange: () => void) {
    this.#beforeChange = beforeChange;
  }

  execute(operation: FileOperation): FileResult {
    switch (operation.op) {
      case "mkdir":
        return this.#add(operation.path, createDirectory);
      case "rmdir":
      case "unlink":
        return this.#drop(operation.path);
      case "remove":
        return this.#remove(operation.path);
      case "open":
        return this.#open(operation);
      case "write":
        return this.#write(operation.descriptor, operation.content);
      case "link":
        return this.#link(operation.from, operation.to);
      case "rename":
        return this.#rename(operation.from, operation.to);
      case "fsync":
      case "close":
      case "sync-file-system":
        return undefined;
      case "read-directory":
      case "read-file":
      case "stat":
        return read(this.root, operation);
    }
  }

  #add(path: string, create: () => FileNode | DirectoryNode): undefined {
    const { parent, name } = place(this.root, path);
    if (parent.entries.has(name)) throw new FileSystemError("EEXIST", path);
    this.#changes(name);
    parent.entries.set(name, create());
  }

  #drop(path: string): undefined {
    const { parent, name } = place(this.root, path);
    const node = found(parent, name, path);
    if (node.kind === "directory" && node.entries.size > 0) throw new FileSystemError("ENOTEMPTY", path);
    this.#changes(name);
    parent.entries.delete(name);
    if (node.kind === "file") node.links -= 1;
  }

  #remove(path: string): undefined {
    const { parent, name } = place(this.root, path);
    if (!parent.entries.has(name)) return;
    this.#changes(name);
    parent.entries.delete(name);
  }

  #open({ path, flags }: Extract<FileOperation, { op: "open" }>): number {
    let node = nodeAt(this.root, path);
    if (flags === "wx" && node !== undefined) throw new FileSystemError("EEXIST", path);
    if (flags === "r" && node === undefined) throw new FileSystemError("ENOENT", path);
    if (node === undefined) {
      const { parent, name } = place(this.root, path);
      this.#changes(name);
      node = { kind: "file", content: "", links: 1 };
      parent.entries.set(name, node);
    }
    this.#descriptor += 1;
    this.#opened.set(this.#descriptor, node);
    return this.#descriptor;
  }

  #write(descriptor: number, content: string): undefined {
    const node = this.#opened.get(descriptor);
    if (node?.kind !== "file") throw new FileSystemError("EBADF", String(descriptor));
    node.content = content;
  }

  #link(from: string, to: string): undefined {
    const source = place(this.root, from);
    const node = found(source.parent, source.name, from);
    if (node.kind !== "file") throw new FileSystemError("EPERM", from);
    const target = place(this.root, to);
    if (target.parent.entries.has(target.name)) throw new FileSystemError("EEXIST", to);
    this.#changes(target.name);
    target.parent.entries.set(target.name, node);
    node.links += 1;
  }

  #rename(from: string, to: string): undefined {
    const source = place(this.root, from);
    const node = found(source.parent, source.name, from);
    const target = place(this.root, to);
    const replaced = target.parent.entries.get(target.name);
    if (replaced?.kind === "directory" && replaced.entries.size > 0) throw new FileSystemError("ENOTEMPTY", to);
    this.#changes(target.name);
    source.parent.entries.delete(source.name);
    target.parent.entries.set(target.name, node);
  }

  /** Names that no reader of the protocol looks at change nothing for others. */
  #changes(name: string): void {
    if (!name.startsWith(".")) this.#beforeChange();
  }
}

type Read = Extract<FileOperation, { op: "read-directory" | "read-file" | "stat" }>;

export function isRead(operation: FileOperation): operation is Read {
  return operation.op === "read-directory" || operation.op === "read-file" || operation.op === "stat";
}

/** Reads the tree as it is, or as it was. */
export function read(root: DirectoryNode, operation: Read): FileResult {
  const { path } = operation;
  if (operation.op === "stat") {
    const node = nodeAt(root, path);
    if (node === undefined) return undefined;
    return { links: node.kind === "file" ? node.links : 2, isDirectory: node.kind === "directory" };
  }
  const node = nodeAt(root, path);
  if (node === undefined) throw new FileSystemError("ENOENT", path);
  if (operation.op === "read-directory") {
    if (node.kind !== "directory") throw new FileSystemError("ENOTDIR", path);
    return [...node.entries.keys()];
  }
  if (node.kind !== "file") throw new FileSystemError("EISDIR", path);
  return node.content;
}

export function nodeAt(root: DirectoryNode, path: string): FileNode | DirectoryNode | undefined {
  let node: FileNode | DirectoryNode | undefined = root;
  for (const name of path.split("/")) {
    if (name === "" || node === undefined) continue;
    node = node.kind === "directory" ? node.entries.get(name) : undefined;
  }
  return node;
}

function place(root: DirectoryNode, path: string): { readonly parent: DirectoryNode; readonly name: string } {
  const cut = path.lastIndexOf("/");
  const parent = nodeAt(root, path.slice(0, cut));
  if (parent?.kind !== "directory") throw new FileSystemError("ENOENT", path);
  return { parent, name: path.slice(cut + 1) };
}

function found(parent: DirectoryNode, name: string, path: string): FileNode | DirectoryNode {
  const node = parent.entries.get(name);
  if (node === undefined) throw new FileSystemError("ENOENT", path);
  return node;
}

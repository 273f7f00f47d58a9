import type { Import } from "./imports.ts";
import { codeMap, picture } from "./picture.ts";

/** ARCHITECTURE.md with its picture and its code map drawn anew from the repository's imports. Throws when a marker is missing. */
export function withPicture(document: string, imports: readonly Import[]): string {
  return replaced(replaced(document, "picture", picture(imports)), "code map", codeMap());
}

function replaced(document: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [document.indexOf(start), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`ARCHITECTURE.md lacks the lines ${start} and ${end}.`);
  return `${document.slice(0, from + start.length)}\n\n${content}\n\n${document.slice(to)}`;
}

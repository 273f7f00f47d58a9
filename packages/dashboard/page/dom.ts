type Child = Node | string | undefined;

/** An HTML element; text only ever becomes text nodes, so nothing that a system reports can become markup. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | undefined>> = {},
  ...children: readonly (Child | readonly Child[])[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  append(element, children);
  return element;
}

export function svg(
  tag: string,
  attributes: Readonly<Record<string, string | undefined>> = {},
  ...children: readonly (Child | readonly Child[])[]
): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  setAttributes(element, attributes);
  append(element, children);
  return element;
}

function setAttributes(element: Element, attributes: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(name, value);
}

function append(element: Element, children: readonly (Child | readonly Child[])[]): void {
  for (const child of children.flat()) if (child !== undefined) element.append(child);
}

/** Replaces the content of an element only when what it shows has changed: selections and focus survive. */
export function showIn(element: HTMLElement, shown: unknown, build: () => readonly Child[]): void {
  const key = JSON.stringify(shown);
  if (element.dataset["shown"] === key) return;
  element.dataset["shown"] = key;
  element.replaceChildren(...build().filter((child) => child !== undefined));
}

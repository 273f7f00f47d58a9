/**
 * What kind of a value this is, as text: two bodies of the same shape have the same fields of the same types. Members of
 * an array that look alike are counted.
 */
export function shapeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) {
    const shapes = [...new Set(value.map(shapeOf))];
    return `[${value.length} × ${shapes.join(" | ")}]`;
  }
  if (typeof value !== "object") return typeof value;
  const fields = Object.entries(value).map(([name, field]) => `${name}: ${shapeOf(field)}`);
  return `{${fields.sort().join(", ")}}`;
}

/** `total` in `parts` whole numbers that differ by one at most. */
export function sharesOf(total: number, parts: number): readonly number[] {
  const least = Math.floor(total / parts);
  return Array.from({ length: parts }, (_, index) => least + (index < total % parts ? 1 : 0));
}

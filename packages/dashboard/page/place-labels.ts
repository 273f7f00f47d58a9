export interface Label {
  /** Where on the axis it belongs, in pixels. */
  readonly x: number;
  readonly width: number;
}

export interface Placed {
  readonly row: number;
  readonly left: number;
  /** At most what was asked for; less where the axis ends. */
  readonly width: number;
  /** Whether the text ends at `x` instead of starting there. */
  readonly isFlipped: boolean;
}

const GAP = 10;

/**
 * Puts sentences beside their moments: rows from the top, so that texts do not overlap and, where it can be had, no
 * leader line (down from each text to the charts) crosses a text below. Labels come in the order of x. `undefined`:
 * there was no room within `rows`.
 */
export function placeLabels(
  labels: readonly Label[],
  axisWidth: number,
  rows: number,
): readonly (Placed | undefined)[] {
  const placed: { x: number; left: number; right: number; row: number }[] = [];
  return labels.map((label) => {
    const room = axisWidth - label.x;
    const isFlipped = label.width > room && label.x > room;
    const width = Math.min(label.width, isFlipped ? label.x : room);
    const left = isFlipped ? label.x - width : label.x;
    const right = left + width;
    const isFree = (row: number) =>
      placed.every((other) => other.row !== row || right + GAP <= other.left || left >= other.right + GAP);
    const isUncrossed = (row: number) =>
      placed.every((other) => {
        if (other.row > row) return label.x <= other.left - 2 || label.x >= other.right + 2;
        if (other.row < row) return other.x <= left + 2 || other.x >= right - 2;
        return true;
      });
    const candidates = Array.from({ length: rows }, (_, row) => row).filter(isFree);
    const row = candidates.find(isUncrossed) ?? candidates.at(0);
    if (row === undefined) return undefined;
    placed.push({ x: label.x, left, right, row });
    return { row, left, width, isFlipped };
  });
}

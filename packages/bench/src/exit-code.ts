import type { Results } from "./benchmark.ts";

/** 1 when something that was to be measured could not be; with `isChecked` also unless every goal was held. */
export function exitCodeOf({ givenUp, verdicts }: Pick<Results, "givenUp" | "verdicts">, isChecked: boolean): 0 | 1 {
  const isHeld = verdicts.every(({ outcome }) => outcome === "held");
  return givenUp.length > 0 || (isChecked && !isHeld) ? 1 : 0;
}

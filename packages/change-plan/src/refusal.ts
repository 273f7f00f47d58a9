/** Why `pulumi up` must not carry a plan out, and what to do instead. */
export interface Refusal {
  readonly rule: "once" | "loss" | "protected" | "birth";
  readonly urn: string;
  /** A sentence without its full stop. */
  readonly what: string;
  readonly todo: string;
}

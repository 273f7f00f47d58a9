import type { Run } from "@cloudy/observer/run.ts";
import { h } from "./dom.ts";
import { shortNames } from "./names.ts";

/** Who answered: the load balancer's work, told by the hostname in the answers to `GET /` (T2). */
export function shares(run: Run): HTMLElement[] {
  const total = run.responses.reduce((sum, share) => sum + share.responses, 0);
  const names = shortNames(run.system);
  const heading = h("h2", {}, "Share of responses per instance");
  if (total === 0) return [heading, h("p", { class: "empty" }, "No response has been counted yet.")];
  const sorted = [...run.responses].sort((a, b) => b.responses - a.responses);
  return [
    heading,
    h(
      "ul",
      { class: "shares" },
      sorted.map((share) => {
        const percent = (100 * share.responses) / total;
        const name = share.instanceId === undefined ? undefined : names.get(share.instanceId);
        return h(
          "li",
          {},
          h(
            "span",
            { class: "who" },
            h("strong", {}, name ?? share.hostname),
            h("span", { class: "id" }, name === undefined ? "" : share.hostname),
          ),
          h("span", { class: "bar" }, h("span", { class: "fill", style: `width:${percent.toFixed(2)}%` })),
          h(
            "span",
            { class: "number" },
            `${percent.toFixed(1)} %`,
            h("span", { class: "id" }, `${share.responses.toLocaleString("en")} responses`),
          ),
        );
      }),
    ),
    h("p", { class: "caption" }, "Counted by the hostname in the answers to GET /."),
  ];
}

import type { Results } from "./benchmark.ts";
import { verdictsOf } from "./goals.ts";
import { PEER_NAMES, type Peer } from "./rows.ts";
import type { PeerResult, RowResult } from "./summary.ts";

/** Sizes in px of the picture's own coordinates. */
const WIDTH = 900;
const LABEL = 225;
const VALUE = 190;
const PLOT = WIDTH - LABEL - VALUE;
const LINE = 22;
const ROW_GAP = 42;
const TOP = 108;

const COLORS: Readonly<Record<"cloudy" | "express" | "floor", string>> = {
  cloudy: "#0b7a75",
  express: "#c2571a",
  floor: "#7a8490",
};

/** A picture that needs nothing else: each row on a scale of its own from 0, a dot a round, a bar for the median. */
export function plot(results: Results): string {
  let y = TOP;
  const parts: string[] = [];
  for (const row of results.rows) {
    parts.push(rowPicture(row, y));
    y += row.peers.length * LINE + ROW_GAP;
  }
  const height = y + 10;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="13" role="img">
<title>Cloudy's API beside Express 5 and the floors</title>
<rect width="100%" height="100%" fill="#ffffff"/>
${text(20, 32, "Cloudy's API beside Express 5 and the floors", 'font-size="18" font-weight="600" fill="#1b1f24"')}
${text(20, 54, `Bar: median of ${results.rounds} rounds of ${results.seconds} s. Dot: a round. ${heldLine(results)}`, 'fill="#4a525c"')}
${text(20, 72, `${results.machine}, ${results.postgres}`, 'font-size="11" fill="#4a525c"')}
${parts.join("\n")}
</svg>
`;
}

function heldLine({ verdicts }: Results): string {
  const held = verdicts.filter(({ outcome }) => outcome === "held").length;
  return `${held} of ${verdicts.length} goals held.`;
}

interface Bar {
  readonly peer: Peer;
  readonly median: number;
  readonly dots: readonly number[];
  readonly label: string;
}

function rowPicture(row: RowResult, y: number): string {
  const bars = row.peers.map((peer) => barOf(peer));
  const isLatency = row.key === "healthz";
  const largest = Math.max(...bars.flatMap(({ median, dots }) => [median, ...dots]));
  // Latencies lie orders of magnitude apart: 1 ms at the left edge, and a length tells powers of ten.
  const scale = isLatency
    ? (value: number) => (PLOT * Math.log10(Math.max(1, value))) / Math.log10(Math.max(10, largest))
    : (value: number) => (PLOT * value) / largest;
  const unit = isLatency ? "p99, on a logarithmic scale: less is better" : "per second: more is better";
  const verdicts = verdictsOf([row]).map(
    ({ goal, measured, outcome }) => `${goal.split(": ")[1]}: ${measured}, ${outcome}`,
  );
  const title = `${text(20, y, row.title, 'font-weight="600" fill="#1b1f24"')}${text(LABEL, y, `${unit}. ${verdicts.join("; ")}`, 'font-size="11" fill="#4a525c"')}`;
  return [title, ...bars.map((bar, index) => barPicture(bar, y + 8 + index * LINE, scale))].join("\n");
}

function barOf({ peer, perSecond, health, rounds }: PeerResult): Bar {
  if (health !== undefined) {
    const { p50_ms, p99_ms, p99OfRounds_ms } = health;
    const label = `p99 ${figure(p99_ms)} ms, p50 ${figure(p50_ms)} ms`;
    return { peer, median: p99_ms, dots: [p99OfRounds_ms.min, p99OfRounds_ms.max], label };
  }
  return {
    peer,
    median: perSecond.median,
    dots: rounds.map((round) => round.perSecond),
    label: `${figure(perSecond.median)}/s`,
  };
}

function barPicture({ peer, median, dots, label }: Bar, y: number, scale: (value: number) => number): string {
  const color = COLORS[peer === "cloudy" || peer === "express" ? peer : "floor"];
  const middle = y + LINE / 2;
  return [
    text(LABEL - 8, middle + 4, PEER_NAMES[peer], 'text-anchor="end" fill="#1b1f24"'),
    `<rect x="${LABEL}" y="${y + 4}" width="${px(scale(median))}" height="${LINE - 8}" rx="2" fill="${color}" fill-opacity="0.35"/>`,
    ...dots.map((dot) => `<circle cx="${px(LABEL + scale(dot))}" cy="${middle}" r="3" fill="${color}"/>`),
    text(LABEL + PLOT + 12, middle + 4, label, 'fill="#1b1f24"'),
  ].join("");
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${px(x)}" y="${px(y)}" ${attributes}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function figure(value: number): string {
  return value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString("en");
}

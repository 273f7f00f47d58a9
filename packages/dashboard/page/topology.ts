import type { InstanceView, Run } from "@cloudy/observer/run.ts";
import { h, showIn, svg } from "./dom.ts";
import { figure } from "./format.ts";
import { kindOf, shortNames } from "./names.ts";

/** The system as it stands: network, load balancer, instances, and where the virtual IP leads. */
export function createTopology() {
  const arrows = svg("svg", { class: "arrows", "aria-hidden": "true" });
  const map = h("div", { class: "map" });
  const drawing = h("div", { class: "drawing" }, map);
  drawing.append(arrows);
  const element = h("section", { class: "panel topology" }, h("h2", {}, "The system now"), drawing);
  let shown: Run | undefined;
  const redraw = () => {
    if (shown !== undefined) drawArrows(arrows, drawing, shown);
  };
  new ResizeObserver(redraw).observe(drawing);
  return {
    element,
    restyle: redraw,
    draw(run: Run) {
      shown = run;
      const { network, instances, targets, web, database, route, roles, cpu } = run.system;
      const newest = Object.entries(cpu.instances).map(([id, points]) => [id, points.at(-1)?.value]);
      showIn(map, [network, instances, targets, web, database, route, roles.at(-1), newest], () => content(run));
      redraw();
    },
  };
}

function content(run: Run): Node[] {
  const { network } = run.system;
  if (network === undefined) return [h("p", { class: "empty" }, "The network has not been read yet.")];
  const zones = [...new Set(network.subnets.map((subnet) => subnet.availabilityZone))].sort();
  const columns = `grid-template-columns:repeat(${Math.max(1, zones.length)},minmax(0,1fr))`;
  const row = (isPublic: boolean) =>
    h(
      "div",
      { class: "zones", style: columns },
      zones.map((zone) => {
        const subnets = network.subnets.filter(
          (subnet) => subnet.availabilityZone === zone && subnet.isPublic === isPublic,
        );
        return h(
          "div",
          { class: "zone" },
          subnets.map((subnet) => subnetBox(run, subnet)),
        );
      }),
    );
  return [
    h(
      "div",
      { class: "node balancer", "data-node": "balancer" },
      h("strong", {}, network.loadBalancer),
      h("span", { class: "id" }, "load balancer"),
    ),
    h(
      "div",
      { class: "vpc" },
      h(
        "div",
        { class: "zones", style: columns },
        zones.map((zone) => h("p", { class: "place center" }, zone)),
      ),
      row(true),
      h(
        "div",
        { class: "node vip", "data-node": "vip" },
        h("strong", {}, run.system.virtualIp),
        h("span", { class: "id" }, `virtual IP, route ${run.system.route?.state ?? "not read yet"}`),
      ),
      row(false),
      h("p", { class: "place" }, `VPC ${network.vpcCidr}`),
    ),
  ];
}

function subnetBox(
  run: Run,
  subnet: { readonly id: string; readonly cidr: string; readonly isPublic: boolean },
): HTMLElement {
  const members = run.system.instances.filter(
    (instance) => instance.subnetId === subnet.id && instance.state !== "terminated",
  );
  return h(
    "div",
    { class: `subnet ${subnet.isPublic ? "public" : "private"}` },
    h("p", { class: "place" }, `${subnet.isPublic ? "public" : "private"} ${subnet.cidr}`),
    ...(members.length === 0 ? [h("p", { class: "empty" }, "no instance")] : members.map((one) => card(run, one))),
  );
}

function card(run: Run, instance: InstanceView): HTMLElement {
  const kind = kindOf(run.system, instance.id);
  const target = run.system.targets.find((candidate) => candidate.instanceId === instance.id);
  const isActive = run.system.roles.at(-1)?.instanceId === instance.id;
  const cpu = run.system.cpu.instances[instance.id]?.at(-1)?.value;
  const state =
    instance.state !== "running" || run.system.lost.includes(instance.id)
      ? { text: instance.state === "running" ? "lost" : instance.state, tone: "wait", mark: "◐" }
      : kind === "database"
        ? isActive
          ? { text: "active", tone: "good", mark: "●" }
          : { text: "standby", tone: "calm", mark: "○" }
        : kind === "web"
          ? target?.state === "healthy"
            ? { text: "healthy", tone: "good", mark: "●" }
            : {
                text: target?.state ?? "not registered",
                tone: target?.state === "unhealthy" ? "bad" : "wait",
                mark: "◐",
              }
          : { text: "running", tone: "calm", mark: "●" };
  return h(
    "div",
    { class: `node instance ${kind} ${isActive ? "active" : ""}`, "data-node": instance.id },
    h(
      "p",
      { class: "card-top" },
      h("strong", {}, shortNames(run.system).get(instance.id) ?? instance.id),
      h("span", { class: `chip ${state.tone}` }, h("i", { "aria-hidden": "true" }, state.mark), state.text),
    ),
    h("p", { class: "id" }, `${instance.id}`),
    cpu === undefined
      ? undefined
      : h(
          "p",
          { class: "meter" },
          h("span", { class: "bar" }, h("span", { class: "fill", style: `width:${Math.min(100, cpu).toFixed(1)}%` })),
          h("span", {}, `CPU ${figure(cpu)} %`),
        ),
  );
}

function drawArrows(arrows: SVGElement, drawing: HTMLElement, run: Run): void {
  const frame = drawing.getBoundingClientRect();
  const box = (node: string) => drawing.querySelector(`[data-node="${CSS.escape(node)}"]`)?.getBoundingClientRect();
  const balancer = box("balancer");
  const vip = box("vip");
  const paths: SVGElement[] = [];
  const put = (kind: string, d: string) => paths.push(svg("path", { class: kind, d }));
  // From the load balancer along the left side of each column into its cards, so that no line crosses a card.
  const serve = (from: DOMRect, to: DOMRect, kind: string) => {
    const x1 = clamp(to.left, from.left + 16, from.right - 16) - frame.left;
    const y1 = from.bottom - frame.top;
    const x2 = to.left - frame.left - 7;
    const y2 = to.top + to.height / 2 - frame.top;
    const turn = y1 + 46;
    put(kind, `M${x1},${y1} C${x1},${y1 + 28} ${x2},${y1 + 18} ${x2},${turn} V${y2 - 6} q0,6 6,6`);
    put(`${kind} dot`, `M${x2 + 6},${y2} h0.01`);
  };
  const route = (from: DOMRect, to: DOMRect) => {
    const x1 = clamp(to.left + to.width / 2, from.left + 16, from.right - 16) - frame.left;
    const y1 = from.bottom - frame.top;
    const x2 = to.left + to.width / 2 - frame.left;
    const y2 = to.top - frame.top - 7;
    const middle = (y1 + y2) / 2;
    put("route", `M${x1},${y1} C${x1},${middle} ${x2},${middle} ${x2},${y2}`);
    put("head", `M${x2 - 5},${y2} h10 l-5,7 z`);
  };
  for (const target of run.system.targets) {
    const to = box(target.instanceId);
    if (balancer && to) serve(balancer, to, target.state === "healthy" ? "serves" : "waits");
  }
  const active = run.system.roles.at(-1)?.instanceId;
  const to = active === undefined ? undefined : box(active);
  if (vip && to) route(vip, to);
  arrows.setAttribute("width", String(frame.width));
  arrows.setAttribute("height", String(frame.height));
  arrows.replaceChildren(...paths);
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}

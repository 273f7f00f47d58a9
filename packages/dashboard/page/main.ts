import { elapsed } from "@cloudy/observer/elapsed.ts";
import type { Run } from "@cloudy/observer/run.ts";
import { h, showIn } from "./dom.ts";
import { facts, unreadable } from "./facts.ts";
import { eventLog } from "./log.ts";
import { shares } from "./shares.ts";
import { followTheme } from "./theme.ts";
import { tiles } from "./tiles.ts";
import { createTimeAxis } from "./time-axis.ts";
import { createTopology } from "./topology.ts";
import { promiseTable, verdictBanner } from "./verdict.ts";

type PageData = { readonly mode: "report"; readonly run: Run } | { readonly mode: "live" };

function start(): void {
  const page = document.getElementById("page");
  const data = document.getElementById("data")?.textContent;
  if (page === null || data === null || data === undefined) return;
  const pageData = JSON.parse(data) as PageData;
  const sheet = createSheet(page);
  const theme = followTheme(() => sheet.restyle());
  sheet.themeButton.addEventListener("click", () => theme.toggle());
  if (pageData.mode === "report") sheet.draw(pageData.run);
  else listen(sheet);
}

function listen(sheet: ReturnType<typeof createSheet>): void {
  const events = new EventSource("/events");
  events.onmessage = (message) => {
    sheet.connection("live");
    sheet.draw(JSON.parse(message.data) as Run);
  };
  // The browser reconnects by itself; what was drawn stays, with a word about it.
  events.onerror = () => sheet.connection("lost");
}

function createSheet(page: HTMLElement) {
  const part = (tag: "section" | "div" | "header", name: string) => h(tag, { class: name });
  const themeButton = h("button", { type: "button", class: "theme", title: "Light or dark" }, "◐");
  themeButton.setAttribute("aria-label", "Switch between light and dark");
  const title = part("div", "title");
  const state = h("span", { class: "connection" });
  const banner = part("div", "banner");
  const notes = part("div", "notes");
  const numbers = part("section", "tiles");
  const promises = part("div", "");
  const axis = createTimeAxis();
  const topology = createTopology();
  const share = part("section", "panel");
  const log = part("section", "panel");
  const about = part("section", "panel facts");
  page.append(
    h("header", { class: "top" }, title, state, themeButton),
    banner,
    notes,
    numbers,
    promises,
    axis.element,
    h("div", { class: "columns" }, topology.element, h("div", { class: "side" }, share, about)),
    log,
  );
  return {
    themeButton,
    connection(now: "live" | "lost") {
      state.textContent = now === "live" ? "live" : "connection lost: showing the last state";
      state.className = `connection ${now}`;
    },
    restyle() {
      axis.restyle();
      topology.restyle();
    },
    draw(run: Run) {
      document.title = `${run.headline} · ${run.title}`;
      const passed = elapsed(run.now_ms - run.start_ms);
      showIn(title, [run.title, passed, run.speed], () => [
        h("h1", {}, run.title),
        h("p", { class: "muted" }, `${passed} of cloud time`, run.speed === 1 ? "" : `, speed ${run.speed}×`),
      ]);
      showIn(banner, [run.headline, run.status, run.voided, run.promises, run.phases, passed], () => [
        verdictBanner(run),
      ]);
      showIn(notes, run.system.unreadable, () => unreadable(run));
      numbers.style.setProperty("--columns", run.load.length === 0 ? "3" : "6");
      showIn(numbers, [run.load.at(-1), run.status, run.system.samples.at(-1), run.system], () => tiles(run));
      showIn(promises, run.promises, () => [promiseTable(run)]);
      axis.draw(run);
      topology.draw(run);
      showIn(share, [run.responses, run.system.instances], () => shares(run));
      showIn(log, [run.system.decisions, run.system.instances], () => eventLog(run));
      showIn(about, [run.facts, run.speed], () => facts(run));
    },
  };
}

start();

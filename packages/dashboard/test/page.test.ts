import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Run } from "@cloudy/observer/run.ts";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderReport } from "../src/report.ts";
import { servePage } from "../src/serve-page.ts";
import { emptyRun, sampleRun } from "./sample-run.ts";

const END_S = 1260;

test("the report is one file without any reference to a network", async () => {
  const html = await renderReport(sampleRun(END_S));
  expect(html).not.toMatch(/(src|href)="(?!data:)/);
  expect(html).not.toMatch(/@import|url\((?!['"]?data:)/);
  expect(html).toContain("All 8 promises were held");
});

test("text from the system cannot end the script it is carried in", async () => {
  const run = { ...sampleRun(END_S), headline: "</script><script>alert(1)</script>" };
  expect(await renderReport(run)).not.toContain("<script>alert(1)");
});

test("a taken port is no error: the next one is used", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const port = (other.address() as AddressInfo).port;
  const page = await servePage({ run: emptyRun, port });
  expect(Number(new URL(page.url).port)).toBeGreaterThan(port);
  await page.close();
  await new Promise((resolve) => other.close(resolve));
});

test("the page answers browsers of this machine only", async () => {
  const page = await servePage({ run: emptyRun, port: 0 });
  const { request } = await import("node:http");
  const status = await new Promise((resolve, reject) => {
    request(page.url, { headers: { host: "attacker.example" } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("error", reject)
      .end();
  });
  expect(status).toBe(403);
  await page.close();
});

const browserPath = [
  process.env["CHROMIUM_PATH"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((path) => path !== undefined && existsSync(path));

/** In a container of root's there is no sandbox; and it shall not look for its maker's servers. */
const BROWSER_FLAGS = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// Skipped where no Chromium is installed (CHROMIUM_PATH names one elsewhere): the tests above need none.
describe.skipIf(browserPath === undefined)("in Chromium", () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "cloudy-page-"));
    browser = await chromium.launch({ executablePath: browserPath ?? "", args: BROWSER_FLAGS });
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(run: Run, width = 1280): Promise<{ page: Page; errors: string[] }> {
    const file = join(folder, "report.html");
    await writeFile(file, await renderReport(run));
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith("file:") && !request.url().startsWith("data:")) errors.push(request.url());
    });
    await page.goto(pathToFileURL(file).href);
    return { page, errors };
  }

  test.each([
    ["empty", emptyRun(), "Looking at the system"],
    ["in the middle", sampleRun(300), "Waiting for: third instance in service"],
    ["held", sampleRun(END_S), "All 8 promises were held"],
    ["broken", sampleRun(END_S, "broken"), "1 of 8 promises was broken"],
    ["void", sampleRun(END_S, "void"), "this run proves nothing"],
  ])("a run that is %s is drawn, verdict first, at any width", async (_, run, headline) => {
    for (const width of [360, 768, 1280]) {
      const { page, errors } = await open(run, width);
      await page.waitForSelector(".chart canvas");
      expect(await page.textContent(".verdict .headline")).toContain(headline);
      expect(await page.locator(".chart canvas").count()).toBe(5);
      const overflow = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      );
      expect(overflow, `sideways at ${width} px`).toBe(0);
      expect(errors).toEqual([]);
      await page.close();
    }
  });

  test("T3: decisions stand at their moment on the axis, and the role lane shows the gap", async () => {
    const { page } = await open(sampleRun(END_S));
    await page.waitForSelector(".role.gap");
    const middleOf = async (selector: string) => {
      const box = await page.locator(selector).first().boundingBox();
      return { left: box?.x ?? 0, right: (box?.x ?? 0) + (box?.width ?? 0) };
    };
    const gap = await middleOf(".role.gap");
    const loss = await middleOf(".decision:has-text('The demo terminates db 1')");
    const move = await middleOf(".decision:has-text('Updated route')");
    expect(Math.abs(loss.left - gap.left)).toBeLessThan(3);
    expect(Math.abs(move.left - gap.right)).toBeLessThan(3);
    await page.close();
  });

  test("a sentence near the end of the axis ends at its moment instead of starting there", async () => {
    const { page } = await open(sampleRun(470));
    await page.waitForSelector(".decision.flipped");
    const edges = (await page.evaluate(`[...document.querySelectorAll(".decision")].map((text, index) => {
      const box = text.getBoundingClientRect();
      const line = document.querySelectorAll(".lines i")[index].getBoundingClientRect();
      return (text.classList.contains("flipped") ? box.right : box.left) - line.left;
    })`)) as number[];
    expect(edges.length).toBeGreaterThan(5);
    for (const distance of edges) expect(Math.abs(distance)).toBeLessThan(3);
    await page.close();
  });

  test("the live page follows the run by itself", async () => {
    let run = sampleRun(300);
    const served = await servePage({ run: () => run, port: 0 });
    const page = await browser.newPage();
    await page.goto(served.url);
    await page.waitForSelector(".verdict.running");
    expect(served.viewers()).toBe(1);
    run = sampleRun(END_S, "broken");
    served.push();
    await page.waitForSelector(".verdict.broken");
    expect(await page.textContent("h1")).toBe("Cloudy: scaling and failover");
    await page.close();
    await served.close();
  });
});

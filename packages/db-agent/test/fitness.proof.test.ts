import { orderMac } from "@cloudy/contracts/signed-messages.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Cloud, startCloud } from "./cloud.ts";
import { type Machine, Site } from "./machine.ts";

/** Makes setTimeout and the dates of a process run 20 times faster. */
const NODE_OPTIONS = `--import=${new URL("fast-clock.ts", import.meta.url).href}`;

let cloud: Cloud;
let site: Site;

beforeEach(async () => {
  cloud = await startCloud();
  site = await Site.open(cloud);
});
afterEach(async () => {
  await site.close();
  await cloud.close();
});

async function pair(): Promise<[Machine, Machine]> {
  const a = (await site.machine("i-a")).boot();
  await a.isPrimary();
  const b = (await site.machine("i-b")).boot();
  await b.isReadyStandby();
  return [a, b];
}

describe("a holder that is not fit", () => {
  test("D4: restarted while the secrets cannot be read, it serves with what it kept, and takes an order", async () => {
    const [a, b] = await pair();
    cloud.secretsFail = true;
    await a.powerOff();
    a.boot();
    expect((await a.isPrimary()).epoch).toEqual({ number: 2, holder: "i-a", released: false });
    expect((await a.status()).unfit).toEqual([]);
    await (await a.connect(cloud.database)).end();
    const order = { order: "step-down", epoch: 2, holder: "i-a" } as const;
    expect(await a.order({ ...order, mac: orderMac(order, cloud.grantKey) })).toMatchObject({ code: 202 });
    expect((await b.isPrimary()).epoch).toEqual({ number: 3, holder: "i-b", released: false });
  });

  test("D4: with neither the secrets nor a copy it makes no epoch, says so, and gives up its own after 15 s", async () => {
    const [a, b] = await pair();
    cloud.secretsFail = true;
    await a.powerOff();
    a.loseKeptSecrets();
    a.boot({ NODE_OPTIONS });
    const unfit = [{ code: "secrets-missing", because: "its secrets are not loaded yet" }];
    expect(await a.until("the holder", ({ role }) => role === "primary")).toMatchObject({ postgres: "absent", unfit });
    expect((await b.isPrimary()).epoch).toEqual({ number: 2, holder: "i-b", released: false });
    expect(site.epochFiles()).toEqual(["epoch-1.json", "epoch-1.released", "epoch-2.json"]);
    cloud.secretsFail = false;
    await a.isReadyStandby();
  });
});

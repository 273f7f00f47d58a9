import closeWithGrace from "close-with-grace";
import { KILL_MARGIN_MS, RATE_LIMIT_WINDOW_MS } from "../constants.ts";
import { createPrimePool } from "../load/prime-pool.ts";
import { serveMetrics } from "../metrics-server.ts";
import type { Settings } from "../settings.ts";
import { cannotListen, fail, reasonOf } from "./failure.ts";
import { FrontDoor } from "./front-door.ts";
import { type JsonLog, jsonLog } from "./json-log.ts";
import { Members } from "./members.ts";
import { MetricsOfAll } from "./metrics-of-all.ts";
import { PrimeDesk } from "./prime-desk.ts";
import { RequestCounts } from "./request-counts.ts";

/**
 * Leads the processes that answer requests: hands them connections in turn, keeps what they share, starts others for those that
 * die. It answers nothing itself, so it needs next to no CPU.
 */
export async function leadProcesses(settings: Settings): Promise<void> {
  const log = jsonLog(settings.logLevel);
  const pool = createPrimePool(settings);
  const counts = new RequestCounts(RATE_LIMIT_WINDOW_MS);
  const metrics = new MetricsOfAll(pool, () => members.all);
  const members: Members = new Members(settings, log, (member) => {
    const desk = new PrimeDesk(pool, member);
    return {
      receive: (message) => {
        if (message.kind === "count") {
          const count = counts.count(message.client, performance.now());
          member.send({ kind: "counted", id: message.id, count });
        } else if (message.kind === "metrics") metrics.receive(message);
        else desk.receive(message);
      },
      close: () => desk.close(),
    };
  });

  const door = new FrontDoor(() => members.all);

  const cut = (why: string) => {
    log.error(`${why}: what is left of the processes is killed`);
    members.kill();
  };
  const limits = {
    delay: settings.shutdown_ms + KILL_MARGIN_MS,
    onTimeout: () => cut(`not ended within ${settings.shutdown_ms} ms`),
    onSecondSignal: (signal: string) => cut(`a second signal, ${signal}`),
  };
  closeWithGrace({ ...limits, logger: log }, async ({ err }) => {
    if (err) log.error(err);
    await door.close();
    await members.end();
  });
  if (settings.metrics !== undefined) await openMetrics(settings.metrics, metrics, log);
  await members.startFirst();
  try {
    log.info(`Server listening at ${await door.open(settings)}`);
  } catch (error) {
    fail(cannotListen(settings, error));
  }
  members.startOthers();
}

async function openMetrics(
  address: NonNullable<Settings["metrics"]>,
  metrics: MetricsOfAll,
  log: JsonLog,
): Promise<void> {
  try {
    const { url } = await serveMetrics(address, metrics);
    log.info(`Metrics at ${url}`);
  } catch (error) {
    fail(`Cannot start on METRICS_HOST=${address.host} METRICS_PORT=${address.port}: ${reasonOf(error)}.`);
  }
}

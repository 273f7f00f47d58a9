import type { AlarmState, Bus } from "@cloudy/twin-model/bus.ts";
import type { Clock } from "@cloudy/twin-model/clock.ts";
import { breaches, type Comparison, evaluateAlarm, extraPeriods } from "./alarm-evaluation.ts";
import type { AlarmSettings } from "./alarm-settings.ts";
import type { MetricStore } from "./metric-store.ts";

export interface Alarm {
  readonly settings: AlarmSettings;
  state: AlarmState;
  reason: string;
  reasonData: string;
  updatedAt_ms: number;
}

export interface HistoryItem {
  readonly alarmName: string;
  readonly at_ms: number;
  readonly type: "ConfigurationUpdate" | "StateUpdate" | "Action";
  readonly summary: string;
  readonly data: string;
}

/** One call of an alarm's action. Policies of Auto Scaling say whether they changed something. */
export interface AlarmAction {
  readonly actionArn: string;
  readonly alarmName: string;
  readonly alarmArn: string;
  readonly description: string | undefined;
  readonly state: AlarmState;
  readonly reason: string;
  /** Latest data point, for target tracking. */
  readonly value: number | undefined;
}
export type ActionResult = { readonly acted: boolean; readonly sentence: string };
export type PerformAction = (action: AlarmAction) => ActionResult;

interface Parts {
  readonly clock: Clock;
  readonly bus: Bus;
  readonly metrics: MetricStore;
  readonly perform: PerformAction;
}

const autoScaling = /^arn:[^:]+:autoscaling:/;

/** Metric alarms: state, history, and what they set off. */
export class Alarms {
  readonly #clock: Clock;
  readonly #bus: Bus;
  readonly #store: MetricStore;
  readonly #alarms = new Map<string, Alarm>();
  readonly #history: HistoryItem[] = [];
  readonly #perform: PerformAction;

  constructor({ clock, bus, metrics, perform }: Parts) {
    this.#clock = clock;
    this.#bus = bus;
    this.#store = metrics;
    this.#perform = perform;
  }

  all(): readonly Alarm[] {
    return [...this.#alarms.values()];
  }

  find(name: string): Alarm | undefined {
    return this.#alarms.get(name);
  }

  /** Newest first. */
  history(): readonly HistoryItem[] {
    return this.#history.toReversed();
  }

  create(settings: AlarmSettings): void {
    const updatedAt_ms = this.#clock.now();
    const reason = "Unchecked: Initial alarm creation";
    this.#alarms.set(settings.name, { settings, state: "INSUFFICIENT_DATA", reason, reasonData: "", updatedAt_ms });
    this.#note(settings.name, "ConfigurationUpdate", `Alarm "${settings.name}" created`, { type: "Create" });
  }

  /** Judges all alarms by the periods that have ended. */
  evaluate(): void {
    for (const alarm of this.#alarms.values()) {
      const recent = this.#recent(alarm.settings);
      const state = evaluateAlarm(alarm.settings, recent, alarm.state);
      const { reason, data } = explain(alarm.settings, recent, alarm.state, state, this.#clock.now());
      if (state !== alarm.state) this.#transit(alarm, state, reason, data, recent[0]);
      // Auto Scaling's actions are called again every minute while the state lasts.
      else this.#act(alarm, recent[0], true);
    }
  }

  /** SetAlarmState: holds until the next evaluation. */
  set(alarm: Alarm, state: AlarmState, reason: string, reasonData: string): void {
    if (state !== alarm.state) this.#transit(alarm, state, reason, reasonData, this.#recent(alarm.settings)[0]);
  }

  #recent(settings: AlarmSettings): (number | undefined)[] {
    const end_ms = Math.floor(this.#clock.now() / 60_000) * 60_000;
    return Array.from({ length: settings.evaluationPeriods + extraPeriods }, (_, index) => {
      const start_ms = end_ms - (index + 1) * settings.period_s * 1000;
      return this.#value(settings, start_ms);
    });
  }

  #value({ watched, period_s }: AlarmSettings, start_ms: number): number | undefined {
    if (watched.kind === "metric") {
      return this.#store.statistic(watched.metric, watched.statistic, start_ms, period_s);
    }
    return watched.expression.evaluate((id) => {
      const query = watched.queries.find((candidate) => candidate.id === id);
      return query && this.#store.statistic(query.metric, query.statistic, start_ms, period_s);
    });
  }

  #transit(alarm: Alarm, to: AlarmState, reason: string, reasonData: string, value: number | undefined): void {
    const from = alarm.state;
    const oldState = { stateValue: from, stateReason: alarm.reason };
    const newState = { stateValue: to, stateReason: reason };
    alarm.state = to;
    alarm.reason = reason;
    alarm.reasonData = reasonData;
    alarm.updatedAt_ms = this.#clock.now();
    const { name } = alarm.settings;
    this.#note(name, "StateUpdate", `Alarm updated from ${from} to ${to}`, { version: "1.0", oldState, newState });
    this.#bus.emit({ kind: "alarm-state", alarmName: name, from, to, reason });
    this.#act(alarm, value, false);
  }

  #act(alarm: Alarm, value: number | undefined, isRepeat: boolean): void {
    const { settings, state } = alarm;
    if (!settings.actionsEnabled) return;
    for (const actionArn of settings.actions[state]) {
      if (isRepeat && !autoScaling.test(actionArn)) continue;
      const { name: alarmName, arn: alarmArn, description } = settings;
      const { reason } = alarm;
      const result = this.#perform({ actionArn, alarmName, alarmArn, description, state, reason, value });
      if (isRepeat && !result.acted) continue;
      const summary = result.acted
        ? `Successfully executed action ${actionArn}`
        : `Failed to execute action ${actionArn}. Received error: "${result.sentence}"`;
      this.#note(settings.name, "Action", summary, { actionState: result.acted ? "Succeeded" : "Failed", ...result });
    }
  }

  #note(alarmName: string, type: HistoryItem["type"], summary: string, data: unknown): void {
    this.#history.push({ alarmName, at_ms: this.#clock.now(), type, summary, data: JSON.stringify(data) });
  }
}

function explain(
  settings: AlarmSettings,
  recent: readonly (number | undefined)[],
  from: AlarmState,
  to: AlarmState,
  now_ms: number,
): { readonly reason: string; readonly data: string } {
  const end_ms = Math.floor(now_ms / 60_000) * 60_000;
  const considered = recent
    .map((value, index) => ({ value, start_ms: end_ms - (index + 1) * settings.period_s * 1000 }))
    .filter((point) => point.value !== undefined)
    .slice(0, settings.evaluationPeriods);
  const data = JSON.stringify({
    version: "1.0",
    queryDate: new Date(now_ms).toISOString(),
    ...(settings.watched.kind === "metric" ? { statistic: settings.watched.statistic } : {}),
    period: settings.period_s,
    recentDatapoints: considered.map((point) => point.value).toReversed(),
    threshold: settings.threshold,
  });
  if (considered.length === 0) {
    const count = settings.evaluationPeriods;
    const treated = { breaching: "Breaching", notBreaching: "NonBreaching", ignore: "Ignore", missing: "" }[
      settings.treatMissingData
    ];
    const reason =
      treated === ""
        ? `Insufficient Data: ${count} datapoints were unknown.`
        : `Threshold Crossed: no datapoints were received for ${count} periods and ${count} missing datapoints were treated as [${treated}].`;
    return { reason, data };
  }
  const counted = considered.filter(
    ({ value }) => value !== undefined && breaches(settings, value) === (to === "ALARM"),
  );
  const listed = considered.map(({ value, start_ms }) => `${value} (${dateOf(start_ms)})`).join(", ");
  const negation = to === "ALARM" ? "" : "not ";
  const least =
    to === "ALARM" ? settings.datapointsToAlarm : settings.evaluationPeriods - settings.datapointsToAlarm + 1;
  return {
    reason:
      `Threshold Crossed: ${counted.length} out of the last ${considered.length} datapoints [${listed}] were ` +
      `${negation}${wording[settings.comparison]} the threshold (${settings.threshold}) ` +
      `(minimum ${least} datapoint${least === 1 ? "" : "s"} for ${from} -> ${to} transition).`,
    data,
  };
}

const wording: Readonly<Record<Comparison, string>> = {
  GreaterThanOrEqualToThreshold: "greater than or equal to",
  GreaterThanThreshold: "greater than",
  LessThanThreshold: "less than",
  LessThanOrEqualToThreshold: "less than or equal to",
};

/** CloudWatch's own form: `01/02/26 15:04:00`, day first. */
function dateOf(at_ms: number): string {
  const [year = "", month = "", day = ""] = new Date(at_ms).toISOString().slice(2, 10).split("-");
  return `${day}/${month}/${year} ${new Date(at_ms).toISOString().slice(11, 19)}`;
}

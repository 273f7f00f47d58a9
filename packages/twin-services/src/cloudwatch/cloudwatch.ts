import type { Bus } from "@cloudy/twin-model/bus.ts";
import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { Graph, GraphResource } from "@cloudy/twin-model/graph.ts";
import { propertiesOf } from "@cloudy/twin-model/properties.ts";
import { type AlarmSettings, alarmSettings } from "./alarm-settings.ts";
import { Alarms, type PerformAction } from "./alarms.ts";
import type { MetricStore } from "./metric-store.ts";

/** Alarms look at a minute once its data points have come in. */
const evaluationDelay_ms = 5_000;

interface Parts {
  readonly graph: Graph;
  readonly clock: Clock;
  readonly bus: Bus;
  readonly metrics: MetricStore;
  /** Alarms that another service owns, beside those of the program. */
  readonly ownedAlarms: readonly AlarmSettings[];
  /** What an alarm's action does. */
  readonly perform: PerformAction;
  /** Whether all that an alarm of the program depends on is there: `pulumi up` makes it only then. */
  readonly canMake: (alarm: GraphResource) => boolean;
}

/** CloudWatch: metrics by the minute, and the alarms on them. */
export class CloudWatch {
  readonly metrics: MetricStore;
  readonly alarms: Alarms;
  readonly #clock: Clock;
  readonly #canMake: Parts["canMake"];
  #unmade: readonly GraphResource[];

  constructor({ graph, clock, bus, metrics, ownedAlarms, perform, canMake }: Parts) {
    this.#clock = clock;
    this.metrics = metrics;
    this.alarms = new Alarms({ clock, bus, metrics, perform });
    this.#canMake = canMake;
    this.#unmade = graph.ofType("aws:cloudwatch/metricAlarm:MetricAlarm");
    this.#makeAlarms();
    bus.on((event) => {
      if (event.kind === "scaling-activity") this.#makeAlarms();
    });
    for (const settings of ownedAlarms) this.alarms.create(settings);
  }

  /** From the next full minute on: services publish what they measured in it, then the alarms are judged. */
  start(publish: () => void): void {
    const untilMinute_ms = 60_000 - (this.#clock.now() % 60_000);
    const minute = () => {
      publish();
      this.#clock.after(evaluationDelay_ms, () => this.alarms.evaluate());
    };
    this.#clock.after(untilMinute_ms, () => {
      minute();
      this.#clock.every(60_000, minute);
    });
  }

  #makeAlarms(): void {
    const ready = this.#unmade.filter(this.#canMake);
    this.#unmade = this.#unmade.filter((resource) => !ready.includes(resource));
    for (const resource of ready) this.alarms.create(alarmSettings(propertiesOf(resource)));
  }
}

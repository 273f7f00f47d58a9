import { decide } from "@cloudy/failover";
import type { CodeUnderTest } from "../code-under-test.ts";

type Decide = CodeUnderTest["decide"];
type Surround = CodeUnderTest["surround"];
type Around = Parameters<Surround>[0];
type Client = { readonly send: (command: Sent, options: unknown) => Promise<unknown> };
type Sent = { readonly constructor: { readonly name: string } };

/** The round is compared with itself: seen once is seen twice. */
const oneRoundIsEnough: Decide = (current) => decide(current, current);

const fence = (instanceId: string) => ({ do: "fence", instanceId, epoch: 0, because: "a mutant wants it" }) as const;

/** What the real decision leaves alone for want of a standby. */
const fencesTheLast: Decide = (current, previous) => {
  const plan = decide(current, previous);
  const epochs = (current.probe?.results ?? []).flatMap(({ agent }) => agent?.epoch ?? []);
  const holder = epochs.toSorted((a, b) => b.number - a.number)[0]?.holder;
  const isRunning = current.instances.some(({ instanceId, state }) => instanceId === holder && state === "running");
  const isSpared = plan.code === "lost-without-standby" && holder !== undefined && isRunning;
  return isSpared ? { ...plan, actions: [...plan.actions, fence(holder)] } : plan;
};

const actsBlindly: Decide = (current, previous) => {
  const plan = decide(current, previous);
  const target = current.routeTables[0]?.route?.instanceId;
  return plan.blind && target !== undefined ? { ...plan, actions: [fence(target)] } : plan;
};

/** One of the function's clients with its answers changed. */
function withAnswers(which: "ec2" | "lambda", change: (answer: unknown, name: string) => unknown): Surround {
  return (around) => {
    const client = around.clients[which] as unknown as Client;
    const send = async (command: Sent, options: unknown) =>
      change(await client.send(command, options), command.constructor.name);
    return { ...around, clients: { ...around.clients, [which]: { send } } as unknown as Around["clients"] };
  };
}

interface Described {
  readonly Reservations?: readonly { readonly Instances: readonly { readonly State: { readonly Name: string } }[] }[];
}

/** Takes the word that it will end for the word that it has ended. */
const shuttingDownIsDead = withAnswers("ec2", (answer) => {
  const { Reservations } = answer as Described;
  if (Reservations === undefined) return answer;
  return {
    Reservations: Reservations.map(({ Instances }) => ({
      Instances: Instances.map((instance) =>
        instance.State.Name === "shutting-down" ? { ...instance, State: { Name: "terminated" } } : instance,
      ),
    })),
  };
});

/** Every standby is said to miss what the probe misses. */
const noSecondOpinion = withAnswers("lambda", (answer) => {
  const { Payload } = answer as { readonly Payload: Uint8Array };
  const report = JSON.parse(Buffer.from(Payload).toString("utf8")) as { readonly opinions: readonly object[] };
  const opinions = report.opinions.map((opinion) => ({ ...opinion, reached: false }));
  return { Payload: Buffer.from(JSON.stringify({ ...report, opinions })) };
});

const noSourceDestCheck: Surround = (around) => {
  const client = around.clients.ec2 as unknown as Client;
  const send = (command: Sent, options: unknown) =>
    command.constructor.name === "ModifyInstanceAttributeCommand" ? Promise.resolve({}) : client.send(command, options);
  return { ...around, clients: { ...around.clients, ec2: { send } } as unknown as Around["clients"] };
};

export const failoverMutants = {
  oneRoundIsEnough,
  fencesTheLast,
  actsBlindly,
  shuttingDownIsDead,
  noSecondOpinion,
  noSourceDestCheck,
};

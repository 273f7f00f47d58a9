import { createServer, type Server } from "node:net";
import { parseIpv4 } from "@cloudy/twin-model/cidr.ts";

/** 127.16.0.0/16 to 127.250.0.0/16; the first 127.x stay free for whatever else uses loopback. */
const FIRST_NETWORK = 16;
const LAST_NETWORK = 250;
/** Listening here marks a network as taken. */
const LOCK_PORT = 40_404;

/** The loopback networks of one twin, one a VPC: 10.0.a.b of a VPC is 127.X.a.b on this machine, with an X of its own. */
export interface Loopback {
  /** The address of the twin itself, 127.X.0.1: tickets are redeemed here. */
  readonly gateway: string;
  /** The loopback address that stands for a VPC's private address. */
  back(vpcId: string, privateIp: string): string;
  release(): Promise<void>;
}

/** A network that this process holds. */
interface Held {
  readonly number: number;
  readonly lock: Server;
}

/** Takes the first networks that no other twin on this machine holds. */
export async function claimLoopback(vpcIds: readonly string[]): Promise<Loopback> {
  const held: Held[] = [];
  const release = async () => {
    await Promise.all(held.map(({ lock }) => new Promise((resolve) => lock.close(resolve))));
  };
  try {
    // A twin without a VPC has tickets all the same.
    while (held.length < Math.max(1, vpcIds.length)) held.push(await claimNetwork((held.at(-1)?.number ?? 0) + 1));
  } catch (error) {
    await release();
    throw error;
  }
  const networks = new Map(vpcIds.map((vpcId, index) => [vpcId, held[index]?.number]));
  return {
    gateway: gatewayOf(held[0]?.number ?? FIRST_NETWORK),
    back: (vpcId, privateIp) => backAddress(networks.get(vpcId), vpcId, privateIp),
    release,
  };
}

async function claimNetwork(from: number): Promise<Held> {
  for (let number = Math.max(FIRST_NETWORK, from); number <= LAST_NETWORK; number += 1) {
    const lock = await tryListen(gatewayOf(number));
    if (lock !== undefined) return { number, lock };
  }
  throw new Error(
    `All loopback networks 127.${FIRST_NETWORK}.0.0 to 127.${LAST_NETWORK}.0.0 are taken; stop other twins (port ${LOCK_PORT}).`,
  );
}

function gatewayOf(network: number): string {
  return `127.${network}.0.1`;
}

function backAddress(network: number | undefined, vpcId: string, privateIp: string): string {
  if (network === undefined) throw new Error(`The VPC ${vpcId} has no loopback network in this twin.`);
  if (parseIpv4(privateIp) === undefined) throw new Error(`Not an IPv4 address: "${privateIp}".`);
  const [, , third, fourth] = privateIp.split(".");
  return `127.${network}.${third}.${fourth}`;
}

function tryListen(host: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else
        reject(
          new Error(`The twin can't listen on ${host}:${LOCK_PORT} (${error.code}); it needs Linux's 127.0.0.0/8.`),
        );
    });
    server.listen({ host, port: LOCK_PORT, exclusive: true }, () => {
      server.unref();
      resolve(server);
    });
  });
}

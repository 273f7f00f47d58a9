import { createServer, type Server } from "node:net";
import { parseIpv4 } from "@cloudy/twin-model/cidr.ts";

/** 127.16.0.0/16 to 127.250.0.0/16; the first 127.x stay free for whatever else uses loopback. */
const FIRST_NETWORK = 16;
const LAST_NETWORK = 250;
/** Listening here marks a network as taken. */
const LOCK_PORT = 40_404;

/** The loopback network of one twin: 10.0.a.b of its VPC is 127.X.a.b on this machine. */
export interface Loopback {
  /** The address of the twin itself, 127.X.0.1: tickets are redeemed here. */
  readonly gateway: string;
  /** The loopback address that stands for a private address. */
  back(privateIp: string): string;
  release(): Promise<void>;
}

/** Takes the first network that no other twin on this machine holds. */
export async function claimLoopback(): Promise<Loopback> {
  for (let network = FIRST_NETWORK; network <= LAST_NETWORK; network += 1) {
    const gateway = `127.${network}.0.1`;
    const lock = await tryListen(gateway);
    if (lock === undefined) continue;
    return {
      gateway,
      back: (privateIp) => backAddress(network, privateIp),
      release: () => new Promise((resolve) => lock.close(() => resolve())),
    };
  }
  throw new Error(
    `All loopback networks 127.${FIRST_NETWORK}.0.0 to 127.${LAST_NETWORK}.0.0 are taken; stop other twins (port ${LOCK_PORT}).`,
  );
}

function backAddress(network: number, privateIp: string): string {
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

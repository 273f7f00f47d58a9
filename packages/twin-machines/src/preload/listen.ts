import net from "node:net";

/** Addresses that mean "this machine". */
export const LOCAL_HOSTS: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "::1", "0.0.0.0", "::"]);

type Listen2 = (
  this: net.Server,
  address: string | null,
  port: number,
  addressType: number,
  ...rest: readonly unknown[]
) => unknown;

/** Servers that listen on any address of the instance listen on its loopback address instead. */
export function installListen(address: string, back: string): void {
  // `_listen2` is where every form of `listen` arrives with its address looked up; unix sockets have the port -1.
  const prototype: net.Server & { _listen2?: Listen2 } = net.Server.prototype;
  const listen2 = prototype._listen2;
  if (listen2 === undefined)
    throw new Error(`net.Server._listen2 is missing in Node ${process.version}; the twin needs 24.`);
  prototype._listen2 = function (asked, port, addressType, ...rest) {
    const isOwn = port >= 0 && (asked === null || LOCAL_HOSTS.has(asked) || asked === address);
    return isOwn ? listen2.call(this, back, port, 4, ...rest) : listen2.call(this, asked, port, addressType, ...rest);
  };
}

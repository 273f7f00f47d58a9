import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import type { Grant } from "@cloudy/contracts/grant.ts";
import type { Order } from "@cloudy/contracts/order.ts";
import type { Delivery } from "@cloudy/contracts/probe-answer.ts";
import { FailoverSecretSchema, parseSecret } from "@cloudy/contracts/secrets.ts";
import { grantMac, orderMac } from "@cloudy/contracts/signed-messages.ts";
import { callAws } from "../aws-call.ts";
import { withDeadline } from "../deadline.ts";
import { messageOf } from "../errors.ts";
import { invokeProbe } from "../probe/probe-client.ts";
import type { Surroundings } from "../surroundings.ts";

/** Signs a grant and has the probe function deliver it to the successor. */
export async function deliverGrant(around: Surroundings, grant: Grant, targetIp: string): Promise<Delivery> {
  const mac = grantMac(grant, await readGrantKey(around));
  const answer = await askProbe(around, { candidates: [], grant: { ...grant, mac, targetIp } });
  return answer.grant ?? UNSAID;
}

/** Signs an operator's order and has the probe function deliver it to the holder. Code 0: it may or may not have arrived. */
export async function deliverOrder(around: Surroundings, order: Order, targetIp: string): Promise<Delivery> {
  try {
    const mac = orderMac(order, await readGrantKey(around));
    const answer = await askProbe(around, { candidates: [], order: { ...order, mac, targetIp } });
    return answer.order ?? UNSAID;
  } catch (error) {
    return { code: 0, because: messageOf(error) };
  }
}

const UNSAID: Delivery = { code: 0, because: "the probe function did not say" };

function askProbe({ clients, settings, clock }: Surroundings, event: Parameters<typeof invokeProbe>[2]) {
  return withDeadline(clock, settings.probe_ms, "the probe function", (signal) =>
    invokeProbe(clients.lambda, settings.probeFunction, event, signal),
  );
}

/** Read each time: it is rare, and a rotated key needs no restart. */
async function readGrantKey(around: Surroundings): Promise<string> {
  const secretId = around.settings.grantSecretId;
  const command = new GetSecretValueCommand({ SecretId: secretId });
  const answer = await callAws(around, `secret ${secretId}`, (options) =>
    around.clients.secrets.send(command, options),
  );
  return parseSecret(FailoverSecretSchema, answer.SecretString ?? "", `secret ${secretId}`).grantKey;
}

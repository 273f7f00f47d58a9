import { UserDataError } from "./errors.ts";

/** Where Amazon's agent looks for its configuration. */
export const AGENT_CONFIG = "/opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.json";

/** A file that the agent sends, line by line. */
interface SentFile {
  readonly path: string;
  readonly group: string;
  readonly stream: string;
}

interface AgentConfig {
  readonly flush_s: number;
  readonly files: readonly SentFile[];
}

const FLUSH_SECONDS_DEFAULT = 5;

/**
 * Reads the agent's configuration: files for CloudWatch Logs and how often they are sent. Whatever else the agent may be told is
 * an error that names it. https://github.com/aws/amazon-cloudwatch-agent/blob/main/translator/config/schema.json
 */
export function parseAgentConfig(text: string, instanceId: string): AgentConfig {
  const document = mapping(JSON.parse(text), "the document", ["logs"]);
  const logs = mapping(document["logs"], "logs", ["logs_collected", "force_flush_interval"]);
  const collected = mapping(logs["logs_collected"], "logs_collected", ["files"]);
  const { collect_list } = mapping(collected["files"], "files", ["collect_list"]);
  if (!Array.isArray(collect_list)) throw new UserDataError(`${AGENT_CONFIG}: [collect_list] must be a list.`);
  const flush_s = logs["force_flush_interval"] ?? FLUSH_SECONDS_DEFAULT;
  if (typeof flush_s !== "number" || flush_s < 1) {
    throw new UserDataError(`${AGENT_CONFIG}: [force_flush_interval] must be seconds, not ${JSON.stringify(flush_s)}.`);
  }
  return {
    flush_s,
    files: collect_list.map((item) => {
      const file = mapping(item, "collect_list", ["file_path", "log_group_name", "log_stream_name"]);
      const path = plain(file["file_path"], "file_path");
      return {
        path,
        group: plain(file["log_group_name"], "log_group_name"),
        stream: plain(String(file["log_stream_name"]).replaceAll("{instance_id}", instanceId), "log_stream_name"),
      };
    }),
  };
}

function mapping(value: unknown, where: string, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UserDataError(`${AGENT_CONFIG}: [${where}] must be a mapping, not ${JSON.stringify(value)}.`);
  }
  const other = Object.keys(value).find((key) => !known.includes(key));
  if (other === undefined) return value as Record<string, unknown>;
  throw new UserDataError(
    `${AGENT_CONFIG}: "${other}" in [${where}] is not modelled by the twin; it knows ${known.join(", ")}.`,
  );
}

function plain(value: unknown, key: string): string {
  if (typeof value !== "string" || value === "" || /[{}*]/.test(value)) {
    throw new UserDataError(
      `${AGENT_CONFIG}: [${key}] is ${JSON.stringify(value)}; the twin models names without patterns, and {instance_id}.`,
    );
  }
  return value;
}

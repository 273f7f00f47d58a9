import { type BootStep, bootStep } from "./boot-step.ts";
import type { ConfigFile } from "./cloud-config.ts";
import { iniText, unitFile } from "./systemd.ts";

/**
 * rsyslog writes the journal to a file, and Amazon's agent sends that file to CloudWatch Logs: the agent that reads the journal
 * itself (1.300070) is newer than the one in Amazon Linux's repository.
 */
const LOG_PACKAGES = ["rsyslog", "amazon-cloudwatch-agent"] as const;

const LOG_UNITS = ["rsyslog.service", "amazon-cloudwatch-agent.service"] as const;
/** They are stopped first, so that their last lines are sent. */
const SERVICES = "cloudy-api.service cloudy-db-agent.service";

/** What rsyslog writes of the whole journal: kernel, boot, API or agent and PostgreSQL. */
const JOURNAL_FILE = "/var/log/messages";
/** What a host that vanishes may take with it; the agent's own default. */
const FLUSH_SECONDS = 5;
/** An idle agent stays below it; a busy one collects its garbage rather than take the memory of a nano instance. */
const AGENT_MEMORY = "64MiB";

/** dnf beside a service that runs already, in the 512 MB of a nano instance. */
const INSTALL_SECONDS = 300;

/**
 * The journal, sent line by line to a stream of the instance's own in `logGroup`. It comes `after` what the instance is for, which must
 * not wait for it: rsyslog reads the journal from the boot's beginning, whenever it starts.
 */
export function logsStep(logGroup: string, after: readonly BootStep[]): BootStep {
  const step = bootStep("logs", {
    description: "Cloudy logs",
    after: after.map(({ unit }) => unit),
    commandSeconds: INSTALL_SECONDS,
    commands: [
      `/usr/bin/dnf install -y ${LOG_PACKAGES.join(" ")}`,
      "/usr/bin/systemctl daemon-reload",
      `/usr/bin/systemctl enable --now ${LOG_UNITS.join(" ")}`,
    ],
  });
  return { ...step, files: [...logFiles(logGroup), ...step.files] };
}

function logFiles(logGroup: string): readonly ConfigFile[] {
  const file = { file_path: JOURNAL_FILE, log_group_name: logGroup, log_stream_name: "{instance_id}" };
  const agent = {
    logs: { logs_collected: { files: { collect_list: [file] } }, force_flush_interval: FLUSH_SECONDS },
  };
  return [
    {
      path: "/opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.json",
      content: `${JSON.stringify(agent, undefined, 1)}\n`,
    },
    unitFile("rsyslog.service.d/cloudy.conf", { Unit: { Before: SERVICES } }),
    unitFile("amazon-cloudwatch-agent.service.d/cloudy.conf", {
      Unit: { Before: `rsyslog.service ${SERVICES}` },
      // When memory runs out, the logs go before the service.
      Service: { Environment: `GOMEMLIMIT=${AGENT_MEMORY}`, OOMScoreAdjust: "500" },
    }),
    rotation(),
    {
      path: "/etc/systemd/system/logrotate.timer.d/cloudy.conf",
      // The empty one takes back the distribution's `daily`.
      content: iniText({ Timer: { OnCalendar: ["", "hourly"] } }),
    },
  ];
}

/** In place of rsyslog's own file, which bounds nothing by size; the package leaves one that is there. */
function rotation(): ConfigFile {
  return {
    path: "/etc/logrotate.d/rsyslog",
    content: [
      `${JOURNAL_FILE} /var/log/secure /var/log/cron /var/log/maillog /var/log/spooler {`,
      "  daily",
      "  maxsize 50M",
      "  rotate 1",
      "  missingok",
      "  sharedscripts",
      "  postrotate",
      "    /usr/bin/systemctl kill -s HUP rsyslog.service >/dev/null 2>&1 || true",
      "  endscript",
      "}",
      "",
    ].join("\n"),
  };
}

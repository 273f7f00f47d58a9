import { parseCommandLine, USAGE } from "./command-line.ts";
import { UserError } from "./program/errors.ts";

/** What a shell reports for a process that was ended by Ctrl-C. */
const EXIT_INTERRUPTED = 130;

async function main(): Promise<number> {
  const options = parseCommandLine(process.argv.slice(2));
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  // Loaded late, so that --help and wrong arguments are answered at once.
  const { up } = await import("./up.ts");
  await up(options);
  return EXIT_INTERRUPTED;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    // A user's mistake is one message; anything else is ours and shows where it happened.
    if (error instanceof UserError) console.error(`Error: ${error.message}`);
    else console.error(error);
    process.exit(1);
  },
);

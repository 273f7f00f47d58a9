import { EXIT_INTERRUPTED, endWith } from "@cloudy/command-line";
import { parseCommandLine, USAGE } from "./command-line.ts";

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

endWith(main());

import { configDefaults, defineConfig } from "vitest/config";
import everyday from "./vitest.config.ts";

/** What fills the machine for minutes, one at a time: `pnpm nightly` and the nightly workflow run it. */
export default defineConfig({
  test: {
    ...everyday.test,
    include: ["packages/*/test/**/*.nightly.test.ts"],
    exclude: configDefaults.exclude,
    maxWorkers: 1,
    reporters: ["default"],
  },
});

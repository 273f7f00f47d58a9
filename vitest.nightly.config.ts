import { configDefaults, defineConfig } from "vitest/config";
import everyday from "./vitest.config.ts";

/** What fills the machine for minutes, one at a time: `pnpm nightly` runs it, and a workflow each night. */
export default defineConfig({
  test: {
    ...everyday.test,
    include: ["packages/*/test/**/*.nightly.test.ts"],
    exclude: configDefaults.exclude,
    maxWorkers: 1,
    reporters: ["default"],
  },
});

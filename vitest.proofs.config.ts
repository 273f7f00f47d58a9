import { configDefaults, defineConfig } from "vitest/config";
import everyday from "./vitest.config.ts";

/** What takes minutes: `pnpm proofs` and CI run it, `pnpm test` does not. */
export default defineConfig({
  test: {
    ...everyday.test,
    include: ["infra/test/**/*.proof.test.ts", "packages/*/test/**/*.proof.test.ts"],
    exclude: configDefaults.exclude,
    reporters: ["default", ["json", { outputFile: ".build/proof-results.json" }]],
  },
});

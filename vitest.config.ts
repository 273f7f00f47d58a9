import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "infra/test/**/*.test.ts", "packages/*/test/**/*.test.ts"],
    // Proofs that take minutes: `pnpm proofs`; those that fill the machine meanwhile: `pnpm nightly`.
    exclude: [...configDefaults.exclude, "**/*.proof.test.ts", "**/*.nightly.test.ts"],
    // Real PostgreSQL and real processes: two files at a time is what two cores carry.
    maxWorkers: 2,
    reporters: ["default", ["json", { outputFile: ".build/test-results.json" }]],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

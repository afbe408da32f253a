import { defineConfig } from 'vitest/config'

// The condition stands twice: vitest resolves imports of tests by `resolve` and those of inlined packages by `ssr.resolve`.
const conditions = ['spyglass-source', 'node', 'import', 'module', 'default']
const shared = { resolve: { conditions }, ssr: { resolve: { conditions } } }
const execArgv = ['--conditions=spyglass-source']

export default defineConfig({
  ...shared,
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/**/*.process.test.ts'],
          pool: 'forks',
          isolate: false,
          execArgv,
          testTimeout: 120_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'process',
          include: ['test/**/*.process.test.ts', 'test/e2e/**/*.test.ts'],
          pool: 'forks',
          isolate: true,
          fileParallelism: false,
          execArgv,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
})

import { defineConfig } from 'vitest/config'

// The condition is listed twice: vitest resolves imports of tests by `resolve` and those of inlined packages by `ssr.resolve`.
const conditions = ['spyglass-source', 'node', 'module'] // Vite adds import or require; here, Node would add import to every require
const shared = { resolve: { conditions }, ssr: { resolve: { conditions } } }
const execArgv = ['--conditions=spyglass-source']
/** Polls end within a test's own time; the default of one second fails on a busy machine. */
const expect = { poll: { timeout: 100_000, interval: 25 } }
/** Tests that start processes. */
const withProcesses = { pool: 'forks', isolate: true, execArgv, expect, testTimeout: 300_000, hookTimeout: 300_000 } as const

/**
 * Formats, logs, rollups, rules: what unit tests run whole. The rest is wiring that runs in processes of its own, where tests start it and
 * no coverage is measured; it counts in the total alone.
 */
const measured = [
  'agent/mbeans/src',
  ...['aggregate', 'call-site', 'contract', 'otlp', 'redact', 'registry', 'sql'].map((folder) => `agent/src/${folder}`),
  ...['alert', 'decode', 'insert', 'native', 'notify', 'rollup', 'wal'].map((folder) => `collector/src/${folder}`),
  ...['access-log', 'application', 'front'].map((folder) => `runtime/src/${folder}`),
  ...['ber', 'message', 'server', 'source', 'system', 'table', 'usm', 'vacm'].map((folder) => `snmp-bridge/src/${folder}`),
]

export default defineConfig({
  ...shared,
  test: {
    coverage: {
      provider: 'v8',
      include: ['{agent,agent/mbeans,collector,snmp-bridge,dashboards,runtime,runtime/process}/src/**/*.ts'],
      exclude: ['collector/src/console/browser/**'],
      reporter: ['text-summary', 'json-summary'],
      reportsDirectory: '.cache/coverage',
      thresholds: { lines: 80, [`{${measured.join(',')}}/**`]: { lines: 95 } },
    },
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
          expect,
          testTimeout: 120_000,
        },
      },
      {
        ...shared,
        test: {
          ...withProcesses,
          name: 'process',
          include: ['test/**/*.process.test.ts'],
          // Most of their time these tests wait for processes that start and stop.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        ...shared,
        test: {
          ...withProcesses,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: ['test/**/*.process.test.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})

import { defineConfig } from 'vitest/config'

// The condition is listed twice: vitest resolves imports of tests by `resolve` and those of inlined packages by `ssr.resolve`.
const conditions = ['spyglass-source', 'node', 'import', 'module', 'default']
const shared = { resolve: { conditions }, ssr: { resolve: { conditions } } }
const execArgv = ['--conditions=spyglass-source']

/**
 * Formats, logs, rollups, rules: what unit tests run whole. The rest is wiring that runs in processes of its own, where tests start it and
 * no coverage is measured; it counts in the total alone.
 */
const measured = [
  'agent/mbeans/src',
  ...['aggregate', 'call-site', 'contract', 'otlp', 'redact', 'registry', 'sql'].map((folder) => `agent/src/${folder}`),
  ...['alert', 'decode', 'insert', 'native', 'notify', 'rollup', 'wal'].map((folder) => `collector/src/${folder}`),
  ...['access-log', 'application'].map((folder) => `runtime/src/${folder}`),
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

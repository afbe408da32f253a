/** Serves the application as an instance does, with the admission that its argument holds; tells its port over IPC. */
import { createRegistry } from '@spyglass/agent/registry'
import { currentAgent } from '@spyglass/agent'
import { createLogger } from '@spyglass/process/logger'
import { hostApplications, HttpListener, openResources } from '@spyglass/runtime/application'
import type { ApplicationSettings } from '@spyglass/runtime/application'
import { accessLogsIn } from '../../test/support/access-logs.ts'

const [folder = '', admission = ''] = process.argv.slice(2)
const settings = JSON.parse(admission) as NonNullable<ApplicationSettings['admission']>
const around = { instance: 'bench', logger: createLogger({ process: 'bench', level: 'error' }) }
const registry = currentAgent()?.registry ?? createRegistry({ kindNamed: () => undefined })
const listener = new HttpListener({ limits: { keepAliveTimeoutMs: 600_000, maxConnections: 0 } })
await hostApplications({
  ...around,
  registry,
  applications: [{ name: 'work', folder: import.meta.dirname, contextPath: '/', startTimeoutMs: 10_000, admission: settings }],
  isolation: 'own',
  listener,
  socket: { host: '127.0.0.1', port: 0 },
  address: { host: '127.0.0.1', port: 0 },
  resources: await openResources({ ...around, registry, folder, resources: {} }),
  accessLogs: accessLogsIn(folder, around),
})
process.send?.({ port: listener.port })
process.on('disconnect', () => process.exit())

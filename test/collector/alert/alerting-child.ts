/** Alerting alone in a process: events come by IPC, pages go to the address in the argument. */
import { dataFolder, ensureSecrets, SpyglassConfig } from '@spyglass/process/config'
import { type SpyglassEvent } from '@spyglass/agent/contract'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { createLogger } from '@spyglass/process/logger'
import { createRegistry } from '@spyglass/agent/registry'
import { startAlerting } from '../../../collector/src/alert/index.ts'

const { root, url } = JSON.parse(process.argv[2] ?? '{}') as { root: string; url: string }
const config = SpyglassConfig.parse({
  data: root,
  store: { port: 9 },
  management: { port: 9 },
  alerting: { receivers: [{ name: 'pager', url }] },
})
const folder = dataFolder(root)
const alerting = await startAlerting({
  config,
  secrets: ensureSecrets(folder.secrets),
  folder,
  registry: createRegistry({ kindNamed }),
  logger: createLogger({ process: 'test', level: 'silent' }),
})
process.on('message', (event) => alerting.onEvent(event as SpyglassEvent))
process.send?.('ready')

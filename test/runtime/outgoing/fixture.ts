/** Servers elsewhere as resources of one instance, in a registry that a test reads. */
import { fileURLToPath } from 'node:url'
import pino from 'pino'
import { onTestFinished } from 'vitest'
import { createRegistry } from '@spyglass/agent'
import { kindNamed } from '@spyglass/mbeans/kinds'
import type { SpyglassConfig } from '@spyglass/process/config'
import { type Clock, systemClock } from '../../../runtime/src/clock/index.ts'
import { openResources } from '../../../runtime/src/resource/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'

/** Its node_modules has ioredis. */
const repository = fileURLToPath(new URL('../../..', import.meta.url))

type List = 'mailServers' | 'redisServers' | 'httpClients'
const TYPES = { mailServers: 'MailServer', redisServers: 'RedisServer', httpClients: 'HttpClient' } as const

/** One resource named `main`, closed when the test has ended. */
export async function openOutgoing<L extends List>(list: L, given: Partial<SpyglassConfig[L][number]>, clock: Clock = systemClock) {
  const registry = createRegistry({ kindNamed })
  const log: string[] = []
  const logger = pino({ level: 'trace' }, { write: (line: string) => void log.push(line) })
  const entry = { ...given, name: 'main' }
  const resources = await openResources({
    instance: 'http-1',
    registry,
    logger,
    folder: tempFolder(),
    clock,
    applicationFolders: [repository],
    resources: { [list]: [entry] },
  })
  onTestFinished(() => resources.close(100))
  const defaults = (resources.get(list, 'main') as { readonly config?: object }).config ?? {}
  return {
    resources,
    log,
    registry,
    face: resources.get(list, 'main'),
    configure: (changes: Partial<SpyglassConfig[L][number]>) =>
      resources.configure(list, [{ ...defaults, ...entry, ...changes } as unknown as SpyglassConfig[L][number]]),
    read: (attribute: string) => registry.find(`spyglass:type=${TYPES[list]},instance=http-1,name=main`)?.read(attribute),
  }
}

/** Instances of the sale on one SQLite file, in this process. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { kinds } from '@spyglass/mbeans/kinds'
import { createRegistry } from '@spyglass/agent/registry'
import { openResources } from '@spyglass/runtime/application'
import { Ledger } from '../../../examples/flash-sale/src/ledger.ts'

export const logger = pino({ enabled: false })
export const newRegistry = () => createRegistry({ kindNamed: (name) => Object.values(kinds).find((kind) => kind.name === name) })

export async function openLedgers(count: number, items: number) {
  const folder = mkdtempSync(join(tmpdir(), 'spyglass-sale-'))
  const opened = await Promise.all(
    Array.from({ length: count }, (_, at) =>
      openResources({
        instance: `sale-${at}`,
        registry: newRegistry(),
        logger,
        folder,
        resources: {
          datasources: [{ name: 'sale', driver: 'sqlite', file: 'sale.db', max: 2, acquireTimeoutMs: 100_000, maxWaiting: 10_000 }],
        },
      }),
    ),
  )
  const ledgers = opened.map((resources) => new Ledger(resources.datasource('sale')))
  for (const ledger of ledgers) await ledger.open(items)
  return {
    ledgers,
    database: opened[0]!.datasource('sale'),
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((resources) => resources.close(1000)))
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

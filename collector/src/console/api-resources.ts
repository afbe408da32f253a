/** The API over live resources: instances and pools from the management endpoint, alerts from the evaluator. */
import type { SpyglassConfig } from '@spyglass/process/config'
import { codeOf, messageOf, serviceInstanceId } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import type { FastifyInstance } from 'fastify'
import type { Alerting } from '../alert/index.ts'
import { type ManagedResource, type ManagementClient, type QueryClient, textOf, timeParameter } from '../query/index.ts'

export interface ResourcesApiOptions {
  readonly config: SpyglassConfig
  readonly management: ManagementClient
  readonly query: QueryClient
  readonly alerting: Pick<Alerting, 'incidents' | 'deliveries'> | undefined
  /** Whether the server was started with `--demo`. Default: false. */
  readonly demo?: boolean
  readonly now: () => number
}

export function addResourcesApi(app: FastifyInstance, options: ResourcesApiOptions): void {
  const { management, alerting, config, demo = false } = options

  app.get('/api/v1/instances', async () => {
    const [server = [], instances = [], applications = []] = await management.read([kinds.server, kinds.instance, kinds.application])
    return { server: server[0]?.values, instances: rowsOf(instances), applications: applications.map(withRefusals) }
  })

  app.get('/api/v1/pools', async () => {
    const [pools = [], borrowers = [], server = []] = await management.read([kinds.datasource, kinds.borrower, kinds.server])
    const serverId = textOf(server[0]?.values['id'])
    return {
      pools: pools.map((pool) => ({
        ...withStacks(pool, borrowers),
        instanceId: serviceInstanceId(textOf(pool.values['instance']), serverId),
      })),
    }
  })

  app.get('/api/v1/alerts', async () => ({
    owner: config.alerting.owner,
    demo,
    receivers: config.alerting.receivers.map(({ name, type }) => ({
      name,
      type,
      ...alerting?.deliveries().find(({ receiver }) => receiver === name),
    })),
    available: alerting !== undefined,
    incidents: alerting?.incidents() ?? [],
  }))

  app.get('/api/v1/status', () => statusOf(options))
}

/** What works, and why the rest does not. Also used by /ready. */
export async function statusOf({ config, management, query, alerting, now }: ResourcesApiOptions): Promise<Status> {
  const time = now()
  const parameters = { from: timeParameter(time - 60_000), to: timeParameter(time), service: '', limit: 1 }
  const [store, managed] = await Promise.all([
    partOf(query.rows('services', { parameters, timeoutMs: 2000 })),
    partOf(management.read([kinds.server], 2000)),
  ])
  const firing = (alerting?.incidents() ?? []).filter(({ state }) => state === 'firing')
  const unacknowledged = firing.filter(({ acknowledged }) => !acknowledged).length
  return { server: config.server.name, time, store, management: managed, firing: firing.length, unacknowledged }
}

export interface Status {
  readonly server: string
  /** Clock of the server: ranges of the console end here. */
  readonly time: number
  readonly store: PartStatus
  readonly management: PartStatus
  /** Firing alerts. */
  readonly firing: number
  /** Of those, what nobody has acknowledged. */
  readonly unacknowledged: number
}

export interface PartStatus {
  readonly ok: boolean
  readonly code?: string
  readonly reason?: string
}

async function partOf(attempt: Promise<unknown>): Promise<PartStatus> {
  try {
    await attempt
    return { ok: true }
  } catch (error) {
    const code = codeOf(error)
    return { ok: false, ...(code ? { code } : {}), reason: messageOf(error) }
  }
}

const rowsOf = (resources: readonly ManagedResource[]): unknown[] => resources.map(({ name, values }) => ({ objectName: name, ...values }))

const withRefusals = ({ name, values }: ManagedResource): Record<string, unknown> => ({
  objectName: name,
  ...values,
  refusals: tableRows(values['refusals']),
})

/** Stacks are on the borrowers, which are registered after a second; the pool's own table has the rest immediately. */
function withStacks({ name, values }: ManagedResource, borrowers: readonly ManagedResource[]): Record<string, unknown> {
  const own = borrowers.filter((one) => one.values['instance'] === values['instance'] && one.values['datasource'] === values['name'])
  const stacks = new Map(own.map((one) => [String(one.values['connection']), one.values['stack']]))
  return {
    objectName: name,
    ...values,
    borrowers: tableRows(values['borrowers']).map((holder) => ({ ...holder, stack: stacks.get(textOf(holder['connection'])) ?? [] })),
  }
}

/** Jolokia writes tabular data as an object by key; lists are taken as they are. */
function tableRows(table: unknown): Record<string, unknown>[] {
  const isRow = (row: unknown): row is Record<string, unknown> => typeof row === 'object' && row !== null
  if (Array.isArray(table)) return table.filter(isRow)
  return isRow(table) ? Object.values(table).filter(isRow) : []
}

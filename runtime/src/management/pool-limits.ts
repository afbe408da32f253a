/** Whether the pools of a server may open more connections together than a database accepts. */
import { objectNameOf } from '@spyglass/agent/contract'
import type { Registry } from '@spyglass/agent/registry'
import { kinds } from '@spyglass/mbeans/kinds'

export interface ExceededLimit {
  /** `host:port` */
  readonly server: string
  readonly pools: number
  /** What the pools may open, and what the database accepts. */
  readonly connections: number
  readonly accepted: number
}

type Values = Readonly<Record<string, unknown>>

const serverOf = (target: unknown): string => (typeof target === 'string' ? (target.split('/', 1)[0] ?? '') : '')

/** By the attributes of all pools. The databases of one server share its connections; a pool that has not connected yet counts as well. */
export function exceededLimits(pools: readonly Values[]): readonly ExceededLimit[] {
  const servers = Map.groupBy(pools, ({ target }) => serverOf(target))
  return [...servers].flatMap(([server, of]) => {
    const connections = of.reduce((sum, { maxConnections }) => sum + Number(maxConnections ?? 0), 0)
    const accepted = Math.min(...of.map(({ serverConnections }) => Number(serverConnections ?? Number.POSITIVE_INFINITY)))
    return connections > accepted ? [{ server, pools: of.length, connections, accepted }] : []
  })
}

export const limitText = ({ server, pools, connections, accepted }: ExceededLimit): string =>
  `${pools} pools may open ${connections} connections to ${server}, which accepts ${accepted}; lower max, or raise the limit of the database`

/** Tells each limit once, when it begins to be exceeded. Call the result now and then. */
export function poolLimitWatch(registry: Registry): () => void {
  let told: ReadonlySet<string> = new Set()
  return () => {
    const beans = [...registry.beans()].filter(({ kind }) => kind.name === kinds.datasource.name)
    const limits = exceededLimits(
      beans.map((bean) => ({
        target: bean.read('target'),
        maxConnections: bean.read('maxConnections'),
        serverConnections: bean.read('serverConnections'),
      })),
    )
    for (const limit of limits) {
      const { server, connections, accepted } = limit
      const bean = beans.find((one) => serverOf(one.read('target')) === server)
      if (told.has(server) || !bean) continue
      registry.emit({
        name: 'spyglass.datasource.oversized',
        resource: objectNameOf(kinds.datasource, bean.keys),
        message: limitText(limit),
        attributes: { server, connections, accepted },
      })
    }
    told = new Set(limits.map(({ server }) => server))
  }
}

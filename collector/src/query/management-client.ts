/** Reads the managed resources of all processes from the management endpoint: one Jolokia bulk, one answer. */
import { ownPort, type SpyglassConfig } from '@spyglass/process/checked-config'
import { ownConnection, type OwnFetch } from '@spyglass/process/own-client'
import { messageOf, type ResourceKind } from '@spyglass/agent/contract'
import { fail } from './errors.ts'

/** One resource with the values of its attributes as Jolokia writes them. */
export interface ManagedResource {
  readonly name: string
  readonly values: Readonly<Record<string, unknown>>
}

export interface ManagementClient {
  /**
   * All resources of each kind, in the order of `kinds`. A kind without resources gives an empty list.
   * @throws SPY_MANAGEMENT_UNREACHABLE, SPY_MANAGEMENT_INVALID
   */
  read(kinds: readonly ResourceKind[], timeoutMs?: number): Promise<readonly (readonly ManagedResource[])[]>
}

const DEFAULT_TIMEOUT_MS = 3000

/** `token`: the internal one, for a port that needs credentials. */
export function createManagementClient(config: SpyglassConfig, token = ''): ManagementClient {
  const connection = ownConnection(ownPort(config, 'management'), token)
  const url = `${connection.url}/jolokia`
  return {
    async read(kinds, timeoutMs = DEFAULT_TIMEOUT_MS) {
      const bulk = kinds.map((kind) => ({
        type: 'read',
        mbean: `${kind.domain}:type=${kind.type},*`,
        config: { ignoreErrors: true },
      }))
      const answers = await post(connection.fetch, url, JSON.stringify(bulk), timeoutMs)
      if (!Array.isArray(answers) || answers.length !== kinds.length) throw fail('SPY_MANAGEMENT_INVALID', [url, 'not a list of answers'])
      return answers.map(resourcesOf)
    },
  }
}

async function post(ask: OwnFetch, url: string, body: string, timeoutMs: number): Promise<unknown> {
  const response = await ask(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((error: unknown) => {
    throw fail('SPY_MANAGEMENT_UNREACHABLE', [url, messageOf(error)], error)
  })
  if (!response.ok) throw fail('SPY_MANAGEMENT_INVALID', [url, `status ${response.status}`])
  return response.json().catch((error: unknown) => {
    throw fail('SPY_MANAGEMENT_INVALID', [url, messageOf(error)], error)
  })
}

/** A pattern without a match gets 404: there are no resources of that kind, which is not an error. */
function resourcesOf(answer: unknown): ManagedResource[] {
  if (!isRecord(answer) || answer['status'] !== 200 || !isRecord(answer['value'])) return []
  return Object.entries(answer['value']).flatMap(([name, values]) => (isRecord(values) ? [{ name, values }] : []))
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Asks the console of the collector that the server of a data folder belongs to. */
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { type Checked, consoleUrl, dataFolder, locateData, ownPort, readCheckedPair } from '@spyglass/process/checked-config'
import { ownConnection, type OwnFetch, type OwnResponse } from '@spyglass/process/own-client'
import { fail } from '../errors.ts'
import { textOption, type Values } from './parse.ts'

const PATIENCE_MS = 130_000

export interface Collector {
  readonly url: string
  /** As people reach the console. */
  readonly publicUrl: string
  readonly fetch: OwnFetch
}

/** The one that the server of the data folder belongs to. @throws SPY_COLLECTOR_UNREACHABLE */
export async function collectorOf(values: Values): Promise<Collector> {
  const root = await locateData({ file: textOption(values, 'config'), data: textOption(values, 'data') })
  const { config, secrets } = checkedIn(root)
  const { url, fetch } = ownConnection(ownPort(config, 'console'), secrets.internal.token)
  const { user, password } = secrets.console
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  return { url, publicUrl: consoleUrl(config), fetch: (address, request) => fetch(address, { ...request, headers: { authorization } }) }
}

/** The answer to a path below `/api/v1/`. @throws SPY_COLLECTOR_UNREACHABLE, SPY_COLLECTOR_FORBIDDEN, SPY_COLLECTOR_REFUSED */
export async function askCollector({ url, fetch }: Collector, path: string): Promise<OwnResponse> {
  const answer = await answerOf(() => fetch(`${url}/api/v1/${path}`, { signal: AbortSignal.timeout(PATIENCE_MS) }), url)
  if (answer.status === 401 || answer.status === 403) throw fail('SPY_COLLECTOR_FORBIDDEN', [url])
  if (!answer.ok) throw fail('SPY_COLLECTOR_REFUSED', [url, problemIn(await answer.text())])
  return answer
}

function checkedIn(root: string): Checked {
  try {
    return readCheckedPair(dataFolder(root).run)
  } catch (error) {
    throw fail('SPY_COLLECTOR_UNREACHABLE', [`of the data folder ${root}`, messageOf(error)], error)
  }
}

async function answerOf(call: () => Promise<OwnResponse>, url: string): Promise<OwnResponse> {
  try {
    return await call()
  } catch (error) {
    throw fail('SPY_COLLECTOR_UNREACHABLE', [`at ${url}`, codeOf(error) ?? messageOf(error)], error)
  }
}

function problemIn(body: string): string {
  try {
    const { code = '', detail = body } = JSON.parse(body) as { code?: string; detail?: string }
    return `${detail} ${code && `(${code})`}`.trim()
  } catch {
    return body.slice(0, 200) // not ours: a proxy, perhaps
  }
}

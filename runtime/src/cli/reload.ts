/** `spyglass reload`: asks the management process, with the console's credentials from the data folder. */
import { dataFolder, readSecrets, type SpyglassConfig } from '@spyglass/process/config'
import { fail } from '../errors.ts'

/** Resolves with what was done. */
export async function reload(config: SpyglassConfig, instance = ''): Promise<string> {
  const { host, port } = config.management
  const url = `http://${host}:${port}/api/v1/reload`
  const { user, password } = readSecrets(dataFolder(config.data).secrets).console
  const response = await send(url, `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`, instance)
  const { message } = (await response.json()) as { message: string }
  if (!response.ok) throw fail('SPY_SERVER_REFUSED', [message])
  return message
}

async function send(url: string, authorization: string, instance: string): Promise<Response> {
  try {
    const headers = { authorization, 'content-type': 'application/json' }
    return await fetch(url, { method: 'POST', headers, body: JSON.stringify({ instance }), signal: AbortSignal.timeout(120_000) })
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw fail('SPY_SERVER_UNREACHABLE', [url, cause instanceof Error ? cause.message : String(cause)], error)
  }
}

/** Sends events as OTLP log records. The same events make the same bytes, whichever process sends them. */
import { certificateFiles, ownPort, ownUrl } from '@spyglass/process/checked-config'
import type { OwnProcess } from '@spyglass/process/own-process'
import { serverIdentity } from '@spyglass/process/server-identity'
import { attr, originAttributes } from '@spyglass/agent/contract'
import { createPoster, encodeRequest, eventLogRecord, otlpBaseUrl, ProtobufWriter, writeLog } from '@spyglass/agent/otlp'
import { version } from '../../version.ts'
import type { JournalEntry } from '../journal/journal-state.ts'
import type { Post } from './event-sender.ts'

const TIMEOUT_MS = 10_000

export function otlpPost({ config, folder, secrets }: Pick<OwnProcess, 'config' | 'folder' | 'secrets'>, process: string): Post {
  const collector = ownPort(config, 'collector')
  const { endpoint } = config.agent
  const url = new URL('v1/logs', otlpBaseUrl(endpoint ?? ownUrl(collector)))
  // Only a known sender's events reach the table of events and the alert rules. The token is for our own collector, not for another's.
  const own = { trust: { trusted: certificateFiles(collector) }, headers: { authorization: `Bearer ${secrets.otlp.token}` } }
  const poster = createPoster({ ...(endpoint === undefined ? own : { trust: {}, headers: {} }), gzip: false, timeoutMs: TIMEOUT_MS })
  const resource = {
    [attr.serviceName]: config.server.name,
    [attr.serviceVersion]: version,
    ...originAttributes({ server: config.server.name, serverId: serverIdentity(folder), process }),
  }
  const writer = new ProtobufWriter()
  function bodyOf(entries: readonly JournalEntry[]): Buffer {
    const records = entries.map(({ event }) => {
      writeLog(writer, eventLogRecord(event))
      return { bytes: writer.take(), scope: undefined }
    })
    return encodeRequest(writer, records, { resource, scope: { name: 'spyglass' } })
  }

  return async (entries) => await poster.post(url, bodyOf(entries))
}

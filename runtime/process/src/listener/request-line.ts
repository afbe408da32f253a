/** The first line of a request that the parser refused: what the access log can still say of it. */
import { codeOf } from '@spyglass/agent/contract'
import type { RefusalReason } from './refusal.ts'

export interface RequestLine {
  readonly method: string
  readonly url: string
  readonly httpVersion: string
}

const MAX_LINE = 8192
const LINE = /^([A-Z][A-Z-]{0,19}) (\S+) HTTP\/(\d\.\d)$/

/** Undefined when the bytes do not begin with a request line. */
export function requestLineOf(packet: Uint8Array | undefined): RequestLine | undefined {
  if (!packet) return undefined
  const head = Buffer.from(packet.buffer, packet.byteOffset, Math.min(packet.byteLength, MAX_LINE)).toString('latin1')
  const end = head.indexOf('\r\n')
  const found = LINE.exec(end < 0 ? head : head.slice(0, end))
  if (!found) return undefined
  const [, method = '', url = '', httpVersion = ''] = found
  return { method, url, httpVersion }
}

/** What is wrong with a request that Node's parser or its clock refused. Undefined when the client is simply gone. */
export function reasonOfClientError(error: Error, isUploading: boolean): RefusalReason | undefined {
  const code = codeOf(error) ?? ''
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return isUploading ? 'request_timeout' : 'request_header_timeout'
  if (code === 'HPE_HEADER_OVERFLOW') return 'header_overflow'
  return code.startsWith('HPE_') ? 'malformed_request' : undefined
}

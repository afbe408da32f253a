/** Requests of HTTP/2 servers, by Node's channels for streams: those of the stream API, of the compatible one, and of gRPC, whichever library serves it. */
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { UNRECORDED } from '../contract/request-marks.ts'
import { attempt, guarded } from '../guard/guard.ts'
import { enterRequestContext } from '../recorder/context.ts'
import { isIgnored } from '../recorder/ignored-paths.ts'
import { http2Request } from '../recorder/kinds/http2-request.ts'
import { isRpc, rpcMethodOf, servedRpc } from '../recorder/kinds/rpc.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { onChannel } from './channels.ts'
import { bringHere, handleOf } from './events-here.ts'
import { recordOf, setRecordOf } from './http-server.ts'
import type { Instrumentation } from './instrumentation.ts'

interface StreamMessage {
  readonly stream: ServerHttp2Stream
  readonly headers: IncomingHttpHeaders
}

export const http2Server: Instrumentation = {
  name: 'http2-server',
  by: 'channel',
  records: 'requests of node:http2 servers, of both APIs; calls of gRPC with method and status (from Node.js 24.2 on)',
  kinds: [http2Request.name, servedRpc.name],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  attach({ recorder }) {
    const onStreamClose = guarded('http2.server.close', (stream: ServerHttp2Stream) => {
      const record = recordOf(stream)
      setRecordOf(stream, undefined)
      if (record) recorder.endRoot(record)
    })
    function onClose(this: ServerHttp2Stream): void {
      onStreamClose(this)
    }
    onChannel('http2.server.stream.start', (message: StreamMessage) => {
      if (isForeign(message.stream) || isIgnored(message.headers[':path'])) return
      begin(recorder, message)
      message.stream.on('close', onClose)
    })
  },
}

/** Streams that the server itself opens to push have even numbers. */
function isForeign({ id = 0, session }: ServerHttp2Stream): boolean {
  return id % 2 === 0 || (session as { [UNRECORDED]?: true } | undefined)?.[UNRECORDED] === true
}

function begin(recorder: Recorder, { stream, headers }: StreamMessage): void {
  const clientAddress = attempt('http2.server.address', () => stream.session?.socket.remoteAddress, undefined)
  const isCall = isRpc(headers['content-type'])
  const record = recorder.beginRoot(isCall ? servedRpc : http2Request, { stream, headers, clientAddress })
  if (isCall) record.routeTemplate = rpcMethodOf(headers[':path'])
  enterRequestContext(record.requestContext)
  setRecordOf(stream, record)
  bringHere(handleOf(stream))
}

/**
 * Upgrade requests and CONNECT, which Node hands to a server's listeners for `upgrade` and `connect` without telling any channel. The listener runs in a
 * root that ends when something was answered on the socket and nothing that was recorded runs.
 */
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { UNRECORDED } from '../contract/request-marks.ts'
import { attempt, guarded } from '../guard/guard.ts'
import { runInRequestContext } from '../recorder/context.ts'
import { endWhenIdle } from '../recorder/end-when-idle.ts'
import { isIgnored } from '../recorder/ignored-paths.ts'
import { type Upgrade, httpUpgrade } from '../recorder/kinds/http-upgrade.ts'
import type { Recorder } from '../recorder/recorder.ts'
import type { TraceRecord } from '../recorder/trace-record.ts'
import { onBuiltin } from './builtins.ts'
import { bringHere, handleOf } from './events-here.ts'
import type { Instrumentation } from './instrumentation.ts'
import { patchListeners } from './listeners.ts'

type OnUpgrade = (this: Server, request: IncomingMessage, socket: Duplex, ...rest: unknown[]) => unknown

const RECORD = Symbol('spyglass.upgrade')

const URL_OF = Symbol('spyglass.upgradeUrl')

interface UpgradedSocket extends Duplex {
  [RECORD]?: TraceRecord
  [URL_OF]?: string
  readonly [UNRECORDED]?: true
}

export const httpUpgrades: Instrumentation = {
  name: 'http-upgrade',
  by: 'module hook',
  records: 'upgrades to WebSocket and others, and CONNECT, of node:http and node:https servers',
  kinds: [httpUpgrade.name],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  attach({ recorder }) {
    const patch = ({ Server: { prototype } }: { readonly Server: { readonly prototype: Server } }): void =>
      patchListeners(prototype, (event, listener) =>
        event === 'upgrade' || event === 'connect' ? recordedListener(recorder, listener as OnUpgrade) : undefined,
      )
    onBuiltin('http', patch)
    onBuiltin('https', patch)
  },
}

/** The URL of the request by which a socket was upgraded; empty when none was recorded. */
export function upgradeUrlOf(socket: object | undefined): string {
  return (socket as UpgradedSocket | undefined)?.[URL_OF] ?? ''
}

function recordedListener(recorder: Recorder, listener: OnUpgrade): OnUpgrade {
  return function upgradeRecorded(request, socket, ...rest) {
    const record = attempt('http.upgrade', () => recordFor(recorder, request, socket), undefined)
    return record
      ? runInRequestContext(record.requestContext, () => listener.call(this, request, socket, ...rest))
      : listener.call(this, request, socket, ...rest)
  }
}

/** A server may have several listeners: the first begins the record, and all run in it. */
function recordFor(recorder: Recorder, request: IncomingMessage, socket: UpgradedSocket): TraceRecord | undefined {
  const present = socket[RECORD]
  if (present || socket[UNRECORDED] || isIgnored(request.url)) return present
  const detail: Upgrade = { request, status: 0 }
  const record = recorder.beginRoot(httpUpgrade, detail)
  socket[RECORD] = record
  socket[URL_OF] = request.url ?? ''
  runInRequestContext(record.requestContext, () => bringHere(handleOf(socket)))
  watchAnswer(socket, (status) => {
    detail.status = status
    setImmediate(guarded('http.upgrade', () => endWhenIdle(recorder, record)))
  })
  return record
}

/** Calls `answered` once, with the status of the head that is written, or 0 when the socket closes before. */
function watchAnswer(socket: Duplex, answered: (status: number) => void): void {
  const [write, end] = [Reflect.get(socket, 'write'), Reflect.get(socket, 'end')] as [Duplex['write'], Duplex['end']]
  const once = guarded('http.upgrade.answer', (status: number) => {
    if (socket.write === watchedWrite) socket.write = write
    if (socket.end === watchedEnd) socket.end = end
    socket.removeListener('close', onClose)
    answered(status)
  })
  const look = (chunk: unknown): void => {
    const status = statusIn(chunk)
    if (status > 0) once(status)
  }
  const watchedWrite = function (this: Duplex, ...args: unknown[]): boolean {
    look(args[0])
    return Reflect.apply(write, this, args)
  } as Duplex['write']
  const watchedEnd = function (this: Duplex, ...args: unknown[]): Duplex {
    look(args[0])
    return Reflect.apply(end, this, args)
  } as Duplex['end']
  const onClose = (): void => once(0)
  socket.write = watchedWrite
  socket.end = watchedEnd
  socket.once('close', onClose)
}

const HEAD = /^HTTP\/1\.[01] (\d{3})/

function statusIn(chunk: unknown): number {
  const text = typeof chunk === 'string' ? chunk : chunk instanceof Uint8Array ? Buffer.from(chunk.subarray(0, 16)).toString('latin1') : ''
  return Number(HEAD.exec(text.slice(0, 16))?.[1] ?? 0)
}

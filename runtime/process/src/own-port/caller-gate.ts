/** Refuses pages of other sites and names that are not ours, on every port of our own. */
import { foreignCaller } from '@spyglass/agent/contract'
import type { IncomingMessage } from 'node:http'
import type { OwnPort } from '../config/own-ports.ts'
import type { Gate } from '../listener/index.ts'

/** Load balancers may ask `isOpen` requests under any name. */
export function callerGate(
  {
    section,
    hostNames,
    checksHostEverywhere,
    origins,
    links,
  }: Pick<OwnPort, 'section' | 'hostNames' | 'checksHostEverywhere' | 'origins' | 'links'>,
  isOpen: (request: IncomingMessage) => boolean,
): Gate {
  const rules = { hostNames, checksHostEverywhere, origins }
  return (request) => {
    if (isOpen(request)) return undefined
    const { method, headers, socket } = request
    const isReading = method === 'GET' || method === 'HEAD'
    const foreign = foreignCaller({ headers, localAddress: socket.localAddress }, { ...rules, links: links && isReading })
    if (foreign?.part === 'origin') return section === 'collector' ? 'foreign_telemetry' : 'foreign_origin'
    return foreign && 'foreign_host'
  }
}

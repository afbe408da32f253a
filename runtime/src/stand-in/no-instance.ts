/** What a listener without an instance answers: 503, for the application that the request is for. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { AccessLogs } from '../access-log/index.ts'
import { normaliseContextPath, originForm } from '../front/context-path.ts'
import { type HostNames, HostTable } from '../front/host-table.ts'
import { UNCLAIMED, Unclaimed } from '../front/unclaimed.ts'
import { answerOnSocket, type RefusalReason, type RefusedRequest, type RequestEvent, type Traffic } from '@spyglass/process/listener'

export interface NoInstanceOptions {
  readonly applications: readonly { readonly name: string; readonly host: string; readonly contextPath: string }[]
  readonly hosts: readonly HostNames[]
  readonly accessLogs: AccessLogs
}

interface Absent {
  readonly host: string
  readonly contextPath: string
  readonly owner: Unclaimed
}

export class NoInstance implements Traffic {
  readonly #table: HostTable<Absent>
  readonly #owners: readonly Unclaimed[]
  readonly #unclaimed: Unclaimed

  constructor({ applications, hosts, accessLogs }: NoInstanceOptions) {
    const ownerOf = (name: string, contextPath = ''): Unclaimed => new Unclaimed(accessLogs.open(name), { name, contextPath })
    const absent = applications.map(({ name, host, contextPath }): Absent => {
      const path = normaliseContextPath(contextPath)
      return { host, contextPath: path, owner: ownerOf(name, path) }
    })
    this.#table = new HostTable(hosts, absent)
    this.#unclaimed = ownerOf(UNCLAIMED)
    this.#owners = [...absent.map(({ owner }) => owner), this.#unclaimed]
  }

  request(_event: RequestEvent, request: IncomingMessage, response: ServerResponse): void {
    this.refused(request, response, 'no_instance')
  }

  /** The connection is closed with the answer, so that the next request reaches an instance. */
  refused(request: IncomingMessage, response: ServerResponse, reason: RefusalReason): void {
    if (request.httpVersionMajor < 2) response.setHeader('connection', 'close')
    const found = this.#table.find(request.headers.host, originForm(request.url ?? '/'))
    ;(found?.owner ?? this.#unclaimed).refuse(request, response, reason)
  }

  upgrade(_request: IncomingMessage, socket: Duplex): void {
    answerOnSocket(socket, 'no_instance')
  }

  unreadable(refused: RefusedRequest): void {
    this.#unclaimed.unreadable(refused)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#owners.map((owner) => owner.stop()))
  }
}

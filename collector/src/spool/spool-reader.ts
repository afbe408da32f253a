/**
 * Delivers what processes of this machine left in their spools (docs/decisions/011): they were killed, crashed, or exited without sending.
 * A mark in each folder tells agents that somebody reads it.
 */
import { closeSync, constants, lstatSync, lutimesSync, openSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'
import process from 'node:process'
import { codeOf } from '@spyglass/agent/contract'
import { deliverSpools, portOf, readerMark, type SpoolContent, type SpoolHeader } from '@spyglass/agent/spool'
import type { Logger } from '@spyglass/process/logger'
import type { Signal } from '../decode/index.ts'
import { logCrashed } from './crashed-requests.ts'

export interface SpoolReaderOptions {
  /** The server's own folder: everything in it is for this collector. */
  readonly ownFolder: string
  /** Folders of others, where only what was meant for this collector is. */
  readonly otherFolders: readonly string[]
  /** OTLP over HTTP of this collector. */
  readonly port: number
  /** Durable when it resolves; all errors but SPY_OTLP_MALFORMED are of now, and it is retried. */
  readonly accept: (signal: Signal, body: Buffer) => Promise<void>
  readonly logger: Logger
  /** Folder of the access logs: requests that ran when an instance of this server ended get their lines. */
  readonly accessLogs?: string | undefined
  /** Default 2000. */
  readonly intervalMs?: number
}

const INTERVAL_MS = 2000

export class SpoolReader {
  readonly #options: SpoolReaderOptions
  #timer: NodeJS.Timeout | undefined
  /** Of each folder, the spools that are for others: an application alone leaves many, and their headers do not change. */
  readonly #refused = new Map<string, Set<string>>()
  #round: Promise<unknown> = Promise.resolve()
  /** Spools delivered so far. */
  delivered = 0

  constructor(options: SpoolReaderOptions) {
    this.#options = options
  }

  start(): void {
    const round = (): void => {
      this.#round = this.readOnce().finally(() => {
        if (this.#timer) this.#timer = setTimeout(round, this.#options.intervalMs ?? INTERVAL_MS).unref()
      })
    }
    this.#timer = setTimeout(round, 0).unref()
  }

  /** Waits for the spool being read. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#round
  }

  /** Reads each folder once. */
  async readOnce(): Promise<void> {
    const { ownFolder, otherFolders } = this.#options
    for (const folder of new Set([ownFolder, ...otherFolders])) await this.#readFolder(folder, folder === ownFolder)
  }

  async #readFolder(folder: string, isOwn: boolean): Promise<void> {
    try {
      if (!isMarked(folder, this.#options.port)) return
      this.delivered += await deliverSpools({
        folder,
        accepts: (_spool, header) => isOwn || this.#isMeantForUs(header),
        refused: this.#refusedIn(folder),
        deliver: async (content) => await this.#deliver(content),
      })
    } catch (error) {
      this.#options.logger.warn({ err: error, folder }, 'cannot read spools; retrying')
    }
  }

  #refusedIn(folder: string): Set<string> {
    let refused = this.#refused.get(folder)
    if (!refused) this.#refused.set(folder, (refused = new Set()))
    return refused
  }

  #isMeantForUs({ endpoint }: SpoolHeader): boolean {
    const url = URL.parse(endpoint)
    return url !== null && portOf(url) === String(this.#options.port) && isThisMachine(url.hostname)
  }

  async #deliver(content: SpoolContent): Promise<boolean> {
    const { header, requests } = content
    const { logger, accept, accessLogs } = this.#options
    for (const { signal, body } of requests) {
      try {
        await accept(signal, body)
      } catch (error) {
        if (codeOf(error) !== 'SPY_OTLP_MALFORMED') return false
        logger.warn({ err: error, signal, service: header.resource['service.name'] }, 'the collector refused a request from a spool')
      }
    }
    if (accessLogs !== undefined)
      await logCrashed(accessLogs, content).catch((err: unknown) => logger.warn({ err }, 'cannot write to an access log'))
    logger.info(
      { service: header.resource['service.name'], pid: header.pid, requests: requests.length },
      'took over the spool of a process that exited',
    )
    return true
  }
}

/** Marks the folder as read; false when it does not exist, or its content cannot be trusted to belong to its user. */
function isMarked(folder: string, port: number): boolean {
  try {
    if (!isOwnFolder(folder)) return false
    const mark = readerMark(folder, port)
    closeSync(openSync(mark, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW, 0o600))
    const now = new Date()
    lutimesSync(mark, now, now)
    return true
  } catch {
    return false // nothing has been left there yet, or only its user can write to it
  }
}

/** Root may read everyone's. */
function isOwnFolder(folder: string): boolean {
  const found = lstatSync(folder)
  const uid = process.getuid?.()
  return found.isDirectory() && (uid === undefined || uid === 0 || found.uid === uid)
}

function isThisMachine(host: string): boolean {
  if (host === 'localhost' || host === '[::1]' || host.startsWith('127.') || host === hostname()) return true
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return addresses.some(({ address }) => address === host.replaceAll(/[[\]]/g, ''))
}

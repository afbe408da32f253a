/**
 * Delivers what processes of this machine left in their spools (docs/decisions/011): they were killed, crashed, or exited without sending.
 * A mark in each folder tells agents that somebody reads it.
 */
import { closeSync, constants, lstatSync, lutimesSync, openSync, readdirSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { codeOf } from '@spyglass/agent/contract'
import { deliverSpools, portOf, readerMark, type SpoolContent, type SpoolHeader } from '@spyglass/agent/spool'
import type { AccessLogConfig } from '@spyglass/process/checked-config'
import type { Logger } from '@spyglass/process/logger'
import type { Signal } from '../decode/index.ts'
import { logCrashed } from './crashed-requests.ts'

export interface SpoolReaderOptions {
  /** The server's own folder: everything in it is for this collector. */
  readonly ownFolder: string
  /** Applications that are kept apart have a spool in a home of their own, `<homes>/NAME/spool`; what is in it is for this collector, too. */
  readonly homes?: string
  /** Folders of others, where only what was meant for this collector is. */
  readonly otherFolders: readonly string[]
  /** OTLP over HTTP of this collector. */
  readonly port: number
  /** Durable when it resolves; all errors but SPY_OTLP_MALFORMED are of now, and it is retried. */
  readonly accept: (signal: Signal, body: Buffer) => Promise<void>
  readonly logger: Logger
  /** The access log of an application: requests that ran when an instance of this server ended get their lines. */
  readonly accessLogOf?: (application: string) => AccessLogConfig
  /** Default 2000. */
  readonly intervalMs?: number
}

const INTERVAL_MS = 2000
/** Every so many rounds those that are for others are looked at for their age and size. */
const THOROUGH_EVERY = 30

export class SpoolReader {
  readonly #options: SpoolReaderOptions
  #timer: NodeJS.Timeout | undefined
  /** Of each folder, the spools that are for others: an application alone leaves many, and their headers do not change. */
  readonly #refused = new Map<string, Set<string>>()
  #round: Promise<unknown> = Promise.resolve()
  #rounds = 0
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
    const { ownFolder, otherFolders, homes } = this.#options
    this.#rounds++
    await this.#readFolder(ownFolder, { isOwn: true })
    for (const application of homes === undefined ? [] : foldersIn(homes))
      await this.#readFolder(join(homes!, application, 'spool'), { isOwn: true, application })
    for (const folder of new Set(otherFolders)) if (folder !== ownFolder) await this.#readFolder(folder, { isOwn: false })
  }

  async #readFolder(folder: string, { isOwn, application }: Whose): Promise<void> {
    try {
      if (!isMarked(folder, this.#options.port)) return
      this.delivered += await deliverSpools({
        folder,
        accepts: (_spool, header) => isOwn || this.#isMeantForUs(header),
        refused: this.#refusedIn(folder),
        isThorough: this.#rounds % THOROUGH_EVERY === 1,
        deliver: async (content) => await this.#deliver(content, application),
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

  /** `application`: what runs there may say anything, but only of itself. */
  async #deliver(content: SpoolContent, application?: string): Promise<boolean> {
    const { header, requests } = content
    const { logger, accept, accessLogOf } = this.#options
    for (const { signal, body } of requests) {
      try {
        await accept(signal, body)
      } catch (error) {
        if (codeOf(error) !== 'SPY_OTLP_MALFORMED') return false
        logger.warn({ err: error, signal, service: header.resource['service.name'] }, 'the collector refused a request from a spool')
      }
    }
    if (accessLogOf)
      await logCrashed(accessLogOf, content, application).catch((err: unknown) => logger.warn({ err }, 'cannot write to an access log'))
    logger.info(
      { service: header.resource['service.name'], pid: header.pid, requests: requests.length },
      'took over the spool of a process that exited',
    )
    return true
  }
}

interface Whose {
  readonly isOwn: boolean
  /** The one application that writes to the folder. */
  readonly application?: string
}

/** Names of folders; nothing when there is no such folder. */
function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
  } catch {
    return []
  }
}

/** Marks the folder as read; false when it does not exist, or its content cannot be trusted to belong to its user. */
function isMarked(folder: string, port: number): boolean {
  try {
    if (!isOwnFolder(folder)) return false
    const mark = readerMark(folder, port)
    // Opening a FIFO that an application put in its place would wait for a reader, and this whole process with it.
    closeSync(openSync(mark, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600))
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

/** Listens with a Fastify application, or ends the process with one clear line and a code the keeper can show. */
import { codeOf } from '@spyglass/agent/contract'
import type { KeeperLink } from '@spyglass/agent/keeper-link'
import type { Logger } from '@spyglass/agent/logger'
import type { FastifyInstance } from 'fastify'
import { fail } from './errors.ts'

export interface ListenOptions {
  readonly app: FastifyInstance
  readonly host: string
  readonly port: number
  /** What listens, for the message. */
  readonly what: string
  readonly link: KeeperLink
  readonly logger: Logger
}

export async function listenOrExit({ app, host, port, what, link, logger }: ListenOptions): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (cause) {
    const taken = codeOf(cause) === 'EADDRINUSE'
    const reason = cause instanceof Error ? cause.message : String(cause)
    const error = taken ? fail('SPY_PORT_TAKEN', [port, what, host], cause) : fail('SPY_LISTEN_FAILED', [host, port, what, reason], cause)
    link.send({ type: 'failed', code: error.code, message: error.message })
    logger.error({ code: error.code }, error.message)
    process.exit(1)
  }
}

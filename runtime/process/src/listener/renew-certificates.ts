/** Takes over certificates that were renewed, without a restart. */
import { messageOf } from '@spyglass/agent/contract'
import type { Logger } from '../logger/index.ts'
import type { HttpListener } from './http-listener.ts'

/** How soon a renewed certificate is shown: an ACME client renews weeks ahead. */
const INTERVAL_MS = 15_000

/** Looks at the files from now on. One that cannot be used is reported once, and the certificate in service stays. */
export function renewCertificates(listener: Pick<HttpListener, 'reloadCertificates'>, logger: Logger): () => void {
  let reported = ''
  const look = (): void => {
    try {
      if (listener.reloadCertificates()) logger.info('certificates were read again')
      reported = ''
    } catch (error) {
      const message = messageOf(error)
      if (message !== reported) logger.error({ err: error }, 'a certificate cannot be used; the one in service stays')
      reported = message
    }
  }
  const timer = setInterval(look, INTERVAL_MS).unref()
  return () => clearInterval(timer)
}

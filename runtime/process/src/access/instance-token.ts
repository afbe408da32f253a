/** What the instances of a server prove themselves with where `collector.credentials` demands it. */
import { createHmac } from 'node:crypto'
import type { Secrets } from '../config/secrets.ts'

/** Applications can read it: it opens the OTLP port alone, and nobody's events count for it. It changes with the internal token, which it does not reveal. */
export const instanceToken = ({ internal }: Pick<Secrets, 'internal'>): string =>
  createHmac('sha256', internal.token).update('telemetry of instances').digest('base64url')

/** What both the configuration and the secrets accept as the name of an SNMPv3 user. */
import { z } from 'zod'

/** Whether a text takes at most this many bytes as UTF-8. */
export const isWithinBytes =
  (max: number) =>
  (text: string): boolean =>
    Buffer.byteLength(text, 'utf8') <= max

/** usmUserName has 1 to 32 bytes (RFC 3414 §5). */
export const snmpUserName = z.string().min(1).refine(isWithinBytes(32), 'an SNMPv3 user name of at most 32 bytes')

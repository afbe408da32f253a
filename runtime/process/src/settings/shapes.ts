/** Shapes that several settings share. */
import { isIP } from 'node:net'
import { LOOPBACK } from '@spyglass/agent/contract'

export const port = <const P extends number>(value: P, description: string) =>
  ({ type: 'int', min: 1, max: 65_535, default: value, description }) as const

export const host = (
  description = 'Address to listen on. A non-loopback address is refused where no credentials protect it, and should have TLS.',
) => ({ type: 'text', minLength: 1, default: LOOPBACK, description }) as const

export const milliseconds = (value: number, description: string, min = 1, max = 86_400_000) =>
  ({ type: 'int', min, max, default: value, unit: 'ms', description }) as const

/** A time that overrides a setting of the server. */
export const ownMilliseconds = (description: string, min = 1) => ({ type: 'int', min, max: 86_400_000, unit: 'ms', description }) as const

const nameCheck = { is: /^[a-z0-9][a-z0-9_-]{0,63}$/, allowed: 'lower-case letters, digits, - and _; at most 64' } as const

/** A name that an entry must have. */
export const name = (description: string) => ({ type: 'text', required: true, example: 'shop', checks: [nameCheck], description }) as const

/** As {@link name}, where the entry has one of its own without it. */
export const memberName = (description: string) => ({ type: 'text', example: 'a', checks: [nameCheck], description }) as const

export const nameOr = (value: string, description: string) => ({ type: 'text', default: value, checks: [nameCheck], description }) as const

/** Whether a text takes at most this many bytes as UTF-8. */
export const isWithinBytes =
  (max: number) =>
  (text: string): boolean =>
    Buffer.byteLength(text, 'utf8') <= max

/** usmUserName has 1 to 32 bytes (RFC 3414 §5). */
export const snmpUserName = {
  minLength: 1,
  checks: [{ is: isWithinBytes(32), allowed: 'an SNMPv3 user name of at most 32 bytes' }],
} as const

const HOST_NAME = /^(?=.{1,253}$)(?!-)[\p{L}\p{N}_-]{1,63}(\.[\p{L}\p{N}_-]{1,63})*\.?$/u
/** A last label of digits alone is that of an IPv4 address (RFC 3696 §2). */
const ENDS_IN_A_NUMBER = /(^|\.)\d+\.?$/

/** Whether a text can be the name or the address of a host; whether there is one, DNS knows. */
export const isHost = (text: string): boolean => isIP(text) !== 0 || (HOST_NAME.test(text) && !ENDS_IN_A_NUMBER.test(text))

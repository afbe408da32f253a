/** Addresses that only machines of the own network reach. A receiver whose address a command set must not lead to one. */
import { lookup } from 'node:dns'
import { lookup as lookUp } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { AddressList, plainAddress } from '@spyglass/process/listener'
import { fail } from './errors.ts'

/** Those of IPv6 that stand for others of IPv4 are among them: where they lead, their gateway decides. */
const V4 = ['0.0.0.0/8', '100.64.0.0/10', '192.0.0.0/24', '198.18.0.0/15', '224.0.0.0/3']
const V6 = ['::/96', '64:ff9b::/96', '64:ff9b:1::/48', '2001::/32', '2002::/16', 'fec0::/10', 'ff00::/8']
const internal = new AddressList(['loopback', 'linklocal', 'private', ...V4, ...V6])

export const isInternal = (address: string): boolean => internal.has(address)

/** @throws SPY_RECEIVER_INTERNAL when the host is an internal address, which is connected to without being looked up */
export function requireExternal(receiver: string, host: string): void {
  const address = plainAddress(host)
  if (isIP(address) !== 0 && isInternal(address)) throw fail('SPY_RECEIVER_INTERNAL', [receiver, address])
}

/** Answers of DNS are checked where they are used, so that a name cannot lead elsewhere a moment later. */
export function guardedLookup(receiver: string): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, [])
      const wrong = addresses.find(({ address }) => isInternal(address))
      if (wrong) return callback(fail('SPY_RECEIVER_INTERNAL', [receiver, wrong.address]), [])
      const [first] = addresses
      return options.all || !first ? callback(null, addresses) : callback(null, first.address, first.family)
    })
  }
}

/** Of a host behind a proxy, which looks it up itself: one that is not known here may be known there. @throws SPY_RECEIVER_INTERNAL */
export async function requireExternalName(receiver: string, host: string): Promise<void> {
  requireExternal(receiver, host)
  const addresses = await lookUp(plainAddress(host), { all: true }).catch(() => [])
  for (const { address } of addresses) requireExternal(receiver, address)
}

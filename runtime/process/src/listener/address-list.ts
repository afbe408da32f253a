/** A list of addresses and ranges: who is trusted. */
import { BlockList, isIP } from 'node:net'
import { fail } from './errors.ts'

/** Names of ranges that everybody needs. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}

export class AddressList {
  readonly #list = new BlockList()
  readonly isEmpty: boolean

  /**
   * `127.0.0.1`, `10.0.0.0/8`, `fc00::/7`, and the names `loopback`, `linklocal` and `private`.
   * @throws SPY_ADDRESS_LIST_INVALID
   */
  constructor(entries: readonly string[]) {
    for (const entry of entries) for (const range of NAMED[entry] ?? [entry]) this.#add(range)
    this.isEmpty = entries.length === 0
  }

  /** An IPv4 address that came over an IPv6 socket counts as what it is. False for anything that is no address. */
  has(address: string | undefined): boolean {
    if (this.isEmpty || address === undefined) return false
    const plain = plainAddress(address)
    const family = isIP(plain)
    return family !== 0 && this.#list.check(plain, family === 6 ? 'ipv6' : 'ipv4')
  }

  #add(entry: string): void {
    const [address = '', bits, ...rest] = entry.split('/')
    const family = isIP(address)
    const most = family === 6 ? 128 : 32
    const prefix = bits === undefined ? most : Number(bits)
    const isRange = bits === undefined || /^\d{1,3}$/.test(bits)
    if (family === 0 || !isRange || prefix > most || rest.length > 0) throw fail('SPY_ADDRESS_LIST_INVALID', [JSON.stringify(entry)])
    this.#list.addSubnet(address, prefix, family === 6 ? 'ipv6' : 'ipv4')
  }
}

/** Whether a text may stand in such a list. */
export function isAddressRange(entry: string): boolean {
  try {
    void new AddressList([entry])
    return true
  } catch {
    return false
  }
}

/** `::ffff:10.0.0.1` is `10.0.0.1`; a zone (`fe80::1%eth0`) and brackets are removed. */
export function plainAddress(address: string): string {
  const bare = address.startsWith('[') ? address.slice(1, address.indexOf(']')) : address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)
  return mapped?.[1] ?? bare.split('%', 1)[0] ?? bare
}

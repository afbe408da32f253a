/**
 * Which application a request is for: by the name of the host that it asks for, then by the longest context path. What asks for no known name is for
 * the default host, `server`.
 */
import { ContextPathTable, type Mounted } from './context-path.ts'

/** Takes every name that no other host has. */
export const DEFAULT_HOST = 'server'

export interface HostNames {
  /** What applications name it by, and a name that clients may ask for. */
  readonly name: string
  /** Further names; `*.example.com` stands for any one label. */
  readonly aliases: readonly string[]
}

export interface Hosted extends Mounted {
  readonly host: string
}

export class HostTable<T extends Hosted> {
  readonly #byName = new Map<string, ContextPathTable<T>>()
  readonly #default: ContextPathTable<T>
  /** Without virtual hosts no name has to be looked at. */
  readonly isPlain: boolean

  constructor(hosts: readonly HostNames[], applications: readonly T[]) {
    const on = (host: string): ContextPathTable<T> => new ContextPathTable(applications.filter((application) => application.host === host))
    this.#default = on(DEFAULT_HOST)
    for (const { name, aliases } of hosts) {
      if (name === DEFAULT_HOST) continue
      const table = on(name)
      for (const each of [name, ...aliases]) this.#byName.set(each.toLowerCase(), table)
    }
    this.isPlain = this.#byName.size === 0
  }

  /** The application for a request with this Host header and this path and query. */
  find(host: string | undefined, url: string): T | undefined {
    return (this.isPlain ? this.#default : this.#on(host)).find(url)
  }

  #on(host: string | undefined): ContextPathTable<T> {
    const name = hostName(host ?? '')
    return this.#byName.get(name) ?? this.#byName.get(`*${name.slice(Math.max(0, name.indexOf('.')))}`) ?? this.#default
  }
}

/** `Shop.Example.com.:8080` is `shop.example.com`, `[::1]:8080` is `[::1]`. */
export function hostName(header: string): string {
  const name = header.toLowerCase()
  const end = name.startsWith('[') ? name.indexOf(']') + 1 : name.indexOf(':')
  return (end > 0 ? name.slice(0, end) : name).replace(/\.$/, '')
}

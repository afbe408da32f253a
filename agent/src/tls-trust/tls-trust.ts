/**
 * Trust in the certificates of a file: authorities, or the very certificate that a server shows. What it shows then counts as its own whatever name
 * it was asked by, so a process on the same machine may connect to 127.0.0.1. The file is read again when it has changed, and what it held before is
 * still trusted: a server that has its certificate renewed takes it over a little later than its clients.
 */
import type { Agent as HttpAgent } from 'node:http'
import type { ConnectionOptions, PeerCertificate } from 'node:tls'
import process from 'node:process'

export interface TrustFiles {
  /** Files in PEM. None: the usual authorities. */
  readonly trusted?: readonly string[] | undefined
  /** Certificate of the client in PEM, and its key. */
  readonly certificate?: string | undefined
  readonly key?: string | undefined
}

/** What a connection that is made now must be made with. Throws if a file cannot be read. */
export type Trust = () => ConnectionOptions

export function createTrust({ trusted = [], certificate, key }: TrustFiles): Trust {
  const files = new RememberedFiles()
  return () => {
    const texts = trusted.flatMap((file) => files.textsOf(file))
    const own = certificate === undefined ? {} : { cert: files.textsOf(certificate)[0], key: files.textsOf(key ?? certificate)[0] }
    return { ...own, ...(texts.length === 0 ? {} : trustIn(texts)) }
  }
}

type CreateConnection = (options: ConnectionOptions, done: (error: unknown) => void) => unknown

/** Makes each connection of an `https.Agent` by what the files say at that time. Returns the agent. */
export function withTrust<A extends HttpAgent>(agent: A, files: TrustFiles): A {
  const trust = createTrust(files)
  const target = agent as unknown as { createConnection: CreateConnection }
  const create = target.createConnection.bind(agent)
  target.createConnection = (options, done) => {
    try {
      return create({ ...options, ...trust() }, done)
    } catch (error) {
      done(error) // thrown, it would not reach the request
      return undefined
    }
  }
  return agent
}

function trustIn(texts: readonly string[]): ConnectionOptions {
  const pinned = new Set(texts.flatMap(fingerprintsIn))
  const { checkServerIdentity } = process.getBuiltinModule('node:tls')
  return {
    ca: [...texts],
    allowPartialTrustChain: true,
    checkServerIdentity: (name: string, shown: PeerCertificate) =>
      pinned.has(shown.fingerprint256) ? undefined : checkServerIdentity(name, shown),
  }
}

class RememberedFiles {
  readonly #read = new Map<string, { stamp: string; now: string; before: string }>()

  /** What the file holds, and what it held before. */
  textsOf(file: string): readonly string[] {
    const { readFileSync, statSync } = process.getBuiltinModule('node:fs')
    const { ino, size, mtimeMs } = statSync(file)
    const stamp = `${ino} ${size} ${mtimeMs}`
    const known = this.#read.get(file)
    if (known?.stamp === stamp) return [known.now, known.before].filter((text) => text !== '')
    const now = readFileSync(file, 'utf8')
    this.#read.set(file, { stamp, now, before: known?.now ?? '' })
    return known ? [now, known.now] : [now]
  }
}

function fingerprintsIn(pem: string): readonly string[] {
  const { X509Certificate } = process.getBuiltinModule('node:crypto')
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.map((block) => new X509Certificate(block).fingerprint256)
}

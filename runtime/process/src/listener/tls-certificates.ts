/**
 * The certificates of a listener: which one a client is shown (SNI, RFC 6066 section 3), and how files that were renewed are taken over without a restart. A
 * file that cannot be used leaves the certificate in service as it is.
 */
import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { createSecureContext, type SecureContext, type SecureContextOptions, type SecureVersion } from 'node:tls'
import { messageOf } from '@spyglass/agent/contract'
import { fail } from './errors.ts'

/** The setting `listeners[].tls.certificates[]`: files in PEM. */
export interface CertificateFiles {
  /** The certificate and what leads from it to a root. */
  readonly certificate: string
  readonly key: string
  readonly passphrase?: string | undefined
}

export interface TlsCertificatesOptions {
  /** Name of the listener, for messages. */
  readonly listener: string
  /** The first is shown to clients that name no host, or an unknown one. */
  readonly certificates: readonly CertificateFiles[]
  /** Default TLSv1.2. */
  readonly minVersion?: SecureVersion | undefined
  /** OpenSSL's list. Default: Node's. */
  readonly ciphers?: string | undefined
  /** File in PEM: authorities that issue client certificates. */
  readonly clientAuthorities?: string | undefined
}

export interface LoadedCertificate {
  readonly file: string
  /** DNS names that it is valid for, in lower case; `*.example.com` stands for one label. */
  readonly names: readonly string[]
  readonly subject: string
  readonly fingerprint: string
  /** In milliseconds since the epoch. */
  readonly validFrom: number
  readonly validTo: number
  readonly context: SecureContext
  /** What the context was made of. */
  readonly options: SecureContextOptions
}

export class TlsCertificates {
  readonly #options: TlsCertificatesOptions
  #loaded: readonly LoadedCertificate[]
  #byName: ReadonlyMap<string, LoadedCertificate>
  #stamps: readonly string[]

  /** @throws SPY_TLS_UNREADABLE, SPY_TLS_INVALID */
  constructor(options: TlsCertificatesOptions) {
    this.#options = options
    this.#stamps = stampsOf(options)
    this.#loaded = options.certificates.map((files) => load(files, options))
    this.#byName = byName(this.#loaded)
  }

  get all(): readonly LoadedCertificate[] {
    return this.#loaded
  }

  /** Whether clients are asked for a certificate. */
  get asksClients(): boolean {
    return this.#options.clientAuthorities !== undefined
  }

  get first(): LoadedCertificate {
    return this.#loaded[0] as LoadedCertificate
  }

  /** The certificate for a name that a client asks for: the exact one, then the wildcard of its first label, then the first of all. */
  for(servername: string): LoadedCertificate {
    const name = servername.toLowerCase().replace(/\.$/, '')
    return this.#byName.get(name) ?? this.#byName.get(`*${name.slice(Math.max(0, name.indexOf('.')))}`) ?? this.first
  }

  /**
   * Reads the files again if they have changed since. Returns whether they had.
   * @throws SPY_TLS_UNREADABLE, SPY_TLS_INVALID; then everything is as before
   */
  reload(): boolean {
    const stamps = stampsOf(this.#options)
    if (stamps.every((stamp, at) => stamp === this.#stamps[at])) return false
    const loaded = this.#options.certificates.map((files) => load(files, this.#options))
    this.#stamps = stamps
    this.#loaded = loaded
    this.#byName = byName(loaded)
    return true
  }
}

/** Certificate and key belong together, or OpenSSL says so. */
function load({ certificate, key, passphrase }: CertificateFiles, options: TlsCertificatesOptions): LoadedCertificate {
  const { listener, minVersion = 'TLSv1.2', ciphers, clientAuthorities } = options
  const [cert, privateKey] = [read(listener, certificate), read(listener, key)]
  const ca = clientAuthorities === undefined ? {} : { ca: read(listener, clientAuthorities) }
  try {
    const secure: SecureContextOptions = {
      cert,
      key: privateKey,
      minVersion,
      ...ca,
      ...(passphrase === undefined ? {} : { passphrase }),
      ...(ciphers === undefined ? {} : { ciphers }),
    }
    return { ...describe(new X509Certificate(cert)), file: certificate, context: createSecureContext(secure), options: secure }
  } catch (error) {
    throw fail('SPY_TLS_INVALID', [listener, certificate, messageOf(error)], error)
  }
}

function describe(certificate: X509Certificate): Omit<LoadedCertificate, 'file' | 'context' | 'options'> {
  return {
    names: namesOf(certificate),
    subject: certificate.subject.replaceAll('\n', ', '),
    fingerprint: certificate.fingerprint256,
    validFrom: Date.parse(certificate.validFrom),
    validTo: Date.parse(certificate.validTo),
  }
}

/** Only the names of the extension count (RFC 9525); the common name of the subject is used where there are none. */
function namesOf({ subjectAltName, subject }: X509Certificate): readonly string[] {
  const alternatives = [...(subjectAltName ?? '').matchAll(/DNS:"?([^,"]+)"?/g)].map(([, name = '']) => name.trim().toLowerCase())
  if (alternatives.length > 0) return alternatives
  const common = /^CN=(.+)$/m.exec(subject)?.[1]
  return common === undefined ? [] : [common.toLowerCase()]
}

function byName(loaded: readonly LoadedCertificate[]): ReadonlyMap<string, LoadedCertificate> {
  const found = new Map<string, LoadedCertificate>()
  for (const certificate of loaded) for (const name of certificate.names) if (!found.has(name)) found.set(name, certificate)
  return found
}

function read(listener: string, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw fail('SPY_TLS_UNREADABLE', [listener, file, messageOf(error)], error)
  }
}

/** Changes when a file is replaced or written: certbot and Kubernetes replace links, so what they lead to counts. */
function stampsOf({ certificates, clientAuthorities }: TlsCertificatesOptions): readonly string[] {
  const authorities = clientAuthorities === undefined ? [] : [clientAuthorities]
  return [...authorities, ...certificates.flatMap(({ certificate, key }) => [certificate, key])].map(stampOf)
}

function stampOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false })
  return stat ? `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeMs}` : 'missing'
}

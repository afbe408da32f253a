/** Certificates for TLS in tests, made by openssl. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'vitest'
import { requireTool } from './require-tool.ts'

export interface CertificateFiles {
  readonly certificate: string
  readonly key: string
}

/** A self-signed certificate for these DNS names, valid for a day. Written over what is there of that name. */
export function makeCertificate(context: TestContext, folder: string, names: readonly string[], file = names[0]): CertificateFiles {
  const openssl = requireTool(context, 'openssl')
  const [certificate, key] = [join(folder, `${file}.crt`), join(folder, `${file}.key`)]
  const alternatives = names.map((name) => `DNS:${name}`).join(',')
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
  const subject = ['-subj', `/CN=${names[0]}`, '-addext', `subjectAltName=${alternatives}`]
  execFileSync(openssl, ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', certificate], { stdio: 'pipe' })
  return { certificate, key }
}

/** Both as TLS takes them. */
export const readCertificate = ({ certificate, key }: CertificateFiles): { readonly cert: Buffer; readonly key: Buffer } => ({
  cert: readFileSync(certificate),
  key: readFileSync(key),
})

/** A certificate that this authority (a self-signed certificate) issues to a client. */
export function issueCertificate(context: TestContext, folder: string, authority: CertificateFiles, name: string): CertificateFiles {
  const openssl = requireTool(context, 'openssl')
  const [certificate, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1', '-subj', `/CN=${name}`]
  const issuer = ['-CA', authority.certificate, '-CAkey', authority.key]
  execFileSync(openssl, ['req', '-x509', ...kind, ...issuer, '-keyout', key, '-out', certificate], { stdio: 'pipe' })
  return { certificate, key }
}

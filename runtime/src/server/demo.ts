/** What `--demo` lays under the configuration: the sample application, its database, gentle traffic, and SNMP v2c on loopback. */
import { fileURLToPath } from 'node:url'
import { ownUrl, type SpyglassConfig } from '@spyglass/process/checked-config'
import { fail } from '../errors.ts'

const REQUESTS_PER_SECOND = 4

export function demoSettings(): Readonly<Record<string, unknown>> {
  return {
    applications: [{ name: 'shop', folder: shopFolder(), contextPath: '/shop', datasources: ['shop'] }],
    datasources: [{ name: 'shop', driver: 'sqlite', file: 'shop.db', min: 1, max: 4 }],
    snmp: { community: 'public' },
  }
}

export function demoTraffic({ listeners }: SpyglassConfig): { readonly script: string; readonly args: readonly string[] } | undefined {
  const [listener] = listeners
  if (!listener) return undefined
  const url = `${ownUrl({ tls: listener.tls, addresses: [listener] })}/shop`
  return {
    script: fileURLToPath(new URL('src/traffic.ts', `file://${shopFolder()}/`)),
    args: ['--url', url, '--rate', String(REQUESTS_PER_SECOND)],
  }
}

function shopFolder(): string {
  try {
    return fileURLToPath(new URL('..', import.meta.resolve('@spyglass/example-shop'))).replace(/\/$/, '')
  } catch (error) {
    throw fail('SPY_PART_MISSING', ['@spyglass/example-shop'], error)
  }
}

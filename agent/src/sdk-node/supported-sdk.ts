/** npm never checks our optional peer's version (docs/decisions/008), so the door does. */
import { createRequire } from 'node:module'
import { packageOf } from '../agent/resource.ts'

/** The first with SDK 2: it takes span processors, and a span knows whether its parent is remote. */
const FIRST_SUPPORTED_MINOR = 200

/** What to warn of; undefined when this version of `@opentelemetry/sdk-node` works, or none is known. */
export function unsupportedSdk(version: string | undefined = installedVersion()): string | undefined {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number)
  if (version === undefined || major > 0 || minor >= FIRST_SUPPORTED_MINOR) return undefined
  return `@opentelemetry/sdk-node ${version} is not supported; install 0.${FIRST_SUPPORTED_MINOR}.0 or later. Until then the SDK runs unchanged and Spyglass keeps no traces.`
}

function installedVersion(): string | undefined {
  const { version } = packageOf(createRequire(import.meta.url).resolve('@opentelemetry/sdk-node')) ?? {}
  return typeof version === 'string' ? version : undefined
}

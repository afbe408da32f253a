/** Who sends: the attributes of the resource that all telemetry of the process comes from. */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { isMainThread, threadId } from 'node:worker_threads'
import { attr } from '../contract/telemetry.ts'
import type { AttributesInput } from '../otlp/records.ts'

export interface ResourceInput {
  readonly serviceName: string
  readonly resourceAttributes: Readonly<Record<string, string>>
}

interface PackageFile {
  readonly name?: unknown
  readonly version?: unknown
}

/** The environment's attributes win over what is found out here; `serviceName` wins over both. */
export function describeResource({ serviceName, resourceAttributes }: ResourceInput): AttributesInput {
  const application = applicationPackage(resourceAttributes)
  const found: AttributesInput = {
    [attr.serviceName]: text(application?.name) ?? 'unknown_service:node',
    [attr.serviceVersion]: versionOf(application, resourceAttributes),
    [attr.serviceInstanceId]: `${hostname()}-${process.pid}`,
    [attr.hostName]: hostname(),
    [attr.processPid]: process.pid,
    'process.runtime.name': 'nodejs',
    'process.runtime.version': process.versions.node,
    'telemetry.sdk.name': 'spyglass',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.version': text(readPackage(new URL('../../package.json', import.meta.url))?.version),
    [attr.aggregates]: true,
  }
  const resource: AttributesInput = { ...found, ...resourceAttributes, ...(serviceName ? { [attr.serviceName]: serviceName } : {}) }
  // Threads send for themselves, so each needs a name of its own.
  return isMainThread
    ? resource
    : { ...resource, [attr.serviceInstanceId]: `${String(resource[attr.serviceInstanceId])}-thread-${threadId}` }
}

/** Our server runs an application in its folder, by a program of its own; where it runs several there is no one package. */
function applicationPackage(attributes: Readonly<Record<string, string>>): PackageFile | undefined {
  if (attributes[attr.processName] === undefined) return packageOf(process.argv[1])
  return attributes[attr.application] === undefined ? undefined : readPackage(path.join(process.cwd(), 'package.json'))
}

/** `1.4.0`; with the number of its deployment, which changes where the package's version may not: `1.4.0+3`. */
function versionOf(application: PackageFile | undefined, attributes: Readonly<Record<string, string>>): string | undefined {
  return [text(application?.version), attributes[attr.deployment]].filter((part) => part !== undefined).join('+') || undefined
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

/** The package that a file belongs to. */
export function packageOf(script: string | undefined): PackageFile | undefined {
  if (!script) return undefined
  for (let folder = path.dirname(script); ; folder = path.dirname(folder)) {
    const found = readPackage(path.join(folder, 'package.json'))
    if (found || folder === path.dirname(folder)) return found
  }
}

function readPackage(file: string | URL): PackageFile | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as PackageFile
  } catch {
    return undefined // there is none here, or it is none of ours to judge
  }
}

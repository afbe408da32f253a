/** What `spyglass-agent doctor` says. */
import { statSync } from 'node:fs'
import process from 'node:process'
import type { Instrumentation } from '../instrument/instrumentation.ts'
import { withoutUserInfo } from '../redact/url.ts'
import { switchedOff } from '../instrument/table.ts'
import type { AgentSettings } from '../settings/settings.ts'
import { fail } from './errors.ts'
import { askEndpoint } from './endpoint.ts'
import { type Finding, findLibraries } from './libraries.ts'

export interface Diagnosis {
  readonly lines: readonly string[]
  /** Whether nothing needs attention. */
  readonly isGood: boolean
}

/** Looks at the application in `folder` and asks the endpoint of the settings. @throws SPY_AGENT_DOCTOR_FOLDER */
export async function diagnose(folder: string, table: readonly Instrumentation[], settings: AgentSettings): Promise<Diagnosis> {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw fail('SPY_AGENT_DOCTOR_FOLDER', [folder])
  const off = switchedOff(settings.disabledInstrumentations)
  const found = findLibraries(folder, table)
  const endpoint = await askEndpoint(settings)
  const known = found.filter(({ status }) => status !== 'unseen')
  const unseen = found.filter(({ status }) => status === 'unseen').map(({ name }) => name)
  const parts = table.filter(({ name, package: library }) => library === undefined && !off.has(name)).map(({ name }) => name)
  return {
    lines: [
      `Node.js ${process.versions.node}: recorded (${parts.join(', ')})`,
      ...known.map((finding) =>
        off.has(finding.name) ? `${finding.name}: off, by OTEL_NODE_DISABLED_INSTRUMENTATIONS` : lineOf(finding, table),
      ),
      ...(unseen.length > 0 ? [`unseen, since they are not installed: ${unseen.join(', ')}`] : []),
      `endpoint ${withoutUserInfo(settings.endpoint)}: ${endpoint.text}`,
    ],
    isGood: endpoint.isGood && known.every(({ name, status }) => status === 'recorded' || off.has(name)),
  }
}

function lineOf({ name, status, version = '', file }: Finding, table: readonly Instrumentation[]): string {
  const { records = '', versions: [from, below] = ['', ''] } = table.find((row) => row.name === name) ?? {}
  const called = `${name} ${version}`.trim()
  if (status === 'recorded') return `${called}: recorded (${records})`
  if (status === 'bundled')
    return `${called}: bundled into ${file}: build with the plugin @spyglass/agent/esbuild, or mark the package as external`
  return `${called}: ${status}: recorded are ${from} and later, below ${below}`
}

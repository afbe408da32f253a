#!/usr/bin/env node
/** `spyglass-agent doctor [FOLDER]`: says which libraries of the application are recorded, and whether the endpoint answers. */
import path from 'node:path'
import process from 'node:process'
import { codeOf, messageOf } from '../contract/errors.ts'
import { instrumentations } from '../instrument/table.ts'
import { readSettings } from '../settings/settings.ts'
import { diagnose } from './doctor.ts'

const USAGE = `usage: spyglass-agent doctor [FOLDER]

Says for each library of the application in FOLDER (default: the working directory) whether it is recorded, and whether the endpoint of
OTEL_EXPORTER_OTLP_ENDPOINT answers. Exits with 1 when something needs attention.
`

const [command, folder = '.', ...rest] = process.argv.slice(2)
if (command !== 'doctor' || rest.length > 0) {
  process.stderr.write(USAGE)
  process.exitCode = 2
} else {
  await examine(path.resolve(folder))
}

async function examine(of: string): Promise<void> {
  const { settings, mistakes } = readSettings(process.env)
  try {
    const { lines, isGood } = await diagnose(of, instrumentations, settings)
    process.stdout.write([...mistakes, ...lines, ''].join('\n'))
    process.exitCode = isGood && mistakes.length === 0 ? 0 : 1
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined) throw error
    process.stderr.write(`${code}: ${messageOf(error)}\n`)
    process.exitCode = 2
  }
}

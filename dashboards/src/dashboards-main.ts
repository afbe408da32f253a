#!/usr/bin/env node
/** `spyglass-dashboards`: writes boards and provisioning files. `spyglass dashboards build` starts it with the server's own settings. */
import { codeOf, DATABASE, messageOf } from '@spyglass/agent/contract'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { fail } from './errors.ts'
import type { ProvisioningOptions } from './provision/provisioning.ts'
import { loadRules, shippedRules } from './rules/index.ts'
import { writeDashboards } from './write-dashboards.ts'

const HELP = `spyglass-dashboards --out DIR --user NAME --password TEXT [options]

Writes Grafana dashboards, provisioning files and alert rules.

  --out DIR                      folder to write to
  --url URL                      ClickHouse HTTP interface (http://127.0.0.1:8123)
  --ca FILE                      certificates in PEM that Grafana trusts, for a URL with https; several: repeat it
  --user NAME                    user of the data source: clickhouse.reader.user in secrets.yaml
  --password TEXT                its password; or set SPYGLASS_READER_PASSWORD, which process lists do not show
  --database NAME                database of the tables (${DATABASE})
  --owner NAME                   who sends pages: spyglass, grafana or prometheus (spyglass)
  --instance-down-after-ms N     how long an instance must be down (15000)
  --exhausted-after-ms N         how long a pool must be exhausted (10000)
  --rules DIR                    folder with own alert rules beside the shipped ones
  --help                         show this help
`

const options = {
  out: { type: 'string' },
  url: { type: 'string', default: 'http://127.0.0.1:8123' },
  ca: { type: 'string', multiple: true },
  user: { type: 'string' },
  password: { type: 'string' },
  database: { type: 'string', default: DATABASE },
  owner: { type: 'string', default: 'spyglass' },
  'instance-down-after-ms': { type: 'string', default: '15000' },
  'exhausted-after-ms': { type: 'string', default: '10000' },
  rules: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

try {
  run(process.argv.slice(2))
} catch (error) {
  const message = messageOf(error)
  process.stderr.write(`spyglass-dashboards: ${[codeOf(error), message].filter(Boolean).join(': ')}\n`)
  process.exitCode = 1
}

function run(args: string[]): void {
  const { out, help, ...given } = read(args)
  if (help) {
    process.stdout.write(HELP)
    return
  }
  const files = writeDashboards(required(out, '--out'), provisioningOptions(given))
  process.stdout.write(`${files.join('\n')}\n`)
}

type Given = ReturnType<typeof read>

function read(args: string[]) {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: false }).values
  } catch (error) {
    throw fail('SPY_DASHBOARDS_ARGUMENTS', [messageOf(error)], error)
  }
}

function provisioningOptions(given: Omit<Given, 'out' | 'help'>): ProvisioningOptions {
  const { url, owner, database } = given
  if (!URL.canParse(url)) throw fail('SPY_DASHBOARDS_ARGUMENTS', [`--url ${url} is not a URL`])
  if (owner !== 'spyglass' && owner !== 'grafana' && owner !== 'prometheus') {
    throw fail('SPY_DASHBOARDS_ARGUMENTS', [`--owner ${owner}: spyglass, grafana or prometheus`])
  }
  if (!/^\w+$/.test(database)) throw fail('SPY_DASHBOARDS_ARGUMENTS', [`--database ${database} is not a name`])
  return {
    url,
    authorities: given.ca?.map(readFile).join('\n'),
    owner,
    database,
    user: required(given.user, '--user'),
    password: required(given.password ?? process.env['SPYGLASS_READER_PASSWORD'], '--password'),
    instanceDownAfterMs: positive(given['instance-down-after-ms'], '--instance-down-after-ms'),
    ...(given.rules === undefined ? {} : { rules: loadRules(given.rules, shippedRules()).rules }),
    exhaustedAfterMs: positive(given['exhausted-after-ms'], '--exhausted-after-ms'),
  }
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw fail('SPY_DASHBOARDS_ARGUMENTS', [`--ca ${file}: ${messageOf(error)}`], error)
  }
}

function required(value: string | undefined, name: string): string {
  if (!value) throw fail('SPY_DASHBOARDS_ARGUMENTS', [`${name} is missing`])
  return value
}

function positive(text: string, name: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value <= 0) throw fail('SPY_DASHBOARDS_ARGUMENTS', [`${name} ${text}: a whole number above 0`])
  return value
}
